"""The port of rendering: a `Renderer` turns an `Issue` into a `RenderedIssue`, the same octets for the same issue.

What is a subscriber's own stands in the rendering as a *placeholder*: `ru`, the issue's nonce, a name in capitals
and an `x`, letters and digits only, because every other form is mangled somewhere between a template and an
attribute (a URL is percent-encoded, a brace is folded). The nonce keeps a feed from writing one itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Literal, Protocol

from roundup import words
from roundup.errors import SettingsError
from roundup.model import Issue, RenderedIssue
from roundup.words import Words, say

#: The names that placeholders may have: the subscriber's token, address and name, and the token of the issue itself.
PLACEHOLDERS = ("TOKEN", "EMAIL", "NAME", "VIEW")


def placeholder(name: str, nonce: str) -> str:
    """The placeholder called `name` (one of PLACEHOLDERS) for an issue whose nonce is `nonce`."""
    return f"ru{nonce}{name}x"


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseBlock:
    """A paragraph of the house's own: a membership appeal or a sponsor's credit."""

    kind: Literal["appeal", "sponsor"]
    text: str
    #: Empty when it links nowhere.
    link: str
    #: First and last local day on which it is shown; None: no limit on that side.
    first: date | None
    last: date | None

    def shows_on(self, day: date) -> bool:
        """Whether it is shown in an issue of `day`."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Masthead:
    """What every issue of a newsletter says of itself."""

    name: str
    #: BCP 47, e.g. `en-GB`.
    language: str
    zone: tzinfo
    website: str
    postal_address: str
    #: The page where a subscriber leaves, ending where the token begins, e.g. `https://…/u/`;
    #: or a `mailto:` ending where the token begins.
    leave_link: str
    #: Six-digit hex, e.g. `#8a1c1c`.
    accent: str
    #: Absolute https address of a picture; empty: the name is set in type.
    logo: str
    blocks: Sequence[HouseBlock] = ()
    #: The page that shows an issue, ending where the issue's token begins; empty: there is none.
    view_link: str = ""
    #: Where people sign up; empty: nowhere.
    signup_link: str = ""
    #: The font stack of what is read, as CSS has it; the last is a generic family. Small print is set in Helvetica.
    font: str = "Georgia, Times, serif"
    #: Which pieces have a picture: the lead alone, all, or none.
    pictures: Literal["lead", "all", "none"] = "lead"

    @property
    def words(self) -> Words:
        """The newsletter's language. Raises `SettingsError` for one that nobody knows."""
        try:
            return words.of(self.language)
        except ValueError as error:
            raise SettingsError(
                say(
                    '[newsletter] language = "{language}": nobody knows how dates are written in this language. '
                    "Give a language tag such as en-GB or fr.",
                    language=self.language,
                )
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """An issue rendered within the size budget, and what that cost."""

    #: As it was rendered: pieces that lost their place are in `more`, and in `left_out` with the reason `more`.
    issue: Issue
    rendered: RenderedIssue
    #: Sentences for an editor; empty when nothing had to go.
    notes: tuple[str, ...] = ()
    #: How many steps of shortening that took.
    cuts: int = 0


class Renderer(Protocol):
    """Templates and CSS in, one issue's HTML and text out."""

    def render(self, issue: Issue, *, nonce: str) -> Fitted:
        """Render. Raises `TemplateError` naming file and line, `HeldError` if the issue cannot be made to fit."""
        ...
