"""The nouns, in the order they come into being.

Every type is frozen and keyword-only; no field is filled in later. `None` means *unknown* and each field says so.
All instants are aware and in UTC; a `date` is always a day in the newsletter's time zone unless it says otherwise.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import NewType

SubscriberId = NewType("SubscriberId", int)
IssueId = NewType("IssueId", int)

MAIN_EDITION = "main"
WEEKLY_EDITION = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """When a piece was published, and how exactly its source says so."""

    #: The instant that ranks it. A date without a time ranks at local midnight in its source's zone.
    at: datetime
    #: The last instant the date can mean: `at`, or the end of the local day for a date without a time.
    latest: datetime
    #: The source's own day, for a date without a time; None when the source gave a time.
    day: date | None = None

    def printed_day(self, zone: tzinfo) -> date:
        """The day to print: the source's own if it gave only a day, else the day in `zone`."""
        return self.day if self.day is not None else self.at.astimezone(zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that belongs to a piece."""

    #: Absolute http(s) address.
    url: str
    #: What it shows; empty when the source does not say.
    alt: str = ""
    #: Its own size in pixels, as its octets say, or else its source. None: unknown; both are known, or neither.
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One thing to read, as one source tells of it. All text is plain text: no tags, no entities."""

    #: Unique within its source, and only there (a guid, a file's path).
    id: str
    #: The name of its source.
    source: str
    title: str
    #: Absolute http(s) address.
    link: str
    #: None: the source gives no usable date; whoever remembers the piece uses the time it was first seen.
    published: Published | None
    #: At most 55 words, ending in " …" when it was cut.
    excerpt: str = ""
    authors: tuple[str, ...] = ()
    #: None: the source does not say. Not the same as 0.
    comments: int | None = None
    tags: tuple[str, ...] = ()
    picture: Picture | None = None
    #: Other pieces of its source have the same link, so that it tells nothing apart.
    link_is_shared: bool = False
    #: What it is written in (BCP 47: `en`, `pt-BR`); empty when the source does not say.
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Something in a source that could not be used. A value, not an exception: the rest of the source goes on."""

    #: The name of the source.
    source: str
    #: The file and line, the entry's title or id, the address: whatever finds it again.
    where: str
    #: A sentence for an editor: what is wrong, and what to do.
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Something in a source that is no piece for readers, and is not meant to be one: a draft, a section page."""

    #: The file, the entry's title or id: whatever finds it again.
    where: str
    #: In an editor's words, and few of them, since they are counted: "draft", "dated in the future".
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """What a source gave us to hand back on the next read (RFC 9110 §8.8: validators). None: it gave none."""

    etag: str | None = None
    modified: str | None = None
    #: The address that gave them: for another they mean nothing, though one site may give the same for all its feeds.
    location: str | None = None
    #: What a folder's files gave when they were last read, packed, so that only changed ones are read again.
    contents: bytes | None = None

    @property
    def without_validators(self) -> "Bookmark":
        """To be told everything again: a WordPress answers 304 though comments have come since."""
        return Bookmark(contents=self.contents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one source held when it was read."""

    source: str
    #: In the source's own order. Empty when the read failed or the source is unchanged.
    pieces: tuple[Piece, ...] = ()
    defects: tuple[Defect, ...] = ()
    #: What is no piece, and why.
    skipped: tuple[Skipped, ...] = ()
    bookmark: Bookmark = field(default_factory=Bookmark)
    #: Nothing changed since the bookmark (304): what is remembered still stands.
    unchanged: bool = False
    #: Why the read failed, as a sentence for an editor; None: it went well.
    failure: str | None = None
    #: It lists all it has (a folder), so that what is missing is gone; a feed is a window.
    whole: bool = False
    #: It was cut off before its end: what is missing may be there.
    partial: bool = False
    #: The source asked not to be read again for so long (RFC 9110 §10.2.3, Retry-After); None: it did not ask.
    wait: timedelta | None = None


#: The source of a piece that no source has: the editor wrote it into the issue.
BY_HAND = "added by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What the editor puts in place of what a source says of a piece, in the mail alone. None: what the source says."""

    title: str | None = None
    excerpt: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A sponsor's credit for one issue alone."""

    text: str
    #: Empty when it links nowhere.
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPiece:
    """A piece with its place in the order and the reason for it."""

    piece: Piece
    #: Its publication, never unknown here: the source's date, or the time it was first seen.
    published: Published
    #: How many hours fresher its comments make it (0.0 when unknown or not counted by the order).
    comment_hours: float
    #: The reason, in an editor's words: "published 15 h ago; 23 comments count as 18.3 h fresher".
    why: str
    #: The editor put it where it stands.
    pinned: bool = False
    #: The section that it stands in; empty: before all sections.
    section: str = ""
    edit: Edit = Edit()

    @property
    def shown(self) -> Piece:
        """The piece as readers see it. What it is known by stays what its source says."""
        said = {"title": self.edit.title, "excerpt": self.edit.excerpt, "picture": self.edit.picture}
        return replace(self.piece, **{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkedAbout:
    """A piece that an earlier issue carried, and that is still talked about."""

    piece: Piece
    #: The day of the issue that carried it.
    day: date
    #: How many comments it had then, as that issue says.
    comments_then: int


class Omission(StrEnum):
    """Of what kind the reason is for which a piece is left out."""

    #: Its title stands under "More".
    MORE = "more"
    DUPLICATE = "duplicate"
    TOO_OLD = "too-old"
    #: By the editor's word on this issue.
    EXCLUDED = "excluded"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A piece that is not in the issue, and why."""

    ranked: RankedPiece
    #: In an editor's words: "older than max_age (24h)", "duplicate of …"; `more` for the titles under "More".
    because: str
    kind: Omission = Omission.OTHER


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class IssueKey:
    """What makes an issue unique: its local date and its edition."""

    day: date
    #: `main`, `weekly` or `correction-N`.
    edition: str = MAIN_EDITION

    def __str__(self) -> str:
        return self.day.isoformat() + ("" if self.edition == MAIN_EDITION else f"/{self.edition}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated edition, chosen and ordered, before it is rendered."""

    key: IssueKey
    #: Its due time; ages are counted to it. Aware, UTC.
    instant: datetime
    #: One line each, no line breaks.
    subject: str
    preheader: str
    pieces: tuple[RankedPiece, ...]
    #: Carried by title and link alone, under "More".
    more: tuple[RankedPiece, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    #: How many pieces earlier issues carried, or told to be too old.
    older: int = 0
    #: What the editor has to say first; paragraphs apart by an empty line.
    intro: str = ""
    #: Whether appeals, and sponsors' credits, are shown; None: as their dates say.
    appeal: bool | None = None
    sponsor: bool | None = None
    #: In place of the settings' sponsors; None: those.
    credit: Credit | None = None
    #: What earlier issues carried and readers still talk about, the most growth first.
    talked_about: tuple[TalkedAbout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedIssue:
    """An issue as it will be mailed, but for what is a subscriber's own: placeholders stand there."""

    key: IssueKey
    subject: str
    preheader: str
    html: str
    text: str
    #: Eight lower-case hex digits that make the placeholders unguessable to a feed (see `roundup.rendering`).
    nonce: str


class Status(StrEnum):
    """What a subscriber is to the list. Only ACTIVE is mailed."""

    ACTIVE = "active"
    PENDING = "pending"
    PAUSED = "paused"
    LEFT = "left"
    REMOVED = "removed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


class Cadence(StrEnum):
    """How often a subscriber wants mail."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person on the list. `name` is empty where it is unknown, `sections` where all are asked for."""

    id: SubscriberId
    #: The address as it was given, its domain as an A-label: the form that is mailed.
    email: str
    name: str
    status: Status
    cadence: Cadence
    sections: tuple[str, ...]
    #: Eight random bytes that stand for this person in tokens; made once, never reused.
    key: bytes
    #: Where the row came from, and when: `subscribers.csv`, `import`, `add`, `signup`.
    origin: str
    since: datetime
    #: With PAUSED: the day on which mail begins again; None: nobody knows.
    paused_until: date | None = None
    #: They chose cadence and sections themselves, which no list file changes.
    chose: bool = False
    #: When they became what they are; None: it was not asked for.
    changed_at: datetime | None = field(default=None, compare=False)


class DeliveryState(StrEnum):
    """What has become of one delivery. `roundup.journal` says what may follow what."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Our effort for one subscriber and one issue, as it was claimed."""

    subscriber: SubscriberId
    email: str
    name: str
    #: The subscriber's key (see `Subscriber.key`).
    key: bytes
    #: How many times it was offered before.
    attempts: int
    #: Which variant of the issue they have; 0: the whole.
    variant: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Exactly the octets that are offered, and the envelope they travel in."""

    envelope_from: str
    envelope_to: str
    message_id: str
    content: bytes
    #: No line of it begins with a dot, by the way it was made: nobody needs to look for one to double (RFC 5321
    #: §4.5.2), which at 45 KB is a fifth of what sending it costs.
    undotted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the next hop said (RFC 5321 §4.2, RFC 3463). Code 0: it said nothing."""

    code: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The next hop said 250 and has the message now."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """The next hop said 4yz, or refused us rather than the subscriber: try again later."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The next hop said 5yz: never again for this issue."""

    reply: Reply
    #: It said that the address itself is bad (5.1.x): nobody is to be mailed there again.
    person_is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The line broke after the message was offered: nobody can say whether it was accepted (RFC 1047)."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOffered:
    """The line broke before the message was offered: it was certainly not accepted."""

    why: str
    #: The line broke over this very message (after its `MAIL FROM`): it waits, so that it cannot keep others waiting.
    over_it: bool = False


Outcome = Accepted | Deferred | Refused | Unknown | NotOffered
