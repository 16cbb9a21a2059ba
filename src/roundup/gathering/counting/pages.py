"""A piece's own page, which may tell in JSON-LD how many comments it has: `commentCount` (schema.org/commentCount), or
an `interactionStatistic` about comments (schema.org/InteractionCounter)."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from roundup import clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.gathering.comments import number
from roundup.gathering.fetching import Fetcher, FetchError
from roundup.gathering.links import host_of
from roundup.identity import normal_link
from roundup.model import Bookmark, Defect, Piece
from roundup.words import say

#: How many pages are asked for in one gathering, and how many at once: it is somebody's site.
_PAGES, _AT_ONCE = 40, 4
_SCRIPT = re.compile(rb"<script\b[^>]{0,300}?type\s*=\s*[\"']?application/ld\+json[^>]{0,300}>", re.IGNORECASE)
_END = re.compile(rb"</script", re.IGNORECASE)
#: What has comments; a person's or an organisation's numbers are others.
_PAGES_OF = re.compile(r"article|posting|page|report|review|creativework|recipe|story", re.IGNORECASE)


class Pages:
    """Implements `Counter`."""

    def __init__(self, *, source: str, fetcher: Fetcher, private_host: str = "") -> None:
        self._source = source
        self._fetcher = fetcher
        # What a feed links to may be anybody's: only its own host is allowed to be on a private network.
        self._private_host = private_host

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """See `Counter`. A page that says nothing leaves its piece unknown, and is no defect."""
        ends = clock.stopwatch() + seconds
        some = pieces[:_PAGES]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            told = list(pool.map(lambda piece: self._of(piece, ends), some))
        by_id = {piece.id: each for piece, each in zip(some, told, strict=True) if isinstance(each, int)}
        # One sentence for a site that is down, not forty.
        failed = [each for each in told if isinstance(each, FetchError)]
        where = "comments"
        if failed and len(failed) == len(some):
            return Counts(defects=(Defect(source=self._source, where=where, what=str(failed[0])),))
        return Counts(by_id=by_id)

    def _of(self, piece: Piece, ends: float) -> int | FetchError | None:
        remaining = ends - clock.stopwatch()
        if remaining <= 0:
            return FetchError(
                say("There was no time left to look at the pages. They are asked again at the next reading.")
            )
        try:
            fetched = self._fetcher.fetch(
                piece.link,
                bookmark=Bookmark(),
                allow_private=bool(self._private_host) and host_of(piece.link) == self._private_host,
                seconds=remaining,
            )
        except FetchError as error:
            return error
        return comments_on(fetched.body, piece.link)


def comments_on(page: bytes, link: str) -> int | None:
    """How many comments a page says that its piece has. A page may tell of other pieces, too: what tells of `link`
    counts, else a number that stands alone and tells of no other address; None if there is none such."""
    found = [(_addresses(node), count) for node in _nodes(page) if (count := _count_in(node)) is not None]
    own = [count for addresses, count in found if normal_link(link) in addresses]
    if own:
        return max(own)
    if any(addresses for addresses, _ in found):
        return None
    counts = {count for _, count in found}
    return counts.pop() if len(counts) == 1 else None


def _nodes(page: bytes) -> Iterator[Mapping[str, Any]]:
    """Every object in the page's JSON-LD."""
    at = 0
    while (opened := _SCRIPT.search(page, at)) and (closed := _END.search(page, opened.end())):
        at = closed.end()
        text = page[opened.end() : closed.start()].decode("utf-8", "replace").strip()
        text = text.removeprefix("<!--").removesuffix("-->").removeprefix("//<![CDATA[").removesuffix("//]]>")
        try:
            waiting: list[Any] = [json.loads(text, strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting:
            told = waiting.pop()
            if isinstance(told, Mapping):
                yield told
                waiting += told.values()
            elif isinstance(told, list):
                waiting += told


def _count_in(node: Mapping[str, Any]) -> int | None:
    """The comments that a node tells of, if it is of a kind that has any."""
    kinds = " ".join(str(kind) for kind in _listed(node.get("@type")) if kind)
    if kinds and not _PAGES_OF.search(kinds):
        return None
    told = number(node.get("commentCount"))
    if told is not None:
        return told
    for statistic in _listed(node.get("interactionStatistic")):
        if isinstance(statistic, Mapping) and "CommentAction" in json.dumps(statistic.get("interactionType", "")):
            return number(statistic.get("userInteractionCount"))
    return None


def _addresses(node: Mapping[str, Any]) -> set[str]:
    """What a node says its address is, for comparing."""
    told = [node.get(key) for key in ("url", "@id", "mainEntityOfPage")]
    told += [each.get("@id") for each in told if isinstance(each, Mapping)]
    return {normal_link(each) for each in told if isinstance(each, str) and "://" in each}


def _listed(told: Any) -> Sequence[Any]:
    return told if isinstance(told, list) else [told]
