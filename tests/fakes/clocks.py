"""A clock that is set by hand."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class HandClock:
    """Tells the time it was set to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at
