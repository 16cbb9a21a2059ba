"""The address that a content file gives itself, and what its names say for the source's pattern. Pure."""

import re
from datetime import date
from pathlib import PurePosixPath
from urllib.parse import quote, urlsplit

from roundup.gathering.languages import without_language
from roundup.gathering.links import absolute
from roundup.gathering.matter import Matter, labels, text
from roundup.gathering.patterns import Naming, slugged
from roundup.gathering.publication import NAME_WITH_DATE

#: Jekyll, Hexo and Eleventy · Hugo and Pelican · Gatsby and Zola · sites that keep the address itself.
_OWN_KEYS = ("permalink", "url", "path", "link")
#: The placeholders of Jekyll (docs/permalinks), Hugo (content management, URLs) and Hexo (permalinks).
_PLACEHOLDER = re.compile(r":([a-z_]+)")
# Eleventy's simplest templates: `/{{ slug }}/`, `/{{ page.fileSlug }}/`, `/{{ title | slugify }}/`.
_TEMPLATE = re.compile(
    r"\{\{-?\s*(?:page\.)?(slug|fileSlug|title)\s*(?:\|\s*(?:slug|slugify|url_encode)\s*)?-?\}\}"
)  # fmt: skip


def naming(path: PurePosixPath, matter: Matter, *, title: str, language: str) -> Naming:
    """What the file's names say. A leaf bundle (`a-piece/index.md`) is named after its folder.

    The language in a name (`a-piece.en.md`) is no part of the address where the editor chose one (`language`); that of
    an `index.en.md` never is.
    """
    bare, theirs = without_language(path.stem)
    stem = bare if theirs and (language or bare.lower() == "index") else path.stem
    is_bundle = stem.lower() == "index" and path.parent.name != ""
    named = path.parent.name if is_bundle else stem
    dated = NAME_WITH_DATE.fullmatch(named)
    slug = text(matter.get("slug")).strip("/") or (dated[2] if dated else named)
    # Jekyll keeps its pieces in `_posts`, which is no part of any address.
    folders = [part for part in (path.parent.parent if is_bundle else path.parent).parts if part[0] != "_"]
    categories = [*labels(matter.get("category")), *labels(matter.get("categories"))]
    return Naming(
        slug=slug,
        stem=named,
        path=(path.parent if is_bundle else path.with_name(stem)).as_posix(),
        section=folders[0] if folders else "",
        category=slugged(categories[0]) if categories else "",
        title=slugged(title),
    )


def own_link(matter: Matter, *, is_toml: bool, day: date, named: Naming, site: str) -> str | None:
    """The address that the file gives itself on the site of the address `site`; None if it gives none.

    An address elsewhere is what the piece is about, not where it is. A permalink that is a pattern is filled in if its
    placeholders are known; else it is the generator's business, and the source's own pattern serves.
    """
    for key in _OWN_KEYS:
        given = text(matter.get(key))
        if key == "path" and not is_toml and not given.startswith("/"):
            # Zola's path is an address; that of others may be anything.
            continue
        made = _made(given, key, day=day, named=named, site=site)
        if made is not None:
            return made
    slug = text(matter.get("slug"))
    # Gatsby's sites keep whole paths there.
    return _made(slug, "slug", day=day, named=named, site=site) if slug.startswith("/") else None


def _made(given: str, key: str, *, day: date, named: Naming, site: str) -> str | None:
    """One address, made absolute; None if it is none, or is on another site."""
    is_relative = "/" in given or given.endswith((".html", ".htm"))
    # The address of the site itself is no piece's.
    if not given.strip("/") or not (is_relative or "://" in given or key == "path"):
        # Jekyll's `pretty` is the name of a pattern.
        return None
    filled = _filled(given, day, named, by_file_name=key != "url")
    if filled is None:
        return None
    rooted = filled if "://" in filled or filled.startswith("/") else f"/{filled}"
    address = absolute(rooted, site)
    return address if address is not None and _host(address) == _host(site) else None


def _filled(given: str, day: date, named: Naming, *, by_file_name: bool) -> str | None:
    """A permalink with its placeholders filled in; None if one of them is unknown. `:title` is the name of the file in
    Jekyll and Hexo, and the title in Hugo."""
    title = named.slug if by_file_name else named.title or named.slug
    simple = _TEMPLATE.sub(lambda match: named.title if match[1] == "title" else quote(named.slug, safe="~"), given)
    if "{" in simple:
        return None
    known = {
        "year": f"{day.year:04}", "month": f"{day.month:02}", "day": f"{day.day:02}", "i_month": str(day.month),
        "i_day": str(day.day), "short_year": f"{day.year % 100:02}", "short_month": f"{day:%b}",
        "monthname": f"{day:%B}".lower(), "y_day": f"{day:%j}", "yearday": str(day.timetuple().tm_yday), "title": title,
        "slug": named.slug, "slugorfilename": named.slug, "filename": named.stem, "name": named.stem,
        "contentbasename": named.stem, "basename": named.stem, "section": named.section, "category": named.category,
        "categories": named.category, "output_ext": ".html", "post_title": named.slug,
    }  # fmt: skip
    address = simple.partition("://")
    head, body = (address[0] + "://", address[2]) if address[1] else ("", simple)
    if any(match[1] not in known for match in _PLACEHOLDER.finditer(body)):
        return None
    filled = _PLACEHOLDER.sub(lambda match: quote(known[match[1]], safe="~."), body)
    return head + (re.sub(r"/{2,}", "/", filled) if filled != body else filled)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
