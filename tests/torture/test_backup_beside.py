"""A backup made while an issue goes out: who was served before it gets no second copy from whoever restores it."""

import signal
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.newsletters import a_newsletter, a_piece_file, roundup, rows, told
from tests.sinks import Sink, a_sink
from tests.torture.processes import at_work, await_

PEOPLE = [f"reader{number:02}@example.com" for number in range(60)]
#: Two messages every tenth of a second: a backup takes some of them.
LATENCY, LINES = 0.1, 2


def _kept_in_the_middle(directory: Path, sink: Sink, file: Path) -> tuple[set[str], set[str]]:
    """Deliver, keep a backup meanwhile, and lose the machine. Returns who was served before the backup, and who by
    the end."""
    with at_work(directory, "run", "--now") as run:
        await_(lambda: len(sink.lines()) >= len(PEOPLE) // 4, run)
        before = set(sink.copies())
        kept = roundup(directory, "backup", str(file))
        assert 0 == kept.returncode, kept.stderr
        assert run.poll() is None, "the delivery ended before the backup: nothing was shown"
        run.send_signal(signal.SIGKILL)
    # What was on its way is taken still.
    time.sleep(5 * LATENCY)
    return before, set(sink.copies())


@pytest.mark.long
@pytest.mark.parametrize("in_doubt", ["resend", "hold"])
def test_who_was_served_before_a_backup_gets_no_second_copy_from_it(tmp_path: Path, in_doubt: str) -> None:
    today, file, new = f"{datetime.now(UTC):%Y-%m-%d}", tmp_path / "kept.tar.gz", tmp_path / "new"
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter(
            tmp_path,
            smtp={**sink.smtp, "connections": LINES},
            subscribers=PEOPLE,
            content={"one.md": a_piece_file("One", day=today)},
            selection={"max_age": "48h"},
            delivery={"in_doubt": in_doubt},
        )
        before, served = _kept_in_the_middle(directory, sink, file)
        assert 0 == roundup(new, "restore", str(file), "--hold").returncode
        state = told(roundup(new, "run", "--now", "--json"))["state"]
        assert ("held", served) == (state, set(sink.copies()))
        ((day,),) = rows(new, "SELECT day FROM issues WHERE state = 'frozen'")
        assert 0 == roundup(new, "issues", "release", day).returncode
        ended = roundup(new, "run", "--json")
        copies = Counter(sink.copies())
    assert {1} == {copies[person] for person in before}, ended
    listed = {each["email"] for each in told(roundup(new, "issues", "show", day, "--failed", "--json"))["failed"]}
    # Whose delivery the backup did not know the end of is an editor's decision, and nobody is lost from sight.
    assert set(PEOPLE) == set(copies) if in_doubt == "resend" else set(PEOPLE) == before | listed | set(copies), ended
    assert in_doubt == "resend" or {1} == set(copies.values())
