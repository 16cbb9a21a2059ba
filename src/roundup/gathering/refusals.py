"""What a server that refuses us means: a sentence for an editor, and how long it asks to be left alone. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from roundup.errors import RoundupError
from roundup.words import say

#: The longest time that a server may keep us away. More is a mistake, or malice, and a daily would miss two issues.
LONGEST_WAIT = timedelta(hours=24)


class FetchError(RoundupError):
    """A page could not be fetched. The message is a sentence for an editor: what is wrong, and what to do.

    `wait` is how long its server asks not to be asked again; None when it did not say.
    """

    def __init__(self, sentence: str, *, wait: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.wait = wait


class UnreachableError(FetchError):
    """Nobody answered, or not in time. The fault may be anybody's, ours too: nothing is known of what is there."""


def refusal(status: int, fields: Mapping[str, str], *, page: str, now: datetime) -> FetchError:
    """What a status says that is no success. `page` is its address as it may be printed."""
    wait = _asked_wait(fields, now) if status in {429, 503} else None
    return FetchError(_told(status, page), wait=wait)


def _told(status: int, page: str) -> str:
    if status == 410:
        return say(
            "{page} was taken away for good (410). Correct the source's address in roundup.toml, or remove the source.",
            page=page,
        )
    if status == 404:
        return say("There is no page at {page} (404). Correct the source's address in roundup.toml.", page=page)
    if status in {401, 403, 407, 451}:
        return say(
            "{page} refuses us ({status}). Ask its site to let our user agent in, or for another address.",
            page=page,
            status=status,
        )
    if status == 429:
        return say("{page} says that it is asked too often (429). Raise gather_every in roundup.toml.", page=page)
    if status >= 500:
        return say(
            "The server of {page} failed ({status}). It is asked again at the next reading.", page=page, status=status
        )
    return say(
        "{page} answered with {status}, which is no feed. Open the address in a browser and correct it.",
        page=page,
        status=status,
    )


def _asked_wait(fields: Mapping[str, str], now: datetime) -> timedelta | None:
    """What Retry-After asks for (RFC 9110 §10.2.3): seconds, or a date, which counts from the answer's own Date, for
    the server's clock may be wrong. None when it asks for nothing, or says it so that nobody understands it."""
    asked = fields.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        # So many digits are more than a day, whatever they are.
        wait = timedelta(seconds=int(asked)) if len(asked) < 8 else LONGEST_WAIT
    else:
        until = _date(asked)
        if until is None:
            return None
        wait = until - (_date(fields.get("Date", "")) or now)
    return min(wait, LONGEST_WAIT) if wait > timedelta() else None


def _date(text: str) -> datetime | None:
    """An HTTP-date (RFC 9110 §5.6.7); None if it is none."""
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # "-0000" gives a date without a zone; HTTP has none but GMT.
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found
