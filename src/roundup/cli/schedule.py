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

import click
import schedule as ticker

from roundup import clock, scheduling, wiring
from roundup.cli.backup import finish_restoring
from roundup.cli.metrics import Metrics, metrics_page
from roundup.cli.newsletter import broken, opened, report_to_others, tell
from roundup.cli.service_manager import alive, at_work, notify, reloading
from roundup.credentials import SECRET_FILE
from roundup.daily import run as run_once
from roundup.delivering import Stop
from roundup.email_address import masked_in
from roundup.errors import HeldError, RoundupError
from roundup.office import Office, Orders
from roundup.reports import RunReport
from roundup.scheduling import Due, Schedule
from roundup.settings import Settings
from roundup.words import say, spoken

#: How often the resident wakes. What is due is decided each time anew, so this is only how late a mail may start.
_TICK_SECONDS = 30
#: How long it waits when the mail server takes nothing at all: twelve tries an hour.
_PATIENCE_SECONDS = 300


def schedule(directory: Path, *, metrics: str) -> int:
    """What `roundup schedule` does. Gives the exit code."""
    told = _Told()
    # Whatever is ordered while the newsletter is opened is heard, too.
    told.listen()
    settings, office = _opened(directory, told)
    with metrics_page(office, metrics) as page:
        _Resident(directory=directory, settings=settings, office=office, told=told, metrics=page).stay()
    click.echo(say("Stopped."))
    return 0


def _opened(directory: Path, told: "_Told") -> tuple[Settings, Office]:
    """Raises `SettingsError`."""
    settings, office = opened(directory, sends=True)
    wiring.check_sending(settings, at=None)
    return settings, replace(office, stop=told.stop)


@dataclass(slots=True, kw_only=True)
class _Told:
    """What signals have ordered."""

    to_end: bool = False
    to_reload: bool = False
    stop: Stop = field(default_factory=Stop)

    def listen(self) -> None:
        """SIGTERM and Ctrl-C: every line finishes the message it is on, and that was all; a second Ctrl-C does not
        wait. SIGHUP: the settings are read anew between two jobs."""
        signal.signal(signal.SIGTERM, self._end)
        signal.signal(signal.SIGINT, self._end)
        signal.signal(signal.SIGHUP, self._reload)

    def _end(self, number: int, _frame: object) -> None:
        if self.to_end and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.to_end = True
        self.stop.now()

    def _reload(self, _number: int, _frame: object) -> None:
        self.to_reload = True


@dataclass(slots=True, kw_only=True)
class _Resident:
    """Who stays."""

    directory: Path
    settings: Settings
    office: Office
    told: _Told
    #: Who counts the runs; None: nobody asks.
    metrics: Metrics | None = None
    #: On the stopwatch: no run before.
    not_before: float = 0.0
    #: Which files it works with: their numbers on their disk.
    files: dict[Path, int] = field(default_factory=dict)

    def stay(self) -> None:
        """Wake again and again, until told to end."""
        self.files = self._files()
        self.say_what_is_due()
        ticks = ticker.Scheduler()
        ticks.every(_TICK_SECONDS).seconds.do(self.tick)
        self.tick()
        while not self.told.to_end:
            clock.wait(1)
            alive()
            self.reload_if_asked()
            if (ticks.idle_seconds or 0) > _TICK_SECONDS:
                # The library keeps its next time by the wall: a clock set back by a day would let it sleep for one.
                ticks.run_all()
            ticks.run_pending()
        notify(STOPPING="1")

    def reload_if_asked(self) -> None:
        """Read the settings anew. Those that are wrong are told, and the old ones go on: an issue that is due tonight
        is not to be lost over a comma."""
        if not self.told.to_reload:
            return
        self.told.to_reload = False
        reloading()
        try:
            self.settings, self.office = _opened(self.directory, self.told)
        except RoundupError as error:
            click.echo(say("The old settings go on. {error}", error=error), err=True)
        else:
            self.files = self._files()
            self.not_before = 0.0
            if self.metrics is not None:
                self.metrics.office = self.office
        self.say_what_is_due()

    def _files(self) -> dict[Path, int]:
        database = wiring.database_file(self.directory, self.settings)
        places = [self.directory / SECRET_FILE, *([database] if database is not None else [])]
        return {place: place.stat().st_ino for place in places if place.exists()}

    def _are_others(self) -> bool:
        """Whether other files stand in the place of those that it works with, which only a restore does. One that was
        not there yet was made by whoever ran first."""
        found = self._files()
        self.files = {**found, **self.files}
        return any(found.get(place, number) != number for place, number in self.files.items())

    def say_what_is_due(self) -> None:
        """The next three due times, in the newsletter's zone and in this machine's."""
        dues = list(islice(_dues(self.office.schedule, clock.now()), 3))
        for due, weekly in dues:
            moment = spoken().full_moment(due.instant.astimezone(self.settings.newsletter.zone))
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
        moment = spoken().full_moment(following[0].instant.astimezone(self.settings.newsletter.zone))
        return say("The next issue is due on {moment}.", moment=moment)

    def tick(self) -> None:
        """One wake-up."""
        if self.told.to_end or clock.stopwatch() < self.not_before:
            return
        # One thread: while an issue is delivered nothing else begins, and what fell due meanwhile comes next.
        with at_work():
            status = self._work()
        if status:
            notify(STATUS=status)

    def _work(self) -> str:
        """Returns what the service manager is to know. What fails is told and tried again later: a resident that ends
        at the first fault is none."""
        try:
            if finish_restoring(self.directory) or self._are_others():
                # Whoever restored a backup has put other settings and perhaps another secret in place.
                self.told.to_reload = True
                return ""
            report = run_once(self.office, Orders())
        except RoundupError as error:
            why = str(error)
            told = say("Held: {why}", why=why) if isinstance(error, HeldError) else say("Failed: {why}", why=why)
            click.echo(masked_in(told), err=True)
            self._tell_others(broken(error))
            return told
        except Exception as error:
            self._tell_others(broken(error))
            raise
        if report.is_stuck:
            # As often as a crontab line would: a mail server that is down is not helped by more.
            self.not_before = clock.stopwatch() + _PATIENCE_SECONDS
        self._tell(report)
        return report.headline if report.exit_code else self._next()

    def _tell(self, report: RunReport) -> None:
        if not report.is_quiet:
            # Into a journal that others read, too.
            tell(report, self.settings.newsletter.zone, made=masked_in)
        self._tell_others(report)

    def _tell_others(self, report: RunReport) -> None:
        if self.metrics is not None:
            self.metrics.ran(report)
        report_to_others(self.office, report, quietly=report.is_quiet)


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
