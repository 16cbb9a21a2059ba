"""Sources on the terminal: what each holds, what it left out and why, and how old that is."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from roundup.memory import SourceRecord, SourceState
from roundup.model import Defect
from roundup.words import figures, mark, say, say_many, spoken

_NOT_READ = mark("not read yet")
_STYLES = {SourceState.OK: "", SourceState.MUTED: "dim"}


def source_table(records: Sequence[SourceRecord], *, now: datetime, zone: tzinfo) -> Table:
    """A row for each source, as it stood at its last reading. `now` (aware) is for ages, `zone` for what is shown."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column(say("Source"), overflow="fold")
    table.add_column(say("State"))
    for heading in (mark("Found"), mark("New"), mark("Left out"), mark("Counted"), mark("Defects")):
        table.add_column(say(heading), justify="right")
    table.add_column(say("Read well"))
    for record in records:
        report = record.report
        defects = len(report.defects) + report.more_defects
        table.add_row(
            Text(record.name),
            Text(_state(record), style=_STYLES.get(record.state, "yellow")),
            str(record.found),
            str(report.new),
            str(sum(report.left_out.values())),
            say("{counted} of {found}", counted=report.counted, found=record.found),
            Text(str(defects), style="yellow" if defects else ""),
            _read_well(record, now, zone),
        )
    return table


def left_out_lines(records: Sequence[SourceRecord]) -> list[Text]:
    """Why each source left something out, the commonest reason first: a line for each that did."""
    return [
        Text(say("{name} left out: {reasons}", name=record.name, reasons=_reasons(record)), style="dim")
        for record in records
        if record.report.left_out
    ]


def _reasons(record: SourceRecord) -> str:
    return ", ".join(f"{count} × {because}" for because, count in _counted(record))


def _counted(record: SourceRecord) -> list[tuple[str, int]]:
    return sorted(record.report.left_out.items(), key=lambda each: (-each[1], each[0]))


def source_details(record: SourceRecord, *, now: datetime, zone: tzinfo) -> Group:
    """All that is known of one source."""
    if _is_unread(record):
        return Group(Text(record.name, style="bold"), Text(say(_NOT_READ)))
    report = record.report
    unknown = max(0, record.found - report.counted)
    rows = Table(box=None, pad_edge=False, show_header=False)
    rows.add_column(style="dim")
    rows.add_column(overflow="fold")
    rows.add_row(say("State"), _state(record) + (f": {record.trouble}" if record.trouble else ""))
    rows.add_row(say("Read well"), _read_well(record, now, zone))
    if record.not_before is not None and record.not_before > now:
        rows.add_row(
            say("Read again"),
            say("from {moment}, as it asked", moment=spoken().moment(record.not_before.astimezone(zone))),
        )
    rows.add_row(
        say("Found"), say("{found}, {new} of them new at its last reading", found=record.found, new=report.new)
    )
    rows.add_row(
        say("Comments"), say("known for {counted}, unknown for {unknown}", counted=report.counted, unknown=unknown)
    )
    for number, (because, count) in enumerate(_counted(record)):
        rows.add_row("" if number else say("Left out"), f"{count} × {because}")
    told: list[Padding] = []
    if report.defects:
        told = [
            Padding(Text(say("Defects"), style="dim"), (1, 0, 0, 0)),
            Padding(_defects(report.defects), (0, 0, 0, 2)),
        ]
    if report.more_defects:
        told.append(Padding(say("and {count} more like these", count=figures(report.more_defects)), (0, 0, 0, 2)))
    return Group(Text(record.name, style="bold"), rows, *told)


def _defects(defects: Iterable[Defect]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="yellow", overflow="fold")
    table.add_column(overflow="fold")
    for defect in defects:
        table.add_row(Text(defect.where), Text(defect.what))
    return table


def _is_unread(record: SourceRecord) -> bool:
    return record.read_well_at is None and record.state is SourceState.OK


def _state(record: SourceRecord) -> str:
    if _is_unread(record):
        return say(_NOT_READ)
    return say(record.state.value)


def _read_well(record: SourceRecord, now: datetime, zone: tzinfo) -> str:
    read = record.read_well_at
    if read is None:
        return say("never")
    in_year = now - read <= timedelta(days=300)
    return f"{spoken().stamp(read.astimezone(zone), with_year=not in_year)}{_age(now - read)}"


def _age(length: timedelta) -> str:
    """How long ago, roundly; nothing for what is as good as now, or ahead because a clock was set back."""
    minutes = int(length / timedelta(minutes=1))
    if minutes >= 24 * 60:
        return ", " + say_many("{count} day ago", "{count} days ago", minutes // (24 * 60))
    if minutes >= 60:
        return ", " + say_many("{count} hour ago", "{count} hours ago", minutes // 60)
    return ", " + say_many("{count} minute ago", "{count} minutes ago", minutes) if minutes > 0 else ""
