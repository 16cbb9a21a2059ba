"""Everything that is done to a newsletter on purpose, in its long form: `make torture`. Prints the numbers as Markdown.

The calendar, kills, then power cuts, each a program of its own; then eleven nights on which clocks change, and a kill
at every step of a backup, a restore and a migration, of which CI runs a part. The hostile machines (full disks,
jumping clocks, dead relays, a web part beside it) have one form, and run with the tests.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

#: In CI a test has ten minutes.
_PATIENCE = "--timeout=7200"
#: Tests that CI runs a part of.
_WHOLE = {
    "Eleven nights on which clocks change, with real processes": [
        "pytest", "-q", "-rP", _PATIENCE, "tests/torture/test_nights.py",
    ],
    "Killed at every step of a backup, a restore and a migration": [
        "pytest", "-q", "-rP", _PATIENCE, "tests/torture/test_every_step.py", "tests/torture/test_backup_beside.py",
        "tests/migrations/test_postgresql.py::test_a_migration_that_is_killed_was_not_or_is_whole",
    ],
}  # fmt: skip
_BENCHES = {
    "Every night on which clocks change": "calendars",
    "Killed while sending": "kills",
    "Workers killed, cut off and paused": "workers",
    "Power cut at every write": "powercuts",
}


def main() -> int:
    """Exit code 1 if a promise was broken anywhere."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/torture.md"), help="where the numbers go")
    out: Path = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    parts: list[str] = []
    broken = False
    programs = {heading: [f"tests.torture.{name}"] for heading, name in _BENCHES.items()} | _WHOLE
    for heading, words in programs.items():
        command = [sys.executable, "-m", *words]
        ended = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=False, env={**os.environ, "WHOLE": "1"}
        )
        broken = broken or ended.returncode != 0
        parts.append(f"## {heading}\n\n{ended.stdout.strip() or 'It came to no end.'}\n")
        # What was seen is kept, whatever becomes of the rest.
        out.write_text("\n".join(parts), encoding="utf-8")
        print(parts[-1], flush=True)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
