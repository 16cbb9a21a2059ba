"""One request to a web server that the settings name, without following it anywhere: what a mail program's one-click
POST meets, and how a report is handed on. Through the same door as every fetch, within a deadline."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError, SSLError

from roundup.gathering.addresses import resolve
from roundup.gathering.connecting import Deadline, Door, pool
from roundup.words import borrowed, say

_SECONDS = 10.0
#: Of an answer no more is read.
_MOST_OCTETS = 65_536
#: How OpenSSL and the sockets say that it took too long.
_TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    #: Names in lower case.
    headers: Mapping[str, str]

    @property
    def date(self) -> datetime | None:
        """Its clock (RFC 9110 §6.6.1); None: it does not say."""
        try:
            date = parsedate_to_datetime(self.headers.get("date", ""))
        except ValueError:
            return None
        return date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC)


class AskingError(Exception):
    """There was no answer. The message says why, without a full stop."""


class CertificateError(AskingError):
    """There was no answer, for nobody would trust its certificate."""


def ask(method: str, url: str, *, body: bytes = b"", kind: str = "") -> Answer:
    """The answer to one request; `kind` is the Content-Type of its body. Raises `AskingError`."""
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or (443 if place.scheme == "https" else 80)
    # RFC 8058 §3.1: no cookie, no login, nothing but the form.
    headers = {"User-Agent": "roundup", "Accept": "*/*"} | ({"Content-Type": kind} if kind else {})
    tls = ssl.create_default_context() if place.scheme == "https" else None
    with Deadline(seconds=_SECONDS) as deadline:
        door = Door(deadline=deadline, private_host=host, resolver=resolve)
        try:
            with pool(place.scheme, host, port, door=door, tls=tls) as way:
                target = place.path + (f"?{place.query}" if place.query else "")
                answer = way.urlopen(
                    method, target or "/", body=body or None, headers=headers, redirect=False, retries=False,
                    timeout=_SECONDS, preload_content=False, assert_same_host=False,
                )  # fmt: skip
                answer.read(_MOST_OCTETS)
                return Answer(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()})
        except SSLError as error:
            raise CertificateError(_why_untrusted(error)) from error
        except (HTTPError, OSError, UnicodeError) as error:
            late = deadline.passed or _TIMED_OUT in str(error).lower()
            raise AskingError(say("there was no answer in time") if late else borrowed(_why(error))) from error


def certificate_ends(url: str) -> datetime | None:
    """When the certificate of an https address expires; None: it has none that anybody trusts, or nobody answers."""
    place = urlsplit(url)
    host = place.hostname or ""
    try:
        with Deadline(seconds=_SECONDS) as deadline:
            line = Door(deadline=deadline, private_host=host, resolver=resolve).open(host, place.port or 443)
            with ssl.create_default_context().wrap_socket(line, server_hostname=host) as secured:
                ends = str((secured.getpeercert() or {}).get("notAfter", ""))
    except (OSError, ValueError):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None


def _why_untrusted(error: BaseException) -> str:
    """OpenSSL's reason, which urllib3 has wrapped."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLCertVerificationError):
            return borrowed(inner.verify_message.rstrip("."))
        inner = inner.args[0] if inner.args and isinstance(inner.args[0], BaseException) else inner.__cause__
    return borrowed(str(error).rstrip("."))


def _why(error: BaseException) -> str:
    """The system's reason, which urllib3 has wrapped."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return type(error).__name__
