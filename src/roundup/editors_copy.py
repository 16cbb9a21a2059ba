"""The editor's own copy of an issue: what `preview` writes to files and the desk shows, octet for octet what is mailed
but for what is a subscriber's own."""

from dataclasses import dataclass
from datetime import datetime

from roundup import messages
from roundup.messages import Addressee
from roundup.model import RenderedIssue
from roundup.newsroom import Newsroom
from roundup.tokens import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorsCopy:
    """An issue addressed to the editor. Its links are marked as tests and change nothing."""

    #: The HTML and the text part.
    html: str
    text: str
    #: The whole message.
    eml: bytes


def editors_copy(
    rendered: RenderedIssue, newsroom: Newsroom, email: str, *, date: datetime, variant: int = 0
) -> EditorsCopy:
    """The copy for the editor at `email` of an issue, or of the variant of it that has a number; `date` (aware) is for
    its Date header."""
    secret = newsroom.secret
    editor = Addressee(email=email, name="", key=secret.stranger(email), purpose=Purpose.TEST)
    html, text = messages.filled(rendered, editor, secret)
    message = messages.stationery(rendered, newsroom.letterhead, secret, variant=variant).message(editor, date=date)
    return EditorsCopy(html=html, text=text, eml=message.content)
