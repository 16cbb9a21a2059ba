"""What a signed message costs before it is sent: CPU microseconds a message, unsigned, with Ed25519, RSA-2048 and both.

    python -m benchmarks.signed_messages

The four take turns, round after round in one process, and its CPU time is counted, which leaves out other people's: so
this can be measured on a machine that is at other work, where messages a second cannot.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.messages import DATE as AT
from benchmarks.messages import LETTERHEAD, SECRET, an_issue, microseconds, people
from benchmarks.signing import write_keys
from roundup.messages import Stationery, stationery
from roundup.sending.dkim import Signer
from roundup.sending.dkim_keys import read_key

_ROUNDS = 15
#: Messages a round.
_QUICK, _SLOW = 200, 40


def _papers(octets: int, folder: Path) -> dict[str, tuple[Stationery, int]]:
    """An issue signed in each way, and how many messages of it make a round."""
    write_keys(folder)
    rsa, ed25519 = (
        Signer(domain=LETTERHEAD.domain, selector=name, key=read_key((folder / f"{name}.pem").read_bytes()))
        for name in ("rsa", "ed25519")
    )
    ways = {"unsigned": (), "Ed25519": (ed25519,), "RSA-2048": (rsa,), "both": (rsa, ed25519)}
    rendered = an_issue(octets)
    return {
        name: (
            stationery(rendered, replace(LETTERHEAD, signers=signers), SECRET),
            _SLOW if rsa in signers else _QUICK,
        )
        for name, signers in ways.items()
    }


def main() -> None:
    """Measure, and print a table."""
    who = people(_QUICK, "Ada Marsh")
    print("| a message of | signed | CPU µs, median (lowest–highest) |\n| --- | --- | --- |")
    for octets in (10_000, 45_000):
        with tempfile.TemporaryDirectory() as folder:
            papers = _papers(octets, Path(folder))
        took: dict[str, list[float]] = {name: [] for name in papers}
        for _ in range(_ROUNDS):
            for name, (paper, count) in papers.items():
                took[name].append(microseconds(lambda each, paper=paper: paper.message(each, date=AT), who[:count]))  # type: ignore[misc]
        for name, found in took.items():
            size = len(papers[name][0].message(who[0], date=AT).content) / 1000
            print(f"| {size:.1f} KB | {name} | {median(found):.0f} ({min(found):.0f}–{max(found):.0f}) |", flush=True)


if __name__ == "__main__":
    main()
