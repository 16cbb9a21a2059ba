"""What went wrong between us and another server, where it answered nothing that can be used. Pure."""

import http.client
import ssl

from urllib3.exceptions import (
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    InvalidHeader,
    LocationValueError,
    ProtocolError,
    SSLError,
)

from roundup.words import borrowed, figures, say


class CutOffError(OSError):
    """The body ended before it was whole."""


def is_unreachable(error: Exception, *, late: bool) -> bool:
    """Whether nobody answered, so that nothing is known of what is there. `late`: the time was up."""
    if late or isinstance(error, TimeoutError):
        return True
    is_answer = isinstance(error, SSLError | ssl.SSLError | LocationValueError | InvalidHeader)
    return isinstance(error, OSError | HTTPError | http.client.HTTPException) and not is_answer


def told_failure(page: str, error: Exception, *, late: bool, seconds: float) -> str:
    """What went wrong on the way, as a sentence for an editor. `page`: its address as it may be printed; `seconds`: how
    long it was waited for."""
    if late or isinstance(error, TimeoutError):
        return say(
            "{page} took longer than {seconds} seconds. It is asked again at the next reading.",
            page=page,
            seconds=figures(round(seconds, 2)),
        )
    if isinstance(error, CutOffError | IncompleteRead | InvalidChunkLength) or _is_incomplete(error):
        return say(
            "{page} was cut off before its end; nothing of it was used. It is asked again at the next reading.",
            page=page,
        )
    if isinstance(error, SSLError | ssl.SSLError):
        return say(
            "{page} has no valid certificate ({reason}). Its site must renew it, or the address is wrong.",
            page=page,
            reason=borrowed(_reason(error)),
        )
    if isinstance(error, OSError | HTTPError):
        return say(
            "{page} can't be reached ({reason}). Check the address; it is asked again at the next reading.",
            page=page,
            reason=borrowed(_reason(error)),
        )
    return say(
        "{page} is no usable address or answer ({reason}). Check the address in roundup.toml.",
        page=page,
        reason=borrowed(_reason(error)),
    )


def _is_incomplete(error: Exception) -> bool:
    """Whether urllib3 wrapped the news that the body was too short."""
    incomplete = (IncompleteRead, InvalidChunkLength, http.client.IncompleteRead)
    return isinstance(error, ProtocolError) and any(
        isinstance(part, incomplete) for part in (*error.args, error.__cause__)
    )


def _reason(error: BaseException) -> str:
    """The innermost reason, in one line."""
    inner = error
    # urllib3 hands on what happened as the cause of its own error, or as one of its arguments.
    while wrapped := [part for part in (inner.__cause__, *inner.args) if isinstance(part, Exception)]:
        inner = wrapped[0]
    text = inner.strerror if isinstance(inner, OSError) and inner.strerror else str(inner)
    return " ".join(text.split())[:200] or type(inner).__name__
