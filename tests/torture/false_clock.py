"""A wall clock that a test sets for real processes, with Debian's libfaketime (LD_PRELOAD).

Two kinds. One that is *set* moves the wall clock only, as NTP and a person do: what is measured by the monotonic clock
goes on. One that *runs* takes both along, and every sleep with them, so that an hour is over in seconds.
"""

import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SLEEP = Path(__file__).with_name("sleep.c")
_PLACES = "lib*/*/faketime/libfaketimeMT.so.1"


def missing_parts() -> str:
    """What a false clock lacks on this machine; empty: nothing."""
    if not _library():
        return "faketime is not installed"
    return "" if shutil.which("cc") else "there is no C compiler"


def _library() -> str:
    return next((str(path) for path in Path("/usr").glob(_PLACES)), "")


@dataclass(frozen=True, slots=True)
class SetClock:
    """A wall clock that can be set while processes look at it."""

    folder: Path

    def set(self, to: str) -> None:
        """Let it be this instant, in UTC; from here it goes on as clocks do."""
        ahead = datetime.fromisoformat(to).replace(tzinfo=UTC) - datetime.now(UTC)
        self._say(ahead)

    def jump(self, by: timedelta) -> None:
        """Set it forward, or back."""
        self._say(timedelta(seconds=float(self._file.read_text(encoding="ascii"))) + by)

    def _say(self, ahead: timedelta) -> None:
        new = self.folder / "clock.new"
        new.write_text(f"{ahead.total_seconds():+.3f}\n", encoding="ascii")
        # At one stroke: nobody may read half of it.
        new.replace(self._file)

    @property
    def _file(self) -> Path:
        return self.folder / "clock"

    @property
    def environment(self) -> Mapping[str, str]:
        """Of the processes that go by it."""
        shim = self.folder / "sleep.so"
        if not shim.exists():
            command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(_SLEEP)]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
        return {
            "LD_PRELOAD": f"{shim}:{_library()}",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


def a_fast_clock(*, at: str, speed: int) -> Mapping[str, str]:
    """The environment of one process whose clocks begin at an instant, in UTC, and run `speed` times as fast."""
    ahead = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() - time.time()
    return {"LD_PRELOAD": _library(), "FAKETIME": f"{ahead:+.0f} x{speed}", "NO_FAKE_STAT": "1"}
