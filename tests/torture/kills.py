"""`kill -9` while an issue goes out, again and again: `python -m tests.torture.kills` kills 500 + 500 + 200 runs.

Each story is told by `killing`: a real `roundup run` is killed at a moment of its sending, its commits or its recovery,
and started again plainly, as cron would, until the issue is out. `resend` and `hold` mail into the counting sink, whose
ledger is written before its 250; `reconcile` into a real Postfix, counted in Dovecot's mailboxes.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.estate import missing_parts
from tests.torture.figures import table
from tests.torture.killing import SEED, Ending, Moment, World, the_people, told_by
from tests.torture.takers import Taker, a_sink_as_taker, an_estate_as_taker

#: Seconds from the end of a message to its 250: at the sink, and at most at Postfix.
_AT_SINK, _AT_POSTFIX = 0.1, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A story and its end."""

    world: World
    ending: Ending

    @property
    def copies(self) -> Counter[str]:
        """How many copies were taken for each address."""
        return Counter(address for address, _ in self.ending.lines)

    @property
    def extra(self) -> int:
        """How many copies too many."""
        return len(self.ending.lines) - len(self.copies)

    @property
    def bound(self) -> int:
        """How many copies too many `resend` may make."""
        return len(self.ending.kills) * self.world.lines

    @property
    def missing(self) -> set[str]:
        """Who has nothing."""
        return set(the_people(self.world)) - self.copies.keys()

    @property
    def listed(self) -> set[str]:
        """Whom the newsletter itself names as not having it, or perhaps not."""
        return {each["email"] for each in self.ending.shown["failed"]}

    @property
    def sums_add_up(self) -> bool:
        """Everybody = who was left out + the deliveries in each state; and each of these is as many as it should be."""
        shown, people = self.ending.shown, self.world.people
        sums = (shown["candidates"], shown["excluded"], sum(shown["deliveries"].values()))
        return sums == (people + 1, {"left": 1}, people)

    @property
    def same_numbers(self) -> bool:
        """Whether every copy of somebody's has the same Message-ID, and nobody else's."""
        numbers = {number for _, number in self.ending.lines}
        return len(set(self.ending.lines)) == len(self.copies) == len(numbers)

    @property
    def last_words(self) -> tuple[str, ...]:
        """Which figures of the last run's are not the issue's. One that found the issue out already has none."""
        report, shown = self.ending.report, self.ending.shown
        same = ("candidates", "excluded", "deliveries", "resent") if report["state"] == "sent" else ()
        return tuple(name for name in same if report[name] != shown[name])

    @property
    def damage(self) -> list[str]:
        """What SQLite found wrong, after each kill and at the end."""
        return [each for kill in self.ending.kills for each in kill.damage] + list(self.ending.damage)

    @property
    def most_in_doubt(self) -> int:
        """How many messages were being offered when a run was killed, at most."""
        return max((kill.in_doubt for kill in self.ending.kills), default=0)

    @property
    def faults(self) -> list[str]:
        """What was promised and not held."""
        states = set(self.ending.shown["deliveries"])
        laws = {
            f"{len(self.ending.kills)} kills, and {self.world.kills} were asked for": (
                len(self.ending.kills) == self.world.kills
            ),
            f"{len(self.missing - self.listed)} people have nothing, and nobody is told": self.missing <= self.listed,
            "somebody was mailed who had left": self.copies.keys() <= set(the_people(self.world)),
            f"the issue ended as {self.ending.shown['state']}": self.ending.shown["state"] == "sent",
            f"deliveries ended as {sorted(states)}": states <= {"accepted", "unknown"},
            "the sums do not add up": self.sums_add_up,
            f"the last run says otherwise than `issues show`: {self.last_words}": not self.last_words,
            f"the database is damaged: {self.damage[:3]}": not self.damage,
            "a second copy has a Message-ID of its own": self.same_numbers,
            f"{self.most_in_doubt} messages in doubt of {self.world.lines} lines": (
                self.most_in_doubt <= self.world.lines
            ),
            f"a run complained: {self.ending.complaints[:3]}": not self.ending.complaints,
        }
        of_policy = {"resend": self._of_resending, "hold": self._of_holding, "reconcile": self._of_reconciling}
        laws |= of_policy[self.world.in_doubt]()
        return [fault for fault, held in laws.items() if not held]

    def _of_resending(self) -> dict[str, bool]:
        """Who was in doubt twice is offered it no third time: that is said, and no fault."""
        resent = self.ending.shown["resent"]
        once = [each for each in self.missing if self.ending.doubts.get(each, 0) < 2]
        return {
            f"{self.extra} extra copies of {self.world.lines} lines": self.extra <= self.bound,
            f"{self.extra} extra copies, and {resent} are told": self.extra <= resent <= self.bound,
            "somebody has more than two copies": max(self.copies.values()) <= 2,
            f"{len(once)} people have nothing and were not offered it again": not once,
        }

    def _of_holding(self) -> dict[str, bool]:
        listed, unknown = len(self.listed), self.ending.shown["deliveries"].get("unknown", 0)
        return {
            f"{self.extra} extra copies": not self.extra,
            f"{self.ending.shown['resent']} messages are told to have been sent again": not self.ending.shown["resent"],
            f"{listed} people are listed, and {unknown} in doubt": listed == unknown,
        }

    def _of_reconciling(self) -> dict[str, bool]:
        return {
            f"{self.extra} extra copies": not self.extra,
            f"{self.ending.shown['resent']} messages are told to have been sent again": not self.ending.shown["resent"],
            f"{len(self.missing)} people have nothing": not self.missing,
            f"{len(self.listed)} people stayed in doubt": not self.listed,
        }

    def figures(self) -> dict[str, object]:
        """What is published."""
        ending, kills = self.ending, self.ending.kills
        moments = Counter(kill.moment for kill in kills)
        return {
            "in_doubt": self.world.in_doubt,
            "kills": len(kills),
            "of them at a commit": moments[Moment.COMMITTING],
            "of them while a run recovered": moments[Moment.RECOVERING],
            "of them with messages on their way": sum(kill.in_doubt > 0 for kill in kills),
            "runs that ended before they were killed": ending.ended_alone,
            "people": self.world.people,
            "connections": self.world.lines,
            "messages in doubt at kills": sum(kill.in_doubt for kill in kills),
            "most of them at one kill": self.most_in_doubt,
            "messages taken": len(ending.lines),
            "lost: neither taken nor listed": len(self.missing - self.listed),
            "missing and listed": len(self.missing & self.listed),
            "listed though they have it": len(self.listed - self.missing),
            "extra copies": self.extra,
            "kills × connections": self.bound,
            "most copies of one person": max(self.copies.values(), default=0),
            "resent, as the report says": ending.shown["resent"],
            "sums add up": _yes(self.sums_add_up),
            "integrity_check after each kill": "; ".join(self.damage[:3]) or "ok",
            "one Message-ID a person": _yes(self.same_numbers),
            "seconds": round(ending.seconds),
            "promises broken": len(self.faults),
        }


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "NO"


def killed(folder: Path, world: World) -> Outcome:
    """Tell the story of one world in a folder that is empty, or not there yet."""
    folder.mkdir(exist_ok=True)
    with _a_taker(folder, world) as taker:
        return Outcome(world=world, ending=told_by(folder, world, taker))


def _a_taker(folder: Path, world: World) -> AbstractContextManager[Taker]:
    if world.in_doubt == "reconcile":
        return an_estate_as_taker(latency=world.latency)
    return a_sink_as_taker(folder, latency=world.latency)


def _long_form(given: argparse.Namespace) -> Iterator[World]:
    for in_doubt in given.policies:
        real = in_doubt == "reconcile"
        yield World(
            in_doubt=in_doubt,
            people=given.people // 10 if real else given.people,
            lines=given.connections,
            kills=given.kills * 2 // 5 if real else given.kills,
            latency=_AT_POSTFIX if real else _AT_SINK,
            seed=given.seed,
        )


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill runs while they send.")
    parser.add_argument("--kills", type=int, default=500, help="of each policy; reconcile: two fifths of it")
    parser.add_argument("--people", type=int, default=20_000, help="of each policy; reconcile: a tenth of it")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--policies", nargs="+", default=["resend", "hold", "reconcile"])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--at-once", type=int, default=2, help="stories at once")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _published(outcomes: Sequence[Outcome], *, as_json: bool) -> int:
    figures = [outcome.figures() for outcome in outcomes]
    print(json.dumps(figures, indent=2) if as_json else table(figures))
    for outcome in outcomes:
        for fault in outcome.faults:
            print(f"BROKEN: {outcome.world}: {fault}", file=sys.stderr)
    return int(any(outcome.faults for outcome in outcomes))


def main() -> int:
    """All policies, with a table. Exit code 1 if a promise was broken, or fewer runs were killed than asked for."""
    given = _given()
    if "reconcile" in given.policies and (missing := missing_parts()):
        print(f"Nobody can be asked what became of a message in doubt: {missing}.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="kills-") as name:

        def tell(world: World) -> Outcome:
            outcome = killed(Path(name) / world.in_doubt, world)
            print(json.dumps(outcome.figures()), file=sys.stderr, flush=True)
            return outcome

        with ThreadPoolExecutor(given.at_once) as pool:
            outcomes = list(pool.map(tell, _long_form(given)))
    return _published(outcomes, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
