"""A list file (CSV) into rows. Pure: octets in. A bad row is reported with its line and changes nobody."""

import csv
import hashlib
import io
from collections.abc import Mapping

from roundup.errors import ListError
from roundup.model import Cadence, Status
from roundup.subscribers import AddressError, BadRow, ListFile, ListRow, clean_name, mailable_form, one_line
from roundup.words import borrowed, say

_EMAIL_HEADINGS = ("email", "e-mail", "email address", "email_address", "mail", "address")
_HEADINGS = ("name", "status", "cadence", "sections")


def parse(name: str, octets: bytes) -> ListFile:
    """The rows of a list file called `name`. Raises `ListError` if it cannot be read as a list at all.

    The columns are `email` and, optionally, `name`, `status`, `cadence`, `sections`, in any order; commas,
    semicolons or tabs between them; UTF-8 with or without a BOM, or Windows-1252 as spreadsheets write it.
    """
    text = _decoded(name, octets)
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_separator(text), strict=True)
    rows: list[ListRow] = []
    bad: list[BadRow] = []
    try:
        columns = _columns(name, next(reader, []))
        # csv counts a row by its last line; a quoted line break is rare enough to be told by where it ends.
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _row(reader.line_num, cells, columns)
            rows.append(row) if isinstance(row, ListRow) else bad.append(row)
    except csv.Error as error:
        raise ListError(
            say(
                "{name}:{line}: this is no CSV that can be read: {error}. Nothing was changed.",
                name=name,
                line=reader.line_num,
                error=borrowed(error),
            )
        ) from None
    return ListFile(name=name, rows=tuple(rows), bad=tuple(bad), digest=hashlib.sha256(octets).hexdigest())


def _decoded(name: str, octets: bytes) -> str:
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = octets.decode("utf-16", errors="replace")
    else:
        try:
            text = octets.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = octets.decode("cp1252", errors="replace")
    # One NUL is a slip in one row. In the heading, or several together, they say that this is no text: UTF-16 without
    # its mark, a spreadsheet's own format, the zeros that a power cut leaves at the end.
    if "\x00" in text.partition("\n")[0] or "\x00\x00" in text:
        raise ListError(
            say("{name}:1: this is no text file. Save the list as CSV (UTF-8). Nothing was changed.", name=name)
        )
    return text


def _separator(text: str) -> str:
    heading = text.partition("\n")[0]
    return max(",;\t", key=heading.count)


def _columns(name: str, heading: list[str]) -> Mapping[str, int]:
    """Which column is which. Raises `ListError` without one for the address."""
    called = [cell.strip().strip('"').lower() for cell in heading]
    columns = {each: called.index(each) for each in _HEADINGS if each in called}
    for each in _EMAIL_HEADINGS:
        if each in called:
            return columns | {"email": called.index(each)}
    raise ListError(
        say(
            "{name}:1: the first line must name the columns, and one of them must be “email” (it says: "
            "{called}). Nothing was changed.",
            name=name,
            called=", ".join(called) or say("nothing"),
        )
    )


def _row(line: int, cells: list[str], columns: Mapping[str, int]) -> ListRow | BadRow:
    """One row, or why it cannot be used."""

    def cell(column: str) -> str:
        place = columns.get(column)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    given = cell("email")
    if not given:
        return BadRow(line=line, what=say("there is no address in this row"))
    try:
        email = mailable_form(given)
    except AddressError as error:
        return BadRow(
            line=line,
            what=say("“{given}” is no address that can be mailed: {error}", given=one_line(given), error=error),
        )
    status, unknown = _status(cell("status"))
    cadence = _cadence(cell("cadence"))
    if cadence is None and status is not Status.LEFT:
        # Whoever left is obeyed whatever else stands in the row (value 2).
        return BadRow(
            line=line,
            what=say(
                "“{given}” is no cadence (daily, weekly); {email} stays as before", given=cell("cadence"), email=email
            ),
            email=email,
        )
    return ListRow(
        line=line,
        email=email,
        name=clean_name(cell("name")),
        status=status,
        unknown_status=unknown,
        cadence=cadence or Cadence.DAILY,
        sections=tuple(each.strip() for each in cell("sections").replace(";", ",").split(",") if each.strip()),
    )


def _status(word: str) -> tuple[Status | None, str]:
    """The status that a word means, or the word itself if it means none (plan §2.6: then nobody is mailed)."""
    if not word:
        return None, ""
    try:
        return Status(word.lower()), ""
    except ValueError:
        return None, word


def _cadence(word: str) -> Cadence | None:
    try:
        return Cadence(word.lower() or Cadence.DAILY.value)
    except ValueError:
        return None
