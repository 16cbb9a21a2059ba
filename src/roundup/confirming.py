"""The confirmation mail: what asks somebody whether it was them who signed up. Pure.

Nothing of what was typed into the form is in it but the address that it goes to (a form whose words come back by mail
sends advertising for others), and nothing but one link is to be followed.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from roundup.headers import mailbox, unstructured
from roundup.messages import Letterhead
from roundup.model import Message
from roundup.quoted_printable import CRLF, quoted
from roundup.signing_up import Signup
from roundup.tokens import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationText:
    """What a confirmation mail says, with `link` where the link stands."""

    subject: str
    text: str
    html: str
    #: What stands in text and HTML where the link goes.
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What confirmation mails are made with."""

    said: ConfirmationText
    letterhead: Letterhead
    secret: Secret

    def message(self, signup: Signup, *, at: datetime) -> Message:
        """The mail for one sign-up. It is no issue: it has no List- headers, and is sent once."""
        return confirmation(self.said, signup, self.letterhead, self.secret, at=at)


def confirmation(
    said: ConfirmationText, signup: Signup, letterhead: Letterhead, secret: Secret, *, at: datetime
) -> Message:
    """See `Asking.message`."""
    link = f"{letterhead.public_url}confirm/{secret.confirm_token(signup.key, signup.asked_at)}"
    number = secret.mac("confirmation", signup.key, signup.asked_at.isoformat().encode())[:12].hex()
    boundary = f"=_roundup_{number}"
    message_id = f"<{number}@{letterhead.domain}>"
    headers = [
        mailbox("From", letterhead.name, letterhead.sender),
        mailbox("To", "", signup.email),
        *([f"Reply-To: {letterhead.reply_to}"] if letterhead.reply_to else []),
        unstructured("Subject", said.subject),
        f"Date: {format_datetime(at.astimezone(letterhead.zone))}",
        f"Message-ID: {message_id}",
        # RFC 3834 §5.
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    parts = [
        f"--{boundary}{CRLF}Content-Type: text/{kind}; charset=utf-8{CRLF}"
        f"Content-Transfer-Encoding: quoted-printable{CRLF}{CRLF}".encode()
        + quoted(CRLF.join(content.replace(said.link, link).splitlines()) + CRLF)
        + CRLF.encode()
        for kind, content in (("plain", said.text), ("html", said.html))
    ]
    content = (CRLF.join(headers) + CRLF + CRLF).encode() + b"".join(parts) + f"--{boundary}--{CRLF}".encode()
    return Message(
        envelope_from=letterhead.bounce_address or letterhead.sender,
        envelope_to=signup.email,
        message_id=message_id,
        content=content,
    )
