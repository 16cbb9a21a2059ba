"""The newsletter's language: every sentence, date, number and list of names that somebody is to read.

A sentence is written in English where it is said, and looked up in `LANGUAGE.po` beside this file: gettext catalogues,
which any translator's tool opens. A sentence that a catalogue lacks is said in English. The only file that knows babel.

A process works for one newsletter, so it speaks one language, as a process has one locale: `speak` sets it when the
settings are read. What renders an issue is given `Words` of its own, and depends on nothing else.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO
from string import Formatter

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal

from roundup.redacting import redacted

#: The languages that have a catalogue, by the names of their files. English needs none.
LANGUAGES = ("ar", "de", "es", "fr")


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    locale: Locale
    catalogue: NullTranslations

    @property
    def tag(self) -> str:
        """Its language tag (BCP 47): `en-GB`."""
        return str(self.locale).replace("_", "-")

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.locale.text_direction

    def say(self, sentence: str, /, **values: object) -> str:
        """A sentence in this language. What stands in braces is filled in: names alone, as `str.format` does, and
        nothing of what they name. Raises `ValueError` for anything else."""
        return _plain(self.catalogue.gettext(sentence)).format_map(values)

    def say_many(self, one: str, many: str, count: int, /, **values: object) -> str:
        """A sentence about a number of things: `one` for one thing, `many` for any other number, in English; languages
        have up to six forms (CLDR plural rules). `{count}` is the number as it is written here."""
        sentence = self.catalogue.ngettext(one, many, count)
        return _plain(sentence).format_map({"count": self.figures(count), **values})

    def figures(self, number: float) -> str:
        """`1,234` or `1.5`."""
        return format_decimal(number, locale=self.locale)

    def names(self, names: Sequence[str]) -> str:
        """`A`, `A and B`, `A, B and C`. English goes without the serial comma, as British print does."""
        locale = "en_GB" if self.locale.language == "en" else self.locale
        return format_list(list(names), locale=locale) if names else ""

    def listed(self, parts: Sequence[str]) -> str:
        """`3 accepted, 1 refused`: what is counted, one after another."""
        # CLDR's patterns for units are not whole in every language.
        return self.say(", ").join(parts)

    def day(self, day: date) -> str:
        """`30 March 2015`."""
        return format_date(day, "long", locale=self.locale)

    def short_day(self, day: date) -> str:
        """`30 March`."""
        return format_skeleton("MMMMd", day, locale=self.locale)

    def full_day(self, day: date) -> str:
        """`Monday 30 March 2015`: British print sets no comma after the weekday, though the locale data has one."""
        pattern = self.locale.date_formats["full"].pattern
        if self.locale.language == "en":
            pattern = pattern.replace("EEEE, d ", "EEEE d ")
        return format_date(day, pattern, locale=self.locale)

    def weekday(self, day: date) -> str:
        """`Monday`."""
        return format_date(day, "EEEE", locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """`30 March 2015 at 17:00`, in the moment's own zone."""
        return self.say("{day} at {clock}", day=self.day(moment.date()), clock=self.clock(moment))

    def full_moment(self, moment: datetime) -> str:
        """`Monday 30 March 2015 at 17:00`, in the moment's own zone."""
        return self.say("{day} at {clock}", day=self.full_day(moment.date()), clock=self.clock(moment))

    def stamp(self, moment: datetime, *, with_year: bool) -> str:
        """`30 Mar 17:00`, for tables, in the moment's own zone."""
        day = format_skeleton("yMMMd" if with_year else "MMMd", moment.date(), locale=self.locale)
        return f"{day} {self.clock(moment)}"

    def clock(self, moment: datetime) -> str:
        """`17:00`, in the moment's own zone."""
        return format_time(moment, "HH:mm", tzinfo=moment.tzinfo, locale=self.locale)


@lru_cache
def of(language: str) -> Words:
    """The words of a language (BCP 47, e.g. `en-GB`): its own dates and numbers, and the nearest catalogue there is.

    Raises `ValueError` for a language whose dates nobody knows (Unicode CLDR)."""
    try:
        locale = Locale.parse(language, sep="-")
    except UnknownLocaleError as error:
        raise ValueError(str(error)) from error
    name = next((name for name in (language, locale.language) if name in LANGUAGES), None)
    return Words(locale, _catalogue(name) if name else NullTranslations())


def speak(words: Words) -> None:
    """Let everything that is said from now on be said in these words."""
    global _spoken  # noqa: PLW0603  a process speaks one language, see above
    _spoken = words


@contextmanager
def speaking(words: Words) -> Iterator[None]:
    """Speak them for a while. Not for several threads with different words."""
    before = _spoken
    speak(words)
    try:
        yield
    finally:
        speak(before)


def spoken() -> Words:
    """The words that this process speaks."""
    return _spoken


def figures(number: float) -> str:
    """See `Words.figures`."""
    return _spoken.figures(number)


def say(sentence: str, /, **values: object) -> str:
    """See `Words.say`."""
    return _spoken.say(sentence, **values)


def say_many(one: str, many: str, count: int, /, **values: object) -> str:
    """See `Words.say_many`."""
    return _spoken.say_many(one, many, count, **values)


def borrowed(text: object) -> str:
    """What the system or a library says of a fault, in English: in other languages what is known of it is said in their
    own words, and of the rest that there is no more to say. What another server answers is quoted, and is no such text.
    A library may repeat what it was given: no secret of ours is borrowed.
    """
    if _spoken.locale.language == "en":
        return redacted(str(text))
    known = _SYSTEM.get(_NUMBERED.sub("", str(text)).strip(" .").casefold())
    return say(known or _NO_MORE)


def mark(sentence: str) -> str:
    """The sentence itself: it is said later, and marked here for the catalogues."""
    return sentence


@lru_cache(maxsize=4096)
def _plain(sentence: str) -> str:
    """The sentence, if it asks for names alone: templates say sentences too, and `{x.__class__}` would lead them out of
    their sandbox."""
    for _, name, how, _ in Formatter().parse(sentence):
        if name is not None and (not name.isidentifier() or how):
            raise ValueError(f"{{{name}}} is no plain name, in “{sentence}”")
    return sentence


def _catalogue(name: str) -> GNUTranslations:
    # Half of what importing babel costs, and English needs no catalogue.
    from babel.messages.mofile import write_mo  # noqa: PLC0415
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with resources.files(__name__).joinpath(f"{name}.po").open("rb") as file:
        catalogue = read_po(file, locale=name)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


#: What systems say most often (POSIX `strerror`, `getaddrinfo`), as it is said here.
_SYSTEM = {
    "no such file or directory": mark("there is no such file"),
    "permission denied": mark("permission denied"),
    "operation not permitted": mark("permission denied"),
    "is a directory": mark("it is a folder"),
    "not a directory": mark("a part of its path is no folder"),
    "file exists": mark("it is there already"),
    "file name too long": mark("its name is too long"),
    "no space left on device": mark("the disk is full"),
    "read-only file system": mark("nothing can be written to this disk"),
    "input/output error": mark("the disk has a fault"),
    "too many open files": mark("too many files are open"),
    "connection refused": mark("nobody listens there"),
    "connection reset by peer": mark("the other side broke the connection"),
    "broken pipe": mark("the other side broke the connection"),
    "network is unreachable": mark("there is no way to this network"),
    "no route to host": mark("there is no way to this machine"),
    "name or service not known": mark("this name is unknown"),
    "nodename nor servname provided, or not known": mark("this name is unknown"),
    "no address associated with hostname": mark("this name is unknown"),
    "temporary failure in name resolution": mark("names cannot be looked up now"),
    "timed out": mark("there was no answer in time"),
    "connection timed out": mark("there was no answer in time"),
}
_NUMBERED = re.compile(r"^\[Errno -?\d+\]\s*")
_NO_MORE = mark("there is no more to say of it")
_spoken = of("en-GB")
