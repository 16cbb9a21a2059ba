"""A line to the next hop, opened: greeting, EHLO, STARTTLS, AUTH. The only file that knows smtplib.

Blocking, and run in a thread of its own: it happens once a connection, and smtplib knows every login. What comes after
it is spoken by `roundup.sending.dialogue`.
"""

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from roundup.redacting import redacted
from roundup.sending.dialogue import Extensions
from roundup.words import borrowed, mark, say

#: RFC 5321 §4.5.3.2: seconds for a greeting and for the answer to a command.
_COMMAND_SECONDS = 300
_CONNECT_SECONDS = 60
#: Room for a whole message in the kernel, so that it goes out in one call.
_SEND_BUFFER = 262_144
_CLOSING = 421
#: What to do about a certificate that is not trusted, by OpenSSL's number for what is wrong with it.
_RENEWED = mark("It goes on when the server's certificate is renewed; if it is new, look at this machine's clock.")
_NAMED = mark("[smtp] host must be the name that its certificate carries.")
_CERTIFICATE_ADVICE = {9: _RENEWED, 10: _RENEWED, 62: _NAMED, 64: _NAMED}
_OTHER_ADVICE = mark("Where you vouch for it yourself, name a file that holds it in the environment: SSL_CERT_FILE.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The next hop."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    #: Empty: it asks for none.
    username: str
    password: str
    #: What EHLO calls us: the sender's domain.
    own_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A line that is ready for its first message."""

    #: Does not block.
    sock: socket.socket
    extensions: Extensions


class Trust:
    """Which certificates are trusted: as they are when they are first asked for, and never asked for where nothing is
    encrypted. Reading them takes 30 ms, so the lines of one delivery share them; the next delivery reads them anew."""

    @cached_property
    def context(self) -> ssl.SSLContext:
        """Our own, because smtplib left to itself accepts any (cpython #91826)."""
        return ssl.create_default_context()


class OpeningError(Exception):
    """No line could be opened. The message says why, for an editor."""

    def __init__(self, why: str, *, busy: bool = False, wait: bool = False) -> None:
        super().__init__(why)
        #: The next hop says that there are enough lines, or enough for now.
        self.busy = busy
        #: It may be otherwise in a moment: worth another try in the same run.
        self.wait = wait or busy


def open_line(relay: Relay, trust: Trust) -> Opened:
    """Connect, and go on to where a message may be offered. Raises `OpeningError`."""
    where = f"{relay.host}:{relay.port}"
    try:
        return _opened(relay, trust)
    except ssl.SSLCertVerificationError as error:
        raise OpeningError(
            say(
                "{where} has no certificate that can be trusted: {reason}. Nothing was sent. {advice}",
                where=where,
                reason=borrowed(error.verify_message.rstrip(".")),
                advice=say(_CERTIFICATE_ADVICE.get(error.verify_code, _OTHER_ADVICE)),
            )
        ) from error
    except ssl.SSLError as error:
        raise OpeningError(
            say(
                "{where} and roundup could not agree on an encrypted line ({reason}). Nothing was sent. Check "
                "[smtp] port and security.",
                where=where,
                reason=borrowed(error.reason or error),
            )
        ) from error
    except smtplib.SMTPAuthenticationError as error:
        raise OpeningError(
            say(
                "{where} refused the login of {username} ({code} {text}). Check [smtp] username and "
                "ROUNDUP_SMTP_PASSWORD.",
                where=where,
                username=relay.username,
                code=error.smtp_code,
                text=_text(error.smtp_error),
            )
        ) from error
    except smtplib.SMTPNotSupportedError as error:
        raise OpeningError(
            say(
                "{where} does not offer what [smtp] asks for: {error}. Mail and passwords are not sent in the clear.",
                where=where,
                error=borrowed(error),
            )
        ) from error
    except smtplib.SMTPResponseException as error:
        why = say(
            "The mail server at {where} takes no mail now: {code} {text}.",
            where=where,
            code=error.smtp_code,
            text=_text(error.smtp_error),
        )
        raise OpeningError(why, busy=error.smtp_code == _CLOSING, wait=error.smtp_code < 500) from error
    except (smtplib.SMTPException, OSError) as error:
        why = say(
            "No mail server could be reached at {where}: {error}. Check [smtp] host and port.",
            where=where,
            error=borrowed(error),
        )
        raise OpeningError(why, wait=isinstance(error, smtplib.SMTPServerDisconnected)) from error


def _opened(relay: Relay, trust: Trust) -> Opened:
    client = _connected(relay, trust)
    try:
        if relay.security == "starttls":
            # smtplib forgets what was announced before (RFC 3207 §4.2), and what was sent before the handshake ended.
            client.starttls(context=trust.context)
        client.ehlo_or_helo_if_needed()
        if relay.username:
            client.login(relay.username, relay.password)
        return Opened(sock=_without_waiting(client), extensions=_extensions(client))
    except BaseException:
        client.close()
        raise


def _connected(relay: Relay, trust: Trust) -> smtplib.SMTP:
    """Connected and greeted. Step by step, because connecting and the greeting have different patience."""
    sock = socket.create_connection((relay.host, relay.port), _CONNECT_SECONDS)
    try:
        if relay.security == "tls":
            sock = trust.context.wrap_socket(sock, server_hostname=relay.host)
        sock.settimeout(_COMMAND_SECONDS)
        client = smtplib.SMTP(local_hostname=relay.own_name)
        client._host = relay.host  # type: ignore[attr-defined]  # noqa: SLF001 - the name starttls() checks
        client.sock = sock
        code, text = client.getreply()
    except BaseException:
        sock.close()
        raise
    if code != 220:
        client.close()
        raise smtplib.SMTPConnectError(code, text)
    return client


def _without_waiting(client: smtplib.SMTP) -> socket.socket:
    sock = client.sock
    if sock is None:
        raise smtplib.SMTPServerDisconnected(say("the line was closed"))
    # The final dot is a small packet behind a large one: Nagle would hold it back for a delayed ACK of 40 ms.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setblocking(False)
    return sock


def _extensions(client: smtplib.SMTP) -> Extensions:
    size = client.esmtp_features.get("size", "")
    return Extensions(
        pipelining=client.has_extn("pipelining"),
        eight_bit=client.has_extn("8bitmime"),
        utf8=client.has_extn("smtputf8"),
        size=client.has_extn("size"),
        most_octets=int(size) if re.fullmatch(r"\d{1,15}", size) else 0,
    )


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    # Servers have been seen to quote the login that they refuse.
    return redacted(" ".join(text.split()))
