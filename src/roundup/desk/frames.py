"""The issue as a mail program would show it, for a frame of the desk. Pure.

The octets are those that are mailed; what is changed here stands in for a mail program: which colours it prefers,
whether it loads pictures, and that a link opens in a window of its own. Pictures are asked of the desk alone, so that
opening an issue asks nobody on the network for anything.
"""

import hashlib
import html
import re
from collections.abc import Iterator
from typing import Literal

Scheme = Literal["light", "dark"]

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_ADDRESS = re.compile(
    r"""(?P<before>\s(?:src|background)\s*=\s*)(?P<quote>["'])(?P<url>.*?)(?P=quote)""", re.IGNORECASE
)
_CSS_URL = re.compile(
    r"""url\(\s*(?P<quote>["']?|&quot;|&#39;)(?P<url>https?:[^)"'\s]*?)(?P=quote)\s*\)""", re.IGNORECASE
)
_LINK = re.compile(r"""<a\b[^>]*?\shref\s*=\s*(?P<quote>["'])(?P<url>https?:.*?)(?P=quote)""", re.IGNORECASE)
_SOURCE_SET = re.compile(r"""\ssrcset\s*=\s*(["']).*?\1""", re.IGNORECASE)
_PREFERS = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(?P<scheme>light|dark)\s*\)", re.IGNORECASE)
#: A media query of width alone: true and false whatever the window.
_TRUE, _FALSE = "(min-width:0px)", "(max-width:0px)"


def framed(content: str, *, scheme: Scheme, pictures: bool) -> str:
    """The HTML part as a frame shows it."""
    shown = _PREFERS.sub(lambda found: _TRUE if found["scheme"].lower() == scheme else _FALSE, content)
    shown = _IMAGE.sub(lambda tag: _image(tag[0], pictures=pictures), shown)
    shown = _CSS_URL.sub(lambda found: f"url({_own(found['url'])})" if pictures else "none", shown)
    # A mail program's own paper is dark where it prefers dark colours.
    base = f'<base target="_blank"><style>:root{{color-scheme:{scheme} only}}</style>'
    return _HEAD.sub(lambda found: found[0] + base, shown, count=1)


def addresses(content: str) -> dict[str, str]:
    """The addresses of all the pictures in an HTML part, by the names that `framed` gives them."""
    return {name_of(url): url for url in _addresses(content)}


def links(content: str) -> list[str]:
    """The addresses of all the pages that an HTML part links to, each once, in their order."""
    return list(dict.fromkeys(html.unescape(found["url"]) for found in _LINK.finditer(content)))


def name_of(url: str) -> str:
    """What the desk calls a picture."""
    return hashlib.sha256(url.encode()).hexdigest()[:24]


def _addresses(content: str) -> Iterator[str]:
    for tag in _IMAGE.findall(content):
        yield from (html.unescape(found["url"]) for found in _ADDRESS.finditer(tag))
    yield from (html.unescape(found["url"]) for found in _CSS_URL.finditer(content))


def _image(tag: str, *, pictures: bool) -> str:
    """An `img` whose picture the desk gives, or, without its address, as a mail program shows what it does not load."""
    plain = _SOURCE_SET.sub("", tag)
    if not pictures:
        return _ADDRESS.sub("", plain)
    return _ADDRESS.sub(lambda found: f'{found["before"]}"{_own(found["url"])}"', plain)


def _own(url: str) -> str:
    return f"/picture/{name_of(html.unescape(url))}"
