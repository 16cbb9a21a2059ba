"""docs/delivery.md, its commands run word for word on an issue that is still on its way."""

import re
import subprocess
import sys
from pathlib import Path

from tests.newsletters import DUE, a_newsletter, roundup, told
from tests.sinks import a_sink

PAGE = Path(__file__).parents[2] / "docs" / "delivery.md"


def commands() -> list[str]:
    """The page's commands, in order."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]


def test_the_pages_commands_do_what_it_says(tmp_path: Path) -> None:
    with a_sink(tmp_path, times=1) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=["ada@example.com", "x-550@example.com"])
        assert roundup(directory, "issues", "hold", DUE[:10]).returncode == 0
        assert roundup(directory, "run", "--now", "--at", DUE).returncode == 3
        assert roundup(directory, "issues", "release", DUE[:10]).returncode == 0
        assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
        ran = {}
        for command in commands():
            words = command.replace("-C my-roundup", f"-C {directory}").split()
            assert words[0] == "roundup"
            ran[" ".join(words[3:5])] = subprocess.run(
                [sys.executable, "-m", "roundup", *words[1:]], capture_output=True, text=True, check=False
            )
        shown = told(roundup(directory, "issues", "show", DUE[:10], "--json"))

    assert list(ran) == ["issues hold", "issues release", "issues show", "issues retry"]
    # It has been sent, so there is nothing to hold; who is no longer there is listed, and not tried again.
    assert "sent already" in ran["issues hold"].stderr
    assert "x-550@example.com: refused, 550 5.1.1" in ran["issues show"].stdout
    assert "Nobody to try again" in ran["issues retry"].stdout
    assert shown["deliveries"] == {"accepted": 1, "refused": 1}
