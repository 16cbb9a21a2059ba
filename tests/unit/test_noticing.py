"""Which reports are told to whom, and which of them are the same."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from roundup.journal import Tally
from roundup.model import WEEKLY_EDITION, DeliveryState
from roundup.notices import Notice, Way
from roundup.noticing import MailWhen, Told, call_about, document, letter_about, needs_a_person, went_well
from roundup.reports import RunReport, RunState
from tests.builders import LONDON, in_london

TOLD = Told(newsletter="The Daily Lantern", id="daily-lantern", zone=LONDON)
NOW = in_london("2026-11-20 17:05")
SENT = RunReport(
    state=RunState.SENT,
    issue=date(2026, 11, 20),
    subject="The day",
    tally=Tally(candidates=100, deliveries={DeliveryState.ACCEPTED: 98, DeliveryState.REFUSED: 2}),
)
HELD = RunReport(state=RunState.HELD, issue=date(2026, 11, 20), because="No source could be used.")


def letter(report: RunReport, when: MailWhen = MailWhen.PROBLEMS, at: datetime = NOW) -> Notice | None:
    return letter_about(report, TOLD, when, at=at)


def name(report: RunReport, when: MailWhen = MailWhen.PROBLEMS, at: datetime = NOW) -> str:
    made = letter(report, when, at)
    assert made is not None
    return made.name


PROBLEMS = {RunState.FAILED, RunState.HELD, RunState.MISSED}
DAILY = {*PROBLEMS, RunState.SENT, RunState.TOO_FEW, RunState.SKIPPED}


@pytest.mark.parametrize("state", RunState)
def test_by_default_only_what_needs_a_person_is_mailed(state: RunState) -> None:
    report = RunReport(state=state)

    assert (state in PROBLEMS) == (letter(report) is not None) == needs_a_person(report)
    assert (state in DAILY) == (letter(report, MailWhen.DAILY) is not None)
    assert letter(report, MailWhen.NEVER) is None


@pytest.mark.parametrize("state", [RunState.SENT, RunState.UNFINISHED, RunState.AWAITING_APPROVAL])
def test_a_warning_needs_a_person(state: RunState) -> None:
    assert letter(RunReport(state=state, warnings=("The Lantern: it answered 503.",))) is not None


@pytest.mark.parametrize(
    ("failed", "needs"),
    [({DeliveryState.REFUSED: 5}, False), ({DeliveryState.REFUSED: 3, DeliveryState.UNKNOWN: 3}, True)],
)
def test_more_than_one_failed_delivery_in_twenty_needs_a_person(
    failed: dict[DeliveryState, int], *, needs: bool
) -> None:
    accepted = 100 - sum(failed.values())
    tally = Tally(candidates=100, deliveries={DeliveryState.ACCEPTED: accepted, **failed})

    assert needs == (letter(replace(SENT, tally=tally)) is not None)


def test_the_weekly_edition_may_be_what_needs_one() -> None:
    weekly = replace(HELD, edition=WEEKLY_EDITION)

    assert letter(SENT) is None
    assert letter(replace(SENT, weekly=weekly)) is not None


def test_the_letter_says_what_the_terminal_says() -> None:
    made = letter(HELD)

    assert made is not None
    assert made.way is Way.MAIL
    assert made.subject == ("The Daily Lantern: Held: the issue of Friday 20 November 2026. A person must decide.")
    assert made.content.splitlines()[:-2] == HELD.lines(LONDON)


def test_what_stands_as_it_did_is_told_once() -> None:
    assert letter(replace(HELD, unchanged=True)) is None


def test_the_same_trouble_of_an_issue_is_one_notice_until_it_changes() -> None:
    tomorrow = NOW + timedelta(days=1)
    seconds = replace(HELD, because="No source could be used: no answer for 12 s.")

    assert name(HELD) == name(HELD, at=tomorrow)
    assert name(seconds) == name(replace(seconds, because=seconds.because.replace("12", "13")))
    assert name(HELD) != name(seconds)
    assert name(HELD) != name(replace(HELD, issue=date(2026, 11, 23)))
    assert name(HELD) != name(replace(HELD, edition=WEEKLY_EDITION))


def test_without_an_issue_the_same_trouble_is_told_once_a_day() -> None:
    broken = RunReport(state=RunState.FAILED, because="The database is full.")
    evening, night = in_london("2026-11-20 23:59"), in_london("2026-11-21 00:01")

    assert name(broken) == name(broken, at=evening)
    assert name(broken) != name(broken, at=night)


def test_a_warning_that_stays_is_told_once_a_week_to_who_wants_to_be_spared() -> None:
    friday = replace(SENT, warnings=("The Lantern: it answered 503.",))
    wednesday, monday = replace(friday, issue=date(2026, 11, 18)), replace(friday, issue=date(2026, 11, 23))
    on_wednesday, on_monday = NOW - timedelta(days=2), NOW + timedelta(days=3)

    assert name(friday) == name(wednesday, at=on_wednesday)
    assert name(friday) != name(monday, at=on_monday)
    assert name(friday) != name(replace(friday, warnings=("The Bridge: it answered 503.",)))
    assert name(friday, MailWhen.DAILY) != name(wednesday, MailWhen.DAILY, on_wednesday)


def test_what_no_later_run_tells_again_is_told_though_it_is_like_what_was_told_before() -> None:
    one = replace(SENT, news=True, warnings=("12 bounces are on hold.",))

    assert name(one) == name(one)
    assert name(one) != name(replace(one, warnings=("13 bounces are on hold.",)))


def test_an_issue_on_its_way_does_not_keep_back_that_the_other_edition_is_there() -> None:
    on_its_way, week = replace(SENT, state=RunState.UNFINISHED), replace(SENT, edition=WEEKLY_EDITION)

    assert letter(on_its_way, MailWhen.DAILY) is None
    assert letter(replace(on_its_way, weekly=week), MailWhen.DAILY) is not None


@pytest.mark.parametrize(
    ("report", "well"),
    [
        (SENT, True),
        (HELD, False),
        (replace(SENT, weekly=replace(HELD, edition=WEEKLY_EDITION)), False),
        (replace(SENT, state=RunState.UNFINISHED), True),
        (replace(SENT, state=RunState.UNFINISHED, is_stuck=True), False),
        (replace(HELD, state=RunState.NOT_DUE, weekly=replace(SENT, state=RunState.UNFINISHED, is_stuck=True)), False),
        (replace(SENT, state=RunState.UNFINISHED, warnings=("The Lantern: 503.",)), True),
    ],
)
def test_a_monitor_is_told_whether_it_went_well(report: RunReport, *, well: bool) -> None:
    assert well == went_well(report)


def test_a_webhook_gets_every_report_that_is_not_quiet() -> None:
    made = call_about(SENT, TOLD, at=NOW)

    assert made is not None
    told = json.loads(made.content)
    assert (told["newsletter"], told["at"], told["state"]) == ("daily-lantern", "2026-11-20T17:05:00+00:00", "sent")
    assert told["text"].splitlines()[:2] == [
        "The Daily Lantern: Sent: the issue of Friday 20 November 2026.",
        "“The day”, 0 pieces, 0 left out.",
    ]
    assert SENT.to_json().items() <= told.items()
    assert call_about(RunReport(state=RunState.NOT_DUE), TOLD, at=NOW) is None


def test_nobodys_whole_address_stands_in_what_logs_and_chat_rooms_keep() -> None:
    held = replace(
        HELD, because="Line 3: ada.marsh+x@news.example.org is there twice.", warnings=("“zoë@bücher.example”",)
    )

    written = document(held, TOLD, at=NOW)
    assert "ada.marsh" not in written
    assert "a…@news.example.org is there twice" in json.loads(written)["because"]
    assert ["“z…@bücher.example”"] == json.loads(written)["warnings"]
    assert "\n" not in written
