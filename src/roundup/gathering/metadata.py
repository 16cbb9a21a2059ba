"""What front matter says of a piece besides its date and address: title, excerpt, authors, tags, picture. Pure.

The keys are those that Jekyll, Hugo, Zola, Pelican, Eleventy, Astro, MkDocs, Nikola, Hexo and their sites use, measured
over 18,238 files.
"""

import re
from collections.abc import Mapping

from roundup.gathering import pictures
from roundup.gathering.bodymarks import unmarked
from roundup.gathering.cleaning import plain
from roundup.gathering.matter import Matter, first, is_flag, labels, rows, text
from roundup.model import Picture

_TITLE_KEYS = ("title", "headline")
_EXCERPT_KEYS = ("excerpt", "summary", "description", "teaser", "lede", "blurb", "subheadline")
_AUTHOR_KEYS = ("author", "authors", "by", "byline")
NAME_KEYS = ("name", "display_name", "full_name")
_TAG_KEYS = ("tags", "tag", "categories", "category")
_PICTURE_KEYS = ("image", "picture", "cover", "thumbnail", "previewimage", "heroimage", "hero_image", "featured_image")


def title(matter: Matter) -> str:
    """The title; empty if there is none."""
    return plain(unmarked(first(matter, _TITLE_KEYS)))


def summary(matter: Matter) -> str:
    """The excerpt that somebody wrote; empty if nobody did."""
    found = (text(matter.get(key)) for key in _EXCERPT_KEYS)
    # `summary: false` is none.
    return unmarked(next((written for written in found if written and not is_flag(written)), ""))


def people(matter: Matter, known: Mapping[str, str]) -> list[str]:
    """The names of the authors, under the first key that has any: a text, a table with a name, or a list of these.

    A word that the site looks up (`gray`, `admin`) is looked up in `known`: what the editor and the site's data say.
    """
    for key in _AUTHOR_KEYS:
        said = (first(row, NAME_KEYS) if isinstance(row, dict) else text(row) for row in rows(matter.get(key)))
        found = [unmarked(each) for each in said]
        # Pelican's `Ada Marsh; Eve Holt`: a semicolon is in nobody's name, but in an entity.
        several = [name for row in found for name in (re.split(r"\s*;\s*", row) if "&" not in row else [row]) if name]
        if several:
            return [known.get(name.casefold(), name) for name in several]
    return []


def tags(matter: Matter) -> tuple[str, ...]:
    """Tags and categories: lists, or texts with commas; each once."""
    found: dict[str, None] = {}
    for key in _TAG_KEYS:
        for label in labels(matter.get(key)):
            found.setdefault(plain(label))
    found.pop("", None)
    return tuple(found)


def picture(matter: Matter, link: str) -> Picture | None:
    """The picture that the front matter names: an address, or a table with one; a path is on the piece's own site."""
    for key in _PICTURE_KEYS:
        value = matter.get(key)
        alt = first(matter, (f"{key}_alt", f"{key}alt"))
        stated = {side: matter.get(f"{key}_{side}") for side in ("width", "height")}
        if isinstance(value, dict):
            alt = first(value, ("alt",)) or alt
            stated = value
            value = first(value, ("url", "src", "image", "path"))
        address = text(value)
        if address:
            made = pictures.made(address, base=link, alt=alt, stated=stated)
            if made:
                return made
    return None
