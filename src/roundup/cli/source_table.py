"""Sources on the terminal: what each holds, what it left out and why, and how old that is."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from roundup.memory import SourceRecord, SourceState
from roundup.model import Defect

_NOT_READ = "not read yet"
_STYLES = {SourceState.OK: "", SourceState.MUTED: "dim"}


def source_table(records: Sequence[SourceRecord], *, now: datetime, zone: tzinfo) -> Table:
    """A row for each source, as it stood at its last reading. `now` (aware) is for ages, `zone` for what is shown."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("Source", overflow="fold")
    table.add_column("State")
    for heading in ("Found", "New", "Left out", "Counted", "Defects"):
        table.add_column(heading, justify="right")
    table.add_column("Read well")
    for record in records:
        report = record.report
        defects = len(report.defects) + report.more_defects
        table.add_row(
            Text(record.name),
            Text(_state(record), style=_STYLES.get(record.state, "yellow")),
            str(record.found),
            str(report.new),
            str(sum(report.left_out.values())),
            f"{report.counted} of {record.found}",
            Text(str(defects), style="yellow" if defects else ""),
            _read_well(record, now, zone),
        )
    return table


def left_out_lines(records: Sequence[SourceRecord]) -> list[Text]:
    """Why each source left something out, the commonest reason first: a line for each that did."""
    return [
        Text(f"{record.name} left out: {_reasons(record)}", style="dim") for record in records if record.report.left_out
    ]


def _reasons(record: SourceRecord) -> str:
    return ", ".join(f"{count} × {because}" for because, count in _counted(record))


def _counted(record: SourceRecord) -> list[tuple[str, int]]:
    return sorted(record.report.left_out.items(), key=lambda each: (-each[1], each[0]))


def source_details(record: SourceRecord, *, now: datetime, zone: tzinfo) -> Group:
    """All that is known of one source."""
    if _state(record) == _NOT_READ:
        return Group(Text(record.name, style="bold"), Text(_NOT_READ))
    report = record.report
    unknown = max(0, record.found - report.counted)
    rows = Table(box=None, pad_edge=False, show_header=False)
    rows.add_column(style="dim")
    rows.add_column(overflow="fold")
    rows.add_row("State", _state(record) + (f": {record.trouble}" if record.trouble else ""))
    rows.add_row("Read well", _read_well(record, now, zone))
    if record.not_before is not None and record.not_before > now:
        rows.add_row("Read again", f"from {record.not_before.astimezone(zone):%-d %b %Y %H:%M}, as it asked")
    rows.add_row("Found", f"{record.found}, {report.new} of them new at its last reading")
    rows.add_row("Comments", f"known for {report.counted}, unknown for {unknown}")
    for number, (because, count) in enumerate(_counted(record)):
        rows.add_row("" if number else "Left out", f"{count} × {because}")
    told: list[Padding] = []
    if report.defects:
        told = [Padding(Text("Defects", style="dim"), (1, 0, 0, 0)), Padding(_defects(report.defects), (0, 0, 0, 2))]
    if report.more_defects:
        told.append(Padding(f"and {report.more_defects} more like these", (0, 0, 0, 2)))
    return Group(Text(record.name, style="bold"), rows, *told)


def _defects(defects: Iterable[Defect]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="yellow", overflow="fold")
    table.add_column(overflow="fold")
    for defect in defects:
        table.add_row(Text(defect.where), Text(defect.what))
    return table


def _state(record: SourceRecord) -> str:
    if record.read_well_at is None and record.state is SourceState.OK:
        return _NOT_READ
    return record.state.value


def _read_well(record: SourceRecord, now: datetime, zone: tzinfo) -> str:
    read = record.read_well_at
    if read is None:
        return "never"
    year = " %Y" if now - read > timedelta(days=300) else ""
    return f"{read.astimezone(zone):%-d %b{year} %H:%M}{_age(now - read)}"


def _age(length: timedelta) -> str:
    """How long ago, roundly; nothing for what is as good as now, or ahead because a clock was set back."""
    minutes = int(length / timedelta(minutes=1))
    for span, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= span:
            count = minutes // span
            return f", {count} {name}{'' if count == 1 else 's'} ago"
    return ""
