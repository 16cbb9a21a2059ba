"""The daily job's commands: run, schedule, test-send."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import schedule as ticker

from roundup import clock, scheduling, trying_out, wiring
from roundup.cli.newsletter import moment, opened, print_json, stop_on_signals, tell
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


def run(directory: Path, /, *, as_json: bool, quiet: bool, at: str | None, **given: bool | str) -> int:
    """What `roundup run` does. Gives the exit code."""
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


def schedule(directory: Path) -> int:
    """What `roundup schedule` does. Gives the exit code."""
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


def test_send(directory: Path, addresses: tuple[str, ...], *, weekly: bool, as_json: bool) -> int:
    """What `roundup test-send` does. Gives the exit code."""
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
