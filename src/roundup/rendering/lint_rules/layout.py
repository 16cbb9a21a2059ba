"""Rules about the layout, and what Outlook for Windows needs of it."""

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from roundup.rendering.lint_rules.mail import Mail, pixels
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import say, say_many

#: How wide the column may be, in CSS pixels.
_NARROWEST, _WIDEST = 550, 640


def _table_roles(mail: Mail) -> Iterator[str]:
    bare = [table for table in mail.tree.iter("table") if table.get("role") not in ("presentation", "none")]
    if bare:
        yield say_many(
            'One table has no role="presentation": a screen reader counts its cells.',
            '{count} tables have no role="presentation": a screen reader counts their cells.',
            len(bare),
        )


def _table_attributes(mail: Mail) -> Iterator[str]:
    wanted = ("cellpadding", "cellspacing", "border")
    bare = [table for table in mail.tree.iter("table") if any(table.get(name) != "0" for name in wanted)]
    if bare:
        yield say_many(
            "One table lacks cellpadding, cellspacing or border of 0: Outlook adds gaps.",
            "{count} tables lack cellpadding, cellspacing or border of 0: Outlook adds gaps.",
            len(bare),
        )


def _conditions(mail: Mail) -> Iterator[str]:
    opened, closed = len(re.findall(r"<!--\[if", mail.html)), len(re.findall(r"<!\[endif\]", mail.html))
    if opened != closed or re.search(r"(?<!--)<!\[if", mail.html):
        yield say(
            "Outlook's conditional comments are not in pairs <!--[if …]> and <![endif]-->: it would hide the rest."
        )


def _pixels_per_inch(mail: Mail) -> Iterator[str]:
    if "<o:PixelsPerInch>96</o:PixelsPerInch>" not in mail.html:
        yield say("PixelsPerInch 96 is missing: Outlook enlarges pictures, but not the column, on fine screens.")


def _widths(mail: Mail) -> Sequence[float]:
    """The widths to which tables are limited."""
    found = [pixels(declared.get("max-width", "")) for element, declared in mail.declared if element.tag == "table"]
    return [each for each in found if each is not None]


def _ghost(mail: Mail) -> Iterator[str]:
    ghosts = re.findall(r'<!--\[if mso\]><table[^>]*\bwidth="(\d+)"', mail.html)
    if not {f"{each:g}" for each in _widths(mail)} & set(ghosts):
        yield say("Outlook is told no width: a table as wide as the column must stand around it, in <!--[if mso]>.")


def _width(mail: Mail) -> Iterator[str]:
    widths = _widths(mail)
    if not any(_NARROWEST <= each <= _WIDEST for each in widths):
        yield say("The column has no max-width between {least} and {most} px.", least=_NARROWEST, most=_WIDEST)


def _outlook_classes(mail: Mail) -> Iterator[str]:
    if any("class=" in each for each in re.findall(r"<!--\[if[^\]]*\]>(.*?)<!\[endif\]", mail.html, re.DOTALL)):
        yield say("What Outlook alone sees has a class, which nobody works into a style. Give it a style of its own.")


def _buttons(mail: Mail) -> Iterator[str]:
    for element, declared in mail.declared:
        colour = declared.get("background-color", "")
        cell = next((each for each in element.iterancestors() if each.tag == "td"), None)
        is_button = element.tag == "a" and "padding" in declared and colour
        if is_button and (cell is None or _background(cell) != colour.lower()):
            yield say(
                "The button “{text}” has a colour that its cell's bgcolor has not: Outlook shows no button.",
                text=element.text or "",
            )
            return


def _background(cell: etree._Element) -> str:
    return cell.get("bgcolor", "").lower()


RULES = (
    Rule("table-role", 32, Severity.WARNING, _table_roles),
    Rule("table-attributes", 32, Severity.WARNING, _table_attributes),
    Rule("conditional-comment", 33, Severity.ERROR, _conditions),
    Rule("pixels-per-inch", 34, Severity.WARNING, _pixels_per_inch),
    Rule("outlook-width", 34, Severity.WARNING, _ghost),
    Rule("column-width", 35, Severity.WARNING, _width),
    Rule("outlook-class", 36, Severity.WARNING, _outlook_classes),
    Rule("button", 37, Severity.WARNING, _buttons),
)
