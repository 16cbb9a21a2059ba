"""What most commands begin with: the newsletter in the chosen directory, and how things are shown."""

import json
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from roundup import settings, wiring
from roundup.cli.faults_kept import kept_traceback
from roundup.cli.progress import a_watch
from roundup.errors import HeldError, RoundupError
from roundup.office import Office
from roundup.reports import RunReport, RunState
from roundup.settings import Settings
from roundup.words import say


def opened(directory: Path, *, sends: bool = False) -> tuple[Settings, Office]:
    """The settings of the newsletter in `directory`, and its office. Raises `SettingsError`.
    `sends`: whether mail will be offered (see `wiring.office`)."""
    loaded = settings.load(directory)
    return loaded, wiring.office(directory, loaded, watch=a_watch(), sends=sends)


def print_json(value: Any) -> None:
    """One JSON value on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def moment(given: str | None, zone: ZoneInfo) -> datetime | None:
    """What `--at` means: a date and time, in the newsletter's zone unless it says another. Raises a usage error."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise click.UsageError(f"--at: “{given}” is no date and time; write one such as 2026-11-20T17:00.") from None
    if not 1970 <= at.year <= 2200:
        raise click.UsageError(f"--at: {at.year} is no year that a newsletter is made in.")
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def broken(error: Exception) -> RunReport:
    """The report of a run that an error ended."""
    state = RunState.HELD if isinstance(error, HeldError) else RunState.FAILED
    if isinstance(error, RoundupError):
        return RunReport(state=state, because=str(error))
    because = say("roundup itself failed: {kind}. Its log tells more.", kind=type(error).__name__)
    return RunReport(state=state, because=because)


def report_to_others(office: Office, report: RunReport, *, quietly: bool = False) -> None:
    """Tell whoever did not start the run (see `roundup.reporting`). What could not be told is said here, and ends
    nothing, also if it is a fault of roundup's own: the issue is out, or waits for the next run. `quietly`: not even
    that is said, for it would be said at every start of a crontab line."""
    if office.reporting is None:
        return
    try:
        troubles = office.reporting.report(report, at=office.clock(), stop=lambda: office.stop.asked)
    except Exception:  # noqa: BLE001 - see above
        troubles = [
            say("The report was told to nobody else. Please report this with the file {path}.", path=kept_traceback())
        ]
    for trouble in troubles if not quietly else ():
        click.echo(say("Warning: {warning}", warning=trouble), err=True)


def tell(report: RunReport, zone: ZoneInfo, *, made: Callable[[str], str] = str) -> None:
    """A run's report, on standard output or, if it is to alarm somebody, on standard error. `made`: what is made of
    each line before."""
    for line in report.lines(zone):
        click.echo(made(line), err=report.exit_code != 0)


def stop_on_signals(office: Office) -> None:
    """The first SIGTERM, SIGHUP or Ctrl-C lets every line finish the message it is on; a second Ctrl-C does not wait.

    SIGHUP: the terminal or the connection that it was started from is gone. Whoever began it with nohup wants it to go
    on all the same.
    """

    def stop(number: int, _frame: object) -> None:
        if office.stop.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        office.stop.now()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, stop)
