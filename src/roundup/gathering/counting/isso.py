"""Isso: one question for all pieces, `POST /count` with a list of paths, answered by a list of numbers in their order
(isso-comments.de, API: "count")."""

import json
from collections.abc import Sequence

from roundup.gathering import SOURCE_SECONDS
from roundup.gathering.comments import number
from roundup.gathering.counting.json_answers import answer
from roundup.gathering.counting.threads import path_of
from roundup.gathering.fetching import Fetcher, FetchError
from roundup.model import Counts, Defect, Piece

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
        """See `Counter`. A thread may be called with or without the slash at the end; the fuller one counts. Isso says
        0 for a thread that it has never heard of, and so does this."""
        paths = {path: piece.id for piece in pieces for path in _spellings(piece)}
        by_id: dict[str, int] = {}
        waiting = list(paths)
        try:
            while waiting:
                some, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
                for path, count in zip(some, self._counts(some, seconds), strict=True):
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
            raise FetchError(f"{self._url} gives no list of numbers. Is it Isso's address?")
        return known


def _spellings(piece: Piece) -> tuple[str, str]:
    path = path_of(piece.link)
    return path, path.rstrip("/") if path.rstrip("/") != path else path + "/"
