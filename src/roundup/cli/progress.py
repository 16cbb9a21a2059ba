"""Progress bars on a terminal; nothing where nobody looks."""

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from roundup.newsroom import Unwatched, Watch


class Bar:
    """Implements `roundup.pipeline.Watch` with a bar on standard error."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, what: str, total: int) -> None:
        """See `Watch`."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._progress.start()
        self._task = self._progress.add_task(what, total=total, rate="")

    def step(self) -> None:
        """See `Watch`."""
        if self._progress is not None and self._task is not None:
            speed = self._progress.tasks[0].speed
            self._progress.update(self._task, advance=1, rate=f"{speed:.0f}/s" if speed else "")

    def end(self) -> None:
        """See `Watch`."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def note(self, sentence: str) -> None:
        """See `Watch`."""
        Console(stderr=True).print(sentence, markup=False)


def a_watch() -> Watch:
    """A bar if somebody looks on, else none."""
    return Bar() if sys.stderr.isatty() else Unwatched()
