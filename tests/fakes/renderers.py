"""A renderer that writes the plainest mail the house rules let through."""

from html import escape

from roundup.errors import TemplateError
from roundup.model import Issue, RenderedIssue
from roundup.rendering import Fitted, Masthead, placeholder


class PlainRenderer:
    """Titles, links and the way out; or a broken template, if `trouble` says why."""

    def __init__(self, masthead: Masthead) -> None:
        self._masthead = masthead
        self.trouble = ""

    def render(self, issue: Issue, *, nonce: str) -> Fitted:
        if self.trouble:
            raise TemplateError(self.trouble)
        pieces = [each.piece for each in (*issue.pieces, *issue.more)]
        leave = self._masthead.leave_link + placeholder("TOKEN", nonce)
        links = "\n".join(f'<p><a href="{escape(piece.link)}">{escape(piece.title)}</a></p>' for piece in pieces)
        html = (
            f'<!DOCTYPE html><html lang="en" dir="ltr"><body lang="en" dir="ltr"><div lang="en" dir="ltr">'
            f"<h1>{escape(self._masthead.name)}</h1>{links}"
            f'<p><a href="{escape(leave)}">Leave this list</a></p></div></body></html>\n'
        )
        text = "\n".join([*(f"{piece.title}\n{piece.link}\n" for piece in pieces), leave, ""])
        rendered = RenderedIssue(
            key=issue.key, subject=issue.subject, preheader=issue.preheader, html=html, text=text, nonce=nonce
        )
        return Fitted(issue=issue, rendered=rendered)
