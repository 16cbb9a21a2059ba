"""The values that settings may have: lengths of time, times of day, zones, addresses, and what is said of others."""

import re
from datetime import date, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from roundup import words
from roundup.email_address import AddressError, mailable_form
from roundup.words import say

_FONT = re.compile(r"[A-Za-z-][A-Za-z0-9-]*(?: [A-Za-z-][A-Za-z0-9-]*)*")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
#: Ten years, in seconds: longer ones reach beyond the dates that Python can count.
_LONGEST = 3650 * 86400


def _duration(given: Any) -> timedelta:
    if isinstance(given, timedelta):
        return given
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhdw])", given.strip()) if isinstance(given, str) else None
    if found is None:
        raise ValueError(say('write a number and a unit: "30m", "24h", "7d"'))
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > _LONGEST:
        raise ValueError(say("write at most 3650d"))
    return timedelta(seconds=seconds)


def _zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (KeyError, ValueError, OSError):
        raise ValueError(say('"{given}" is no time zone; write one such as "Europe/London"', given=given)) from None
    return given


def _language(given: str) -> str:
    try:
        words.of(given)
    except ValueError:
        raise ValueError(say('"{given}" is no language; write one such as "en-GB"', given=given)) from None
    return given


def _email(given: str) -> str:
    try:
        return mailable_form(given)
    except AddressError as error:
        raise ValueError(str(error)) from None


def web_address(given: str) -> str:
    """An address of the web, as it is; empty: none. Raises ValueError."""
    if given and not re.fullmatch(r"https?://[^/\s<>\"]+[^\s<>\"]*", given):
        raise ValueError(say("write an address that begins with https:// and has no blanks"))
    try:
        # What is wrong with a port is not told before it is asked for.
        place = urlsplit(given)
        place.port  # noqa: B018
    except ValueError:
        raise ValueError(say("this is no web address; open it in a browser and copy it from there")) from None
    return given


#: An address as it may stand in a header and in the middle of a link: no blanks, brackets, query or fragment.
_PLAIN_ADDRESS = re.compile(r"(https?)://([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?(/[A-Za-z0-9._~%/-]*)?")
_THIS_MACHINE = re.compile(r"localhost|127\.[\d.]+|\[::1\]")


def _reachable(given: str) -> str:
    """RFC 8058 §3.1: the one-click address is an HTTPS URI. Plain http is only for trying things out at home."""
    if not given:
        return given
    found = _PLAIN_ADDRESS.fullmatch(given)
    if found is None:
        raise ValueError(
            say(
                "write an address such as https://roundup.example.org/, without blanks, ? or #; a name "
                "outside ASCII in its xn-- form"
            )
        )
    if found[1] == "http" and not _THIS_MACHINE.fullmatch(found[2]):
        raise ValueError(say("write an address that begins with https:// (RFC 8058); http:// only on this machine"))
    return given if given.endswith("/") else given + "/"


def _time(given: Any) -> time:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", given) if isinstance(given, str) else None
    if found is None:
        raise ValueError(say('write a time such as "17:00"'))
    return time(int(found[1]), int(found[2]))


def _fonts(given: str) -> str:
    """A font stack without quotation marks, which CSS does not need around names of letters, digits and dashes."""
    names = [" ".join(name.strip(" \"'").split()) for name in given.split(",")]
    if not all(_FONT.fullmatch(name) for name in names):
        raise ValueError(say("write names of fonts, with commas between them: Georgia, Times, serif"))
    if names[-1] not in ("serif", "sans-serif", "monospace"):
        raise ValueError(say("end with serif, sans-serif or monospace: not every reader has the fonts before it"))
    return ", ".join(names)


def _colour(given: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", given):
        raise ValueError(say('“{given}” is no colour; write one such as "#8a1c1c"', given=given))
    return given


def _domain_name(given: str) -> str:
    """In A-labels (RFC 1035 §2.3.4); empty: none."""
    name = given.lower().removesuffix(".")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(name) > 253 or (name and not re.fullmatch(rf"{label}(\.{label})*", name)):
        raise ValueError(say("write a name as the DNS has it: small letters, digits, dashes and dots"))
    return name


def _feed(given: str) -> str:
    if "://" in given and not re.match(r"https?://[^/\s]+", given):
        raise ValueError(say("write an address that begins with https://, or the name of a file in this directory"))
    return given


def _date(given: Any) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError(say("write a date such as 2026-12-25")) from None


def store_address(given: str) -> str:
    """The address of a database, if roundup knows its kind. Raises ValueError, without repeating what may be secret."""
    if re.match(r"postgres(ql)?://|sqlite:///.", given):
        return given
    if given.startswith("postgresql+"):
        raise ValueError(say('write "postgresql://…": the driver (psycopg) is chosen by roundup'))
    raise ValueError('write "sqlite:///roundup.db" or "postgresql://user@host/database"')


def holds_password(address: str) -> bool:
    """Whether there is a password in the address of a database."""
    if address.startswith("sqlite:"):
        return False
    # Up to the first @, as libpq reads it: a password may hold a slash or a #.
    user, at, _ = address.partition("://")[2].partition("@")
    return bool(at and ":" in user) or bool(re.search(r"[?&](ssl)?password=", address, re.IGNORECASE))


def _store_address(given: str) -> str:
    """The same in roundup.toml, which others may read."""
    address = store_address(given)
    if holds_password(address):
        raise ValueError(
            say(
                "a password does not belong here: leave it out, and set the whole address in "
                "ROUNDUP_DATABASE_URL, or the password in PGPASSWORD or ~/.pgpass"
            )
        )
    return address


def _written_duration(length: timedelta) -> str:
    """A length of time as the settings write it: 90s, 30m, 24h, 7d."""
    seconds = length.total_seconds()
    unit = next(unit for unit in "dhms" if seconds % _UNITS[unit] == 0 or unit == "s")
    return f"{seconds / _UNITS[unit]:g}{unit}"


class Part(BaseModel):
    """A table of roundup.toml. Unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


#: How long something is kept; 0: for ever.
Retained = Annotated[
    timedelta,
    BeforeValidator(lambda given: timedelta(0) if given in (0, "0") else _duration(given)),
    WithJsonSchema({"type": "string", "pattern": r"^(0|\d+(\.\d+)?\s*[smhdw])$"}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*[smhdw]$"}),
]
TimeOfDay = Annotated[
    time,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "pattern": r"^([01]?\d|2[0-3]):[0-5]\d$"}),
]
Email = Annotated[str, AfterValidator(_email)]
WebAddress = Annotated[str, AfterValidator(web_address)]
Day = Annotated[date, BeforeValidator(_date)]
Text = Annotated[str, Field(min_length=1)]
Fonts = Annotated[str, AfterValidator(_fonts)]
Colour = Annotated[str, AfterValidator(_colour), WithJsonSchema({"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"})]
DomainName = Annotated[str, AfterValidator(_domain_name)]
FeedPlace = Annotated[str, Field(min_length=1), AfterValidator(_feed)]
StoreAddress = Annotated[str, AfterValidator(_store_address)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ZoneName = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
PublicAddress = Annotated[str, AfterValidator(_reachable)]


class SchemaMaker(GenerateJsonSchema):
    """Writes defaults into the JSON Schema as roundup.toml writes them."""

    def encode_default(self, dft: Any) -> Any:
        """`24h` and `17:00`, where pydantic would write ISO 8601's `PT24H` and `17:00:00`."""
        if isinstance(dft, timedelta):
            return _written_duration(dft)
        return dft.strftime("%H:%M") if isinstance(dft, time) else super().encode_default(dft)
