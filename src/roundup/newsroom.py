"""What an issue is made with, and who looks on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

from roundup.gathering import Prober, Source, Unprobed
from roundup.messages import Letterhead
from roundup.model import IssueKey
from roundup.ranking import Ranking
from roundup.rendering import Masthead, Renderer
from roundup.selection import Selection
from roundup.subjects import Patterns
from roundup.talking import Talk
from roundup.tokens import Secret
from roundup.word import Word


class Watch(Protocol):
    """Somebody who looks on while work is done."""

    def begin(self, what: str, total: int) -> None:
        """Work of `total` steps begins."""
        ...

    def step(self) -> None:
        """One step is done. Called from any thread."""
        ...

    def end(self) -> None:
        """The work is done, or was stopped."""
        ...

    def note(self, sentence: str) -> None:
        """Something that whoever looks on must know before it goes on; the report tells it to everybody else."""
        ...


class Unwatched:
    """Nobody looks on: cron, logs, pipes."""

    def begin(self, what: str, total: int) -> None:
        """See `Watch`."""

    def step(self) -> None:
        """See `Watch`."""

    def end(self) -> None:
        """See `Watch`."""

    def note(self, sentence: str) -> None:
        """See `Watch`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """What an issue is made with."""

    sources: Sequence[Source]
    renderer: Renderer
    masthead: Masthead
    letterhead: Letterhead
    secret: Secret
    ranking: Ranking
    selection: Selection
    zone: ZoneInfo
    #: The editor's word on an issue. Raises `HeldError` for one that can't be understood.
    word: Callable[[IssueKey], Word] = lambda _key: Word()
    #: A digest of all that the editor can change of an issue: settings, word, templates.
    edits: Callable[[IssueKey], str] = lambda _key: ""
    talk: Talk = field(default_factory=Talk)
    #: How subjects and preheaders are written.
    patterns: Patterns = field(default_factory=Patterns)
    watch: Watch = field(default_factory=Unwatched)
    #: Who looks at pictures before they are mailed.
    prober: Prober = field(default_factory=Unprobed)
