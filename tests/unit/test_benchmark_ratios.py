"""Ratios are taken within a round; medians of them are what the tables show."""

import pytest

from benchmarks.goals import judged
from benchmarks.reading import Finding, Readings
from benchmarks.senders import ED25519, SAFE, SOURCE, Sent
from benchmarks.signing import CASES as SIGNED_CASES
from benchmarks.signing import costs
from benchmarks.tables import reading_table, scale_table, signing_table, throughput_table
from benchmarks.throughput import CASES, Case, Findings, Measure, lines, ratios

_CASE = next(case for case in CASES if case.name == "smtp-sink, 45 KB, 4")


def _measure(sender: str, number: int, rate: float, *, case: Case = _CASE, cpu: float = 0.1) -> Measure:
    sent = Sent(messages=1000, seconds=1000 / rate, whole_seconds=2000 / rate, cpu=cpu, whole_cpu=2 * cpu)
    return Measure(case=case, sender=sender, round=number, sent=sent, sink_cpu=0.2, octets=None)


#: A machine that was half as fast in the second round, and a sender that failed in the third.
_MEASURES = [
    _measure(SOURCE, 1, 4000),
    _measure(SAFE, 1, 4400),
    _measure(SOURCE, 2, 2000),
    _measure(SAFE, 2, 2400),
    _measure(SOURCE, 3, 4000),
]


def test_a_ratio_is_taken_within_its_round() -> None:
    assert ratios(_MEASURES, _CASE, SAFE, SOURCE) == pytest.approx([1.1, 1.2])


def test_a_line_has_the_median_of_the_ratios_not_the_ratio_of_the_medians() -> None:
    line = next(each for each in lines(_MEASURES) if each.sender == SAFE)
    assert line.ratio == pytest.approx((1.15, 1.1, 1.2))
    assert (line.rounds, line.rate, line.whole_rate) == pytest.approx((2, 3400, 1700))
    assert (line.cpu, line.whole_cpu, line.sink_cpu) == pytest.approx((100, 200, 200))


def test_a_goal_is_judged_by_that_median_and_not_met_below_it() -> None:
    assert [(each.found, each.met) for each in judged(_MEASURES)] == [("1.15 x", True)]
    slow = [_measure(SOURCE, 1, 4000), _measure(SAFE, 1, 3999)]
    assert [each.met for each in judged(slow)] == [False]


def test_the_cpu_goal_is_of_the_sending_in_microseconds_a_message() -> None:
    case = next(case for case in CASES if case.name == "smtp-sink, 45 KB, 16")
    found = judged([_measure(SAFE, 1, 4000, case=case, cpu=0.150)])
    assert [(each.wanted, each.found, each.met) for each in found] == [("≤ 140 µs", "150 µs", False)]


def test_the_table_names_what_was_measured_and_nothing_else() -> None:
    table = throughput_table(Findings(measures=_MEASURES))
    assert "| 45 KB | 4 | roundup, journal safe | 1,000 | 3,400 | 1.15 (1.10–1.20) |" in table
    assert "Postfix" not in table
    assert scale_table([]).count("\n") > 1


def test_a_reading_is_judged_by_the_median_of_its_ratios() -> None:
    slow = Finding(what="slow", took=[1.0, 9.0, 2.1], against=[1.0, 10.0, 2.0], most=1.0)
    good = Finding(what="good", took=[1.0, 1.0, 5.0], against=[2.0, 2.0, 2.0], most=0.5)
    free = Finding(what="free", took=[3.0], against=[1.0], most=None)
    assert [(each.met, sorted(each.ratios)) for each in (slow, good, free)] == [
        (True, [0.9, 1.0, 1.05]),
        (True, [0.5, 0.5, 2.5]),
        (None, [3.0]),
    ]
    table = reading_table(Readings(findings=[slow, good, free], waiting=["the folder: not yet"]))
    assert "| slow | 3 | 2.1 | 2 | 1.000 (0.900–1.050) | ≤ 1 | yes |" in table
    assert "| free | 1 | 3 | 1 | 3.000 (3.000–3.000) | – | – |" in table
    assert "Waiting: the folder: not yet." in table


def test_a_reading_above_its_goal_is_told() -> None:
    missed = Finding(what="missed", took=[1.2, 1.3], against=[1.0, 1.0], most=1.0)
    assert missed.met is False
    assert "| ≤ 1 | **no** |" in reading_table(Readings(findings=[missed]))


def test_what_signing_costs_is_told_beside_the_unsigned_delivery_of_its_round() -> None:
    case = SIGNED_CASES[0]
    rates = ((SAFE, 1, 4000), (ED25519, 1, 3800), (SAFE, 2, 2000), (ED25519, 2, 1700))
    found = costs(Findings(measures=[_measure(sender, number, rate, case=case) for sender, number, rate in rates]))

    assert [(SAFE, 2), (ED25519, 2)] == [(each.sender, each.rounds) for each in found]
    assert found[1].ratio == pytest.approx((0.9, 0.85, 0.95))
    assert "| signed: Ed25519 | 2 | 2,750 | 0.90 (0.85–0.95) | ≥ 0.9 |" in signing_table(found)
