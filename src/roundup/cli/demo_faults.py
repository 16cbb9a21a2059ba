"""`roundup demo --faults`: the issue of the day into a server that fails on command, twice, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import clock, settings, wiring
from roundup.cli.progress import a_watch
from roundup.daily import run
from roundup.faults import Manners
from roundup.faults.books import Books
from roundup.faults.catalogue import CATALOGUE, Fault, Step
from roundup.faults.server import faulty_server
from roundup.journal import Miss
from roundup.list_changes import FOLLOWED_FILE
from roundup.model import DeliveryState, IssueKey
from roundup.office import Office, Orders
from roundup.reports import RunReport
from roundup.settings import Settings
from roundup.settings_mail import Smtp

_DOMAIN = "faults.example"
#: What a number means, as the second part of its reader's name.
_MEANS = {
    "x-450": "busy",
    "x-452": "no-room",
    "x-550": "gone",
    "x-571": "unwelcome",
    "x-251": "moved",
    "x-421": "closing",
    "x-451": "not-stored",
    "x-552": "too-big",
}
#: Each fault happens once to its reader, as with a server that recovers; the slow ones take this many seconds.
_TIMES, _SLOW = 1, 1.0
#: How much later the second run believes to be: whoever was deferred once has waited for a minute by then.
_LATER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """How things stand after a run."""

    report: RunReport
    #: Whoever has not got the issue, or of whom nobody knows, by address.
    missed: Mapping[str, Miss]
    #: How many copies the server has taken, by address, and how often it was asked for each.
    copies: Mapping[str, int]
    named: Mapping[str, int]


def faulty_readers() -> dict[str, Fault]:
    """An invented reader for each fault, by address. Those over whom a line breaks stand among the others, because a
    line that breaks three times in a row is given up until the next run."""
    breaking = [fault for fault in CATALOGUE.values() if _breaks_the_line(fault)]
    calm = [fault for fault in CATALOGUE.values() if not _breaks_the_line(fault)]
    longest = max(len(breaking), len(calm))
    mixed = [each for place in range(longest) for each in (*breaking[place : place + 1], *calm[place : place + 1])]
    return {f"{_called(fault)}@{_DOMAIN}": fault for fault in mixed}


def _called(fault: Fault) -> str:
    return f"{fault.name}-{_MEANS[fault.name]}" if fault.name in _MEANS else fault.name


def _breaks_the_line(fault: Fault) -> bool:
    return fault.closes or not fault.says[:1].isdigit()


def with_faults(newsletter: Path, *, at: datetime, folder: Path) -> int:
    """Mail the newsletter's issue of `at` to its own readers and the faulty ones, run again as the next start would,
    and print what became of each. The server's ledger, and the messages that it took, go into `folder`. Returns the
    exit code of the second run."""
    readers = faulty_readers()
    with (newsletter / FOLLOWED_FILE).open("a", encoding="utf-8") as file:
        file.writelines(f"{address},,active,daily,\n" for address in readers)
    taken, ledger = folder / "taken", folder / "ledger"
    taken.mkdir(parents=True)
    manners = Manners(times=_TIMES, slow=_SLOW)
    books = Books(ledger, times=_TIMES, keep=taken)
    try:
        with faulty_server(books, manners) as port:
            office = _office(newsletter, port)
            key = IssueKey(day=at.date())
            first = _look(office, key, books, run(office, Orders(now=True, at=at)))
            _tell_first(first, readers, at)
            later = replace(office, clock=lambda: clock.now() + _LATER)
            second = _look(office, key, books, run(later, Orders(at=at + _LATER)))
            _tell_second(second, readers, at + _LATER)
    finally:
        books.close()
    click.echo(f"\nThe messages that the server took are in {taken}; docs/faults.md tells more of each fault.")
    return second.report.exit_code


def _office(newsletter: Path, port: int) -> Office:
    loaded = settings.load(newsletter)
    # One line, so that it must go on after each of its breaks, and every run of the demo is like the last.
    mended: Settings = loaded.model_copy(
        update={"smtp": Smtp(host="127.0.0.1", port=port, security="none", connections=1)}
    )
    return wiring.office(newsletter, mended, watch=a_watch())


def _look(office: Office, key: IssueKey, books: Books, report: RunReport) -> _Seen:
    with office.store.to_read() as ledgers:
        record = ledgers.archive.find(key)
        missed = list(ledgers.journal.missed(record.id)) if record is not None else []
    return _Seen(
        report=report,
        missed={each.email: each for each in missed},
        copies=dict(books.taken),
        named=dict(books.named),
    )


def _tell_first(seen: _Seen, readers: Mapping[str, Fault], at: datetime) -> None:
    click.echo(f"The run of {at:%H:%M}, into a server that fails on command\n")
    _tell(seen.report, at)
    for step in Step:
        rows = [
            (_short(address), _at_the_server(fault), _in_the_journal(address, seen))
            for address, fault in readers.items()
            if fault.at is step
        ]
        click.echo(f"{_WHEN[step]}\n")
        _print_table(("Reader", "What the server did", "What roundup made of it"), rows)
        click.echo()


_WHEN: Mapping[Step, str] = {
    Step.RCPT: "When the server was told whom the message is for (RCPT):",
    Step.DATA: "When it was asked to take the message (DATA):",
    Step.CONTENT: "While the message came:",
    Step.DOT: "When the message had come whole (the final dot):",
}


def _tell_second(seen: _Seen, readers: Mapping[str, Fault], at: datetime) -> None:
    click.echo(f"The next start, at {at:%H:%M}; the server fails nobody twice\n")
    _tell(seen.report, at)
    rows = [(_short(address), _had(address, seen)) for address in readers if address not in seen.missed]
    _print_table(("Who has the issue in the end", "How"), rows)
    if seen.missed:
        click.echo()
        rows = [(_short(address), _in_the_journal(address, seen)) for address in seen.missed]
        _print_table(("Who has it not", "Why"), rows)


def _tell(report: RunReport, at: datetime) -> None:
    for line in report.lines(at.tzinfo or UTC):
        click.echo(line)
    click.echo()


def _short(address: str) -> str:
    return address.removesuffix(f"@{_DOMAIN}")


def _at_the_server(fault: Fault) -> str:
    said = fault.says.decode("ascii").split("\r\n")[0]
    words = f": “{said}”" if 0 < len(said) < 80 else ""
    return f"{fault.told}{words}"


def _in_the_journal(address: str, seen: _Seen) -> str:
    """The state, the words and the number of tries, as the journal has them."""
    miss = seen.missed.get(address)
    if miss is None:
        return _had(address, seen)
    said = " ".join(str(part) for part in (miss.code, miss.reply) if part)
    state = _STATES.get(miss.state, miss.state.value)
    return f"{state}. {said[:1].upper()}{said[1:]} ({_counted(miss.attempts, 'try', 'tries')})"


_STATES: Mapping[DeliveryState, str] = {
    DeliveryState.PLANNED: "planned: to be tried again",
    DeliveryState.DEFERRED: "deferred: to be tried again",
    DeliveryState.REFUSED: "refused: not tried again",
    DeliveryState.UNKNOWN: "unknown: nobody can say",
}


def _had(address: str, seen: _Seen) -> str:
    tries = _counted(seen.named.get(address, 0), "try", "tries")
    copies = seen.copies.get(address, 0)
    twice = f", {copies} copies with one Message-ID" if copies > 1 else ""
    return f"accepted ({tries}{twice})"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        first = heading == headings[0]
        # As wide as the longest name, so that the tables stand below one another.
        table.add_column(heading, ratio=None if first else 1, min_width=17 if first else None)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
