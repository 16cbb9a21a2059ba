"""Findings as Markdown, ready for docs/performance.md."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from benchmarks.goals import judged
from benchmarks.reading import Readings
from benchmarks.scale import Growth
from benchmarks.signing import LEAST, Cost
from benchmarks.sinks import DELAY
from benchmarks.throughput import Findings, Line, lines


def throughput_table(findings: Findings) -> str:
    """A table for each sink, then the goals."""
    rows = lines(findings.measures)
    sinks = dict.fromkeys(line.case.sink for line in rows)
    parts = [_sink_table(sink, [line for line in rows if line.case.sink == sink]) for sink in sinks]
    goals = [
        (each.what, each.wanted, each.found, "yes" if each.met else "**no**") for each in judged(findings.measures)
    ]
    if goals:
        parts.append("### Goals\n\n" + table(("what", "wanted", "measured", "met"), goals))
    return "\n\n".join(parts)


_HEADING = (
    "size", "connections", "sender", "messages", "messages/s", "x smtp-source (lowest–highest)", "whole process /s",
    "CPU µs/message", "CPU µs, whole", "sink CPU µs (of a core)",
)  # fmt: skip


def _sink_table(sink: str, found: Sequence[Line]) -> str:
    limits = ""
    if sink == "latency sink, 10 ms":
        most = ", ".join(
            f"{number / DELAY:,.0f} over {number}" for number in dict.fromkeys(line.case.connections for line in found)
        )
        limits = f"\n\nThe delay alone allows at most, one round trip a message: {most} connections."
    return f"### {sink}{limits}\n\n" + table(_HEADING, [_row(line) for line in found])


def _row(line: Line) -> tuple[str, ...]:
    ratio = "–" if line.ratio is None else "{:.2f} ({:.2f}–{:.2f})".format(*line.ratio)
    return (
        line.case.size,
        str(line.case.connections),
        line.sender,
        f"{line.messages:,}",
        f"{line.rate:,.0f}",
        ratio,
        f"{line.whole_rate:,.0f}",
        f"{line.cpu:,.0f}",
        f"{line.whole_cpu:,.0f}",
        f"{line.sink_cpu:,.0f} ({line.sink_busy:.0%})",
    )


def signing_table(found: Sequence[Cost]) -> str:
    """A line for each way of signing in each case."""
    rows = [
        (
            each.case.size,
            str(each.case.connections),
            each.sender,
            str(each.rounds),
            f"{each.rate:,.0f}",
            "{:.2f} ({:.2f}–{:.2f})".format(*each.ratio),
            f"≥ {LEAST[each.sender]:g}" if each.sender in LEAST else "–",
            f"{each.cpu:,.0f}",
        )
        for each in found
    ]
    unsigned = "x unsigned (lowest–highest)"
    return table(("size", "connections", "sender", "rounds", "messages/s", unsigned, "wanted", "CPU µs/message"), rows)


def failures_list(failures: Sequence[str]) -> str:
    """What was not measured, and why."""
    return "\n".join(f"- {' '.join(each.split())}" for each in failures)


def reading_table(readings: Readings) -> str:
    """A line for each ratio, and what could not be measured."""
    rows = [
        (
            each.what,
            str(len(each.ratios)),
            f"{median(each.took):.3g}",
            f"{median(each.against):.3g}",
            f"{median(each.ratios):.3f} ({min(each.ratios):.3f}–{max(each.ratios):.3f})",
            "–" if each.most is None else f"≤ {each.most:g}",
            {True: "yes", False: "**no**", None: "–"}[each.met],
        )
        for each in readings.findings
    ]
    found = table(("what", "rounds", "seconds", "against", "ratio (lowest–highest)", "wanted", "met"), rows)
    return "\n".join([found, *(f"\nWaiting: {each}." for each in readings.waiting)])


def scale_table(grown: Sequence[Growth]) -> str:
    """A column of numbers for each list, and how much each grew beyond linear."""
    return table(
        ("", *(f"{each.people:,}" for each in grown)),
        [
            ("import: seconds", *(f"{each.import_seconds:.1f}" for each in grown)),
            ("import: peak memory, MB", *(f"{each.import_peak / 1e6:.0f}" for each in grown)),
            ("freeze: seconds", *(f"{each.freeze_seconds:.2f}" for each in grown)),
            ("delivery: seconds", *(f"{each.delivery_seconds:.1f}" for each in grown)),
            ("delivery: messages/s", *(f"{each.people / each.delivery_seconds:,.0f}" for each in grown)),
            ("whole run: seconds", *(f"{each.whole_seconds:.1f}" for each in grown)),
            ("whole run: CPU, µs a subscriber", *(f"{each.cpu:.0f}" for each in grown)),
            ("whole run: peak memory, MB", *(f"{each.peak / 1e6:.0f}" for each in grown)),
            ("database with the list, MB", *(f"{each.list_bytes / 1e6:.1f}" for each in grown)),
            ("database after the run, MB", *(f"{each.all_bytes / 1e6:.1f}" for each in grown)),
            ("journal: bytes a subscriber", *(f"{each.journal_bytes:.0f}" for each in grown)),
            ("leaving meanwhile: slowest, seconds", *(f"{each.leaving.slowest:.2f}" for each in grown)),
            ("leaving meanwhile: median, seconds", *(f"{each.leaving.usual:.3f}" for each in grown)),
            (
                "leaving meanwhile: asked / refused / lost",
                *(f"{each.leaving.asked} / {each.leaving.refused} / {each.leaving.lost}" for each in grown),
            ),
            ("freeze, beyond linear", *_growth(grown, [each.freeze_seconds for each in grown])),
            ("delivery, beyond linear", *_growth(grown, [each.delivery_seconds for each in grown])),
            ("journal, beyond linear", *_growth(grown, [each.all_bytes - each.list_bytes for each in grown])),
        ],
    )


def _growth(grown: Sequence[Growth], amounts: Sequence[float]) -> list[str]:
    """How the amount for each subscriber grew against the list before; 1.00: linear."""
    each_one = [amount / of.people for amount, of in zip(amounts, grown, strict=True)]
    return ["–", *(f"{after / before:.2f}" if before else "–" for before, after in pairwise(each_one))]


def table(heading: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    cells = [tuple(heading), *rows]
    ruler = "| " + " | ".join("---" for _ in cells[0]) + " |"
    written = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([written[0], ruler, *written[1:]])
