"""The daily job's commands: run, schedule, test-send."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import schedule as ticker

from roundup import clock, scheduling, trying_out, wiring
from roundup.cli.newsletter import (
    json_option,
    moment,
    opened,
    pass_directory,
    print_json,
    stop_on_signals,
    tell,
)
from roundup.daily import run as run_once
from roundup.errors import HeldError, RoundupError
from roundup.model import Accepted
from roundup.office import Office, Orders
from roundup.reports import RunState
from roundup.scheduling import Schedule
from roundup.upcoming import upcoming
from roundup.words import say, spoken

#: How often the resident wakes. What is due is decided each time anew, so this is only how late a mail may start.
_TICK_SECONDS = 30
#: How long it waits when the mail server takes nothing at all: twelve tries an hour.
_PATIENCE_SECONDS = 300


@click.command()
@click.option("--now", is_flag=True, help="Send now, whatever the hour, the weekday or a skipped date.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; send and store nothing.")
@click.option("--late", is_flag=True, help="Send an issue that was missed, under its own date.")
@click.option("--quiet", is_flag=True, help="Print nothing when there was nothing to do.")
@click.option("--expect", metavar="FINGERPRINT", default="", help="Refuse unless the issue is exactly this one.")
@click.option("--at", metavar="TIME", help="Take this for the present: 2026-11-20T17:00.")
@json_option
@pass_directory
def run(directory: Path, /, *, as_json: bool, quiet: bool, at: str | None, **given: bool | str) -> int:
    """The daily job, once. Start it every five minutes; it knows when an issue is due.

    \b
    Example:  roundup run --dry-run
    """
    settings, office = opened(directory, sends=not given["dry_run"])
    when = moment(at, settings.newsletter.zone)
    wiring.check_sending(settings, at=when)
    orders = Orders(
        now=bool(given["now"]),
        dry_run=bool(given["dry_run"]),
        late=bool(given["late"]),
        expect=str(given["expect"]),
        at=when,
    )
    stop_on_signals(office)
    report = run_once(office, orders)
    if as_json:
        print_json(report.to_json())
    elif not (quiet and report.is_quiet):
        tell(report, settings.newsletter.zone)
    return report.exit_code


@click.command()
@pass_directory
def schedule(directory: Path) -> int:
    """Stay, and do the daily job whenever it is due. For systems without cron.

    \b
    Example:  roundup -C my-roundup schedule
    """
    settings, office = opened(directory, sends=True)
    wiring.check_sending(settings, at=None)
    stop_on_signals(office)
    zone = settings.newsletter.zone
    for due in _next_three(office.schedule, clock.now()):
        utc = f"{due:%Y-%m-%d %H:%M}"
        click.echo(say("Due: {moment} ({utc} UTC)", moment=spoken().full_moment(due.astimezone(zone)), utc=utc))
    resident = _Resident(office=office, zone=zone)
    ticks = ticker.Scheduler()
    ticks.every(_TICK_SECONDS).seconds.do(resident.tick)
    resident.tick()
    while not office.stop.asked:
        clock.wait(1)
        if (ticks.idle_seconds or 0) > _TICK_SECONDS:
            # The library keeps its next time by the wall: a clock set back by a day would let it sleep for one.
            ticks.run_all()
        ticks.run_pending()
    click.echo(say("Stopped."))
    return 0


def _next_three(calendar: Schedule, after: datetime) -> list[datetime]:
    dues: list[datetime] = []
    following = scheduling.next_due(after, calendar)
    while following is not None and len(dues) < 3:
        dues.append(following.instant)
        following = scheduling.next_due(following.instant, calendar)
    return dues


@dataclass(slots=True, kw_only=True)
class _Resident:
    """Who stays."""

    office: Office
    zone: ZoneInfo
    #: On the stopwatch: no run before.
    not_before: float = 0.0

    def tick(self) -> None:
        """One wake-up. What fails is told and tried again later: a resident that ends at the first fault is none."""
        if clock.stopwatch() < self.not_before:
            return
        try:
            report = run_once(self.office, Orders())
        except RoundupError as error:
            why = str(error)
            told = say("Held: {why}", why=why) if isinstance(error, HeldError) else say("Failed: {why}", why=why)
            click.echo(told, err=True)
            return
        if report.state is RunState.UNFINISHED and report.warnings and not report.offered:
            # As often as a crontab line would: a mail server that is down is not helped by more.
            self.not_before = clock.stopwatch() + _PATIENCE_SECONDS
        if not report.is_quiet:
            tell(report, self.zone)


@click.command("test-send")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--weekly", is_flag=True, help="The weekly edition in place of the day's issue.")
@json_option
@pass_directory
def test_send(directory: Path, addresses: tuple[str, ...], *, weekly: bool, as_json: bool) -> int:
    """Send the issue due next to these addresses only. Changes nothing: its links are marked as tests.

    \b
    Example:  roundup test-send editor@example.org
    """
    settings, office = opened(directory, sends=True)
    wiring.check_sending(settings, at=None)
    mailable = trying_out.mailable(addresses)
    with office.store.to_read() as ledgers:
        seen = upcoming(office.newsroom, ledgers, schedule=office.schedule, now=clock.now(), weekly=weekly)
    if seen.rendered is None:
        if as_json:
            print_json([])
        else:
            click.echo(say("There is nothing new, so there is no issue to send."))
        return 0
    outcomes = trying_out.send(office, seen.rendered, mailable)
    if as_json:
        print_json(
            [
                {"email": to, "accepted": isinstance(each, Accepted), "reply": trying_out.said(each)}
                for to, each in outcomes
            ]
        )
    else:
        for to, each in outcomes:
            click.echo(f"{to}: {trying_out.said(each)}")
    return 0 if all(isinstance(each, Accepted) for _, each in outcomes) else 1
