"""The command: measure, print the tables, write them to a file, and every single measurement beside it as JSON."""

import argparse
import dataclasses
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import (
    choosing,
    desk,
    helping,
    installing,
    machine,
    newsletters,
    reading,
    rendering,
    scale,
    serving,
    signing,
    tables,
    throughput,
)
from benchmarks.reading import Readings
from benchmarks.scale import Growth
from benchmarks.senders import SENDERS, Bench
from benchmarks.throughput import CASES, Case, Findings

_SENDING = ("throughput", "scale")
_OTHERS = ("reading", "choosing", "rendering", "serving", "desk", "dkim", "help")


@dataclasses.dataclass(slots=True)
class _Found:
    """What was measured so far."""

    findings: Findings = dataclasses.field(default_factory=Findings)
    signed: Findings = dataclasses.field(default_factory=Findings)
    grown: list[Growth] = dataclasses.field(default_factory=list)
    readings: Readings = dataclasses.field(default_factory=Readings)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2 rounds, 3,000 people, lists up to 10,000")
    parser.add_argument("--rounds", type=int, help="how often each sender sends in each case (5)")
    parser.add_argument("--people", type=int, help="subscribers of the throughput's newsletters (20,000)")
    parser.add_argument("--counts", help="lengths of the lists of the scale part (10000,100000,1000000)")
    parser.add_argument("--part", choices=(*_SENDING, *_OTHERS, "all"), default="all")
    parser.add_argument("--only", action="append", default=[], help='cases whose name has this: "fast sink, 10 KB"')
    parser.add_argument("--out", type=Path, default=Path("build/bench.md"), help="where the tables go")
    parser.add_argument("--work", type=Path, default=Path("build"), help="where newsletters are made: a real disk")
    parser.add_argument("--seed", type=int, default=1, help="of the order of cases and senders")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.people = options.people or (3_000 if options.quick else 20_000)
    given = options.counts or ("1000,10000" if options.quick else "10000,100000,1000000")
    options.counts = [int(number) for number in given.split(",")]
    return options


def _chosen(options: argparse.Namespace) -> list[Case]:
    cases = [case for case in CASES if not options.only or any(word in case.name for word in options.only)]
    if not cases:
        sys.exit("No case has such a name. There are:\n" + "\n".join(case.name for case in CASES))
    return cases


def _tell(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def _throughput(options: argparse.Namespace, work: Path, folder: Path, mails: dict[str, newsletters.Mail]) -> Findings:
    cases = _chosen(options)
    wanted = any(SENDERS[name].installed for case in cases for name in case.senders)
    bench = Bench(work=work, mails=mails, installed=installing.installed(folder) if wanted else {})
    return throughput.measure(bench, cases, people=options.people, rounds=options.rounds, seed=options.seed, tell=_tell)


def _written(facts: str, found: _Found, options: argparse.Namespace) -> str:
    parts, findings, grown = [facts], found.findings, found.grown
    if findings.measures:
        how = f"People: {options.people:,}; rounds: {options.rounds}."
        parts.append(f"## Throughput\n\n{how}\n\n{tables.throughput_table(findings)}")
    if grown:
        parts.append(f"## Large lists\n\n10 KB, fast sink, 16 connections.\n\n{tables.scale_table(grown)}")
    if found.signed.measures:
        how = f"smtp-sink, 16 connections, people: {options.people:,}."
        parts.append(f"## DKIM\n\n{how}\n\n{tables.signing_table(signing.costs(found.signed))}")
    if found.readings.findings or found.readings.waiting:
        parts.append(f"## Reading\n\n{tables.reading_table(found.readings)}")
    if failures := [*findings.failures, *found.signed.failures]:
        parts.append(f"## Not measured\n\n{tables.failures_list(failures)}")
    return "\n\n".join(parts) + "\n"


def _keep(options: argparse.Namespace, facts: str, found: _Found) -> str:
    """Write down what was found so far."""
    text = _written(facts, found, options)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")
    raw = {
        "throughput": [dataclasses.asdict(each) for each in found.findings.measures],
        "dkim": [dataclasses.asdict(each) for each in found.signed.measures],
        "scale": [dataclasses.asdict(each) for each in found.grown],
        "reading": [dataclasses.asdict(each) for each in found.readings.findings],
    }
    options.out.with_suffix(".json").write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    return text


def _sending(options: argparse.Namespace, work: Path, facts: str, found: _Found) -> str:
    """Both parts that send; the facts about what they sent."""
    mails = newsletters.sized(work, throughput.SIZES)
    facts += "".join(
        f"\n- {mail.name}: {mail.octets:,} octets on the wire, {mail.pieces} pieces" for mail in mails.values()
    )
    if options.part != "scale":
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            found.findings = _throughput(options, work, Path(folder), mails)
        _keep(options, facts, found)
    if options.part != "throughput":
        found.grown = scale.measure(work, mails["10 KB"], options.counts, connections=16, tell=_tell)
        found.findings.failures += [f"{count:,} subscribers" for count in options.counts[len(found.grown) :]]
        _keep(options, facts, found)
    return facts


def main() -> None:
    """Measure what is asked for. What was measured is kept even if a later part fails."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="bench-", dir=options.work)).resolve()
    found = _Found()
    try:
        facts = machine.described(work)
        if options.part in {"reading", "all"}:
            found.readings = reading.measure(work, rounds=options.rounds, quick=options.quick, tell=_tell)
        if options.part in {"choosing", "all"}:
            choosing.measure(found.readings, rounds=options.rounds, tell=_tell)
            _keep(options, facts, found)
        if options.part in {"rendering", "all"}:
            rendering.measure(found.readings, work, rounds=options.rounds, tell=_tell)
            _keep(options, facts, found)
        if options.part in {"serving", "all"}:
            serving.measure(found.readings, work, quick=options.quick, tell=_tell)
            _keep(options, facts, found)
        if options.part in {"desk", "all"}:
            desk.measure(found.readings, work, rounds=options.rounds, quick=options.quick, tell=_tell)
            _keep(options, facts, found)
        if options.part in {"dkim", "all"}:
            found.signed = signing.measured(
                work, people=options.people, rounds=options.rounds, seed=options.seed, tell=_tell
            )
            _keep(options, facts, found)
        if options.part in {"help", "all"}:
            helping.measure(found.readings, rounds=options.rounds, tell=_tell)
            _keep(options, facts, found)
        if options.part not in _OTHERS:
            facts = _sending(options, work, facts, found)
        print(_keep(options, facts, found))
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
