"""Isso: one question for all pieces, `POST /count` with a list of paths, answered by a list of numbers in their order
(isso-comments.de, API: "count")."""

import json
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlsplit

from roundup import clock
from roundup.gathering import SOURCE_SECONDS, Counts
from roundup.gathering.comments import number
from roundup.gathering.counting.json_answers import answer
from roundup.gathering.fetching import Fetcher, FetchError
from roundup.model import Defect, Piece
from roundup.words import say

#: How many paths are asked for at once.
_AT_ONCE = 200


class Isso:
    """Implements `Counter`. `server` is Isso's address, as pages name it in `data-isso`."""

    def __init__(self, server: str, *, source: str, fetcher: Fetcher, allow_private: bool = False) -> None:
        self._url = server.rstrip("/") + "/count"
        self._source = source
        self._fetcher = fetcher
        self._allow_private = allow_private

    def count(self, pieces: Sequence[Piece], *, seconds: float = SOURCE_SECONDS) -> Counts:
        """See `Counter`. A thread may be called with or without the slash at the end, and with its letters written
        out or in percent signs; the fullest counts. Isso says 0 for a thread that it has never heard of, and so does
        this."""
        ends = clock.stopwatch() + seconds
        asked: dict[str, set[str]] = {}
        for piece in pieces:
            for path in _spellings(piece.link):
                asked.setdefault(path, set()).add(piece.id)
        # One path for two pieces, of two hosts: nobody can say whose thread it is.
        paths = {path: ids.pop() for path, ids in asked.items() if len(ids) == 1}
        by_id: dict[str, int] = {}
        waiting = list(paths)
        try:
            while waiting:
                some, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
                for path, count in zip(some, self._counts(some, max(0.0, ends - clock.stopwatch())), strict=True):
                    by_id[paths[path]] = max(count, by_id.get(paths[path], 0))
        except FetchError as error:
            return Counts(by_id=by_id, defects=(Defect(source=self._source, where="comments", what=str(error)),))
        return Counts(by_id=by_id)

    def _counts(self, paths: Sequence[str], seconds: float) -> list[int]:
        """Raises FetchError."""
        body = json.dumps(paths).encode()
        fetched = self._fetcher.send_json(self._url, body, allow_private=self._allow_private, seconds=seconds)
        told = answer(fetched, self._url)
        counts = [number(each) for each in told] if isinstance(told, list) else []
        known = [each for each in counts if each is not None]
        if not len(known) == len(counts) == len(paths):
            raise FetchError(say("{url} gives no list of numbers. Is it Isso's address?", url=self._url))
        return known


def _spellings(link: str) -> set[str]:
    """What a thread about the page may be called: its path, and the query if that is what tells the page."""
    parts = urlsplit(link)
    query = f"?{parts.query}" if parts.query else ""
    path = parts.path or "/"
    paths = {path, unquote(path), quote(unquote(path))}
    if query:
        return {each + query for each in paths}
    return paths | {each.rstrip("/") if each.rstrip("/") != each else each + "/" for each in paths}
