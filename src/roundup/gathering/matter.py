"""What the keys of front matter hold, whichever generator's they are. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, time

from roundup.gathering.cleaning import storable

Matter = Mapping[str, object]

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_NOTHING = frozenset({"", "~", "null"})
#: Zola and Hugo keep a site's own keys, and its tags, in tables of their own.
_TABLES = ("taxonomies", "extra", "params")


def flattened(values: Matter) -> dict[str, object]:
    """The values of front matter under one spelling of each key (`pub-date` is `pub_date`), those of Zola's `[extra]`
    and `[taxonomies]` and of Hugo's `[params]` among them where the file's own say nothing."""
    found = {_spelt(key): value for key, value in values.items()}
    for table in _TABLES:
        rows = found.get(table)
        if isinstance(rows, dict):
            for key, value in rows.items():
                found.setdefault(_spelt(str(key)), value)
    return found


def text(value: object) -> str:
    """A scalar as text: YAML's `~` and nothing are empty, and so are lists and tables."""
    if isinstance(value, str):
        written = storable(value).strip()
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif isinstance(value, int | float | date | time):
        try:
            written = str(value)
        except ValueError:
            # TOML's `0xfff…` may have more digits than Python prints.
            return ""
    else:
        return ""
    return "" if written in _NOTHING else written


def first(matter: Matter, keys: Iterable[str]) -> str:
    """The first of the keys that has a text."""
    return next((found for key in keys if (found := text(matter.get(key)))), "")


def is_yes(matter: Matter, key: str) -> bool:
    """Whether a flag is set, in any spelling."""
    return text(matter.get(key)).lower() in _YES


def is_no(matter: Matter, key: str) -> bool:
    """Whether a flag is there and not set, in any spelling."""
    return text(matter.get(key)).lower() in _NO


def is_flag(written: str) -> bool:
    """Whether a text is a flag's value, whatever else its key may hold (`published: true`)."""
    return written.lower() in _YES or written.lower() in _NO


def rows(value: object) -> list[object]:
    """A list's rows, those of lists in it (Hexo's categories) among them; anything else as the only one."""
    if not isinstance(value, list):
        return [value]
    return [row for each in value for row in (each if isinstance(each, list) else [each])]


def labels(value: object) -> list[str]:
    """Tags or categories: a list, or a text with commas."""
    found = rows(value) if isinstance(value, list) else list(text(value).split(","))
    return [label for row in found if (label := text(row))]


def _spelt(key: str) -> str:
    return key.lower().replace("-", "_").replace(" ", "_")
