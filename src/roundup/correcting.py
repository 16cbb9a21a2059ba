"""`issues correct`: a correction of a sent issue, an edition of its own, for exactly those who have the issue."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roundup import pipeline
from roundup.archive import Frozen, StoredIssue
from roundup.audience import Audience
from roundup.deciding import in_the_way
from roundup.errors import HeldError, SettingsError
from roundup.identity import normal_link
from roundup.model import DeliveryState, Issue, IssueKey, Piece, Published, RankedPiece
from roundup.newsroom import Newsroom
from roundup.pipeline import Gathering, Prepared
from roundup.selecting import Past
from roundup.store import Ledgers
from roundup.subjects import PREHEADER_LENGTH
from roundup.words import say

#: How the edition of a correction begins; its number follows.
CORRECTION = "correction-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a correction says."""

    subject: str
    #: What was wrong, and what is right; paragraphs apart by an empty line.
    intro: str
    #: Ids or links of pieces of the issue that it shows again.
    pieces: Sequence[str] = ()


def prepare(newsroom: Newsroom, ledgers: Ledgers, key: IssueKey, said: Correction, *, now: datetime) -> Prepared:
    """The next correction of an issue, rendered; nothing is written. Raises `SettingsError` if nobody has the issue, or
    for a piece that it did not have, and `HeldError` if it must not be mailed as it is."""
    stored = _sent(ledgers, key)
    number = 1 + sum(
        record.key.day == key.day and record.key.edition.startswith(CORRECTION) for record in ledgers.archive.all()
    )
    issue = Issue(
        key=IssueKey(day=key.day, edition=f"{CORRECTION}{number}"),
        instant=now,
        subject=said.subject,
        preheader=" ".join(said.intro.split())[:PREHEADER_LENGTH],
        pieces=tuple(_pieces(stored.told, said.pieces, key)),
        intro=said.intro,
        appeal=False,
        sponsor=False,
    )
    nothing = Gathering(shelves=(), past=Past(last_sent=None, carried=frozenset()), last_frozen=None, at=now)
    return pipeline.prepare(newsroom, nothing, issue)


def freeze(ledgers: Ledgers, key: IssueKey, prepared: Prepared, *, now: datetime) -> int:
    """Write a correction down, with a delivery for everybody who has the issue of `key` and is still on the list. The
    caller holds the lock. Returns how many they are. Raises `HeldError` if another issue must be decided first."""
    waits_for = in_the_way(ledgers)
    if waits_for:
        raise HeldError(waits_for)
    frozen = Frozen(
        issue=prepared.issue,
        rendered=prepared.rendered,
        fingerprint=prepared.fingerprint,
        explanation=json.dumps(prepared.explanation, ensure_ascii=False),
        # Its pieces were carried by the issue that it corrects.
        carries=frozenset(),
        at=now,
        audience=Audience(cadence=None, variants=None, to_those_with=_sent(ledgers, key).record.id),
    )
    return ledgers.journal.tally(ledgers.archive.freeze(frozen)).unfinished


def _sent(ledgers: Ledgers, key: IssueKey) -> StoredIssue:
    """The issue, if somebody has it. Raises `SettingsError`."""
    stored = ledgers.archive.stored(key)
    if stored is None:
        raise SettingsError(
            say("There is no issue of {key} that was sent. `roundup issues list` shows those there are.", key=key)
        )
    if not ledgers.journal.tally(stored.record.id).deliveries.get(DeliveryState.ACCEPTED):
        raise SettingsError(say("Nobody has the issue of {key}, so there is nobody to tell of a correction.", key=key))
    return stored


def _pieces(told: dict[str, Any], names: Sequence[str], key: IssueKey) -> list[RankedPiece]:
    """The named pieces, as the issue had them. Raises `SettingsError`."""
    known = {name: each for each in told["pieces"] for name in (each["id"], normal_link(each["link"]))}
    found = []
    for name in names:
        each = known.get(name) or (known.get(normal_link(name)) if "://" in name else None)
        if each is None:
            raise SettingsError(
                say(
                    "The issue of {key} had no piece “{name}”. `roundup issues show {key}` lists its own.",
                    key=key,
                    name=name,
                )
            )
        at = datetime.fromisoformat(each["published"])
        published = Published(at=at, latest=at)
        piece = Piece(
            id=each["id"],
            source=each["source"],
            title=each["title"],
            link=each["link"],
            published=published,
            excerpt=each["excerpt"],
            authors=tuple(each["authors"]),
            comments=each["comments"],
        )
        found.append(RankedPiece(piece=piece, published=published, comment_hours=0.0, why=say("shown again")))
    return found
