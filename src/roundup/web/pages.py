"""A public page from its template, with the headers that keep it what it is."""

from jinja2.sandbox import SandboxedEnvironment
from starlette.responses import HTMLResponse

from roundup.rendering import Masthead
from roundup.rendering.colours import readable_on

_HEADERS = {
    # No script, no third party, no frame around the button; no token in a Referer, no page in a search engine's index.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src https:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
_PAPER = "#ffffff"
_NIGHT = "#1b1a19"


class Pages:
    """Renders the templates of `templates/web`."""

    def __init__(self, templates: SandboxedEnvironment, masthead: Masthead) -> None:
        self._templates = templates
        self._masthead = masthead

    def page(self, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page, filled. No cookie, no redirect."""
        masthead = self._masthead
        content = self._templates.get_template(name).render(
            newsletter=masthead,
            accent=readable_on(masthead.accent, _PAPER),
            accent_dark=readable_on(masthead.accent, _NIGHT),
            **values,
        )
        return HTMLResponse(content, status_code=status, headers=_HEADERS)
