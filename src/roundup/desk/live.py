"""What keeps the desk true: files that change are looked at again within a second, and so is what a run writes."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from watchfiles import watch

from roundup import clock
from roundup.desk.looking import Looking
from roundup.settings import FILE
from roundup.settings_sources import SourceSettings
from roundup.words import borrowed, say

#: How long changes in folders are gathered before they are looked at, how often files are asked, in milliseconds.
_GATHERED, _STEP, _ASKS_EVERY = 50, 20, 250
#: How often the database is asked what has become of the issue, in seconds.
_GLANCES_EVERY = 1.0
#: How long it rests after a fault of its own, in seconds.
_RESTS = 1.0
_TEMPLATES, _ISSUES = "templates", "issues"


class Live:
    """Its thread watches between `open` and `close`.

    Folders are watched by the system; single files are asked for their times, because most programs save a file by
    putting another in its place. The newsletter's own folder is not watched: an outbox in it may hold a million files.
    """

    def __init__(self, looking: Looking) -> None:
        self._looking = looking
        self._closing = threading.Event()
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._glanced = 0.0
        self._thread = threading.Thread(target=self._watch, name="desk-watching", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._changed_files()
        self._thread.start()

    def close(self) -> None:
        """End, within a second or so."""
        self._closing.set()
        self._thread.join(5)

    def _watch(self) -> None:
        is_first = True
        while not self._closing.is_set():
            folders = self._folders()
            try:
                for number, changed in enumerate(self._changes(folders)):
                    if number == 0 and not is_first:
                        # They are watched by now: what came before that is looked at, too.
                        self._looking.read_settings()
                        self._looking.read_files()
                    self._see(changed | self._changed_files())
                    if folders != self._folders():
                        # A folder came, went or is another of its name: watch anew.
                        break
            except Exception as error:  # noqa: BLE001 - whatever it was, the next change is to be seen
                self._looking.tell(say("What has changed could not be looked at ({error}).", error=borrowed(error)))
                self._closing.wait(_RESTS)
            is_first = False

    def _changes(self, folders: Mapping[Path, int]) -> Iterator[set[Path]]:
        """What changed in some folders; nothing, again and again, while nothing does."""
        if not folders:
            while not self._closing.wait(_ASKS_EVERY / 1000):
                yield set()
            return
        for changes in watch(
            *folders, stop_event=self._closing, debounce=_GATHERED, step=_STEP, rust_timeout=_ASKS_EVERY,
            yield_on_timeout=True, watch_filter=lambda _, path: not Path(path).name.startswith("."),
            raise_interrupt=False, ignore_permission_denied=True,
        ):  # fmt: skip
            yield {Path(path) for _, path in changes}

    def _see(self, changed: set[Path]) -> None:
        looking, directory = self._looking, self._looking.directory.resolve()
        if not changed:
            if clock.stopwatch() - self._glanced > _GLANCES_EVERY:
                looking.glance()
                self._glanced = clock.stopwatch()
            return
        # A template of one's own takes the place of a shipped one that is known already.
        if directory / FILE in changed or any(path.is_relative_to(directory / _TEMPLATES) for path in changed):
            looking.read_settings()
        if any(path.is_relative_to(place) for path in changed for place in self._source_places()):
            looking.read_files()
        elif any(path.is_relative_to(directory / _ISSUES) for path in changed):
            looking.look_at_word()

    def _folders(self) -> Mapping[Path, int]:
        """The folders that are watched, with all below them, and what tells each from another of its name."""
        directory = self._looking.directory.resolve()
        wanted = (directory / _TEMPLATES, directory / _ISSUES, *self._source_places())
        return {each: each.stat().st_ino for each in wanted if each.is_dir()}

    def _changed_files(self) -> set[Path]:
        """The single files that are others than when this was last asked."""
        files = [self._looking.directory.resolve() / FILE, *self._source_places()]
        word = self._looking.word_path
        if word is not None:
            # It may be a link to a file elsewhere, which no watched folder has.
            files.append(word)
        stamps = {path: _stamp(path) for path in files if not path.is_dir()}
        changed = {path for path, stamp in stamps.items() if self._stamps.get(path, stamp) != stamp}
        self._stamps = stamps
        return changed

    def _source_places(self) -> Iterator[Path]:
        """Where sources that are files or folders here lie, and the files that count their comments."""
        directory = self._looking.directory.resolve()
        for source in self._looking.settings.sources:
            for name in _local(source):
                yield (directory / name).resolve()


def _local(source: SourceSettings) -> Iterator[str]:
    comments = source.comments
    given = (source.folder, source.feed, comments.folder if comments else None, comments.file if comments else None)
    return (each for each in given if each and "://" not in each)


def _stamp(path: Path) -> tuple[int, int]:
    """What changes with a file; zeros while there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino
