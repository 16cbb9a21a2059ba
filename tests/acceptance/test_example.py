"""The shipped example: its folder, its feed and its Atom feed make the same issue, and the demo runs."""

import json
import mailbox
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.newsletters import roundup, write_secret

EXAMPLE = Path(__file__).parents[2] / "examples" / "magazine"
AT = "2026-11-20T17:00"


def issue_of(folder: Path, source: str) -> tuple[bytes, bytes, list[dict[str, object]]]:
    """The HTML, the text and the ranking that the example makes of one of its sources."""
    newsletter, out = folder / source / "newsletter", folder / source / "out"
    shutil.copytree(EXAMPLE, newsletter)
    write_secret(newsletter)
    path = newsletter / "roundup.toml"
    settings = path.read_text(encoding="utf-8")
    if source != "folder":
        settings = re.sub(r"\[\[sources\]\]\nfolder = .*\nlink = .*\n", f'[[sources]]\nfeed = "{source}"\n', settings)
        assert f'feed = "{source}"' in settings
    path.write_text(settings, encoding="utf-8")
    result = roundup(newsletter, "preview", "--out", str(out), "--at", AT)
    assert (0, "") == (result.returncode, result.stderr)
    explained = json.loads((out / "explain.json").read_text(encoding="utf-8"))
    assert [] == [source["defects"] for source in explained["sources"] if source["defects"]]
    told = ("title", "link", "authors", "published", "comments", "excerpt", "why")
    ranked = [{key: piece[key] for key in told} for piece in explained["pieces"]]
    return (out / "issue.html").read_bytes(), (out / "issue.txt").read_bytes(), ranked


def test_the_folder_and_three_feeds_make_the_same_issue(tmp_path: Path) -> None:
    html, text, ranked = issue_of(tmp_path, "folder")
    assert len(ranked) == 8
    for source in ("feed.xml", "feed.atom", "feed.json"):
        assert ranked == issue_of(tmp_path, source)[2]
        assert (html, text) == issue_of(tmp_path / "again", source)[:2]


def test_the_demo_stores_one_mail_for_each_reader_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "roundup", "demo", "--to", str(tmp_path)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (0, "") == (result.returncode, result.stderr)
    boxes = sorted((tmp_path / "mail").iterdir())
    assert [1] * 10 == [len(mailbox.Maildir(box)) for box in boxes]
    assert str(tmp_path / "preview" / "issue.html") in result.stdout
    page = (tmp_path / "preview" / "issue.html").read_text(encoding="utf-8")
    assert (tmp_path / "preview" / "pictures").is_dir()
    assert 'src="pictures/' in page


@pytest.mark.long
def test_the_wheel_carries_templates_and_example(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--disable-pip-version-check",
        "-w",
        str(tmp_path),
    ]
    subprocess.run([*build, str(root)], check=True, capture_output=True, timeout=300)
    wheel = next(tmp_path.glob("roundup_digest-*.whl"))
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(wheel, unpacked, "zip")
    # The unpacked wheel shadows the checkout: what runs is what a stranger gets.
    demo = [sys.executable, "-m", "roundup", "demo", "--to", str(tmp_path / "demo")]
    result = subprocess.run(
        demo, cwd=unpacked, env={"PYTHONPATH": str(unpacked), "PATH": ""}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "Sent: the issue of Friday 20 November 2026." in result.stdout
    where = [sys.executable, "-c", "import roundup; print(roundup.__file__)"]
    shown = subprocess.run(
        where, cwd=unpacked, env={"PYTHONPATH": str(unpacked)}, capture_output=True, text=True, check=True
    )
    assert str(unpacked) in shown.stdout
