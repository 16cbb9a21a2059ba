"""List files: what other programs, spreadsheets and people write of those on a list. Octets in, rows out, one at a
time, so that a million of them need no more memory than a hundred. Pure.

A bad row is told with its line and changes nobody; what is no list at all raises `ListError`. `reading.py` reads any
file, `writing.py` writes ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from roundup.model import Cadence, Status

#: Opens a list file at its beginning; called more than once.
Opened = Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One usable row of a list file."""

    line: int
    #: The name of its file, where that is one of several in a ZIP; empty: the only one.
    file: str = ""
    #: The form that is mailed (`email_address.mailable_form`).
    email: str
    name: str = ""
    #: None: the file says nothing (active for who is new); see `unknown_status` for a word that is not ours.
    status: Status | None = None
    #: The word that stands in the file where it is no status that is known; the row is stored as `removed`.
    unknown_status: str = ""
    #: None: the file has no column for it.
    cadence: Cadence | None = None
    sections: tuple[str, ...] | None = None
    #: With PAUSED: the day on which mail begins again; None: nobody knows.
    paused_until: date | None = None
    #: Since when they have been on the list, in UTC; None: the file does not say.
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that changes nobody, and why."""

    line: int
    file: str = ""
    what: str
    #: The address, where it could be read: whoever it belongs to has not vanished from the file.
    email: str = ""


Row = ListRow | BadRow
