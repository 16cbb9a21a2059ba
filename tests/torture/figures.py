"""What a bench publishes, as a Markdown table: a row for each figure, a column for each world."""

from collections.abc import Mapping, Sequence


def table(columns: Sequence[Mapping[str, object]]) -> str:
    """The figures, in the order of the first column."""
    rows = [[name, *(_written(column[name]) for column in columns)] for name in columns[0]]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * (len(columns) + 1), *lines[1:]])


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
