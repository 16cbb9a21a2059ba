"""What themes, plugins and aggregators append to an excerpt, and how to know it. Pure.

Every pattern was met in real feeds (5,624 distinct entries with a summary) and is dropped only at the very end: in the
middle of a text the same words are somebody's sentence.
"""

import re

#: How far from the end one piece of debris may begin, in characters.
_REACH = 600
#: How much of the end is looked at in all, in characters: debris upon debris must not take forever.
_END = 4_000

#: The source itself says that there is more (WordPress's `excerpt_more`, and what themes make of it).
_ELLIPSIS = re.compile(r"[\s.,;:]*(?:\[\s*(?:…|\.{3,})\s*\]|\(\s*(?:…|\.{3,})\s*\)|…|\.{3,})[\s.…]*$")

_MORE_WORDS = (
    r"Read [Mm]ore|Read [Tt]he [Rr]est|Read (?:the )?[Ff]ull (?:story|article|post|topic|entry|piece)|Keep reading|"
    r"View (?:full )?(?:post|article)|Weiterlesen|Mehr lesen|Lire la suite|Lire plus|Leer más|Seguir leyendo|"
    r"Sigue leyendo|Leggi tutto|Continua a leggere|Ler mais|Leia mais|Continue lendo|Continue a ler|Lees verder|"
    r"Lees meer|Läs mer|Les mer|Læs mere|Lue lisää|Czytaj dalej|Číst dále|Читать далее|Читать дальше|"
    r"続きを読む|阅读更多|阅读全文"
)
_DEBRIS = tuple(
    re.compile(pattern + r"\s*$")
    for pattern in (
        # Yoast SEO's default footer, now and in older releases.
        r"The post .{1,300}? (?:appeared first|first appeared) on .{1,200}",
        r"(?:^|(?<=[\s.!?…\])]))Continue [Rr]eading(?: [^.!?]{1,180}[.!?…]?)?[\s→»›>]*",
        # "Read more about X" is Drupal's; without "about" nothing but an arrow may follow.
        rf"(?:^|(?<=[\s.!?…\])]))[\[(]?(?:{_MORE_WORDS})(?: (?:about|of|on) [^.!?]{{1,180}})?[\s.:…→»›>\])]*",
        r"\(\s*[Mm]ore\s*(?:…|\.{3})?\s*\)",
        # Jetpack's sharing buttons.
        r"(?:^|(?<=[\s.!?…\])]))(?:Share|Like) this:.{0,200}",
        # Discourse and Reddit.
        r"\d+ posts? - \d+ participants?",
        r"submitted by\s*\S.{0,80}\[link\]\s*\[[^\]]{0,20}comments?\]",
        # Hacker News and Lobsters have nothing but a link of this name.
        r"^Comments",
    )
)
#: An arrow that was a link; but `»` also closes a French quotation.
_ARROW = re.compile(r"\s*(?:»|›|→|>>)\s*$")
_QUOTATION = re.compile(r"[«‹][^«»‹›]*[»›]\s*$")


def without_debris(text: str) -> tuple[str, bool]:
    """The text without what was appended to it, and whether its source had cut it (it ended in an ellipsis).

    `text` is plain text on one line.
    """
    start = max(0, len(text) - _END)
    head, tail, cut = text[:start], text[start:], False
    while tail:
        shorter, ellipsis = _one_less(tail)
        if shorter == tail:
            break
        tail, cut = shorter, cut or ellipsis
    return (head + tail).rstrip(), cut


def _one_less(text: str) -> tuple[str, bool]:
    """The text less one piece of debris at its end, and whether that was an ellipsis."""
    start = max(0, len(text) - _REACH)
    head, tail = text[:start], text[start:]
    match = _ELLIPSIS.search(tail)
    if match:
        return (head + tail[: match.start()]).rstrip(), True
    patterns = _DEBRIS if _QUOTATION.search(tail) else (*_DEBRIS, _ARROW)
    for pattern in patterns:
        match = pattern.search(tail)
        if match:
            return (head + tail[: match.start()]).rstrip(), False
    return text, False
