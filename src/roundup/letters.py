"""A mail that is no issue: from the newsletter to one person, about one thing. Pure."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from roundup.headers import mailbox, unstructured
from roundup.messages import Letterhead
from roundup.model import Message
from roundup.quoted_printable import CRLF, quoted
from roundup.sending.dkim import signed


def letter(
    letterhead: Letterhead, to: str, subject: str, parts: Sequence[tuple[str, str]], *, number: str, at: datetime
) -> Message:
    """The mail. It has no List- headers, is signed like an issue, and is sent once. `parts`: kinds of text (`plain`,
    `html`) and what they say, the plainest first; `number`: what makes its Message-ID, the same whenever it is the
    same mail."""
    message_id = f"<{number}@{letterhead.domain}>"
    headers = [
        mailbox("From", letterhead.name, letterhead.sender),
        mailbox("To", "", to),
        *([f"Reply-To: {letterhead.reply_to}"] if letterhead.reply_to else []),
        unstructured("Subject", subject),
        f"Date: {format_datetime(at.astimezone(letterhead.zone))}",
        f"Message-ID: {message_id}",
        # RFC 3834 §5.
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
    ]
    content = (CRLF.join(headers) + CRLF).encode() + _body(parts, boundary=f"=_roundup_{number}")
    return Message(
        envelope_from=letterhead.bounce_address or letterhead.sender,
        envelope_to=to,
        message_id=message_id,
        content=signed(content, letterhead.signers, second=int(at.timestamp())),
    )


def _body(parts: Sequence[tuple[str, str]], *, boundary: str) -> bytes:
    """The parts, each of which says the same as the others."""
    if len(parts) == 1:
        return _part(*parts[0])
    kind = f'Content-Type: multipart/alternative; boundary="{boundary}"{CRLF}{CRLF}'.encode()
    each = (f"--{boundary}{CRLF}".encode() + _part(*part) + CRLF.encode() for part in parts)
    return kind + b"".join(each) + f"--{boundary}--{CRLF}".encode()


def _part(kind: str, content: str) -> bytes:
    """One text with its headers. Line ends become CRLF."""
    headers = f"Content-Type: text/{kind}; charset=utf-8{CRLF}Content-Transfer-Encoding: quoted-printable{CRLF}{CRLF}"
    return headers.encode() + quoted(CRLF.join(content.splitlines()) + CRLF)
