"""What went wrong, for whoever reads the log: the kind of error and where, never about whom. A database puts the row
that it refuses into its error, with the address."""

import logging
import re
import traceback
from pathlib import Path
from typing import Any

from roundup.email_address import masked
from roundup.redacting import redacted

_ADDRESS = re.compile(r"[^\s@'\"<>()=,;:]+@[^\s@'\"<>()=,;:]+")
_OURS = str(Path(__file__).resolve().parents[1])


def kind_and_place(error: BaseException) -> str:
    """`IntegrityError (UniqueViolation) store/visits.py:90`."""
    kinds = [type(error).__name__]
    if error.__cause__ is not None and type(error.__cause__) is not type(error):
        kinds.append(f"({type(error.__cause__).__name__})")
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_OURS)] or frames[-1:]
    if ours:
        kinds.append(f"{ours[-1].filename.removeprefix(_OURS).lstrip('/')}:{ours[-1].lineno}")
    return " ".join(kinds)


def without_addresses(text: str) -> str:
    """A text, every address in it masked."""
    return _ADDRESS.sub(lambda found: masked(found[0]), text)


class Plainly(logging.Formatter):
    """One line for each record."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - its name there
        """See `logging.Formatter`."""
        return kind_and_place(ei[1]) if ei[1] is not None else ""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        return redacted(without_addresses(" ".join(super().format(record).split())))


#: For `logging.config`: warnings of every library, on standard error.
LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plainly": {"()": Plainly, "fmt": "%(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plainly"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
