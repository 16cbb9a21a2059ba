"""A folder's link pattern: from a piece's date, names and title to its address. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from string import Formatter
from urllib.parse import quote, urlsplit

from roundup.words import borrowed, say

#: What a pattern may name, and an example of each.
KEYS: dict[str, int | str] = {
    "year": 2026, "month": 11, "day": 21, "slug": "a-piece", "stem": "a", "path": "news/a", "section": "news",
    "category": "local-news", "title": "the-title",
}  # fmt: skip
_SHARED = {"year", "month", "day", "section", "category"}
_SEVERAL_SLASHES = re.compile(r"(?<!:)/{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What the names of a file, and its title, say about its piece's address."""

    #: The last part of the address: the front matter's `slug`, or the file's name without date and suffix.
    slug: str
    #: The file's name without its suffix.
    stem: str
    #: The file's path in its folder without its suffix, with forward slashes.
    path: str
    #: The first folder that the file is in; empty if it is in none.
    section: str = ""
    #: Its first category as a slug; empty if it has none.
    category: str = ""
    #: Its title as a slug.
    title: str = ""


def check_pattern(pattern: str) -> None:
    """Raises ValueError, with a sentence for an editor, unless the pattern gives web addresses."""
    try:
        fields = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    except ValueError as error:
        raise ValueError(
            say(
                "The link pattern {pattern!r} has a brace that does not fit ({error}).",
                pattern=pattern,
                error=borrowed(error),
            )
        ) from error
    allowed = ", ".join(f"{{{key}}}" for key in KEYS)
    unknown = [name for name in fields if name not in KEYS]
    if unknown:
        raise ValueError(
            say(
                "The link pattern {pattern!r} names {{{unknown}}}, which is unknown. Known are {allowed}.",
                pattern=pattern,
                unknown=unknown[0],
                allowed=allowed,
            )
        )
    if not set(fields) - _SHARED:
        raise ValueError(
            say(
                "The link pattern {pattern!r} gives many pieces one address. Use {{slug}}, {{stem}}, "
                "{{path}} or {{title}}.",
                pattern=pattern,
            )
        )
    try:
        example = pattern.format(**KEYS)
        parts = urlsplit(example)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(
            say("The link pattern {pattern!r} can't be filled in ({error}).", pattern=pattern, error=borrowed(error))
        ) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            say(
                "The link pattern {pattern!r} is no web address. Begin it with https:// and your site's name.",
                pattern=pattern,
            )
        )


def fill(pattern: str, *, day: date, naming: Naming) -> str:
    """The address of the piece of that local day. What comes from names is percent-encoded (RFC 3986 §2.1).

    A piece without a category, or in no folder, leaves no empty part in its address: generators write none either.
    """
    filled = pattern.format(
        year=day.year,
        month=day.month,
        day=day.day,
        slug=quote(naming.slug, safe="~"),
        stem=quote(naming.stem, safe="~"),
        path=quote(naming.path, safe="/~"),
        section=quote(naming.section, safe="~"),
        category=quote(naming.category, safe="~"),
        title=quote(naming.title or naming.slug, safe="~"),
    )
    return filled if naming.section and naming.category else _SEVERAL_SLASHES.sub("/", filled)


def slugged(text: str) -> str:
    """A title or a category as part of an address, as Pelican, Zola, Eleventy and Nikola make it: small letters and
    digits without accents, and dashes; letters of scripts that have no plain form stay."""
    folded = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    words = re.sub(r"[^\w\s-]", "", unicodedata.normalize("NFC", bare.lower()))
    return re.sub(r"[-\s_]+", "-", words).strip("-")
