"""A content file becomes a piece, or the reason why it does not. Pure: the file has been read already.

The keys are those that Jekyll, Hugo, Eleventy, Pelican, Astro and their sites use, measured over 18,238 files.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from pathlib import PurePosixPath

from roundup.gathering import comments, dates, pictures
from roundup.gathering.authors import names
from roundup.gathering.bodytext import Rendered
from roundup.gathering.cleaning import plain, storable
from roundup.gathering.cutting import first_words
from roundup.gathering.excerpts import excerpt
from roundup.gathering.links import absolute
from roundup.gathering.patterns import Naming, fill
from roundup.model import Picture, Piece, Published

_DATE_KEYS = ("date", "pubdate", "publishdate", "published", "created")
_EXCERPT_KEYS = ("excerpt", "summary", "description", "teaser", "lede", "blurb", "subheadline")
_AUTHOR_KEYS = ("author", "authors", "by")
_TAG_KEYS = ("tags", "categories", "category")
_PICTURE_KEYS = ("image", "picture", "cover")
_NAME_WITH_DATE = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})-(.+)")
_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}
_NOTHING = {"", "~", "null"}


class UnusableError(Exception):
    """The file should be a piece and can't be. The message says what is wrong, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What all files of one folder share."""

    source: str
    #: The pattern of addresses, checked.
    link: str
    zone: tzinfo


def is_unpublished(matter: Mapping[str, object]) -> bool:
    """Whether the file says of itself that it is no piece for readers, in the words of any of the generators."""
    flags = {key: _text(matter.get(key)).lower() for key in ("draft", "private", "unlisted", "published", "permalink")}
    if any(flags[key] in _YES for key in ("draft", "private", "unlisted")):
        return True
    # Eleventy writes no page for `permalink: false`.
    if flags["published"] in _NO or flags["permalink"] in _NO:
        return True
    hidden = _text(matter.get("status")).lower() in {"draft", "hidden", "private"}
    return hidden or bool(_text(matter.get("redirect")) or _text(matter.get("redirect_to")))


def piece(path: PurePosixPath, matter: Mapping[str, object], rendered: Rendered, home: Home) -> Piece:
    """The piece of the file at `path` (relative to its folder; that is its id). Raises UnusableError."""
    published = _published(path, matter, home.zone)
    naming = _naming(path, matter)
    link = _link(matter, home, published, naming)
    title = plain(_first(matter, ("title",))) or rendered.heading
    authors = names(_people(matter))
    short = _excerpt(matter, rendered, title, authors)
    title = title or first_words(short)
    if not title:
        raise UnusableError("has neither a title nor a text; give it a title:")
    return Piece(
        id=path.as_posix(),
        source=home.source,
        title=title,
        link=link,
        published=published,
        excerpt=short,
        authors=authors,
        comments=comments.in_front_matter(matter),
        tags=_tags(matter),
        picture=_picture(matter, link),
    )


def _text(value: object) -> str:
    """A scalar as text: YAML's `~` and nothing are empty, and so are lists and tables."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float | date | time):
        text = storable(str(value)).strip()
        return "" if text in _NOTHING else text
    return ""


def _first(matter: Mapping[str, object], keys: Iterable[str]) -> str:
    """The first of the keys that has a text."""
    return next((text for key in keys if (text := _text(matter.get(key)))), "")


def _published(path: PurePosixPath, matter: Mapping[str, object], zone: tzinfo) -> Published:
    """When the piece was published. The front matter wins over the file's name; without either it is no piece."""
    for key in _DATE_KEYS:
        value = matter.get(key)
        text = _text(value)
        if not text or text.lower() in _YES:
            continue
        made = _moment(value, _text(matter.get("time")), zone)
        if made is None:
            raise UnusableError(f"has the {key} {text[:60]!r}, which can't be read; write it like 2026-11-21 17:00")
        return made
    named = _NAME_WITH_DATE.fullmatch(path.stem)
    # Hugo and Jekyll sites without dates in front matter or file name keep them in folders.
    folders = re.search(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?:/|$)", path.parent.as_posix())
    text = named[1] if named else "-".join(folders.groups()) if folders else ""
    made = dates.published(text, zone)
    if made is None:
        raise UnusableError("has no date; give it a date: in its front matter, or a name that begins 2026-11-21-")
    return made


def _moment(value: object, clock_time: str, zone: tzinfo) -> Published | None:
    """A date of front matter: TOML's own types, or text in any form; with a separate `time` if it has none itself."""
    if isinstance(value, datetime):
        return dates.at_instant(value, zone)
    text = _text(value)
    made = dates.published(text, zone)
    if made is not None and made.day is not None and clock_time:
        return dates.published(f"{made.day.isoformat()} {clock_time}", zone) or made
    return made


def _naming(path: PurePosixPath, matter: Mapping[str, object]) -> Naming:
    """What the file's names say. A leaf bundle (`a-piece/index.md`) is named after its folder."""
    is_bundle = path.stem.lower() == "index" and path.parent.name != ""
    stem = path.parent.name if is_bundle else path.stem
    dated = _NAME_WITH_DATE.fullmatch(stem)
    slug = _text(matter.get("slug")).strip("/") or (dated[2] if dated else stem)
    return Naming(slug=slug, stem=stem, path=(path.parent if is_bundle else path.with_suffix("")).as_posix())


def _link(matter: Mapping[str, object], home: Home, published: Published, naming: Naming) -> str:
    """The piece's address: its own in the front matter, on the pattern's site; else the pattern filled in."""
    filled = fill(home.link, day=published.printed_day(home.zone), naming=naming)
    for key in ("permalink", "url", "link"):
        own = _text(matter.get(key))
        # Jekyll's `/:year/:title` and Eleventy's `/{{ slug }}/` are patterns, and `pretty` is the name of one.
        is_address = own.startswith("/") or "://" in own
        if is_address and not re.search(r"/:[a-z]|\{\{|\{%", own):
            address = absolute(own, filled)
            if address:
                return address
    made = absolute(filled)
    if made is None:
        raise UnusableError(
            f"gets the link {filled[:200]!r}, which is no web address; correct the source's link pattern"
        )
    return made


def _excerpt(matter: Mapping[str, object], rendered: Rendered, title: str, authors: Iterable[str]) -> str:
    """The excerpt that the author wrote; else what stands before the more-marker; else the beginning of the body."""
    sources = (_first(matter, _EXCERPT_KEYS), rendered.teaser, rendered.html)
    return next((made for source in sources if (made := excerpt(source, title=title, authors=authors))), "")


def _people(matter: Mapping[str, object]) -> Iterable[str]:
    """The names of the authors, under the first key that has any: a text, a table with a name, or a list of these."""
    for key in _AUTHOR_KEYS:
        value = matter.get(key)
        rows = value if isinstance(value, list) else [value]
        found = [name for row in rows if (name := _text(row.get("name")) if isinstance(row, dict) else _text(row))]
        if found:
            return found
    return ()


def _tags(matter: Mapping[str, object]) -> tuple[str, ...]:
    """Tags and categories: lists, or texts with commas; each once."""
    found: dict[str, None] = {}
    for key in _TAG_KEYS:
        value = matter.get(key)
        rows = value if isinstance(value, list) else _text(value).split(",")
        for row in rows:
            label = plain(_text(row))
            if label:
                found.setdefault(label)
    return tuple(found)


def _picture(matter: Mapping[str, object], link: str) -> Picture | None:
    """The picture that the front matter names: an address, or a table with one; a path is on the piece's own site."""
    for key in _PICTURE_KEYS:
        value = matter.get(key)
        alt = _first(matter, (f"{key}_alt", f"{key}alt"))
        if isinstance(value, dict):
            alt = _first(value, ("alt",)) or alt
            value = _first(value, ("url", "src", "image", "path"))
        address = _text(value)
        if address:
            made = pictures.made(address, base=link, alt=alt)
            if made:
                return made
    return None
