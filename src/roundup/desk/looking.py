"""Looks at the newsletter for the desk: reads the sources once, and makes the issue anew whenever a file changes.

It writes nothing: not what has been seen, nor the archive, nor the journal. A fault is told over the last good look.
"""

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from roundup import clock, pipeline, word_file
from roundup.desk.outcome import as_it_was, delivered_last, stored_sight
from roundup.desk.sight import Sight
from roundup.editors_copy import EditorsCopy, editors_copy
from roundup.errors import HeldError, RoundupError, SettingsError
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, Issue, IssueKey, RenderedIssue
from roundup.newsroom import Newsroom, Watch
from roundup.office import Office
from roundup.pipeline import Gathering
from roundup.proposals import Proposal
from roundup.proposing import current
from roundup.scheduling import Due, Schedule, of_edition
from roundup.settings import Settings
from roundup.store import Ledgers
from roundup.upcoming import due_next, gathered
from roundup.word import Word
from roundup.words import say


class Opening(Protocol):
    """Opens the newsletter as its settings are now."""

    def __call__(self, *, sends: bool = False, watch: Watch | None = None) -> tuple[Settings, Office]:
        """Raises `SettingsError`. `sends`: mail will be offered; `watch`: who looks on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The sources, read for one issue."""

    key: IssueKey
    gathering: Gathering
    at: datetime


class Looking:
    """What the desk shows, now and after every change. Any thread may ask."""

    def __init__(self, directory: Path, opening: Opening, *, at: datetime | None, weekly: bool) -> None:
        """`at`: take this for the present; None: the clock's. Raises `SettingsError`, also if no issue of the edition
        is ever due, and `StoreError`, `HeldError` if the database cannot be looked at."""
        self.directory = directory
        self.opening = opening
        self._at = at
        self._edition = WEEKLY_EDITION if weekly else MAIN_EDITION
        self._lock = threading.RLock()
        self._settings, self._office = opening()
        #: What is wrong with the settings now, while those of before are used.
        self._settings_trouble = ""
        self._read: _Read | None = None
        self._sight: Sight | None = None
        self._revision = 0
        self._tried: tuple[tuple[_Read, Word, datetime], Newsroom, Issue] | None = None
        self._due_at_all()

    @property
    def settings(self) -> Settings:
        """The settings, as they could last be read."""
        return self._settings

    @property
    def office(self) -> Office:
        """What belongs to them."""
        return self._office

    @property
    def now(self) -> datetime:
        """The present of the desk. Aware."""
        return self._at or clock.now()

    @property
    def at(self) -> datetime | None:
        """What is taken for the present; None: the clock's."""
        return self._at

    @property
    def word_path(self) -> Path | None:
        """The file with the word on what is to be seen, whether it is there or not; None before the first look."""
        return None if self._sight is None else word_file.path_of(self.directory.resolve(), self._sight.key)

    @property
    def revision(self) -> int:
        """Grows with every change of what is to be seen."""
        return self._revision

    @property
    def sight(self) -> Sight:
        """What is to be seen; the first time it is looked for."""
        # Not behind the lock: while sources are read, the last look is what there is to see.
        return self._sight or self.look()

    # Looking -------------------------------------------------------------------------------------------------------

    def look(self) -> Sight:
        """Make the issue anew of what was read."""
        with self._lock:
            try:
                sight = self._made()
            except (HeldError, SettingsError) as error:
                sight = self._troubled(str(error))
            except RoundupError as error:
                sight = self._troubled(say("Failed: {why}", why=str(error)))
            if self._settings_trouble:
                sight = replace(sight, trouble="\n".join(filter(None, (self._settings_trouble, sight.trouble))))
            if sight != self._sight:
                self._sight = sight
                self._revision += 1
            return sight

    def read_settings(self) -> Sight:
        """Look again with the settings as they are now."""
        with self._lock:
            before = _what_reading_depends_on(self._settings)
            try:
                self._settings, self._office = self.opening()
                self._settings_trouble = ""
            except RoundupError as error:
                self._settings_trouble = str(error)
                return self.look()
            if _what_reading_depends_on(self._settings) != before:
                self._read = None
            return self.look()

    def look_at_word(self) -> None:
        """Look again if the issue's file is another than the one that is seen."""
        with self._lock:
            try:
                seen = self._sight is not None and not self._sight.trouble
                same = seen and word_file.tag_of(word_file.content_of(self.directory, self.sight.key)) == self.sight.tag
            except HeldError:
                same = False
            if not same:
                self.look()

    def read_sources(self) -> Sight:
        """Read all the sources anew, and look."""
        with self._lock:
            self._read = None
            return self.look()

    def read_files(self) -> Sight:
        """Read those sources anew that are files here, and look: nobody else is asked for anything."""
        with self._lock:
            local = {each.called for each in self._settings.sources if not str(each.feed or "").startswith("http")}
            if self._read is None or not local:
                return self.look()
            sources = [source for source in self._office.newsroom.sources if source.name in local]
            try:
                self._read = self._again(self._read, replace(self._office.newsroom, sources=sources))
            except RoundupError as error:
                return self.tell(str(error))
            return self.look()

    def try_out(self, word: Word) -> Issue:
        """The issue that a word of the editor's makes. Raises `HeldError` for one that cannot be heard."""
        with self._lock:
            if self._read is None:
                raise HeldError(say("There is no issue to change."))
            return self._chosen(self._read, word, self.sight.instant)

    def undisturbed(self) -> AbstractContextManager[object]:
        """Nobody else looks meanwhile: for whoever writes a file that is looked at."""
        return self._lock

    def glance(self) -> None:
        """Look again if a run, a command or the calendar has changed what becomes of the issue."""
        with self._lock:
            sight = self._sight
            if sight is None:
                return
            try:
                with self._office.store.to_read() as ledgers:
                    same = self._due(ledgers).day == sight.key.day and self._is_as_seen(ledgers, sight)
            except RoundupError:
                # Looking tells what is wrong.
                same = False
            if not same:
                self.look()

    def _is_as_seen(self, ledgers: Ledgers, sight: Sight) -> bool:
        if ledgers.archive.find(sight.key) != sight.record:
            return False
        if not sight.is_frozen and self._tag(sight.key) != sight.tag:
            return False
        return delivered_last(ledgers, self.now) == sight.delivered

    def tell(self, trouble: str) -> Sight:
        """Show what is wrong, over the last good look."""
        with self._lock:
            self._sight = self._troubled(trouble)
            self._revision += 1
            return self._sight

    def _troubled(self, trouble: str) -> Sight:
        """The last look, with what is wrong now. The tag is that of the file as it stands: it is to be mended."""
        if self._sight is not None:
            read = self._read.gathering.shelves if self._read is not None else self._sight.shelves
            return replace(self._sight, trouble=trouble, shelves=read, tag=self._tag(self._sight.key))
        due = self._due_at_all()
        return Sight(key=self._key(due), instant=due.instant, trouble=trouble)

    def _tag(self, key: IssueKey) -> str:
        try:
            return word_file.tag_of(word_file.content_of(self.directory, key))
        except HeldError:
            # A file that nobody can read is none that anybody has seen.
            return "unreadable"

    def _due_at_all(self) -> Due:
        with self._office.store.to_read() as ledgers:
            return self._due(ledgers)

    # Making --------------------------------------------------------------------------------------------------------

    def _made(self) -> Sight:
        with self._office.store.to_read() as ledgers:
            due = self._due(ledgers)
            key = self._key(due)
            if ledgers.archive.stored(key) is not None:
                return stored_sight(ledgers, key, copy=self._copy)
            if self._read is None or self._read.key != key:
                self._read = self._reading(ledgers, key, due)
            return self._as_it_would_be(ledgers, self._read, due)

    def _calendar(self) -> Schedule:
        if self._edition == WEEKLY_EDITION and self._office.schedule.weekly is None:
            raise SettingsError(say("There is no weekly edition: [schedule] weekly names no day."))
        return of_edition(self._office.schedule, self._edition)

    def _due(self, ledgers: Ledgers) -> Due:
        return due_next(ledgers, self._calendar(), self.now, edition=self._edition)

    def _key(self, due: Due) -> IssueKey:
        return IssueKey(day=due.day, edition=self._edition)

    def _reading(self, ledgers: Ledgers, key: IssueKey, due: Due) -> _Read:
        now, office = self.now, self._office
        gathering = gathered(office.newsroom, ledgers, key, due=due, now=now, main=office.schedule)
        return _Read(key=key, gathering=gathering, at=now)

    def _again(self, read: _Read, newsroom: Newsroom) -> _Read:
        """Some of the sources read again, and the others as they were."""
        with self._office.store.to_read() as ledgers:
            due = self._due(ledgers)
            fresh = gathered(newsroom, ledgers, read.key, due=due, now=self.now, main=self._office.schedule)
        shelves = {shelf.record.name: shelf for shelf in fresh.shelves}
        merged = tuple(shelves.get(shelf.record.name, shelf) for shelf in read.gathering.shelves)
        return replace(read, gathering=replace(read.gathering, shelves=merged))

    def _as_it_would_be(self, ledgers: Ledgers, read: _Read, due: Due) -> Sight:
        newsroom, gathering = self._office.newsroom, read.gathering
        content = word_file.content_of(self.directory, read.key)
        sight = Sight(
            key=read.key, instant=due.instant, record=ledgers.archive.find(read.key), shelves=gathering.shelves,
            read_at=read.at, tag=word_file.tag_of(content), word=newsroom.word(read.key),
            delivered=delivered_last(ledgers, self.now),
        )  # fmt: skip
        issue = self._chosen(read, sight.word, due.instant)
        proposal = current(newsroom, ledgers, read.key)
        if proposal is not None:
            return self._as_it_is_proposed(sight, issue, proposal)
        if not issue.pieces:
            told = pipeline.explained(newsroom, gathering, issue, fingerprint="")
            warnings = pipeline.warnings(gathering, newsroom.zone)
            return replace(sight, issue=issue, explanation=told, warnings=warnings)
        drafted = pipeline.draft(newsroom, issue)
        sight = replace(
            sight, issue=drafted.issue, rendered=drafted.rendered, findings=drafted.findings,
            copy=self._copy(drafted.rendered),
            explanation=pipeline.explained(newsroom, gathering, drafted.issue, fingerprint=""),
            warnings=(*pipeline.warnings(gathering, newsroom.zone), *drafted.notes),
        )  # fmt: skip
        choices = ledgers.subscribers.choices(pipeline.cadence_of(read.key))
        try:
            passed = pipeline.passed(newsroom, gathering, drafted, choices=choices)
        except HeldError as error:
            return replace(sight, trouble=str(error))
        return replace(sight, fingerprint=passed.fingerprint, variants=passed.variants, explanation=passed.explanation)

    def _as_it_is_proposed(self, sight: Sight, issue: Issue, proposal: Proposal) -> Sight:
        """What waits for its editor is shown as it is stored: approved, it is sent so. A change makes it anew, with
        what has come since."""
        stored = proposal.stored
        issue = as_it_was(issue, stored.told)
        return replace(
            sight, issue=issue, findings=pipeline.findings(self._office.newsroom, stored.rendered, issue),
            rendered=stored.rendered, variants=stored.variants, copy=self._copy(stored.rendered),
            fingerprint=stored.record.fingerprint, explanation=stored.told, record=stored.record, is_proposed=True,
        )  # fmt: skip

    def _chosen(self, read: _Read, word: Word, instant: datetime) -> Issue:
        """The issue that a word makes; what was tried out is not chosen again."""
        newsroom = self._office.newsroom
        if self._tried is not None and self._tried[0] == (read, word, instant) and self._tried[1] is newsroom:
            return self._tried[2]
        issue = pipeline.choose(replace(newsroom, word=lambda _: word), read.gathering, key=read.key, instant=instant)
        self._tried = ((read, word, instant), newsroom, issue)
        return issue

    def copy_of(self, variant: int) -> EditorsCopy | None:
        """The mail as it is to be seen, or the variant of it that has a number; None: there is none."""
        sight = self.sight
        if not 0 < variant <= len(sight.variants):
            return sight.copy if variant == 0 else None
        return self._copy(sight.variants[variant - 1].rendered, variant)

    def _copy(self, rendered: RenderedIssue, variant: int = 0) -> EditorsCopy:
        newsroom, editor = self._office.newsroom, self._settings.editor.email
        date = clock.now().replace(second=0, microsecond=0)
        return editors_copy(rendered, newsroom, editor, date=date, variant=variant)


def _what_reading_depends_on(settings: Settings) -> object:
    return settings.sources, settings.selection.max_age, settings.newsletter.timezone, settings.schedule
