"""JSON that another server answers with: asked for politely, and never believed to be what it should be."""

import json
from typing import Any

from roundup.gathering.fetching import Fetched, Fetcher, FetchError, shown
from roundup.model import Bookmark
from roundup.words import say


def answer(fetched: Fetched, url: str) -> Any:
    """The value in an answer. Raises FetchError."""
    try:
        return json.loads(fetched.body)
    except (ValueError, RecursionError):
        raise FetchError(
            say("{shown} answers with something that is no JSON. Correct the address.", shown=shown(url))
        ) from None


def asked(fetcher: Fetcher, url: str, *, allow_private: bool, seconds: float) -> Any:
    """What is at an address. Raises FetchError."""
    return answer(fetcher.fetch(url, bookmark=Bookmark(), allow_private=allow_private, seconds=seconds), url)
