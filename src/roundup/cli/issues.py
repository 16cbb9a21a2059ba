"""`roundup issues`: the archive, and what becomes of an issue."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import approving, clock, correcting, holding, retrying, skipping, wiring
from roundup.archive import IssueRecord, IssueState
from roundup.cli.newsletter import opened, print_json, stop_on_signals, tell
from roundup.correcting import CORRECTION, Correction
from roundup.errors import SettingsError
from roundup.journal import Miss
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, IssueKey
from roundup.office import Office
from roundup.reports import RunReport
from roundup.store import Ledgers
from roundup.words import figures, mark, say, say_many


def list_(directory: Path, *, as_json: bool) -> int:
    """What `roundup issues list` does. Gives the exit code."""
    _, office = opened(directory)
    with office.store.to_read() as ledgers:
        told = [as_told(record, ledgers) for record in ledgers.archive.all()]
    if as_json:
        print_json(told)
        return 0
    if not told:
        click.echo(say("There are no issues yet."))
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in (mark("Issue"), mark("State"), mark("Subject"), mark("Deliveries")):
        table.add_column(say(heading))
    for each in told:
        deliveries = ", ".join(f"{count} {say(state)}" for state, count in each["deliveries"].items())
        table.add_row(str(each["issue"]), Text(_in_words(each["state"])), Text(str(each["subject"])), deliveries)
    Console().print(table)
    return 0


def show(directory: Path, key: str, *, failed: bool, as_json: bool) -> int:
    """What `roundup issues show` does. Gives the exit code."""
    wanted = _key(key)
    _, office = opened(directory)
    with office.store.to_read() as ledgers:
        record = ledgers.archive.find(wanted)
        if record is None:
            raise SettingsError(
                say("There is no issue of {key}. `roundup issues list` shows those there are.", key=wanted)
            )
        told = as_told(record, ledgers)
        proposal = ledgers.proposals.find(wanted)
        stored = proposal.stored if proposal is not None else ledgers.archive.stored(wanted)
        missed = [_miss(each) for each in ledgers.journal.missed(record.id)] if failed else []
    if as_json:
        print_json(told | ({"explanation": stored.told} if stored else {}) | ({"failed": missed} if failed else {}))
        return 0
    if failed:
        for each in missed:
            said = " ".join(str(part) for part in (each["code"], each["reply"]) if part)
            who = each["email"] or say("(forgotten)")
            click.echo(f"{who}: {each['state']}{', ' + said if said else ''}")
        click.echo(
            say_many(
                "One person has not got the issue of {key}, or nobody knows.",
                "{count} people have not got the issue of {key}, or nobody knows.",
                len(missed),
                key=wanted,
            )
        )
        return 0
    state = str(told["state"])
    click.echo(say("The issue of {key}: {state}", key=wanted, state=say(state)))
    if told["because"]:
        click.echo(told["because"])
    if stored is not None:
        click.echo(say("Subject: {subject}", subject=record.subject))
        click.echo(say("Fingerprint: {fingerprint}", fingerprint=record.fingerprint))
        for piece in stored.told["pieces"]:
            click.echo(f"{piece['rank']:>3}  {piece['title']}\n     {piece['why']}")
        click.echo(say("{count} left out.", count=figures(len(stored.told["left_out"]))))
        for state, count in told["deliveries"].items():
            click.echo(f"{count:>7} {say(state)}")
    return 0


def approve(directory: Path, key: str, *, expect: str, as_json: bool) -> int:
    """What `roundup issues approve` does. Gives the exit code."""
    wanted = _key(key)

    def send(office: Office) -> RunReport:
        return approving.approve_and_deliver(office, wanted, expect=expect, now=clock.now())

    return _sent(directory, send, as_json=as_json)


def hold(directory: Path, key: str) -> int:
    """What `roundup issues hold` does. Gives the exit code."""
    wanted = _key(key)
    _, office = opened(directory)
    holding.hold(office, wanted, now=clock.now())
    click.echo(say("The issue of {key} is on hold.", key=wanted))
    return 0


def release(directory: Path, key: str) -> int:
    """What `roundup issues release` does. Gives the exit code."""
    wanted = _key(key)
    _, office = opened(directory)
    holding.release(office, wanted, now=clock.now())
    click.echo(say("The issue of {key} is released; a run goes on with it while it is in time.", key=wanted))
    return 0


def correct(directory: Path, key: str, *, subject: str, intro: str, pieces: tuple[str, ...], yes: bool) -> int:
    """What `roundup issues correct` does. Gives the exit code."""
    wanted = _key(key)
    said = Correction(subject=subject, intro=intro, pieces=pieces)
    _, office = opened(directory)
    now = clock.now()
    if not yes:
        with office.store.to_read() as ledgers:
            shown = correcting.prepare(office.newsroom, ledgers, wanted, said, now=now)
        click.echo(say("Subject: {subject}", subject=shown.rendered.subject) + f"\n\n{shown.rendered.text}")
        click.echo(say("Nothing is written yet: say --yes."))
        return 0
    with office.store.only_run() as ours:
        if not ours:
            raise SettingsError(say("A run is at work. Try again when it has ended."))
        with office.store.to_write() as ledgers:
            prepared = correcting.prepare(office.newsroom, ledgers, wanted, said, now=now)
            people = correcting.freeze(ledgers, wanted, prepared, now=now)
    click.echo(
        say_many(
            "The issue of {key} is written down: the next run sends it to one person.",
            "The issue of {key} is written down: the next run sends it to {count} people.",
            people,
            key=prepared.issue.key,
        )
    )
    return 0


def skip(directory: Path, key: str, *, was_sent: bool, was_not_sent: bool) -> int:
    """What `roundup issues skip` does. Gives the exit code."""
    if was_sent and was_not_sent:
        raise click.UsageError("--was-sent and --was-not-sent cannot both be.")
    wanted = _key(key)
    _, office = opened(directory)
    skipping.skip(office, wanted, was_sent=was_sent, was_not_sent=was_not_sent, now=clock.now())
    if was_sent:
        click.echo(say("The issue of {key} is closed. Its pieces are not offered to another.", key=wanted))
    else:
        click.echo(say("The issue of {key} is skipped. Its pieces wait for the next one.", key=wanted))
    return 0


def retry(directory: Path, key: str, *, in_doubt: bool, as_json: bool) -> int:
    """What `roundup issues retry` does. Gives the exit code."""
    wanted = _key(key)
    return _sent(directory, lambda office: retrying.retry(office, wanted, in_doubt=in_doubt), as_json=as_json)


def _sent(directory: Path, send: Callable[[Office], RunReport], *, as_json: bool) -> int:
    """Do what sends mail, and tell how it ended."""
    settings, office = opened(directory, sends=True)
    wiring.check_sending(settings, at=None)
    stop_on_signals(office)
    report = send(office)
    if as_json:
        print_json(report.to_json())
    else:
        tell(report, settings.newsletter.zone)
    return report.exit_code


def _in_words(state: object) -> str:
    return say(str(state))


def _key(given: str) -> IssueKey:
    day, _, edition = given.partition("/")
    known = ("", MAIN_EDITION, WEEKLY_EDITION)
    if edition not in known and not re.fullmatch(rf"{CORRECTION}[1-9]\d{{0,3}}", edition):
        raise click.UsageError(
            f"There is no edition “{edition}”; there are {MAIN_EDITION}, {WEEKLY_EDITION} and {CORRECTION}1."
        )
    try:
        return IssueKey(day=date.fromisoformat(day), edition=edition or MAIN_EDITION)
    except ValueError:
        raise click.UsageError(f"“{given}” is no issue; write its date, such as 2026-11-20.") from None


def _miss(miss: Miss) -> dict[str, object]:
    return {
        "email": miss.email,
        "state": miss.state.value,
        "code": miss.code or None,
        "reply": miss.reply,
        "attempts": miss.attempts,
    }


def _state(record: IssueRecord) -> str:
    """What has become of it, in a word."""
    if record.hold:
        return "held"
    if record.is_released or record.state not in (IssueState.OPEN, IssueState.AWAITING):
        return record.state.value
    return record.told or "open"


def as_told(record: IssueRecord, ledgers: Ledgers) -> dict[str, Any]:
    """What `issues list --json` prints of an issue."""
    tally = ledgers.journal.tally(record.id)
    return {
        "issue": str(record.key),
        "state": _state(record),
        "because": record.hold or record.because,
        "subject": record.subject,
        "fingerprint": record.fingerprint,
        "due": record.instant.isoformat(),
        "candidates": tally.candidates,
        "excluded": dict(tally.excluded),
        "deliveries": {state.value: count for state, count in tally.deliveries.items()},
        "resent": tally.resent,
    }
