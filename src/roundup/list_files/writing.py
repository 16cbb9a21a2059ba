"""The list as files of ours: CSV that is safe in spreadsheets, and JSON Lines. What is written is read back as it was.
Pure."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from roundup.list_files.products import OWN_COLUMNS
from roundup.list_files.spreadsheets import guarded
from roundup.model import Subscriber


def csv_lines(people: Iterable[Subscriber]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180), the heading first."""
    yield _line(OWN_COLUMNS)
    for person in people:
        yield _line([guarded(cell) for cell in _cells(person)])


def json_lines(people: Iterable[Subscriber]) -> Iterator[str]:
    """The lines of a JSON Lines file."""
    for person in people:
        told = dict(zip(OWN_COLUMNS, _cells(person), strict=True)) | {"sections": list(person.sections)}
        yield json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False) + "\n"


def _cells(person: Subscriber) -> list[str]:
    """What `OWN_COLUMNS` say of somebody."""
    return [
        person.email,
        person.name,
        person.status.value,
        person.cadence.value,
        ",".join(person.sections),
        person.paused_until.isoformat() if person.paused_until else "",
        person.since.isoformat(),
    ]


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(cells)
    return line.getvalue()
