"""Cells that a spreadsheet would take for formulas, written so that it does not, and read back. Pure.

OWASP, "CSV Injection": a cell that begins with = + - @, a tab or a carriage return is run by the programs that open
it. An apostrophe before it makes it text, for the eye and for the program. One that was there already is doubled, so
that what is read is what was written.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(cell: str) -> str:
    """A cell that is text in every spreadsheet."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """What `guarded` made a cell of."""
    return cell[1:] if _GUARDED.match(cell) else cell
