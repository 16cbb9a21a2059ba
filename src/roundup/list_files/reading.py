"""A list file of any kind, read row by row: CSV of many products, JSON Lines, lines of addresses, and a ZIP of them.
Pure: octets in."""

import csv
import hashlib
from collections.abc import Callable, Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import parseaddr
from itertools import chain, islice

from roundup.email_address import AddressError, clean_name, mailable_form, one_line
from roundup.errors import ListError
from roundup.list_files import BadRow, ListRow, Opened, Row
from roundup.list_files.decoding import Inspected, inspect, lines
from roundup.list_files.json_lines import row_of_json
from roundup.list_files.parcels import members
from roundup.list_files.rows import address_column, columns_of, row_of, status_of_file
from roundup.words import borrowed, say

#: Rows that are looked at to find the column of addresses.
_SAMPLE = 50
#: A heading that has one of these is of a product that puts backslashes before quotes.
_ESCAPING = ("global status", "list status")


class ListReading:
    """A list file that is being read. To iterate over it reads it once more from its beginning."""

    def __init__(self, name: str, opened: Opened, *, headed: bool = False) -> None:
        """`headed`: its first line must name the columns. Raises `ListError` if it is no list at all."""
        self.name = name
        self._headed = headed
        self._files = members(name, opened)
        self._inspected = [inspect(f"{name}/{file}" if file else name, each) for file, each in self._files]
        #: Whose files these are, as far as they were read: `Mailchimp`, `roundup`; empty: nobody's in particular.
        self.products: dict[str, str] = {}
        #: Told of every few octets read.
        self.seen: Callable[[int], None] = lambda _octets: None

    @property
    def octets(self) -> int:
        """How large it is, unpacked."""
        return sum(each.octets for each in self._inspected)

    @property
    def digest(self) -> str:
        """SHA-256 in hex of its octets; of several files, of their digests."""
        digests = [each.digest for each in self._inspected]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    def __iter__(self) -> Iterator[Row]:
        """Its rows. Raises `ListError` if it cannot be read to its end."""
        for (file, opened), inspected in zip(self._files, self._inspected, strict=True):
            yield from self._rows(file, opened, inspected)

    def _rows(self, file: str, opened: Opened, inspected: Inspected) -> Iterator[Row]:
        name = f"{self.name}/{file}" if file else self.name
        text = lines(name, opened, inspected, self.seen)
        first, before = "", -1
        # Over the heading may stand empty lines, and what Excel writes for its own use.
        while not first.strip("\ufeff \r\n") or first.lower().startswith(("sep=", '"sep=')):
            before += 1
            if not (first := next(text, "")):
                break
        whole = chain([first], text)
        if first.startswith("{"):
            self.products[file] = "roundup"
            yield from (
                row_of_json(before + number, line, file) for number, line in enumerate(whole, 1) if line.strip()
            )
        elif "@" in first and not self._headed:
            self.products[file] = "addresses"
            yield from _addresses(name, whole, file, before)
        else:
            yield from self._table(name, whole, file, first=first, before=before)

    def _table(self, name: str, text: Iterator[str], file: str, *, first: str, before: int) -> Iterator[Row]:
        escapes = any(each in first.lower() for each in _ESCAPING)
        reader = csv.reader(
            text, delimiter=_separator(first), strict=True, escapechar="\\" if escapes else None, doublequote=True
        )
        try:
            called = [cell.strip().strip('"').strip().lower() for cell in next(reader, [])]
            sample = [(reader.line_num, cells) for cells in islice(reader, _SAMPLE)]
            email = address_column(called, [] if self._headed else [cells for _, cells in sample])
            if email is None:
                raise _unnamed(name, called)
            columns = columns_of(called, email, name=name, file=file)
            self.products[file] = columns.product.name
            # csv counts a row by its last line; a quoted line break is rare enough to be told by where it ends.
            for line, cells in chain(sample, ((reader.line_num, cells) for cells in reader)):
                if any(cell.strip() for cell in cells):
                    yield row_of(before + line, cells, columns)
        except csv.Error as error:
            raise ListError(
                say(
                    "{name}:{line}: this is no CSV that can be read: {error}. Nothing was changed.",
                    name=name,
                    line=before + reader.line_num,
                    error=borrowed(error),
                )
            ) from None


def _unnamed(name: str, called: list[str]) -> ListError:
    return ListError(
        say(
            "{name}:1: the first line must name the columns, and one of them must be “email” (it says: "
            "{called}). Nothing was changed.",
            name=name,
            called=", ".join(called) or say("nothing"),
        )
    )


def _separator(heading: str) -> str:
    """What stands between the cells: whatever cuts the heading into most of them."""

    def cells(separator: str) -> int:
        return len(next(csv.reader([heading], delimiter=separator), []))

    return max(",;\t|", key=cells)


def _addresses(name: str, text: Iterator[str], file: str, before: int) -> Iterator[Row]:
    """One person a line, as Mailman and people write them: `ada@example.org` or `Ada Marsh <ada@example.org>`."""
    everybody = status_of_file(name)
    for number, line in enumerate(text, before + 1):
        if not (written := line.strip("\ufeff \t\r\n,;")):
            continue
        called, given = parseaddr(written) if written.endswith(">") else ("", written.strip('"'))
        try:
            email = mailable_form(given)
        except AddressError as error:
            what = say("“{given}” is no address that can be mailed: {error}", given=one_line(written), error=error)
            yield BadRow(line=number, file=file, what=what)
        else:
            yield ListRow(line=number, file=file, email=email, name=clean_name(_name(called)), status=everybody)


def _name(written: str) -> str:
    """A name that may be written for a header (RFC 2047)."""
    if "=?" not in written:
        return written
    try:
        return str(make_header(decode_header(written)))
    except (HeaderParseError, LookupError, ValueError):
        return written
