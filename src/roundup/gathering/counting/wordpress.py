"""WordPress: its REST API, one question for many pieces (developer.wordpress.org/rest-api/reference/comments); where a
site keeps that shut, each piece's feed of comments, which lists the newest and so gives at least how many there are."""

import re
from collections import Counter as Tally
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from roundup import clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.gathering.counting.json_answers import asked
from roundup.gathering.fetching import Fetcher, FetchError
from roundup.gathering.links import host_of
from roundup.identity import normal_link
from roundup.model import Bookmark, Defect, Piece

#: The most that WordPress gives at once.
_PAGE = 100
#: How many pages of comments are read at most; more comments than these are counted as these.
_PAGES = 20
#: How many feeds of comments are read at most.
_FEEDS = 20
_POST_ID = re.compile(r"[?&]p=(\d{1,18})\b")
_ITEM = re.compile(rb"<(?:item|entry)[\s>]")


class WordPress:
    """Implements `Counter`. `site` is the address of the blog's front page."""

    def __init__(self, site: str, *, source: str, fetcher: Fetcher, allow_private: bool = False) -> None:
        self._host = host_of(site)
        self._api = site.rstrip("/") + "/wp-json/wp/v2"
        self._source = source
        self._fetcher = fetcher
        self._allow_private = allow_private

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """See `Counter`."""
        ends = clock.stopwatch() + seconds
        try:
            posts = self._posts(pieces, ends)
            tally = self._tally(sorted(set(posts.values())), ends)
            # Where the newest fill all pages, a piece that is not among them may still have some.
            known = sum(tally.values()) < _PAGE * _PAGES
            return Counts(by_id={piece: tally[post] for piece, post in posts.items() if known or tally[post]})
        except FetchError as error:
            by_id = self._by_feeds(pieces, ends)
            if by_id:
                return Counts(by_id=by_id)
            return Counts(defects=(Defect(source=self._source, where="comments", what=str(error)),))

    def _posts(self, pieces: Sequence[Piece], ends: float) -> Mapping[str, int]:
        """WordPress's number of each piece: a feed's guid holds it (`?p=12`), else the site is asked by the slug.
        Raises FetchError."""
        posts = {
            piece.id: int(found[1])
            for piece in pieces
            if host_of(piece.id) in {self._host, f"www.{self._host}"} and (found := _POST_ID.search(piece.id))
        }
        others = [piece for piece in pieces if piece.id not in posts]
        for start in range(0, len(others), _PAGE):
            some = others[start : start + _PAGE]
            slugs = ",".join(quote(_slug(piece.link), safe="%") for piece in some)
            told = self._asked(f"posts?slug={slugs}&per_page={_PAGE}&_fields=id,link", ends)
            by_link = {normal_link(str(each.get("link", ""))): each.get("id") for each in _objects(told)}
            for piece in some:
                found_id = by_link.get(normal_link(piece.link))
                if isinstance(found_id, int):
                    posts[piece.id] = found_id
        return posts

    def _tally(self, posts: Sequence[int], ends: float) -> Tally[int]:
        """How many approved comments those posts have. Raises FetchError."""
        tally: Tally[int] = Tally()
        for start in range(0, len(posts), _PAGE):
            some = ",".join(map(str, posts[start : start + _PAGE]))
            for page in range(1, _PAGES + 1):
                query = urlencode({"post": some, "per_page": _PAGE, "page": page, "_fields": "post"}, safe=",")
                told = _objects(self._asked(f"comments?{query}", ends))
                tally.update(each["post"] for each in told if isinstance(each.get("post"), int))
                if len(told) < _PAGE:
                    break
        return tally

    def _by_feeds(self, pieces: Sequence[Piece], ends: float) -> Mapping[str, int]:
        """What the feeds of comments list of each piece. One that lists nothing, or can't be read, tells nothing."""
        by_id: dict[str, int] = {}
        # Of a link such as /?p=12 the feed would be the whole site's.
        own = [piece for piece in pieces if urlsplit(piece.link).path.strip("/") and not urlsplit(piece.link).query]
        for piece in own[:_FEEDS]:
            address = piece.link.partition("#")[0].rstrip("/") + "/feed/"
            remaining = ends - clock.stopwatch()
            if remaining <= 0:
                break
            try:
                fetched = self._fetcher.fetch(
                    address,
                    bookmark=Bookmark(),
                    allow_private=self._allow_private and host_of(address) == self._host,
                    seconds=remaining,
                )
            except FetchError:
                continue
            listed = len(_ITEM.findall(fetched.body))
            if listed:
                by_id[piece.id] = listed
        return by_id

    def _asked(self, question: str, ends: float) -> Any:
        """Raises FetchError."""
        remaining = max(0.0, ends - clock.stopwatch())
        return asked(self._fetcher, f"{self._api}/{question}", allow_private=self._allow_private, seconds=remaining)


def _slug(link: str) -> str:
    return urlsplit(link).path.rstrip("/").rpartition("/")[2]


def _objects(told: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing of anything else."""
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
