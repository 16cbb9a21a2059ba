"""Power cuts at every write, through the real store: `python -m tests.torture.powercuts` cuts 5,000 times.

Each trial is a story of the daily job told by `cutting` on a disk that `powercut.c` makes: the power goes at one write
(in every other story at some of the following runs, too), and the next run finds what such a disk may then hold. The
writes are first counted in runs without a cut, and the first cuts are spread evenly over all of them, for each way of
losing what was pending. A journal and a disk that promise less are tried as well: a bench that cannot fail proves
nothing.
"""

import argparse
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.torture.cutting import Trial, Verdict, World
from tests.torture.figures import table

_ROOT = Path(__file__).resolve().parents[2]
_SEED = 20261121
#: With which probability each pending write is kept, and whether it may be torn: see `powercut.c`.
_LOSSES = ((0.0, False), (1.0, False), (0.5, False), (0.5, True), (0.0, True))
#: The most even way of spreading points over a line: multiples of the golden ratio.
_GOLDEN = 0.6180339887498949
_COUNTED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A story and its end."""

    world: World
    trial: Trial
    verdict: Verdict

    @property
    def faults(self) -> list[str]:
        """What was promised and not held."""
        end = self.verdict
        faults = [*end.corrupt]
        if end.ended not in {"sent", "already-sent"}:
            faults.append(f"it ended as {end.ended}: {end.because}")
        elif not end.adds_up:
            faults.append("the sums do not add up")
        if end.missing_and_not_listed:
            faults.append(f"{end.missing_and_not_listed} people have nothing, and nobody is told")
        if not end.same_numbers:
            faults.append("a second copy has a Message-ID of its own")
        return faults + (self._faults_of_holding() if self.world.in_doubt == "hold" else self._faults_of_resending())

    def _faults_of_holding(self) -> list[str]:
        return [f"{self.verdict.twice} people have it twice"] if self.verdict.twice else []

    def _faults_of_resending(self) -> list[str]:
        end, faults = self.verdict, []
        # Who was in doubt at each of two cuts is not offered a third time: that is said, and no fault.
        if end.missing_and_listed and end.cuts == 1:
            faults.append(f"{end.missing_and_listed} people have nothing")
        if end.extra > self.world.lines * end.cuts:
            faults.append(f"{end.extra} extra copies of {self.world.lines} lines after {end.cuts} cuts")
        if end.extra > end.resent:
            faults.append(f"{end.extra} extra copies, and {end.resent} are told")
        return faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How many writes the runs had that were counted: a commit serves as many lines as have something to write down,
    so the busier the machine, the fewer."""

    least: int
    most: int

    @property
    def far_enough(self) -> int:
        """The last write to cut at: some runs are longer than those that were counted."""
        return self.most * 5 // 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many writes there are to be cut, by where a story begins: with a frozen issue, or with an empty disk."""

    frozen: Span
    empty: Span

    def of(self, *, frozen: bool) -> Span:
        """The number for one beginning."""
        return self.frozen if frozen else self.empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All stories of one world."""

    world: World
    reach: Reach
    told: Sequence[Told]

    @property
    def faulty(self) -> list[Told]:
        """The stories in which a promise was not held."""
        return [each for each in self.told if each.faults]

    def writes_cut(self, *, frozen: bool) -> set[int]:
        """At which writes of a first run the power went at least once."""
        return {each.trial.cuts[0] for each in self.told if each.verdict.cuts and each.trial.frozen == frozen}

    def _coverage(self, *, frozen: bool) -> str:
        cut, span = self.writes_cut(frozen=frozen), self.reach.of(frozen=frozen)
        first = len(cut & set(range(1, span.least + 1)))
        return f"{first} of the first {span.least}, and {len(cut) - first} further on (runs counted: to {span.most})"

    def figures(self) -> dict[str, object]:
        """What is published."""
        ends = [each.verdict for each in self.told]
        people = self.world.people
        return {
            "in_doubt": self.world.in_doubt,
            "journal": self.world.journal + (", and a disk that ignores fsync" if self.world.careless else ""),
            "cuts": sum(end.cuts for end in ends),
            "stories": len(ends),
            "stories first cut while mail was going out": sum(0 < end.taken_at_cut < people for end in ends),
            "writes cut, of a run that begins frozen": self._coverage(frozen=True),
            "writes cut, of a whole run": self._coverage(frozen=False),
            "database damaged": sum(bool(end.corrupt) for end in ends),
            "not brought to an end": sum(end.ended not in {"sent", "already-sent"} for end in ends),
            "sums that do not add up": sum(not end.adds_up for end in ends),
            "stories with somebody mailed twice": sum(end.twice > 0 for end in ends),
            "people mailed twice": sum(end.twice for end in ends),
            "extra copies": sum(end.extra for end in ends),
            "most extra copies per cut": max((end.extra / end.cuts for end in ends if end.cuts), default=0),
            "missing and listed": sum(end.missing_and_listed for end in ends),
            "missing and not listed": sum(end.missing_and_not_listed for end in ends),
            "listed though they have it": sum(end.listed_and_had for end in ends),
            "stories with a broken promise": len(self.faulty),
        }


def missing_parts() -> str:
    """What the bench lacks on this machine; empty: nothing."""
    if not sys.platform.startswith("linux"):
        return "it needs Linux"
    if _compiler() is None:
        return "it needs a C compiler (gcc)"
    return ""


def _compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


def compiled(folder: Path, name: str = "powercut") -> Path:
    """The disk, or another library that lies beside it, compiled."""
    library = folder / f"{name}.so"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-U_FORTIFY_SOURCE", "-shared", "-fPIC", "-pthread"]
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([str(_compiler()), *flags, "-o", str(library), str(source)], check=True)
    return library


class _Teller:
    """A process that tells stories."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, trial: Trial) -> Verdict:
        """One story."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(trial)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that cuts the power has ended; see above")
        return Verdict(**json.loads(line))


@contextmanager
def _a_teller(library: Path, folder: Path, world: World) -> Iterator[_Teller]:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.torture.cutting", str(folder), json.dumps(asdict(world))]
    # No line is encrypted here, so the machine's certificates need not be read by each: a third of the time.
    without_certificates = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}
    environment = {**os.environ, **without_certificates, "LD_PRELOAD": str(library)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield _Teller(process)
        finally:
            # Its end comes with that of its input.
            assert process.stdin is not None
            process.stdin.close()


def cut(library: Path, folder: Path, world: World, *, cuts: int, tellers: int = 2, seed: int = _SEED) -> Outcome:
    """Tell stories of one world, by several processes at once, until the power went `cuts` times or a little more.
    `folder` is empty, or not there yet."""
    folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        several = [
            stack.enter_context(_a_teller(library, folder / f"teller{number}", world)) for number in range(tellers)
        ]
        with ThreadPoolExecutor(tellers) as pool:
            frozen, empty = pool.map(_counted, (several[0], several[-1]), (True, False))
            reach = Reach(frozen=frozen, empty=empty)
            evening = _Evening(world, planned(reach, seed=seed), cuts)
            list(pool.map(evening.listen, several))
    return Outcome(world=world, reach=reach, told=evening.told)


class _Evening:
    """Stories told by turns, until there were enough."""

    def __init__(self, world: World, trials: Iterator[Trial], cuts: int) -> None:
        self._world = world
        self._trials = trials
        self._wanted = cuts
        self._one_at_a_time = threading.Lock()
        self.told: list[Told] = []

    def listen(self, teller: "_Teller") -> None:
        """Hear what one of them has to tell."""
        while (trial := self._next()) is not None:
            told = Told(world=self._world, trial=trial, verdict=teller.tell(trial))
            with self._one_at_a_time:
                self.told.append(told)
                if len(self.told) % 250 == 0:
                    print(f"{len(self.told)} stories", file=sys.stderr, flush=True)

    def _next(self) -> Trial | None:
        with self._one_at_a_time:
            enough = sum(each.verdict.cuts for each in self.told) >= self._wanted
            return None if enough else next(self._trials)


def _counted(teller: _Teller, frozen: bool) -> Span:
    """How many writes a run has that is watched and not cut."""
    whole = Trial(frozen=frozen, cuts=(0,), keep=1.0, torn=False, seed=0)
    ends = [teller.tell(whole) for _ in range(_COUNTED)]
    if any(end.ended != "already-sent" or not end.operations for end in ends):
        raise RuntimeError(f"a run whose power is not cut must send, and be seen writing: {ends}")
    counts = [end.operations for end in ends]
    return Span(least=min(counts), most=max(counts))


def planned(reach: Reach, *, seed: int) -> Iterator[Trial]:
    """Stories without end. Their first cuts are spread evenly over all writes; four of five begin with a frozen issue.
    What is cut after that is mostly cut early: while the run makes good what the cut before did."""
    chance = random.Random(seed)  # noqa: S311 - fates, not secrets
    for number in itertools.count():
        frozen = number % 5 < 4
        turn = number // 5 * 4 + number % 5 if frozen else number // 5
        first = 1 + int(reach.of(frozen=frozen).far_enough * (turn * _GOLDEN % 1))
        again = (int(reach.frozen.most ** chance.random()) for _ in range(chance.choice((0, 0, 1, 2))))
        keep, torn = _LOSSES[turn % len(_LOSSES)]
        cuts = (first, *again)
        yield Trial(frozen=frozen, cuts=cuts, keep=keep, torn=torn, seed=chance.getrandbits(48))


#: What is promised, and how many of a hundred cuts it gets.
_PROMISED = ((World(in_doubt="hold"), 50), (World(in_doubt="resend"), 50))
#: What is not promised: the bench has to show it. Of a hundred cuts more.
_NOT_PROMISED = tuple(
    (replace(world, journal="fast", careless=careless), 1 if careless else 3)
    for careless in (False, True)
    for world, _ in _PROMISED
)


def main() -> int:
    """Everything, with a table. Exit code 1 if a promise was broken, or if none was where none is given."""
    parser = argparse.ArgumentParser(description="Cut the power at every write.")
    parser.add_argument("--cuts", type=int, default=5000, help="at least so many where something is promised")
    parser.add_argument("--seed", type=int, default=_SEED)
    parser.add_argument("--tellers", type=int, default=2, help="processes at once")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if missing := missing_parts():
        print(f"No power is cut: {missing}.", file=sys.stderr)
        return 1
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="powercuts-") as name:
        folder = Path(name)
        library = compiled(folder)
        for number, (world, share) in enumerate((*_PROMISED, *_NOT_PROMISED)):
            cuts = max(1, given.cuts * share // 100)
            there = folder / f"world{number}"
            outcomes.append(cut(library, there, world, cuts=cuts, tellers=given.tellers, seed=given.seed))
            print(json.dumps(outcomes[-1].figures()), file=sys.stderr, flush=True)
    figures = [outcome.figures() for outcome in outcomes]
    print(json.dumps(figures, indent=2) if given.json else table(figures))
    promised, others = outcomes[: len(_PROMISED)], outcomes[len(_PROMISED) :]
    for outcome in promised:
        for each in outcome.faulty[:20]:
            print(f"BROKEN: {each.world} {each.trial}: {'; '.join(each.faults)}", file=sys.stderr)
    return int(any(each.faulty for each in promised) or not all(each.faulty for each in others))


if __name__ == "__main__":
    sys.exit(main())
