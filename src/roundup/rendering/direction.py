"""Which way a text is written, and in which language: an Arabic title in an English issue reads from the right, and no
screen reader reads a French one as English. Pure.
"""

import unicodedata
from collections.abc import Mapping

_STRONG = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def direction_of(text: str) -> str:
    """`ltr` or `rtl`, by the first letter that says so (Unicode Standard Annex 9, rule P2); empty if none does."""
    return next((_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG), "")


def written(text: str, language: str, *, within: tuple[str, str]) -> Mapping[str, str]:
    """The `lang` and `dir` attributes of an element with this text, where they are not those around it. `language`: the
    text's own (BCP 47), empty if nobody says; `within`: the language and the direction around it."""
    around, direction = within
    attributes: dict[str, str] = {}
    if language and _primary(language) != _primary(around):
        attributes["lang"] = language
    if direction_of(text) not in ("", direction):
        attributes["dir"] = direction_of(text)
    return attributes


def _primary(language: str) -> str:
    """`en` of `en-GB`: British and American are one language to a screen reader."""
    return language.partition("-")[0].lower()
