"""A look at pictures whose outcome is in the test that uses it."""

import time

from roundup.gathering import Probed
from roundup.model import Picture


class ScriptedProber:
    """Says of each address what a test tells it to; of any other that it loads, with 1200 × 630 pixels."""

    def __init__(self, *, seconds: float = 0) -> None:
        #: What comes of a look, by the address.
        self.outcomes: dict[str, Probed] = {}
        #: What was looked at: the source and the address.
        self.asked: list[tuple[str, str]] = []
        #: How long each look takes.
        self._seconds = seconds

    def probe(self, picture: Picture, *, source: str, seconds: float) -> Probed:
        self.asked.append((source, picture.url))
        time.sleep(min(self._seconds, seconds))
        loads = Probed(picture=Picture(url=picture.url, alt=picture.alt, width=1200, height=630))
        return self.outcomes.get(picture.url, loads)
