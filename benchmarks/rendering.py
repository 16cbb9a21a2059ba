"""What rendering costs: CSS inlined into an issue of 30 pieces, against premailer with its defaults; and one copy.

Each measurement is a process of its own, which imports first; tools take turns, so that nobody is always first.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.processes import measured
from benchmarks.reading import Finding, Readings

_WAYS = ("premailer", "ours", "css-inline", "juice")
#: What a copy may cost, in seconds.
_COPY = 100e-6


def measure(found: Readings, work: Path, *, rounds: int, tell: Callable[[str], None]) -> None:
    """Add what was measured."""
    document = work / "issue.html"
    _told("document", document)
    missing = {
        way for way, install in ((_WAYS[2], _css_inline), (_WAYS[3], _juice)) if not _tried(way, install, work, found)
    }
    ways = [way for way in _WAYS if way not in missing]
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for turn in range(rounds):
        shift = turn % len(ways)
        for way in ways[shift:] + ways[:shift]:
            taken[way].append(_taken(way, document, work))
    for way in ways[1:]:
        for call, most in (("first", 0.6), ("warm", 0.9)):
            found.findings.append(
                Finding(
                    what=f"inlining an issue of 30 pieces, {way}, {call} call: CPU against premailer's defaults",
                    took=[each[call] for each in taken[way]],
                    against=[each[call] for each in taken["premailer"]],
                    most=most if way == "ours" else None,
                )
            )
    copies = [_told("copies", document)["copy"] for _ in range(rounds)]
    found.findings.append(
        Finding(
            what=f"one subscriber's copy of it: CPU against {_COPY * 1e6:.0f} µs",
            took=copies,
            against=[_COPY] * rounds,
            most=1.0,
        )
    )
    tell("rendering")


def _tried(way: str, install: Callable[[Path], None], work: Path, found: Readings) -> bool:
    try:
        install(work / way)
    except (OSError, subprocess.SubprocessError) as error:
        found.waiting.append(f"{way} could not be installed: {error}")
        return False
    return True


def _css_inline(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(folder)]
    subprocess.run([*command, "css-inline"], check=True, capture_output=True, text=True, timeout=300)


def _juice(folder: Path) -> None:
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), "juice"]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)


def _taken(way: str, document: Path, work: Path) -> dict[str, float]:
    if way == "juice":
        script = Path(__file__).parent / "comparators" / "juice.js"
        told: dict[str, float] = json.loads(measured(["node", script, work / way, document]).checked().output)
        return told
    return _told(way, document, work / way if way == "css-inline" else "")


def _told(*words: object) -> dict[str, Any]:
    use = measured([sys.executable, "-m", "benchmarks.rendering_work", *(str(each) for each in words if each)])
    told: dict[str, Any] = json.loads(use.checked().output or "{}")
    return told
