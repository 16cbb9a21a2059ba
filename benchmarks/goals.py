"""What is asked of the throughput, and whether it was met. A goal that was not measured in a run is not mentioned."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.senders import BUILT, FAST, READY, SAFE, SOURCE
from benchmarks.throughput import Measure, ratios


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """At least so many times as fast as another, in one case."""

    sink: str
    size: str
    connections: int
    least: float
    sender: str = SAFE
    to: str = SOURCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A goal and what was measured."""

    what: str
    wanted: str
    found: str
    met: bool


GOALS = (
    Goal(sink="smtp-sink", size="45 KB", connections=1, least=0.55),
    Goal(sink="smtp-sink", size="45 KB", connections=1, least=0.9, sender=FAST),
    Goal(sink="smtp-sink", size="45 KB", connections=4, least=1.0),
    Goal(sink="smtp-sink", size="45 KB", connections=16, least=1.0),
    Goal(sink="smtp-sink", size="10 KB", connections=1, least=0.55),
    Goal(sink="smtp-sink", size="10 KB", connections=1, least=0.9, sender=FAST),
    Goal(sink="smtp-sink", size="10 KB", connections=16, least=1.2),
    Goal(sink="fast sink", size="45 KB", connections=16, least=0.5),
    Goal(sink="fast sink", size="10 KB", connections=16, least=0.5),
    Goal(sink="latency sink, 10 ms", size="10 KB", connections=4, least=3.3),
    Goal(sink="latency sink, 10 ms", size="10 KB", connections=16, least=3.3),
    Goal(sink="Postfix", size="45 KB", connections=1, least=0.95),
    Goal(sink="Postfix", size="45 KB", connections=4, least=0.95),
    Goal(sink="Postfix", size="45 KB", connections=8, least=0.95),
    Goal(sink="smtp-sink", size="45 KB", connections=16, least=2.5, to=READY),
    Goal(sink="smtp-sink", size="45 KB", connections=16, least=25, to=BUILT),
)
#: Microseconds of the sender's CPU a message, journal included, into smtp-sink over 16 connections.
CPU_GOALS = {"45 KB": 140, "10 KB": 90}


def judged(measures: Sequence[Measure]) -> list[Judgement]:
    """Every goal that this run has something to say about."""
    return [*_speeds(measures), *_cpus(measures)]


def _speeds(measures: Sequence[Measure]) -> list[Judgement]:
    cases = {each.case: (each.case.sink, each.case.size, each.case.connections) for each in measures}
    judgements = []
    for goal in GOALS:
        case = next((case for case, where in cases.items() if where == (goal.sink, goal.size, goal.connections)), None)
        found = ratios(measures, case, goal.sender, goal.to) if case is not None else []
        if case is not None and found:
            ratio = median(found)
            judgements.append(
                Judgement(
                    what=f"{case.sink}, {case.size}, connections: {case.connections}: {goal.sender}, against {goal.to}",
                    wanted=f"≥ {goal.least:g} x",
                    found=f"{ratio:.2f} x",
                    met=ratio >= goal.least,
                )
            )
    return judgements


def _cpus(measures: Sequence[Measure]) -> list[Judgement]:
    judgements = []
    for size, most in CPU_GOALS.items():
        found = [
            each.sent.cpu / each.sent.messages * 1e6
            for each in measures
            if (each.case.sink, each.case.size, each.case.connections) == ("smtp-sink", size, 16)
            and each.sender == SAFE
        ]
        if found:
            judgements.append(
                Judgement(
                    what=f"smtp-sink, {size}, connections: 16: CPU of {SAFE}, a message",
                    wanted=f"≤ {most} µs",
                    found=f"{median(found):.0f} µs",
                    met=median(found) <= most,
                )
            )
    return judgements
