"""The daily job's commands: run, test-send."""

from pathlib import Path

import click

from roundup import clock, trying_out, wiring
from roundup.cli.newsletter import broken, moment, opened, print_json, report_to_others, stop_on_signals, tell
from roundup.daily import run as run_once
from roundup.model import Accepted
from roundup.office import Office, Orders
from roundup.reports import RunReport
from roundup.upcoming import upcoming
from roundup.words import say


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
    report = _done(office, orders)
    # Whoever started it hears first: a chat room may take its time.
    if as_json:
        print_json(report.to_json())
    elif not (quiet and report.is_quiet):
        tell(report, settings.newsletter.zone)
    report_to_others(office, report, quietly=quiet and report.is_quiet)
    return report.exit_code


def _done(office: Office, orders: Orders) -> RunReport:
    """The daily job; if it breaks, whoever did not start it is told. Raises `RoundupError`."""
    try:
        return run_once(office, orders)
    except Exception as error:
        if not orders.dry_run:
            report_to_others(office, broken(error))
        raise


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
