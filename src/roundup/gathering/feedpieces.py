"""A feed's entries become pieces: which are one and the same, and which have an identity of their own. Pure.

Real feeds repeat ids, give one id to all, link a hundred entries to one page, and list a page twice under two ids.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from roundup.gathering.cutting import first_words
from roundup.gathering.excerpts import excerpt
from roundup.gathering.feedcontent import Entry
from roundup.gathering.links import is_local
from roundup.identity import normal_link
from roundup.model import Defect, Piece
from roundup.words import say

_LONGEST_ID = 500
_NEVER = datetime.min.replace(tzinfo=UTC)


def pieces_of(
    entries: Sequence[Entry], *, source: str, base: str, authors: tuple[str, ...] = ()
) -> tuple[list[Piece], list[Defect]]:
    """The pieces in the feed's order, each once, and what could not be used.

    `authors` stand for entries without any; `base` is where the feed comes from.
    """
    shared = _shared(entries)
    kept: dict[str, Piece] = {}
    defects: list[Defect] = []
    for number, entry in enumerate(entries, start=1):
        made = _piece(entry, number, source, shared)
        if isinstance(made, Defect):
            defects.append(made)
            continue
        made = made if made.authors else replace(made, authors=authors)
        # The same id twice is the same piece written again: the newest counts, in the place of the first.
        if made.id not in kept or _age(made) > _age(kept[made.id]):
            kept[made.id] = made
    pieces = _told_apart(kept.values())
    local = next((piece for piece in pieces if is_local(piece.link)), None)
    if local and not is_local(base):
        what = say(
            "Its links lead to the reader's own machine ({link}). Give the site its public address.", link=local.link
        )
        defects.append(Defect(source=source, where=local.title, what=what))
    return pieces, defects


def _shared(entries: Sequence[Entry]) -> frozenset[str]:
    """Ids that most entries share, and links that entries without an id share: they identify nothing."""
    ids = Counter(entry.id for entry in entries if entry.id)
    links = Counter(entry.written_link for entry in entries if not entry.id)
    most = {identity for identity, count in ids.items() if count > 2 and count * 2 > len(entries)}
    return frozenset(most | {link for link, count in links.items() if count > 1})


def _piece(entry: Entry, number: int, source: str, shared: frozenset[str]) -> Piece | Defect:
    """One entry as a piece, or the reason why it can't be one."""
    made = (excerpt(text, title=entry.title, authors=entry.authors) for text in entry.texts)
    short = next((text for text in made if text), "")
    where = entry.title or entry.id[:200] or say("entry {number}", number=number)
    if entry.link is None:
        raw = entry.written_link[:200]
        said = say("Its link {raw!r} is no web address", raw=raw) if raw else say("It has no link")
        return Defect(
            source=source, where=where, what=say("{said}, so it can't be mailed. Correct it in the feed.", said=said)
        )
    if not entry.title and not short:
        return Defect(source=source, where=where, what=say("It has neither a title nor a text. Give it a title."))
    return Piece(
        id=_identity(entry, entry.link, shared),
        source=source,
        title=entry.title or first_words(short),
        link=entry.link,
        published=entry.published,
        excerpt=short,
        authors=entry.authors,
        comments=entry.comments,
        tags=entry.tags,
        picture=entry.picture,
        language=entry.language,
    )


def _identity(entry: Entry, link: str, shared: frozenset[str]) -> str:
    """What tells an entry from all others of its feed: its id, else its normalised link, else what it says."""
    if entry.id and entry.id not in shared:
        return entry.id if len(entry.id) <= _LONGEST_ID else _hash(entry.id)
    if entry.written_link not in shared:
        return normal_link(link)
    return _hash(normal_link(link), entry.title, entry.written_date)


def _hash(*parts: str) -> str:
    """32 hex digits that stand for the parts."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _told_apart(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces, where several have one link: with the same title they are one piece, of which the newest counts;
    with other titles the link is only where they all lead, and identifies none of them."""
    by_link: defaultdict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_link[normal_link(piece.link)].append(piece)
    found: dict[str, Piece] = {}
    for piece in pieces:
        together = by_link[normal_link(piece.link)]
        titles = {each.title.casefold() for each in together}
        twins = [each for each in together if each.title.casefold() == piece.title.casefold()]
        newest = max(twins, key=_age)
        found.setdefault(newest.id, replace(newest, link_is_shared=len(titles) > 1))
    return list(found.values())


def _age(piece: Piece) -> datetime:
    """What tells two pieces of one id apart: the later is the newer, and none at all is the oldest."""
    return piece.published.at if piece.published else _NEVER
