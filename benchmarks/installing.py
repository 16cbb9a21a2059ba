"""The comparators that are no part of us, installed into a folder that is thrown away after the run.

Each through its own registry's ordinary client. What cannot be installed is left out of the tables, with the reason.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def installed(folder: Path) -> dict[str, Path | str]:
    """Each comparator's program or folder, or a sentence that says why there is none."""
    return {name: _tried(install, folder) for name, install in (("Django", _django), ("nodemailer", _nodemailer))}


def _tried(install: Callable[[Path], Path | str], folder: Path) -> Path | str:
    try:
        return install(folder)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        lines = said.strip().splitlines() or ["no reason given"]
        return f"it could not be installed: {lines[-1]}"


def _django(folder: Path) -> Path | str:
    python = folder / "django" / "bin" / "python"
    _run([sys.executable, "-m", "venv", str(folder / "django")])
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "django"])
    return python


def _nodemailer(folder: Path) -> Path | str:
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    place = folder / "nodemailer"
    _run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), "nodemailer"])
    return place


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
