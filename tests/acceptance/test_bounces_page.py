"""docs/bounces.md: its commands run word for word, and its settings are taken."""

import re
import subprocess
from pathlib import Path

from tests.newsletters import COMMAND, DUE, a_newsletter, roundup
from tests.returned_mail import a_maildir

PAGE = (Path(__file__).parents[2] / "docs" / "bounces.md").read_text(encoding="utf-8")


def test_the_pages_commands_run_and_its_settings_are_taken(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, bounces={"maildir": "mail"})
    a_maildir(directory / "mail", [])
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    commands = [
        line.removeprefix("$ roundup -C my-roundup ")
        for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
        for line in block.splitlines()
    ]
    ran = [
        subprocess.run([*COMMAND, "-C", str(directory), *each.split()], capture_output=True, check=False).returncode
        for each in commands
    ]
    by_imap = next(block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "imap =" in block)
    settings = (directory / "roundup.toml").read_text(encoding="utf-8").partition("[bounces]")[0]
    (directory / "roundup.toml").write_text(settings + by_imap, encoding="utf-8")

    assert ([0] * 4, 4) == (ran, len(commands))
    assert "ROUNDUP_IMAP_PASSWORD" in roundup(directory, "bounces").stderr
