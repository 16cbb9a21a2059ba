"""A folder's link pattern: from a piece's date and file name to its address. Pure."""

from dataclasses import dataclass
from datetime import date
from string import Formatter
from urllib.parse import quote, urlsplit

#: What a pattern may name, and an example of each.
KEYS: dict[str, int | str] = {"year": 2026, "month": 11, "day": 21, "slug": "a-piece", "stem": "a", "path": "news/a"}
_DATED = {"year", "month", "day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What the names of a file say about its piece."""

    #: The last part of the address: the front matter's `slug`, or the file's name without date and suffix.
    slug: str
    #: The file's name without its suffix.
    stem: str
    #: The file's path in its folder without its suffix, with forward slashes.
    path: str


def check_pattern(pattern: str) -> None:
    """Raises ValueError, with a sentence for an editor, unless the pattern gives web addresses."""
    try:
        fields = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    except ValueError as error:
        raise ValueError(f"The link pattern {pattern!r} has a brace that does not fit ({error}).") from error
    allowed = ", ".join(f"{{{key}}}" for key in KEYS)
    unknown = [name for name in fields if name not in KEYS]
    if unknown:
        raise ValueError(f"The link pattern {pattern!r} names {{{unknown[0]}}}, which is unknown. Known are {allowed}.")
    if not set(fields) - _DATED:
        raise ValueError(
            f"The link pattern {pattern!r} gives many pieces one address. Use {{slug}}, {{stem}} or {{path}}."
        )
    try:
        example = pattern.format(**KEYS)
        parts = urlsplit(example)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ValueError(f"The link pattern {pattern!r} can't be filled in ({error}).") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f"The link pattern {pattern!r} is no web address. Begin it with https:// and your site's name."
        )


def fill(pattern: str, *, day: date, naming: Naming) -> str:
    """The address of the piece of that local day. What comes from file names is percent-encoded (RFC 3986 §2.1)."""
    return pattern.format(
        year=day.year,
        month=day.month,
        day=day.day,
        slug=quote(naming.slug, safe="~"),
        stem=quote(naming.stem, safe="~"),
        path=quote(naming.path, safe="/~"),
    )
