"""What an issue says of itself in an inbox: its subject and its preheader, by the newsletter's own patterns. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Formatter

from roundup import words
from roundup.model import RankedPiece
from roundup.words import say

#: The longest subject and preheader, in characters: no inbox shows more.
SUBJECT_LENGTH, PREHEADER_LENGTH = 120, 160
#: What a pattern may name.
NAMES = ("title", "second", "count", "others", "and_more", "date", "weekday", "newsletter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """How a newsletter writes them. An empty preheader: the next titles, as many as there is room for."""

    subject: str = "{title}{and_more}"
    preheader: str = ""
    #: The newsletter's name and language (BCP 47).
    newsletter: str = ""
    language: str = "en-GB"


def check(pattern: str) -> str:
    """The pattern, if it names nothing but NAMES. Raises ValueError with a sentence for an editor."""
    try:
        names = [name for _, name, _, _ in Formatter().parse(pattern) if name is not None]
    except ValueError:
        raise ValueError(say("a brace stands alone; write {{title}}, or {{{{ for a brace itself")) from None
    unknown = next((name for name in names if name not in NAMES), None)
    if unknown is not None:
        known = ", ".join(f"{{{name}}}" for name in NAMES)
        raise ValueError(
            say("{{{unknown}}} is nothing that can stand here; there are {known}", unknown=unknown, known=known)
        )
    if "\n" in pattern or "\r" in pattern:
        raise ValueError(say("write it on one line"))
    return pattern


def subject(new: Sequence[RankedPiece], patterns: Patterns, day: date) -> str:
    """The subject of an issue of these pieces, in one line of at most 120 characters. Where it is too long, it is the
    title that is cut."""
    if not new:
        return ""
    values = _values(new, patterns, day)
    room = SUBJECT_LENGTH - len(patterns.subject.format_map({**values, "title": ""}))
    title = _shortened(values["title"], max(room, 20))
    return _shortened(_line(patterns.subject.format_map({**values, "title": title})), SUBJECT_LENGTH)


def preheader(new: Sequence[RankedPiece], patterns: Patterns, day: date) -> str:
    """What an inbox shows behind the subject, in one line of at most 160 characters: by the pattern, else the next
    titles, or a lone piece's excerpt."""
    if not new:
        return ""
    if patterns.preheader:
        return _shortened(_line(patterns.preheader.format_map(_values(new, patterns, day))), PREHEADER_LENGTH)
    spoken = words.of(patterns.language)
    if len(new) == 1:
        return _shortened(new[0].shown.excerpt or spoken.say("By {name}", name=new[0].piece.source), PREHEADER_LENGTH)
    line = spoken.say("Also: {title}", title=new[1].shown.title)
    for each in new[2:]:
        if len(line) + 3 + len(each.shown.title) > PREHEADER_LENGTH:
            break
        line += f" · {each.shown.title}"
    return _shortened(line, PREHEADER_LENGTH)


def _values(new: Sequence[RankedPiece], patterns: Patterns, day: date) -> Mapping[str, str]:
    """What the names of a pattern stand for. With one piece there is no second, and nothing more."""
    spoken = words.of(patterns.language)
    others = len(new) - 1
    return {
        "title": new[0].shown.title,
        "second": new[1].shown.title if others else "",
        "count": spoken.figures(len(new)),
        "others": spoken.figures(others),
        "and_more": spoken.say_many(", and {count} more", ", and {count} more", others) if others else "",
        "date": spoken.day(day),
        "weekday": spoken.weekday(day),
        "newsletter": patterns.newsletter,
    }


def _line(text: str) -> str:
    """One line, without the blanks and the separator that an empty name leaves behind."""
    return " ".join(text.split()).strip(" ,;:·–—|")


def _shortened(text: str, length: int) -> str:
    """Cut at a word, with an ellipsis that stands for what is missing."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    return (cut.rsplit(None, 1)[0] if " " in cut else cut).rstrip(" ,;:·–—") + "…"
