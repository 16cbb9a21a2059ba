"""The sender that speaks SMTP. The only file that knows smtplib.

It goes through a conversation step by step, because only the step at which a line breaks tells whether the message
may have been accepted: `sendmail` raises the same error before and after the final dot.
"""

import smtplib
import socket
import ssl
from dataclasses import dataclass
from typing import Literal

from roundup.model import Message, NotOffered, Outcome, Reply, Unknown
from roundup.sending import LineError
from roundup.sending.pacing import Pacer
from roundup.sending.replies import outcome_of

#: RFC 5321 §4.5.3.2: five minutes for a greeting and a command, ten for the answer to the final dot, because a hasty
#: client makes copies.
_COMMAND_SECONDS = 300
_DOT_SECONDS = 600
_CONNECT_SECONDS = 60


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


class SmtpSender:
    """Implements `roundup.sending.Sender`."""

    def __init__(self, relay: Relay, *, connections: int, pacer: Pacer) -> None:
        self._relay = relay
        self._connections = connections
        self._pacer = pacer

    @property
    def connections(self) -> int:
        """See `Sender`."""
        return self._connections

    def connect(self) -> "SmtpLine":
        """See `Sender`."""
        relay = self._relay
        where = f"{relay.host}:{relay.port}"
        try:
            return SmtpLine(_opened(relay), self._pacer)
        except ssl.SSLError as error:
            raise LineError(
                f"{where} has no certificate that can be trusted ({error.reason or error}). Nothing was sent; "
                "[smtp] host must be the name that its certificate carries."
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise LineError(
                f"{where} refused the login of {relay.username} ({error.smtp_code} {_text(error.smtp_error)}). "
                "Check [smtp] username and ROUNDUP_SMTP_PASSWORD."
            ) from error
        except smtplib.SMTPNotSupportedError as error:
            raise LineError(
                f"{where} does not offer what [smtp] asks for: {error}. Mail and passwords are not sent in the clear."
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise LineError(
                f"No mail server could be reached at {where}: {error}. Check [smtp] host and port."
            ) from error


def _opened(relay: Relay) -> smtplib.SMTP:
    # create_default_context, because smtplib left to itself accepts any certificate (cpython #91826).
    context = ssl.create_default_context()
    client: smtplib.SMTP
    if relay.security == "tls":
        client = smtplib.SMTP_SSL(
            relay.host, relay.port, local_hostname=relay.own_name, timeout=_CONNECT_SECONDS, context=context
        )
    else:
        client = smtplib.SMTP(relay.host, relay.port, local_hostname=relay.own_name, timeout=_CONNECT_SECONDS)
    try:
        if relay.security == "starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        if relay.username:
            client.login(relay.username, relay.password)
    except BaseException:
        client.close()
        raise
    if client.sock is not None:
        # The final dot is a small packet behind a large one: Nagle would hold it back for a delayed ACK of 40 ms.
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sock.settimeout(_COMMAND_SECONDS)
    return client


class SmtpLine:
    """Implements `roundup.sending.Line`."""

    def __init__(self, client: smtplib.SMTP, pacer: Pacer) -> None:
        self._client = client
        self._pacer = pacer
        #: Whether the next hop knows whom the present message is for.
        self._named = False

    def offer(self, message: Message) -> Outcome:
        """See `Line`."""
        self._pacer.await_turn()
        self._named = False
        try:
            stopped = self._envelope(message)
            if stopped is not None:
                return stopped
            self._send(_dot_stuffed(message.content))
        except (smtplib.SMTPException, OSError) as error:
            return NotOffered(why=f"the line broke before the message was offered: {error}", over_it=self._named)
        try:
            return self._final_dot()
        except (smtplib.SMTPException, OSError) as error:
            return Unknown(why=f"the line broke after the message was offered: {error}")

    def close(self) -> None:
        """See `Line`."""
        try:
            self._client.quit()
        except (smtplib.SMTPException, OSError):
            self._client.close()

    def _envelope(self, message: Message) -> Outcome | None:
        """MAIL, RCPT and DATA; an outcome if the next hop wants no message, None if it waits for it."""
        for command, wanted in (
            (f"MAIL FROM:<{message.envelope_from}>", (250,)),
            (f"RCPT TO:<{message.envelope_to}>", (250, 251)),
            ("DATA", (354,)),
        ):
            self._named = not command.startswith("MAIL")
            reply = self._say(command)
            if reply.code == 421:
                # RFC 5321 §3.8: it is closing the line, whatever was asked.
                return NotOffered(why=f"the mail server closed the line: 421 {reply.text}", over_it=self._named)
            if reply.code not in wanted:
                return self._after_no(command, reply)
        return None

    def _after_no(self, command: str, reply: Reply) -> Outcome:
        """What a refused command means, and a clean slate for the next message."""
        if self._say("RSET").code != 250:
            raise smtplib.SMTPServerDisconnected("RSET was refused")
        if reply.code < 400:
            raise smtplib.SMTPServerDisconnected(f"unexpected answer to {command[:4]}: {reply.code}")
        if command.startswith("MAIL") and reply.code >= 500:
            # The envelope sender was refused: that is about us, whatever its code says.
            return outcome_of(Reply(code=450, text=f"{reply.code} {reply.text}"))
        return outcome_of(reply)

    def _final_dot(self) -> Outcome:
        sock = self._client.sock
        if sock is not None:
            sock.settimeout(_DOT_SECONDS)
        self._send(b".\r\n")
        code, text = self._client.getreply()
        if sock is not None:
            sock.settimeout(_COMMAND_SECONDS)
        if code < 200 or 300 <= code < 400:
            raise smtplib.SMTPServerDisconnected(f"unexpected answer to the message: {code}")
        return outcome_of(Reply(code=code, text=_text(text)))

    def _say(self, command: str) -> Reply:
        self._send(command.encode("ascii") + b"\r\n")
        code, text = self._client.getreply()
        return Reply(code=code, text=_text(text))

    def _send(self, octets: bytes) -> None:
        if self._client.sock is None:
            raise smtplib.SMTPServerDisconnected("the line is closed")
        self._client.sock.sendall(octets)


def _text(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())


def _dot_stuffed(content: bytes) -> bytes:
    """RFC 5321 §4.5.2: a line that begins with a dot gets another. The content ends with a line end already."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed
