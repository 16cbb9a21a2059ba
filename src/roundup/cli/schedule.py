"""`roundup schedule`: stays, and does the daily job whenever it is due.

The library `schedule` ticks; what is due is decided by the calendar and the journal at each tick anew. So it does no
harm if the machine sleeps, the clock is set, or a crontab line does the same beside it.
"""

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import schedule as ticker

from roundup import clock, scheduling, wiring
from roundup.cli.backup import finish_restoring
from roundup.cli.metrics import Metrics, metrics_page
from roundup.cli.newsletter import broken, opened, report_to_others, tell
from roundup.cli.service_manager import alive, at_work, notify, reloading
from roundup.daily import run as run_once
from roundup.errors import HeldError, RoundupError
from roundup.office import Office, Orders
from roundup.reports import RunReport, RunState
from roundup.scheduling import Due, Schedule
from roundup.settings import Settings
from roundup.words import say, spoken

#: How often the resident wakes. What is due is decided each time anew, so this is only how late a mail may start.
_TICK_SECONDS = 30
#: How long it waits when the mail server takes nothing at all: twelve tries an hour.
_PATIENCE_SECONDS = 300


def schedule(directory: Path, *, metrics: str) -> int:
    """What `roundup schedule` does. Gives the exit code."""
    settings, office = _opened(directory)
    with metrics_page(office, metrics) as page:
        _Resident(directory=directory, office=office, zone=settings.newsletter.zone, metrics=page).stay()
    click.echo(say("Stopped."))
    return 0


def _opened(directory: Path) -> tuple[Settings, Office]:
    """Raises `SettingsError`."""
    settings, office = opened(directory, sends=True)
    wiring.check_sending(settings, at=None)
    return settings, office


@dataclass(slots=True, kw_only=True)
class _Resident:
    """Who stays."""

    directory: Path
    office: Office
    zone: ZoneInfo
    #: Who counts the runs; None: nobody asks.
    metrics: Metrics | None = None
    #: On the stopwatch: no run before.
    not_before: float = 0.0
    is_to_end: bool = False
    _is_to_reload: bool = field(default=False)

    def stay(self) -> None:
        """Wake again and again, until told to end."""
        self.listen()
        self.say_what_is_due()
        ticks = ticker.Scheduler()
        ticks.every(_TICK_SECONDS).seconds.do(self.tick)
        self.tick()
        while not self.is_to_end:
            clock.wait(1)
            alive()
            self.reload_if_asked()
            if (ticks.idle_seconds or 0) > _TICK_SECONDS:
                # The library keeps its next time by the wall: a clock set back by a day would let it sleep for one.
                ticks.run_all()
            ticks.run_pending()
        notify(STOPPING="1")

    def listen(self) -> None:
        """SIGTERM and Ctrl-C: every line finishes the message it is on, and that was all; a second Ctrl-C does not
        wait. SIGHUP: the settings are read anew between two jobs."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGHUP, self._reload)

    def _end(self, number: int, _frame: object) -> None:
        if self.is_to_end and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.is_to_end = True
        self.office.stop.now()

    def _reload(self, _number: int, _frame: object) -> None:
        self._is_to_reload = True

    def reload_if_asked(self) -> None:
        """Read the settings anew. Those that are wrong are told, and the old ones go on: an issue that is due tonight
        is not to be lost over a comma."""
        if not self._is_to_reload:
            return
        self._is_to_reload = False
        reloading()
        try:
            settings, office = _opened(self.directory)
        except RoundupError as error:
            click.echo(say("The old settings go on. {error}", error=error), err=True)
        else:
            # An order to end that came meanwhile, or comes now, is one for whoever is at work.
            self.office = replace(office, stop=self.office.stop)
            self.zone = settings.newsletter.zone
            self.not_before = 0.0
        self.say_what_is_due()

    def say_what_is_due(self) -> None:
        """The next three due times, in the newsletter's zone and in this machine's."""
        dues = list(islice(_dues(self.office.schedule, clock.now()), 3))
        for due, weekly in dues:
            moment = spoken().full_moment(due.instant.astimezone(self.zone))
            here = f"{due.instant.astimezone():%Y-%m-%d %H:%M %Z}"
            told = say("Due: {moment}, {here} on this machine", moment=moment, here=here)
            click.echo(say("{due} (weekly)", due=told) if weekly else told)
        if not dues:
            click.echo(say("No issue will ever be due: [schedule] names no day, or all are skipped."), err=True)
        notify(READY="1", STATUS=self._next())

    def _next(self) -> str:
        following = next(_dues(self.office.schedule, clock.now()), None)
        if following is None:
            return say("No issue will ever be due: [schedule] names no day, or all are skipped.")
        moment = spoken().full_moment(following[0].instant.astimezone(self.zone))
        return say("The next issue is due on {moment}.", moment=moment)

    def tick(self) -> None:
        """One wake-up. What fails is told and tried again later: a resident that ends at the first fault is none."""
        if clock.stopwatch() < self.not_before:
            return
        try:
            if finish_restoring(self.directory):
                # The settings are others now.
                self._is_to_reload = True
                return
            # One thread: while an issue is delivered nothing else begins, and what fell due meanwhile comes next.
            with at_work():
                report = run_once(self.office, Orders())
        except RoundupError as error:
            why = str(error)
            told = say("Held: {why}", why=why) if isinstance(error, HeldError) else say("Failed: {why}", why=why)
            click.echo(told, err=True)
            notify(STATUS=told)
            with at_work():
                report_to_others(self.office, broken(error))
            return
        except Exception as error:
            with at_work():
                report_to_others(self.office, broken(error))
            raise
        if report.state is RunState.UNFINISHED and report.warnings and not report.offered:
            # As often as a crontab line would: a mail server that is down is not helped by more.
            self.not_before = clock.stopwatch() + _PATIENCE_SECONDS
        self._tell(report)

    def _tell(self, report: RunReport) -> None:
        if self.metrics is not None:
            self.metrics.ran(report)
        notify(STATUS=report.headline if report.exit_code else self._next())
        if not report.is_quiet:
            tell(report, self.zone)
        with at_work():
            report_to_others(self.office, report)


def _dues(calendar: Schedule, after: datetime) -> Iterator[tuple[Due, bool]]:
    """The due times after an instant, and whether each is the weekly edition's."""
    weekly = calendar.of_the_week
    editions = [(calendar, False)] if weekly is None else [(calendar, False), (weekly, True)]
    following = [(due, is_weekly) for each, is_weekly in editions if (due := scheduling.next_due(after, each))]
    while following:
        due, is_weekly = min(following)
        yield due, is_weekly
        following.remove((due, is_weekly))
        later = scheduling.next_due(due.instant, weekly if is_weekly and weekly else calendar)
        following += [(later, is_weekly)] if later else []
