"""What lies on the desk at one moment: an issue as it would go out, or as it went, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from roundup.archive import IssueRecord, IssueState
from roundup.audience import Variant
from roundup.choosing import Ref
from roundup.editors_copy import EditorsCopy
from roundup.journal import Tally
from roundup.memory import Shelf
from roundup.model import Issue, IssueKey, RenderedIssue
from roundup.rendering.lint import Finding
from roundup.word import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What has become of an issue's deliveries."""

    record: IssueRecord
    tally: Tally
    #: Of those who have not got it: how many there are for each reason, the commonest first.
    misses: tuple[tuple[str, int], ...] = ()

    @property
    def key(self) -> IssueKey:
        """Which issue it is."""
        return self.record.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the desk shows. Nothing of it is ever changed: the next look makes another."""

    key: IssueKey
    #: Its due time. Aware, UTC.
    instant: datetime
    #: None when it is frozen already: then it is shown as it was stored.
    issue: Issue | None = None
    #: None when there is nothing new, or nothing could be rendered.
    rendered: RenderedIssue | None = None
    variants: tuple[Variant, ...] = ()
    copy: EditorsCopy | None = None
    #: Empty when it must not be mailed as it is.
    fingerprint: str = ""
    explanation: Mapping[str, object] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    #: What else an editor should know, as sentences.
    warnings: tuple[str, ...] = ()
    shelves: tuple[Shelf, ...] = ()
    #: When the sources were read.
    read_at: datetime | None = None
    #: What the archive knows of it; None: nothing.
    record: IssueRecord | None = None
    #: The issue that was last on its way, while that is news: this one, or the one before.
    delivered: Delivered | None = None
    word: Word = field(default_factory=Word)
    #: What tells the issue's file from every other content of it (see `word_file.tag_of`).
    tag: str = ""
    #: It is stored as it is shown, and waits for its editor, or for its due time with their approval; a change of
    #: theirs makes it anew.
    is_proposed: bool = False
    #: Why what is shown is not what the files say now; empty when it is.
    trouble: str = ""

    @property
    def is_frozen(self) -> bool:
        """Whether it is written down, so that nothing in it can be changed."""
        return self.record is not None and self.record.frozen_at is not None

    @property
    def is_approved(self) -> bool:
        """Whether its editor has approved it, as it is shown."""
        return self.is_proposed and self.record is not None and self.record.state is IssueState.APPROVED

    @property
    def hold(self) -> str:
        """Why a person must decide before it goes out; empty if nobody must."""
        return self.record.hold if self.record is not None else ""

    @property
    def counted(self) -> dict[Ref, datetime]:
        """When the number of comments of each piece was first seen."""
        every = (each for shelf in self.shelves for each in shelf.pieces)
        return {each.ref: each.counted_at for each in every if each.counted_at is not None}

    @property
    def lost(self) -> frozenset[Ref]:
        """What its source has taken back, or whose source is in the settings no more: nothing brings that in."""
        withdrawn = {each.ref for shelf in self.shelves for each in shelf.pieces if each.withdrawn}
        listed = {shelf.record.name for shelf in self.shelves}
        left_out = () if self.issue is None else (each.ranked.piece for each in self.issue.left_out)
        return frozenset(withdrawn | {(each.source, each.id) for each in left_out if each.source not in listed})
