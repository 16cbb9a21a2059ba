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

_WAYS = ("premailer", "ours", "css-inline")
#: What a copy may cost, in seconds.
_COPY = 100e-6


def measure(found: Readings, work: Path, *, rounds: int, tell: Callable[[str], None]) -> None:
    """Add what was measured."""
    document, folder = work / "issue.html", work / "css-inline"
    _told("document", document)
    ways = [way for way in _WAYS if way != "css-inline" or _installed(folder, found)]
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    for turn in range(rounds):
        shift = turn % len(ways)
        for way in ways[shift:] + ways[:shift]:
            taken[way].append(_told(way, document, folder if way == "css-inline" else ""))
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


def _installed(folder: Path, found: Readings) -> bool:
    command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--target", str(folder)]
    try:
        subprocess.run([*command, "css-inline"], check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        found.waiting.append(f"css-inline could not be installed: {error}")
        return False
    return True


def _told(*words: object) -> dict[str, Any]:
    use = measured([sys.executable, "-m", "benchmarks.rendering_work", *(str(each) for each in words if each)])
    told: dict[str, Any] = json.loads(use.checked().output or "{}")
    return told
