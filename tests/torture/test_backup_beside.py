"""A backup made while an issue goes out: who was served before it gets no second copy from whoever restores it."""

import json
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.command_lines import run_lines
from tests.newsletters import a_newsletter, a_piece_of_today, roundup, rows
from tests.sinks import Sink, a_sink
from tests.torture.processes import at_work, await_
from tests.torture.steps import WHOLE

PEOPLE = [f"reader{number:02}@example.com" for number in range(50)]
#: The delivery takes ten seconds: a backup has its time within it, also on a busy machine.
LATENCY, LINES = 0.4, 2


def _kept_in_the_middle(directory: Path, sink: Sink, file: Path) -> set[str]:
    """Deliver, keep a backup meanwhile, and lose the machine. Returns who was served before the backup."""
    with at_work(directory, "run", "--now") as run:
        await_(lambda: len(sink.lines()) >= 8, run)
        before = set(sink.copies())
        kept = roundup(directory, "backup", str(file))
        assert 0 == kept.returncode, kept.stderr
        # Else nothing was shown.
        assert [("frozen",)] == rows(directory, "SELECT state FROM issues")
        run.send_signal(signal.SIGKILL)
    # What was on its way is taken still.
    time.sleep(2 * LATENCY)
    return before


#: What happens once the machine is lost: by itself nothing goes out.
_AFTER = (
    "roundup -C new restore {file} --hold",
    "roundup -C new run --now --json",
    "roundup -C new issues release {day}",
    "roundup -C new run --json",
    "roundup -C new issues show {day} --failed --json",
)


@pytest.mark.long
@pytest.mark.parametrize("in_doubt", ["resend", "hold"] if WHOLE else ["resend"])
def test_who_was_served_before_a_backup_gets_no_second_copy_from_it(tmp_path: Path, in_doubt: str) -> None:
    file = tmp_path / "kept.tar.gz"
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter(
            tmp_path,
            smtp={**sink.smtp, "connections": LINES},
            subscribers=PEOPLE,
            content={"one.md": a_piece_of_today("One")},
            selection={"max_age": "48h"},
            delivery={"in_doubt": in_doubt},
        )
        before = _kept_in_the_middle(directory, sink, file)
        ((day,),) = rows(directory, "SELECT day FROM issues WHERE state = 'frozen'")
        lines = [line.format(day=day, file=file) for line in _AFTER]
        restored, held, released, ended, shown = run_lines(lines, tmp_path)
        copies = Counter(sink.copies())
    assert (0, 3, "held", 0) == (restored.code, held.code, json.loads(held.out)["state"], released.code), restored
    assert {1} == {copies[person] for person in before}, ended
    listed = {each["email"] for each in json.loads(shown.out)["failed"]}
    # Whose delivery the backup did not know the end of is an editor's decision, and nobody is lost from sight.
    assert set(PEOPLE) == set(copies) if in_doubt == "resend" else set(PEOPLE) == before | listed | set(copies), ended
    assert in_doubt == "resend" or {1} == set(copies.values())
