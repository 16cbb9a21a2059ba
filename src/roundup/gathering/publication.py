"""When a content file's piece was published: by its front matter, its name, or the folders it is in. Pure."""

import re
from datetime import datetime, tzinfo
from pathlib import PurePosixPath

from roundup.gathering import dates
from roundup.gathering.matter import Matter, first, is_flag, text
from roundup.model import Published
from roundup.words import say

#: In the order in which they win. `lastmod`, `updated` and `modified` are no publication: an old piece that is
#: corrected must not come again.
_DATE_KEYS = (
    "date", "pubdate", "pub_date", "pubdatetime", "publishdate", "publish_date", "published", "publishedat",
    "published_at", "date_published", "datepublished", "created", "created_at", "date_created",
)  # fmt: skip
NAME_WITH_DATE = re.compile(r"(\d{4}[-_.]\d{1,2}[-_.]\d{1,2})[-_. ]+(.+)")
_NAME_IS_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
_FOLDERS_WITH_DATE = re.compile(r"(?:^|/)((?:19|20)\d{2})/(\d{1,2})/(\d{1,2})(?:[-_/]|$)")
#: Zola's and Gatsby's sites may have a date there and nowhere else.
_ADDRESS_KEYS = ("path", "permalink", "url", "slug")
#: Hugo builds a page only from this date on, whatever its `date` says.
_RELEASE_KEYS = ("publishdate", "publish_date")
#: Eleventy's words for the times of the file itself, which a copy does not keep.
_FILE_TIMES = frozenset({"last modified", "created", "git last modified", "git created"})
_DIGIT = re.compile(r"\d")


class UnreadableDateError(Exception):
    """The front matter has a date that can't be read. The message says which, and what to write."""


def published(path: PurePosixPath, matter: Matter, zone: tzinfo) -> Published | None:
    """When the file's piece was published; None if nothing says so.

    The front matter wins over the names. A date without a zone is in `zone`; one without a time is a day there. Raises
    UnreadableDateError: a date that is ambiguous (`08-02-21`) or impossible is not guessed.
    """
    for key in _DATE_KEYS:
        made = _said(matter, key, zone)
        if made is not None:
            later = [when for name in _RELEASE_KEYS if (when := _said(matter, name, zone)) and when.at > made.at]
            return max(later, key=lambda when: when.at, default=made)
    found = _by_name(path, zone) or _in_address(first(matter, _ADDRESS_KEYS), zone)
    return None if found is None else _with_time(found, first(matter, ("time",)), zone)


def _said(matter: Matter, key: str, zone: tzinfo) -> Published | None:
    """The date that one key holds; None if it holds none. Raises UnreadableDateError."""
    value = matter.get(key)
    if isinstance(value, dict):
        # MkDocs: `date: {created: …, updated: …}`.
        value = value.get("created")
    written = text(value)
    # `published` is a flag as often as a date, and in some sites a word.
    is_flagged = is_flag(written) or (key == "published" and not _DIGIT.search(written))
    if not written or is_flagged or written.lower() in _FILE_TIMES:
        return None
    made = _moment(value, first(matter, ("time",)), zone)
    if made is None:
        what = say(
            "has the {key} {written!r}, which can't be read; write it like 2026-11-21 17:00",
            key=key,
            written=written[:60],
        )
        raise UnreadableDateError(what)
    return made


def says_date(matter: Matter) -> bool:
    """Whether the front matter itself has a date, be it readable or not."""
    return any(key in matter for key in _DATE_KEYS)


def is_template(matter: Matter) -> bool:
    """Whether the file is what new pieces are copied from (Hugo's archetypes): a template stands where its date is."""
    return any("{{" in text(matter.get(key)) or "{%" in text(matter.get(key)) for key in _DATE_KEYS)


def _moment(value: object, clock_time: str, zone: tzinfo) -> Published | None:
    """A date of front matter: TOML's own types, or text in any form; with a separate `time` if it has none itself."""
    if isinstance(value, datetime):
        return dates.at_instant(value, zone)
    made = dates.published(text(value), zone)
    return None if made is None else _with_time(made, clock_time, zone)


def _with_time(made: Published, clock_time: str, zone: tzinfo) -> Published:
    """A date with a separate time, if it has none itself."""
    if made.day is None or not clock_time:
        return made
    return dates.published(f"{made.day.isoformat()} {clock_time}", zone) or made


def _by_name(path: PurePosixPath, zone: tzinfo) -> Published | None:
    """The date in a file's name (Jekyll), its bundle's, or that of the folders it is in: `2026/11/21`, `2026-11-21`."""
    is_bundle = path.stem.lower().partition(".")[0] == "index"
    for name in (path.stem, path.parent.name):
        named = NAME_WITH_DATE.fullmatch(name) if name == path.stem or is_bundle else None
        written = named[1].replace("_", "-").replace(".", "-") if named else name
        made = dates.published(written, zone) if named or _NAME_IS_DATE.fullmatch(name) else None
        if made is not None:
            return made
    # The last folder may be a bundle's, `2026/11/21-a-piece`, or the file itself.
    return _in_address(path.with_suffix("").as_posix(), zone)


def _in_address(written: str, zone: tzinfo) -> Published | None:
    """The date in a path: `2026/11/21/a-piece`."""
    folders = _FOLDERS_WITH_DATE.search(written)
    return dates.published("-".join(folders.groups()), zone) if folders else None
