"""Which column of a list file is which, and what one row of it says. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from roundup.email_address import AddressError, clean_name, mailable_form, one_line
from roundup.list_files import BadRow, ListRow, Row
from roundup.list_files.products import (
    EMAIL,
    FILE_NAMES,
    FILLED,
    FIRST_NAME,
    LAST_NAME,
    NAME,
    OTHER,
    OWN,
    OWN_COLUMNS,
    PRODUCTS,
    SINCE,
    Product,
)
from roundup.list_files.spreadsheets import plain
from roundup.model import Cadence, Status
from roundup.words import say

#: Which of two statuses counts, of two rows or in one: what a file can never undo outweighs what it can.
WEIGHT = {
    Status.LEFT: 6,
    Status.COMPLAINED: 5,
    Status.BOUNCED: 4,
    Status.PAUSED: 3,
    Status.PENDING: 2,
    Status.REMOVED: 1,
    Status.ACTIVE: 0,
}
_FORMATS = ("%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S %z", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")


def product_of(headings: Sequence[str]) -> Product:
    """Whose file has these headings."""
    if set(headings) <= {*OWN_COLUMNS, *EMAIL}:
        return OWN
    return next((product for product in PRODUCTS if product.wrote(headings)), OTHER)


def status_of_file(name: str) -> Status | None:
    """What a file's name says of everybody in it; None: nothing."""
    stem = name.replace("\\", "/").rpartition("/")[2].lower()
    return next((status for beginning, status in FILE_NAMES.items() if stem.startswith(beginning)), None)


def address_column(headings: Sequence[str], sample: Iterable[Sequence[str]]) -> int | None:
    """Where the addresses stand: in the column that is called so, or else in that in which most cells hold an @."""
    for name in EMAIL:
        if name in headings:
            return headings.index(name)
    rows = list(sample)
    counts = [sum("@" in row[place] for row in rows if place < len(row)) for place in range(len(headings))]
    best = max(counts, default=0)
    return counts.index(best) if best and best * 2 > len(rows) else None


def _place(headings: Sequence[str], names: Iterable[str], but: int) -> int:
    """The column that has one of these names, and is not another; -1: there is none."""
    return next((headings.index(name) for name in names if name in headings and headings.index(name) != but), -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where everything stands in the rows of one file. -1: nowhere."""

    product: Product
    count: int
    email: int
    name: int
    first_name: int
    last_name: int
    cadence: int
    sections: int
    paused_until: int
    since: tuple[int, ...]
    #: Columns that say a status, with what each of their words means.
    statuses: tuple[tuple[int, Mapping[str, Status]], ...]
    #: Columns that say one by being filled.
    filled: tuple[tuple[int, Status], ...]
    #: What is true of everybody in the file; None: nothing.
    everybody: Status | None
    file: str = ""


def columns_of(headings: Sequence[str], email: int, *, name: str, file: str = "") -> Columns:
    """Where everything stands in a file called `name`; `headings` in lower case."""
    product = product_of(headings)
    own = product is OWN
    says = [status_of_file(name)] + [status for each, status in product.everybody.items() if each in headings]
    sure = [status for status in says if status is not None]
    return Columns(
        product=product,
        count=len(headings),
        email=email,
        name=_place(headings, NAME, email),
        first_name=_place(headings, FIRST_NAME, email),
        last_name=_place(headings, LAST_NAME, email),
        cadence=_place(headings, ("cadence",), email),
        sections=_place(headings, ("sections",), email),
        paused_until=_place(headings, ("paused_until",), email) if own else -1,
        since=tuple(headings.index(each) for each in SINCE if each in headings),
        statuses=tuple((headings.index(each), words) for each, words in product.statuses.items() if each in headings),
        filled=tuple((headings.index(each), status) for each, status in FILLED.items() if each in headings),
        everybody=max(sure, key=WEIGHT.__getitem__, default=None),
        file=file,
    )


def row_of(line: int, cells: Sequence[str], columns: Columns) -> Row:
    """What one row says, or why it cannot be used."""

    def cell(place: int) -> str:
        return plain(cells[place].strip()) if 0 <= place < len(cells) else ""

    given = cell(columns.email)
    if not given:
        return BadRow(line=line, file=columns.file, what=say("there is no address in this row"))
    try:
        email = mailable_form(given)
    except AddressError as error:
        what = say("“{given}” is no address that can be mailed: {error}", given=one_line(given), error=error)
        return BadRow(line=line, file=columns.file, what=what)
    status, unknown = _status(cell, columns)
    what = "" if status is Status.LEFT else _fault(cells, cell, email, columns)
    if what:
        # Whoever left is obeyed whatever else stands in the row (value 2).
        return BadRow(line=line, file=columns.file, what=what, email=email)
    if columns.product.deleted_domain and email.endswith(f"@{columns.product.deleted_domain}"):
        return BadRow(line=line, file=columns.file, what=say("{email} asked to be deleted there", email=email))
    return ListRow(
        line=line,
        file=columns.file,
        email=email,
        name=clean_name(cell(columns.name) or f"{cell(columns.first_name)} {cell(columns.last_name)}"),
        status=status,
        unknown_status=unknown,
        cadence=(_cadence(cell(columns.cadence)) or Cadence.DAILY) if columns.cadence >= 0 else None,
        sections=_sections(cell(columns.sections)) if columns.sections >= 0 else None,
        paused_until=_day(cell(columns.paused_until)) if status is Status.PAUSED else None,
        since=next((at for place in columns.since if (at := _instant(cell(place))) is not None), None),
    )


def _fault(cells: Sequence[str], cell: Callable[[int], str], email: str, columns: Columns) -> str:
    """Why a row with a good address cannot be used; empty if it can."""
    if any(each.strip() for each in cells[columns.count :]):
        return say(
            "this row has {cells} cells and the heading has {count}, so nobody knows which is which; {email} stays as "
            "before",
            cells=len(cells),
            count=columns.count,
            email=email,
        )
    if _cadence(cell(columns.cadence)) is None:
        return say(
            "“{given}” is no cadence (daily, weekly); {email} stays as before",
            given=one_line(cell(columns.cadence)),
            email=email,
        )
    return ""


def _status(cell: Callable[[int], str], columns: Columns) -> tuple[Status | None, str]:
    """The status that a row means, and a word in it that nobody knows (plan §2.6: then nobody is mailed)."""
    found = [status for place, status in columns.filled if cell(place)]
    unknown = ""
    if columns.everybody is not None:
        found.append(columns.everybody)
    for place, words in columns.statuses:
        word = cell(place)
        if not word:
            continue
        status = words.get(word.lower())
        if status is None:
            unknown = one_line(word)
        else:
            found.append(status)
    status = max(found, key=WEIGHT.__getitem__, default=None)
    if unknown and (status is None or WEIGHT[status] <= WEIGHT[Status.REMOVED]):
        return None, unknown
    return status, ""


def _cadence(word: str) -> Cadence | None:
    try:
        return Cadence(word.lower() or Cadence.DAILY.value)
    except ValueError:
        return None


def _sections(joined: str) -> tuple[str, ...]:
    if not joined:
        return ()
    names = (one_line(each) for each in joined.replace(";", ",").split(","))
    return tuple(dict.fromkeys(each for each in names if each))


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


@lru_cache(maxsize=1024)
def _instant(written: str) -> datetime | None:
    """A moment as one of these products writes it, in UTC unless it says a zone; None: it cannot be read."""
    tried = (_iso(written), *(_by_format(written, each) for each in _FORMATS))
    at = next((moment for moment in tried if moment is not None), None)
    if at is None or not 1970 <= at.year <= 2200:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _iso(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _by_format(written: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(written, pattern)  # noqa: DTZ007 - `_instant` gives it a zone
    except ValueError:
        return None
