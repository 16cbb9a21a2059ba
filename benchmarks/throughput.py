"""How fast messages go: every case, every sender, round by round.

A case is a sink, a message size and a number of connections. In each round the cases come in a shuffled order, and
within each case its senders do, so that whatever else the machine does falls on all of them alike. Of each sender's
rate the ratio to that of smtp-source *in the same case and the same round* is taken; the tables show the median of
these ratios, with the lowest and the highest. Ratios and CPU per message are what to quote: messages a second are
those of one machine on one day.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.senders import BUILT, FAST, PROBE, READY, SAFE, SENDERS, SOURCE, Bench, Errand, Sent
from benchmarks.sinks import SINKS, missing

SIZES = {"10 KB": 10_000, "45 KB": 45_000}
_OURS = (SOURCE, SAFE, FAST)
#: The probe shows what the delay alone allows and, with no delay, what the sink itself can take.
_FAR = (SOURCE, SAFE, PROBE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where messages go, which, over how many connections, and who sends them."""

    sink: str
    size: str
    connections: int
    senders: tuple[str, ...] = _OURS
    #: The share of the people that a round mails here: slow sinks would take an hour.
    share: float = 1.0
    #: The share of that again for smtp-source, where it takes four times as long as we do.
    source_share: float = 1.0

    @property
    def name(self) -> str:
        """As it is chosen with --only."""
        return f"{self.sink}, {self.size}, {self.connections}"


CASES: tuple[Case, ...] = (
    Case(sink="smtp-sink", size="45 KB", connections=1),
    Case(sink="smtp-sink", size="45 KB", connections=4),
    Case(
        sink="smtp-sink",
        size="45 KB",
        connections=16,
        senders=(*_OURS, READY, BUILT, "Django mail", "nodemailer pool"),
    ),
    Case(sink="smtp-sink", size="10 KB", connections=1),
    Case(sink="smtp-sink", size="10 KB", connections=16),
    Case(sink="fast sink", size="45 KB", connections=16),
    Case(sink="fast sink", size="10 KB", connections=16),
    Case(sink="latency sink, 10 ms", size="10 KB", connections=4, senders=_FAR, source_share=0.05),
    Case(sink="latency sink, 10 ms", size="10 KB", connections=16, senders=_FAR, source_share=0.2),
    Case(sink="latency sink, no delay", size="10 KB", connections=4, senders=_FAR, share=0.25),
    Case(sink="latency sink, no delay", size="10 KB", connections=16, senders=_FAR, share=0.25),
    *(
        Case(sink="Postfix", size="45 KB", connections=connections, senders=(SOURCE, SAFE), share=0.25)
        for connections in (1, 4, 8, 16)
    ),
    Case(sink="stunnel + smtp-sink, TLS", size="45 KB", connections=16, senders=(SAFE, READY)),
    Case(sink="stunnel + smtp-sink, STARTTLS", size="45 KB", connections=16, senders=(SAFE, READY)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One sender in one case in one round."""

    case: Case
    sender: str
    round: int
    sent: Sent
    #: Seconds of CPU of the sink.
    sink_cpu: float
    #: Octets of a message, where the sink counted them.
    octets: float | None

    @property
    def rate(self) -> float:
        """Messages a second of the sending."""
        return self.sent.messages / self.sent.seconds


@dataclass(slots=True)
class Findings:
    """Everything that was measured, and what could not be."""

    measures: list[Measure] = field(default_factory=list)
    #: A sentence each: what is missing on this machine, and what went wrong.
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One sender in one case: medians over the rounds."""

    case: Case
    sender: str
    messages: int
    rounds: int
    rate: float
    whole_rate: float
    #: Median, lowest and highest of the rounds' ratios to smtp-source; None: it was not measured here.
    ratio: tuple[float, float, float] | None
    #: Microseconds of CPU a message: of the sending, of the whole process, and of the sink.
    cpu: float
    whole_cpu: float
    sink_cpu: float
    #: The share of a core that the sink used while messages went; near 1, a sink of one thread was the limit.
    sink_busy: float


def reasons_missing(cases: Iterable[Case], bench: Bench) -> dict[str, str]:
    """What cannot be measured here -> why."""
    sinks = {case.sink: missing(case.sink) for case in cases}
    parts = {name: where for name, where in bench.installed.items() if isinstance(where, str)}
    return {name: why for name, why in (*sinks.items(), *parts.items()) if why}


def measure(
    bench: Bench, cases: Sequence[Case], *, people: int, rounds: int, seed: int, tell: Callable[[str], None]
) -> Findings:
    """Run everything that can be run here. `tell` hears a line after each measurement. What fails is noted, and the
    others go on: an hour's numbers are not thrown away for one."""
    order = random.Random(seed)
    without = reasons_missing(cases, bench)
    possible = [case for case in cases if case.sink not in without]
    findings = Findings(failures=[f"{name}: {why}" for name, why in without.items()])
    for number in range(1, rounds + 1):
        for case in order.sample(possible, len(possible)):
            senders = [name for name in case.senders if SENDERS[name].installed not in without]
            for sender in order.sample(senders, len(senders)):
                what = f"round {number}/{rounds}: {case.name}: {sender}"
                try:
                    one = _measure(bench, case, sender, people=people, number=number)
                except (RuntimeError, OSError, ValueError) as error:
                    findings.failures.append(f"{what}: {error}")
                    tell(findings.failures[-1])
                    continue
                findings.measures.append(one)
                tell(f"{what}: {one.rate:,.0f}/s")
    return findings


def _measure(bench: Bench, case: Case, sender: str, *, people: int, number: int) -> Measure:
    way = SENDERS[sender]
    share = case.share * way.share * (case.source_share if sender == SOURCE else 1.0)
    messages = max(case.connections, round(people * share))
    with SINKS[case.sink](bench.work) as sink:
        sent = way.send(
            Errand(
                bench=bench,
                sink=sink,
                mail=bench.mails[case.size],
                connections=case.connections,
                messages=messages,
            )
        )
        took = sink.finish()
    if took.messages not in (None, messages):
        raise RuntimeError(f"{case.name}: {sender} says {messages}, the sink counted {took.messages}")
    octets = took.octets / messages if took.octets is not None else None
    return Measure(case=case, sender=sender, round=number, sent=sent, sink_cpu=took.cpu, octets=octets)


def lines(measures: Sequence[Measure]) -> list[Line]:
    """The table's lines, in the order of the cases and their senders."""
    return [
        _line(found, measures)
        for case in CASES
        for sender in case.senders
        if (found := [each for each in measures if each.case == case and each.sender == sender])
    ]


def ratios(measures: Sequence[Measure], case: Case, sender: str, to: str) -> list[float]:
    """Round by round: one sender's rate to another's, in the same case."""
    rates = {(each.sender, each.round): each.rate for each in measures if each.case == case}
    rounds = sorted({number for name, number in rates if name == sender and (to, number) in rates})
    return [rates[sender, number] / rates[to, number] for number in rounds]


def _line(found: Sequence[Measure], measures: Sequence[Measure]) -> Line:
    case, sender = found[0].case, found[0].sender
    to_source = ratios(measures, case, sender, SOURCE)
    per_message = [1e6 / each.sent.messages for each in found]
    return Line(
        case=case,
        sender=sender,
        messages=found[0].sent.messages,
        rounds=len(found),
        rate=median(each.rate for each in found),
        whole_rate=median(each.sent.messages / each.sent.whole_seconds for each in found),
        ratio=(median(to_source), min(to_source), max(to_source)) if to_source else None,
        cpu=median(each.sent.cpu * unit for each, unit in zip(found, per_message, strict=True)),
        whole_cpu=median(each.sent.whole_cpu * unit for each, unit in zip(found, per_message, strict=True)),
        sink_cpu=median(each.sink_cpu * unit for each, unit in zip(found, per_message, strict=True)),
        sink_busy=median(each.sink_cpu / each.sent.seconds for each in found),
    )
