"""The same issue gives the same octets: in another process, on another day, in another country, on another Python."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browsers import example, parts

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import hashlib, sys
sys.path[:0] = [sys.argv[1]]
from tests.browsers import example, parts
for html in (*example("all"), *parts(language="fr"), *parts(language="ar")):
    print(hashlib.sha256(html.encode()).hexdigest())
"""
#: What may differ between two machines, or two days.
ELSEWHERE = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4711", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8"},
)


def digests(python: str, environment: dict[str, str], folder: Path) -> list[str]:
    """What another process makes of the issues."""
    command = [python, "-c", PROGRAM, str(ROOT)]
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, cwd=folder, env={**os.environ, **environment}
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture(scope="module")
def ours() -> list[str]:
    made = (*example("all"), *parts(language="fr"), *parts(language="ar"))
    return [hashlib.sha256(html.encode()).hexdigest() for html in made]


@pytest.mark.parametrize("environment", ELSEWHERE, ids=["one", "another"])
def test_another_process_makes_the_same_octets(ours: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    assert ours == digests(sys.executable, environment, tmp_path)


def others() -> list[str]:
    """Other Pythons that have what roundup needs: on the path, or named in ROUNDUP_PYTHONS."""
    named = os.environ.get("ROUNDUP_PYTHONS", "").split(":")
    found = [shutil.which(f"python3.{minor}") or "" for minor in range(11, 16)] + named
    needed = "import sys, roundup, pytest, playwright; sys.exit(sys.version_info < (3, 11))"
    return [
        python
        for python in dict.fromkeys(filter(None, found))
        if Path(python).resolve() != Path(sys.executable).resolve()
        and subprocess.run([python, "-c", needed], capture_output=True, check=False).returncode == 0
    ]


def test_every_python_at_hand_makes_the_same_octets(ours: list[str], tmp_path: Path) -> None:
    ran = [f"{sys.version_info.major}.{sys.version_info.minor}"]
    for python in others():
        assert ours == digests(python, {}, tmp_path), python
        ran.append(python)
    print(f"the same octets on: {', '.join(ran)}")
    assert ran
