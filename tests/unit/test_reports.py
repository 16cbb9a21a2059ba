"""What a run tells: in JSON, in lines, and by its exit code (plan §2.2)."""

from dataclasses import replace
from datetime import date

import pytest

from roundup.journal import Tally
from roundup.model import DeliveryState
from roundup.reports import RunReport, RunState, SourceRead
from tests.builders import LONDON, in_london

TALLY = Tally(
    candidates=9,
    excluded={"left": 2, "cadence": 1},
    deliveries={DeliveryState.REFUSED: 1, DeliveryState.ACCEPTED: 5},
    resent=1,
)
SENT = RunReport(
    state=RunState.SENT, issue=date(2026, 11, 20), fingerprint="f" * 64, subject="The day", pieces=3, left_out=2,
    omissions={"more": 1, "too-old": 1}, read=(SourceRead(name="The Lantern", state="ok", found=1200, new=3),),
    tally=TALLY, seconds=2.34567, delivery_seconds=2.0, offered=5, warnings=("One source is stale.",),
    next_due=in_london("2026-11-23 17:00"),
)  # fmt: skip


def test_json_has_every_key_of_the_contract() -> None:
    assert {
        "issue": "2026-11-20",
        "state": "sent",
        "because": "",
        "fingerprint": "f" * 64,
        "subject": "The day",
        "pieces": 3,
        "left_out": 2,
        "left_out_as": {"more": 1, "too-old": 1},
        "sources": [{"name": "The Lantern", "state": "ok", "found": 1200, "new": 3}],
        "candidates": 9,
        "excluded": {"cadence": 1, "left": 2},
        "deliveries": {"accepted": 5, "refused": 1},
        "resent": 1,
        "seconds": 2.346,
        "messages_per_second": 2.5,
        "warnings": ["One source is stale."],
        "next_due": "2026-11-23T17:00:00+00:00",
    } == SENT.to_json()


def test_the_numbers_in_json_add_up() -> None:
    told = SENT.to_json()

    assert told["candidates"] == sum(told["excluded"].values()) + sum(told["deliveries"].values())


def test_json_of_a_run_without_an_issue_has_the_same_keys() -> None:
    told = RunReport(state=RunState.NOT_DUE).to_json()

    assert SENT.to_json().keys() == told.keys()
    assert (None, 0, {}, 0.0) == (told["issue"], told["candidates"], told["deliveries"], told["messages_per_second"])


EXITS = {
    RunState.FAILED: 1, RunState.HELD: 3, RunState.MISSED: 3, RunState.AWAITING_APPROVAL: 3, RunState.UNFINISHED: 4,
}  # fmt: skip


@pytest.mark.parametrize("state", RunState)
def test_exit_codes(state: RunState) -> None:
    assert EXITS.get(state, 0) == RunReport(state=state).exit_code


QUIET = {RunState.NOT_DUE, RunState.ALREADY_SENT, RunState.NOTHING_NEW, RunState.RUNNING}

QUIET_UNCHANGED = {
    RunState.HELD,
    RunState.MISSED,
    RunState.TOO_FEW,
    RunState.SKIPPED,
    RunState.FAILED,
    RunState.AWAITING_APPROVAL,
}


@pytest.mark.parametrize("state", RunState)
def test_quiet_tells_nothing_of_what_a_crontab_meets_all_day(state: RunState) -> None:
    report = RunReport(state=state)

    assert (state in QUIET) == report.is_quiet
    assert (state in QUIET | QUIET_UNCHANGED) == replace(report, unchanged=True).is_quiet
    assert not replace(report, unchanged=True, news=True).is_quiet


def test_the_lines_say_the_outcome_first_and_then_what_must_be_known() -> None:
    assert [
        "Sent: the issue of Friday 20 November 2026.",
        "“The day”, 3 pieces, 2 left out.",
        "Left out: 1 by title only, under “More”, 1 too old.",
        "Read: 1 source with 1,200 pieces (3 not seen before).",
        "9 subscribers: 5 accepted, 1 refused.",
        "Not mailed: 1 on the other edition only (daily or weekly), 2 left.",
        (
            "1 message offered a second time, because the line broke before an answer came: this person may have two "
            "copies, with one Message-ID."
        ),
        "The run took 2.3 s, 5 messages were answered, 2 a second.",
        "Warning: One source is stale.",
        "The next issue is due on Monday 23 November 2026 at 17:00.",
    ] == SENT.lines(LONDON)


@pytest.mark.parametrize(("count", "told"), [(1, "1 person unknown: "), (2, "2 people unknown: ")])
def test_who_stays_in_doubt_is_told(count: int, told: str) -> None:
    tally = Tally(candidates=count, deliveries={DeliveryState.UNKNOWN: count})

    assert any(line.startswith(told) for line in replace(SENT, tally=tally).lines(LONDON))


def test_sums_that_do_not_add_up_are_shouted() -> None:
    lost = replace(SENT, tally=replace(TALLY, candidates=10))

    assert any("THE SUMS DO NOT ADD UP" in line for line in lost.lines(LONDON))


def test_one_piece_and_one_subscriber_are_singular() -> None:
    one = replace(SENT, pieces=1, tally=Tally(candidates=1, deliveries={DeliveryState.ACCEPTED: 1}), warnings=())

    assert ["“The day”, 1 piece, 2 left out.", "1 subscriber: 1 accepted."] == one.lines(LONDON)[1:5:3]


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("issue", [None, date(2026, 11, 20)])
def test_every_state_has_a_headline_that_is_a_sentence(state: RunState, issue: date | None) -> None:
    (headline,) = RunReport(state=state, issue=issue).lines(LONDON)

    assert headline.endswith((".", "!"))
    assert "  " not in headline
    assert "2026 A" not in headline


@pytest.mark.parametrize("main", [RunState.NOT_DUE, RunState.SENT, RunState.HELD])
@pytest.mark.parametrize("weekly", [RunState.NOT_DUE, RunState.SENT, RunState.HELD])
@pytest.mark.parametrize("whose", ["main", "weekly"])
def test_what_no_later_run_tells_is_told_whichever_edition_it_is_of(
    main: RunState, weekly: RunState, whose: str
) -> None:
    day = RunReport(state=main, unchanged=True, warnings=("once",), news=whose == "main")
    week = RunReport(state=weekly, unchanged=True, warnings=("of the week",), news=whose == "weekly")
    both = day.beside(week)

    assert not both.is_quiet
    assert {"once", "of the week"} <= {warning for each in (both, both.weekly) if each for warning in each.warnings}
