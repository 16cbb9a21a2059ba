"""docs/check.md tells every finding there can be, and each of them is found somewhere; its commands run."""

import re
import shlex
from pathlib import Path

import pytest

from roundup.checking.catalogue import RULES
from tests.newsletters import a_newsletter, roundup

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")


def test_its_tables_are_the_catalogue() -> None:
    sections = dict(re.findall(r"^### (\w+)s\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL))
    told = [
        (name, area, heading.lower())
        for heading, section in sections.items()
        for name, area in re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]+) \|", section, re.MULTILINE)
    ]
    assert [(rule.id, rule.area.value, rule.severity.value) for rule in RULES] == told


def test_every_finding_is_found_somewhere() -> None:
    sources = [*(ROOT / "src/roundup/checking").rglob("*.py"), ROOT / "src/roundup/cli/check.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != "catalogue.py")
    assert [] == [rule.id for rule in RULES if f'"{rule.id}"' not in code]


#: By the option that makes the command.
_SAID = {
    "check": "which is an example: write your own.",
    "--offline": "Looked at: settings, secrets, calendar, mail server, database, list, disk, templates, sources, issue",
    "--json": '"id": "settings-example"',
    "--send-to": "The issue was sent to you@example.org and accepted; when it has arrived, save it there as a file",
    "--received": "error: received message: The message came without a DKIM signature",
}


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_newsletter(
        tmp_path_factory.mktemp("page"), newsletter={"public_url": "http://127.0.0.1:9/"}, smtp={"outbox": "outbox"}
    )


def test_its_commands_run(directory: Path) -> None:
    commands = re.findall(r"^\$ roundup -C my-roundup (.*)$", PAGE, re.MULTILINE)
    assert 5 == len(commands)
    for command in commands:
        words = shlex.split(command)
        if words[-1] == "message.eml":
            (sent,) = (directory / "outbox").glob("*.eml")
            words[-1] = str(sent)
        done = roundup(directory, *words)
        # Its addresses are examples, which is an error; nobody signed what was written.
        assert (1, "") == (done.returncode, done.stderr), done
        assert _SAID[next((word for word in words if word.startswith("--")), "check")] in done.stdout
