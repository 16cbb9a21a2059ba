"""A public page from its template, with the headers that keep it what it is.

Pages are rendered once for the same values and kept: what is somebody's own is spliced in afterwards, at marks that no
value can hold.
"""

import hashlib
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2.sandbox import SandboxedEnvironment
from starlette.responses import Response

from roundup.errors import TemplateError
from roundup.rendering import Masthead
from roundup.rendering.colours import readable_on
from roundup.rendering.template_faults import TEMPLATE_FAULTS, Folders, Unknown, sentence
from roundup.web.plain import SHOWN, plain

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https:; form-action 'self'; frame-ancestors {framed}; "
    "base-uri 'none'"
)
_HEADERS = {
    # No script, no third party, no frame around the button; no token in a Referer, no page in a search engine's index.
    "Content-Security-Policy": _POLICY.format(framed="'none'"),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
#: May stand in a frame on the magazine's own page.
FRAMED = {"Content-Security-Policy": _POLICY.format(framed="*"), "Cross-Origin-Resource-Policy": "cross-origin"}
_PAPER = "#ffffff"
_NIGHT = "#1b1a19"
#: Around the name of what is somebody's own, while a page is kept.
_MARK = "\x00"


class Page(Response):
    """A page that is ready, with its headers as they go out: made thousands of times a second."""

    def __init__(self, body: bytes, *, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        # RFC 9110 §8.6: with 304 it would be that of the page that whoever asks has.
        length = [] if status == 304 else [(b"content-length", str(len(body)).encode("ascii"))]
        self.raw_headers = [*headers, *length]


@lru_cache
def _raw(changed: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    """The headers of a page, some of them changed."""
    headers = {"Content-Type": "text/html; charset=utf-8", **_HEADERS, **dict(changed)}
    return tuple((name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """A page that is the same for everybody, and stays so for a while."""

    content: bytes
    tag: str
    headers: tuple[tuple[bytes, bytes], ...]


class Pages:
    """Renders the templates of `templates/web`."""

    def __init__(
        self, folders: Sequence[Path], masthead: Masthead, public_url: str, *, tell: Callable[[str], None]
    ) -> None:
        """`folders`: where templates are, the first that has a file winning; the last are roundup's own. `tell` is told
        in a sentence what is wrong in one, once."""
        self._templates = _templates(folders, masthead)
        self._own = _templates(folders[-1:], masthead)
        self._masthead = masthead
        self._tell = tell
        self._told: set[str] = set()
        #: The newsletter's.
        self.zone = masthead.zone
        #: The path under which browsers see these pages, ending in a slash.
        self.base = urlsplit(public_url).path or "/"
        self._shared = {
            "newsletter": masthead,
            "accent": readable_on(masthead.accent, _PAPER),
            "accent_dark": readable_on(masthead.accent, _NIGHT),
            "base": self.base,
            # Whether it stands in a frame, without the newsletter's name around it.
            "bare": False,
            "framed": False,
            "again": False,
            "fast": False,
            "trouble": False,
        }
        self._kept = lru_cache(maxsize=256)(self._rendered)

    def page(
        self,
        name: str,
        *,
        status: int = 200,
        own: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Page:
        """A page, filled: `values` are the same for many and can be hashed, `own` (texts) is somebody's own. No cookie,
        no redirect."""
        given = own or {}
        content, is_shown = self._kept(name, tuple(given), tuple(values.items()))
        filled = [part if isinstance(part, bytes) else html.escape(given[part]).encode() for part in content]
        return Page(
            b"".join(filled),
            status=status if is_shown else 503,
            headers=_raw(tuple(headers.items()) if headers else ()),
        )

    def _rendered(
        self, name: str, own: tuple[str, ...], values: tuple[tuple[str, Any], ...]
    ) -> tuple[list[bytes | str], bool]:
        """A page, cut where something is somebody's own, whose name stands there; and whether it is what was asked
        for. Where a template is broken it is roundup's own instead, and in the worst case one without."""
        marks: dict[str, Any] = {each: f"{_MARK}{each}{_MARK}" for each in own}
        try:
            text, is_shown = self._text(name, marks | dict(values)), True
        except TemplateError:
            text, is_shown = plain(name, self._masthead), name in SHOWN
        return [part if number % 2 else part.encode() for number, part in enumerate(text.split(_MARK))], is_shown

    def _text(self, name: str, values: Mapping[str, Any]) -> str:
        """A template, filled. Raises `TemplateError` if roundup's own cannot be filled either."""
        for templates in (self._templates, self._own):
            try:
                text = templates.get_template(name).render({**self._shared, **values})
                text.encode()
            except TEMPLATE_FAULTS as error:
                trouble = sentence(error, name)
                if trouble not in self._told:
                    self._told.add(trouble)
                    self._tell(trouble)
            else:
                return text
        raise TemplateError(trouble)

    def plain(self, content: bytes, *, headers: Mapping[str, str]) -> Page:
        """HTML that is ready, as it is; with these headers in place of ours."""
        return Page(content, status=200, headers=_raw(tuple(headers.items())))

    def lasting(self, made: Lasting, *, seen: str) -> Response:
        """What anybody may keep for a while. `seen`: the tags of what whoever asks has already (If-None-Match)."""
        if made.tag in {each.strip().removeprefix("W/") for each in seen.split(",")}:
            return Page(b"", status=304, headers=made.headers)
        return Page(made.content, status=200, headers=made.headers)

    def made(self, content: bytes, *, kind: str = "text/html; charset=utf-8", seconds: int, listed: bool) -> Lasting:
        """Something lasting. `listed`: search engines may list it."""
        tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
        headers = {
            "Content-Type": kind,
            **_HEADERS,
            "Cache-Control": f"public, max-age={seconds}",
            "ETag": tag,
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if listed:
            del headers["X-Robots-Tag"]
        raw = tuple((name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items())
        return Lasting(content=content, tag=tag, headers=raw)

    def text(self, name: str, **values: Any) -> bytes:
        """A template, filled. Raises `TemplateError`."""
        return self._text(name, values).encode()


def _templates(folders: Sequence[Path], masthead: Masthead) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=Folders(folders), undefined=Unknown, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"say": masthead.words.say, "say_many": masthead.words.say_many}
    return environment
