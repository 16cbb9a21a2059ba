"""The port of announcing: where a run's report goes besides the terminal and the editor's mailbox."""

from dataclasses import dataclass
from typing import Protocol


class Announcer(Protocol):
    """Somewhere a report goes. What fails is a sentence, and stops no run."""

    def announce(self, document: str) -> str:
        """Tell it a report, a line of JSON. Returns why it could not be told; empty: it was."""
        ...


class Switch(Protocol):
    """A dead man's switch: it raises the alarm when it is not pressed."""

    def press(self, *, went_well: bool) -> str:
        """Say that a run has ended. Returns why it could not be said; empty: it was."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcers:
    """Whoever is told; None: nobody there."""

    log: Announcer | None = None
    webhook: Announcer | None = None
    switch: Switch | None = None
