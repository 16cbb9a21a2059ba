"""What the numbers were measured on, as the tables' first lines."""

import os
import platform
import subprocess
import time
from pathlib import Path
from statistics import median


def described(work: Path) -> str:
    """The machine, the versions, and what an fdatasync takes in the folder where the journals are."""
    disk = _said("stat", "-f", "-c", "%T", str(work))
    mailer = _said("postconf", "-h", "mail_version")
    commit = _said("git", "rev-parse", "--short=12", "HEAD")
    facts = (
        f"{os.cpu_count()} cores, {_processor()}; {platform.system()} {platform.release()}",
        f"load average before it began: {os.getloadavg()[0]:.1f} (anything but 0 is somebody else at work)",
        f"Python {platform.python_version()}, Postfix {mailer}, commit {commit}{_changed()}",
        f"fdatasync of 4 KB where the journals are ({disk}): {_sync_seconds(work) * 1e6:.0f} µs, median of 200",
    )
    return "\n".join(f"- {fact}" for fact in facts)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )


def _said(*command: str) -> str:
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return "unknown"
    return found.stdout.strip() if found.returncode == 0 else "unknown"


def _changed() -> str:
    """Whether the commit is all that was measured."""
    return ", with changes" if _said("git", "status", "--porcelain", "--untracked-files=no") else ""


def _sync_seconds(work: Path) -> float:
    path = work / "sync"
    taken = []
    with path.open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    path.unlink()
    return median(taken)
