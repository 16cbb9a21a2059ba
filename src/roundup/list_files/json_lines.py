"""JSON Lines (jsonlines.org): our own machine-readable export, one person a line. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from roundup.list_files import BadRow, Row
from roundup.list_files.products import OWN_COLUMNS
from roundup.list_files.rows import columns_of, row_of
from roundup.list_files.spreadsheets import guarded
from roundup.words import say

_COLUMNS = columns_of(OWN_COLUMNS, 0, name="")


def row_of_json(number: int, line: str, file: str) -> Row:
    """What one line says, or why it cannot be used."""
    try:
        told: Any = json.loads(line)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, Mapping):
        return BadRow(line=number, file=file, what=say("this line is no JSON object"))
    cells = [guarded(_cell(told.get(column))) for column in OWN_COLUMNS]
    return row_of(number, cells, _COLUMNS)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return "" if value is None else str(value)
