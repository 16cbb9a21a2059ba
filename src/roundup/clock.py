"""The only place that asks what time it is. Everything else is told."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

#: Gives the present instant, aware and in UTC.
Clock = Callable[[], datetime]


def now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds since some moment, never running backwards: for pacing and for telling how long something took."""
    return time.monotonic()


def wait(seconds: float) -> None:
    """Let `seconds` go by."""
    time.sleep(seconds)
