"""A renderer that writes the plainest mail the house rules let through."""

from html import escape

from roundup.errors import TemplateError
from roundup.model import Issue, RenderedIssue
from roundup.rendering import Fitted, Masthead, placeholder

#: As many words as a filter wants to see.
_WORDS = "\n".join(["These are ten words that say nothing of any piece."] * 6)
_HTML = f"""<!DOCTYPE html>
<html lang="en" dir="ltr" xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark"><meta name="x-apple-disable-message-reformatting">
<meta name="format-detection" content="date=no"><title>{{subject}}</title>
<!--[if mso]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]--></head><body>
<div lang="en" dir="ltr" style="display:none">What an inbox shows behind the subject of a mail.</div>
<div lang="en" dir="ltr"><!--[if mso]><table width="600"><tr><td><![endif]-->
<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr><td>
<h1>{{name}}</h1>{{links}}<p>{_WORDS}</p><p>{{leave}}</p></td></tr></table>
<!--[if mso]></td></tr></table><![endif]--></div></body></html>
"""


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
        html = _HTML.format(
            subject=escape(issue.subject),
            name=escape(self._masthead.name),
            links=links,
            leave=f'<a href="{escape(leave)}">Leave this list</a>',
        )
        text = "\n".join([*(f"{piece.title}\n{piece.link}\n" for piece in pieces), _WORDS, leave, ""])
        rendered = RenderedIssue(
            key=issue.key, subject=issue.subject, preheader=issue.preheader, html=html, text=text, nonce=nonce
        )
        return Fitted(issue=issue, rendered=rendered)
