"""The confirmation mail: what asks somebody whether it was them who signed up. Pure.

Nothing of what was typed into the form is in it but the address that it goes to (a form whose words come back by mail
sends advertising for others), and nothing but one link is to be followed.
"""

from dataclasses import dataclass
from datetime import datetime

from roundup.letters import letter
from roundup.messages import Letterhead
from roundup.model import Message
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
    parts = [(kind, text.replace(said.link, link)) for kind, text in (("plain", said.text), ("html", said.html))]
    return letter(letterhead, signup.email, said.subject, parts, number=number, at=at)
