"""Rules about whether a text can be read, and a link told from it. In light; the dark scheme is judged in a browser."""

import re
from collections.abc import Iterator

from lxml import etree

from roundup.rendering.colours import ENOUGH, contrast
from roundup.rendering.lint_rules.mail import Mail, is_hidden, text_of
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import figures, say

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _contrasts(mail: Mail) -> Iterator[str]:
    for element in mail.body.iter("*") if mail.body is not None else ():
        own = (element.text or "").strip()
        if not own or is_hidden(element):
            continue
        ink, paper = _nearest(mail, element, "color", "#000000"), _nearest(mail, element, "background-color", "#ffffff")
        measured = contrast(ink, paper)
        if measured < ENOUGH:
            yield say(
                "“{text}” has a contrast of {contrast} to what it stands on; many need {least}.",
                text=own[:40], contrast=figures(round(measured, 1)), least=figures(ENOUGH),
            )  # fmt: skip
            return


def _nearest(mail: Mail, element: etree._Element, name: str, default: str) -> str:
    """The colour that an element has, by its own style or what is around it; the default if that is no hex colour."""
    for each in (element, *element.iterancestors()):
        found = mail.style(each).get(name) or (each.get("bgcolor", "") if name == "background-color" else "")
        if found:
            return found if _HEX.fullmatch(found) else default
    return default


def _underlines(mail: Mail) -> Iterator[str]:
    for link in mail.links():
        around = link.getparent()
        beside = "" if around is None else "".join([around.text or "", *(each.tail or "" for each in around)])
        if re.search(r"\w{3}", beside) and "none" in mail.style(link).get("text-decoration", ""):
            yield say("The link “{text}” stands in running text and is not underlined.", text=text_of(link)[:40])
            return


RULES = (
    Rule("contrast", 30, Severity.WARNING, _contrasts),
    Rule("link-underline", 31, Severity.WARNING, _underlines),
)
