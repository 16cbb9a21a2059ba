"""When a piece was published, from the text its source gives. Pure: the clock is never asked.

Real feeds and folders hold RFC 5322 and RFC 3339 dates, dates without a time, without a zone, with names of zones and
months in several languages. What is ambiguous (`08-02-21`) or impossible (30 February) is no date, rather than a wrong
one.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from roundup.model import Published
from roundup.words import say

#: Dates before this year come from programs, not people (Hugo's `0001-01-01`, the Unix epoch).
EARLIEST_YEAR = 1990
#: One year short of the last that Python knows, so that no zone can push an instant over the edge.
LATEST_YEAR = 9998

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            # The four letters are Finnish, where `marraskuu` is November.
            "jan ene gen tamm",
            "feb fev helm",
            "mar maa mrt",
            "apr abr avr huht",
            "may mai mei maj mag touk",
            "jun juin giu kesa",
            "jul juil lug hein",
            "aug ago aou elok",
            "sep set syys",
            "oct okt ott out loka",
            "nov marr",
            "dec dez dic des joul",
        ),
        start=1,
    )
    for name in names.split()
}
# RFC 5322 §4.3 and the zones of Europe and the Pacific. IST, AST and their like mean several zones: they are left out,
# and such a date is read in the source's own zone, where its author most likely is.
_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "bst": 1, "cet": 1, "cest": 2, "met": 1, "mest": 2,
    "mez": 1, "mesz": 2, "west": 1, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "aest": 10, "aedt": 11,
    "nzst": 12, "nzdt": 13,
}  # fmt: skip

_TIME = (
    r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?(?:\s*(?P<zone>[+-]\d{2}:?\d{2}|[+-]\d{1,2}|(?:GMT|UTC|UT)[+-]\d{1,2}(?::?\d{2})?|"
    r"[A-Za-z][\w/+-]*))?(?:\s*\([^)]*\))?"
)
_WEEKDAY = r"(?:[^\W\d_]+\.?,?\s+)?"
_GAP = r"[\s-]+(?:de\s+)?"
_NAME = r"(?P<name>[^\W\d_]{3,})"
_DATE_ZONE = r"(?:Z|\s+(?:[+-]\d{2}:?\d{2}|[A-Z]{1,5}))?"
_AND_TIME = rf"(?:,?\s+(?:at\s+|-\s+)?{_TIME})?"
_BASIC_TIME = r"T(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<half>)(?P<zone>Z|[+-]\d{2}:?\d{2})?"
_FORMS = tuple(
    re.compile(rf"{form}\Z")
    for form in (
        # RFC 3339, W3C-DTF, SQL, and Jekyll's `2014-01-02 03:04:05 +0100`.
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})(?:(?:T|\s+){_TIME}|{_DATE_ZONE})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        # ISO 8601's basic form.
        rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_BASIC_TIME}",
        # Chinese, Japanese, Korean.
        rf"(?P<year>\d{{4}})\s?[年년]\s?(?P<month>\d{{1,2}})\s?[月월]\s?(?P<day>\d{{1,2}})\s?[日일]{_AND_TIME}",
        # RFC 5322 §3.3, with or without its weekday.
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})\.?{_GAP}{_NAME}\.?,?{_GAP}(?P<year>\d{{4}}|\d{{2}})(?:,?\s+{_TIME}|{_DATE_ZONE})",
        rf"{_WEEKDAY}{_NAME}\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){_AND_TIME}",
        # Day first is the custom wherever dots are; with other signs the day must be over 12 to be known.
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}){_AND_TIME}",
        rf"{_WEEKDAY}(?P<one>\d{{1,2}})[/-](?P<two>\d{{1,2}})[/-](?P<year>\d{{4}}){_AND_TIME}",
    )
)
_EPOCH = re.compile(r"\d{9,10}|\d{13}")


def is_known_form(text: str) -> bool:
    """Whether `published` knows this form of date, be the date itself possible or not."""
    return _match(text) is not None or bool(_EPOCH.fullmatch(text.strip()))


def published(text: str, zone: tzinfo) -> Published | None:
    """What the text of a date means; None if it can't be known.

    A time without a zone, or with a name that means several zones, is in `zone`; a date without a time is a day there.
    """
    stripped = text.strip()
    if _EPOCH.fullmatch(stripped):
        return at_instant(datetime.fromtimestamp(int(stripped[:10]), UTC), zone)
    match = _match(stripped)
    if match is None:
        return None
    try:
        day = date(_year(match["year"]), *_month_and_day(match.groupdict()))
        if match.groupdict().get("hour") is None:
            return on_day(day, zone)
        return at_instant(_instant(day, match, zone), zone)
    except (ValueError, OverflowError):
        # A day or an hour that does not exist: 30 February, 25:00.
        return None


def on_day(day: date, zone: tzinfo) -> Published | None:
    """A date without a time: it ranks at local midnight and lasts to the end of the local day (design 2.3)."""
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        return None
    midnight = datetime.combine(day, time(), zone).astimezone(UTC)
    next_midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    return Published(at=midnight, latest=next_midnight - timedelta(microseconds=1), day=day)


def at_instant(moment: datetime, zone: tzinfo) -> Published | None:
    """A date with a time; one without a zone is in `zone`."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    instant = aware.astimezone(UTC)
    return Published(at=instant, latest=instant)


def _match(text: str) -> re.Match[str] | None:
    """The form that the text has; None if it has none of ours."""
    # No date is longer, and a form must not be tried on a whole article.
    folded = " ".join(text.split())[:100]
    found = (match for form in _FORMS if (match := form.match(folded)))
    return next((match for match in found if _knows_month(match.groupdict().get("name"))), None)


def _year(digits: str) -> int:
    """A year of four digits or two (RFC 5322 §4.3, but feeds began in the nineties)."""
    number = int(digits)
    return number if len(digits) == 4 else number + (1900 if number >= 90 else 2000)


def _month_and_day(parts: dict[str, str | None]) -> tuple[int, int]:
    """Month and day of a matched form. Raises ValueError when they can't be told apart."""
    if parts.get("one"):
        one, two = int(parts["one"] or 0), int(parts["two"] or 0)
        if one <= 12 and two <= 12 and one != two:
            raise ValueError(say("day and month can't be told apart"))
        return (two, one) if one > 12 else (one, two)
    day = int(parts["day"] or 0)
    if parts.get("month"):
        return int(parts["month"] or 0), day
    return _month(parts["name"] or "") or 0, day


def _month(name: str) -> int | None:
    """The number of a month by its name or abbreviation in the languages of western Europe; None for any other word."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return _MONTHS.get(bare[:4]) or _MONTHS.get(bare[:3])


def _knows_month(name: str | None) -> bool:
    """Whether a form names no month, or one that we know; other languages are left to other readers."""
    return name is None or _month(name) is not None


def _instant(day: date, match: re.Match[str], zone: tzinfo) -> datetime:
    """The aware instant of a matched form that has a time."""
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    half = (match["half"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") and hour < 13 else 0) if hour <= 12 else hour
    # RFC 3339 §5.6 lets a minute have a leap second; ISO 8601 lets a day end at 24:00.
    next_day = hour == 24 and minute == second == 0
    moment = datetime.combine(day, time(0 if next_day else hour, minute, min(second, 59)), _zone(match["zone"], zone))
    return moment + timedelta(days=1) if next_day else moment


def _zone(text: str | None, default: tzinfo) -> tzinfo:
    """The zone that a date names; `default` if it names none, or one that means several."""
    if not text:
        return default
    name = text.lower()
    offset = re.fullmatch(r"(?:gmt|utc|ut)?([+-])(\d{1,2}):?(\d{2})?", name)
    if offset is None:
        return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else default
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
