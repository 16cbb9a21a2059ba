"""Sixty days of a newsletter: back-dating, late feeds, failures, downtime, an editor. No piece is in two issues, and
each that may be mailed is in exactly one."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from roundup.clock import Clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.model import BY_HAND, Bookmark, IssueKey, Piece, Reading
from roundup.selection import Overflow
from roundup.word import Reference, Word
from tests.builders import a_schedule, in_london
from tests.offices import Paper, a_newsroom, a_paper, a_piece_of

FIRST, DAYS = in_london("2026-09-07 00:00"), 60
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A piece, and when its feed begins to show it."""

    piece: Piece
    since: datetime


class UnreliableFeed:
    """A feed of the newest pieces that are out by now, which does not answer in some hours."""

    def __init__(self, shown: Sequence[Shown], *, silent: set[int], clock: Clock, name: str = "The Lantern") -> None:
        self.name = name
        self._shown = shown
        self._silent = silent
        self._clock = clock

    def read(self, bookmark: Bookmark, *, seconds: float = SOURCE_SECONDS) -> Reading:  # noqa: ARG002  none of it
        now = self._clock()
        if int((now - FIRST) / HOUR) in self._silent:
            return Reading(source=self.name, failure="It answered 503.")
        out = sorted((each for each in self._shown if each.since <= now), key=lambda each: each.since, reverse=True)
        return Reading(source=self.name, pieces=tuple(each.piece for each in out[:40]))

    def is_gone(self, link: str, *, seconds: float = SOURCE_SECONDS) -> bool:  # noqa: ARG002  nothing is
        return False

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:  # noqa: ARG002  nobody does
        return Counts()


def published(chosen: random.Random) -> list[Shown]:
    """Some four pieces a day, many in the small hours, some shown hours after their date, some two days after it."""
    shown = []
    for number in range(DAYS * 4):
        at = FIRST + timedelta(minutes=chosen.randrange(DAYS * 24 * 60))
        late = chosen.choice([0, 0, 0, 1, 3, 9, 20, 50]) * HOUR
        piece = a_piece_of(f"{at:%Y-%m-%d %H:%M}", f"n{number}", comments=chosen.choice([None, 0, 1, 5, 40]))
        shown.append(Shown(piece=piece, since=at + late))
    return shown


class TheEditor(dict[IssueKey, Word]):
    """What the editor says, by issue: now and then a pin, an exclusion, a piece by hand. It is about pieces that have
    been out for hours, and that no issue has had."""

    def __init__(self, seed: int, shown: Sequence[Shown], clock: Clock) -> None:
        super().__init__()
        self._chosen = random.Random(seed)  # noqa: S311 - a simulation
        self._shown = shown
        self._clock = clock

    def __missing__(self, key: IssueKey) -> Word:
        now = self._clock()
        fresh = [each.piece.link for each in self._shown if now - 20 * HOUR < each.since <= now - 5 * HOUR]
        some = self._chosen.sample(fresh, min(2, len(fresh))) if self._chosen.random() < 0.6 else []
        names = [Reference(text=link, where="x.toml:1") for link in some]
        link = f"https://lantern.example/by-hand/{key}/"
        by_hand = Piece(id=link, source=BY_HAND, title=f"By hand {key}", link=link, published=None)
        self[key] = Word(
            pin=tuple(names[:1]),
            exclude=tuple(names[1:]),
            added=((Reference(text=link, where="x.toml:2"), by_hand),) if names else (),
        )
        return self[key]

    def links(self, of: str) -> set[str]:
        """All that was ever pinned, or excluded."""
        return {reference.text for word in self.values() for reference in getattr(word, of)}


def hours() -> Iterator[datetime]:
    """Every hour of the time, and a fortnight more, in which what waits can go out."""
    return (FIRST + number * HOUR for number in range((DAYS + 14) * 24))


def carried(paper: Paper) -> Counter[str]:
    """In how many issues each piece is, in full or by its title."""
    found: Counter[str] = Counter()
    for record in paper.ledgers.archive.all():
        stored = paper.ledgers.archive.stored(record.key)
        if stored is not None:
            found.update(piece["id"] for piece in stored.told["pieces"])
            found.update(piece["id"] for piece in stored.told["left_out"] if piece["because"] == "more")
    return found


@pytest.mark.parametrize("overflow", list(Overflow))
def test_in_sixty_days_no_piece_is_in_two_issues_and_each_that_may_be_is_in_one(overflow: Overflow) -> None:
    chosen = random.Random(len(overflow))  # noqa: S311 - a simulation
    shown = published(chosen)
    off = {chosen.randrange(DAYS * 24) + hour for _ in range(8) for hour in range(chosen.randrange(1, 7))}
    silent = {chosen.randrange(DAYS * 24) + hour for _ in range(40) for hour in range(chosen.randrange(1, 4))}
    with a_paper() as paper:
        feed = UnreliableFeed(shown, silent=silent, clock=paper.clock)
        editor = TheEditor(7, shown, paper.clock)
        newsroom = a_newsroom(feed, maximum=7)
        paper.newsroom = replace(
            newsroom, selection=replace(newsroom.selection, overflow=overflow), word=lambda key: editor[key]
        )
        for moment in hours():
            if int((moment - FIRST) / HOUR) not in off:
                paper.run(moment)

        pinned, excluded = editor.links("pin"), editor.links("exclude")
        remembered = paper.ledgers.memory.pieces("The Lantern")
        wanted = {
            each.piece.id
            for each in remembered
            if (each.young or each.piece.link in pinned) and each.piece.link not in excluded
        }
        in_issues = carried(paper)
        by_hand = {name for name in in_issues if "/by-hand/" in name}

        assert {1} == set(in_issues.values())
        assert wanted == set(in_issues) - by_hand
        # Else it would have tried nothing: some were too old, some the editor's.
        counts = [len(remembered) - len(wanted), len(wanted), len(excluded), len(pinned), len(by_hand)]
        assert all(count > least for count, least in zip(counts, [20, 150, 10, 10, 10], strict=True)), counts


def test_a_weekly_newsletter_has_the_weeks_pieces_once() -> None:
    shown = published(random.Random(3))  # noqa: S311 - a simulation
    friday = a_schedule(weekdays=[4])
    with a_paper(schedule=friday) as paper:
        feed = UnreliableFeed(shown, silent=set(), clock=paper.clock)
        paper.newsroom = a_newsroom(feed, maximum=100, max_age=timedelta(days=7))
        for moment in hours():
            if moment.hour % 3 == 1:
                paper.run(moment)

        young = {each.piece.id for each in paper.ledgers.memory.pieces("The Lantern") if each.young}
        assert {1} == set(carried(paper).values())
        assert young == set(carried(paper))
        assert 9 <= len(paper.mailed()) <= 11
