"""The first ten minutes and the README, followed word for word in a fresh copy of the repository, down to a mail in a
box.

Three things are put in place of the reader's own: the feed's address, the mail server, and its password.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.estate import Estate
from tests.sites import Site, running

ROOT = Path(__file__).parents[2]
#: Put into the settings by hand where the reader's own server is a real one.
EDIT = """
import pathlib, re, sys
path, block = pathlib.Path("my-roundup/roundup.toml"), sys.stdin.read()
text = path.read_text(encoding="utf-8")
if block.startswith("[smtp]"):
    text = re.sub(r"\\[smtp\\]\\n.*?(?=\\n\\[)", lambda _: block, text, flags=re.DOTALL)
elif block.startswith("max_age"):
    text = re.sub(r"max_age = .*", block.strip(), text)
else:
    text = text.replace("\\n[editor]", "\\n" + block + "\\n[editor]", 1)
path.write_text(text, encoding="utf-8")
"""


def blocks() -> Iterator[tuple[str, str]]:
    """The commands and settings of docs/start.md and then the README's, in order."""
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("docs/start.md", "README.md"))
    yield from re.findall(r"```(console|toml)\n(.*?)```", text, re.DOTALL)


def script(feed: str, estate: Estate) -> str:
    """The pages as one shell script."""
    server = estate.smtp
    lines = ["set -eu"]
    for kind, content in blocks():
        if kind == "toml":
            block = content.replace('"smtp.example.org"', f'"{server["host"]}"').replace("587", str(server["port"]))
            block = block.replace('"roundup"', f'"{server["username"]}"')
            lines.append(f"python3 -c '{EDIT}' <<'END'\n{block}END")
            continue
        for line in content.splitlines():
            assert line.startswith("$ "), f"a console has a line that is no command: {line}"
            lines.append(line.removeprefix("$ "))
            if " init " in line:
                # The reader's site is on the web; this one is on the machine itself.
                lines.append('sed -i "s/^# allow_private = false.*/allow_private = true/" my-roundup/roundup.toml')
    text = "\n".join(line for line in lines if line != "make test")
    return text.replace("https://example.org/feed/", feed)


def copied(folder: Path) -> Path:
    """A fresh clone, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
            (folder / name).chmod((ROOT / name).stat().st_mode)
    return folder


@pytest.mark.estate
@pytest.mark.long
def test_a_newcomer_who_follows_the_first_ten_minutes_finds_a_mail_in_the_box(tmp_path: Path, estate: Estate) -> None:
    checkout = copied(tmp_path / "checkout")
    # Before the issue that is due today, whatever time it is now: one of an hour after it would wait for tomorrow's.
    published = format_datetime(datetime.now(UTC) - timedelta(hours=30))
    with running(Site()) as site:
        site.body = (
            f'<rss version="2.0"><channel><title>Ours</title><item><title>Fresh today</title>'
            f"<link>https://example.org/fresh/</link><guid>1</guid><pubDate>{published}</pubDate>"
            f"<description>It happened.</description></item></channel></rss>"
        ).encode()
        commands = script(f"http://127.0.0.1:{site.port}/feed/", estate)
        # Trusted from here on only: the installation before it trusts what it always does.
        trust = f'"{estate.trusted["ROUNDUP_SMTP_PASSWORD"]}"\nexport SSL_CERT_FILE="{estate.certificate}"'
        commands = commands.replace('"…"', trust)
        environment = {name: value for name, value in os.environ.items() if name not in {"TZ", "VIRTUAL_ENV"}}
        began = time.monotonic()
        result = subprocess.run(
            ["bash", "-c", commands], cwd=checkout, env=environment, capture_output=True, text=True, check=False,
            timeout=500,
        )  # fmt: skip
        seconds = time.monotonic() - began
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    assert "you@example.org: accepted" in result.stdout
    assert "Sent: the issue of " in result.stdout
    (mail,) = estate.mailbox("ann@example.org")
    assert b"Subject: Fresh today" in mail
    print(f"\nFollowing the pages took {seconds:.0f} seconds.")
