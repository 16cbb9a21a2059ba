"""Folders that hold what no folder should: never an exception, never a hang, never a piece that is lost for it."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering import exclusions
from roundup.gathering.folder import FolderSource
from roundup.gathering.folder_files import octets_of
from roundup.model import Bookmark, Reading

HEAD = "---\ntitle: A title\ndate: 2015-03-30\n---\n"


def read(folder: Path) -> Reading:
    zone = ZoneInfo("Europe/London")
    return FolderSource(name="s", folder=folder, link="https://lantern.example/{path}/", zone=zone).read(Bookmark())


def told(reading: Reading) -> dict[str, str]:
    """What is wrong, by where."""
    return {defect.where: defect.what for defect in reading.defects}


def good(folder: Path) -> Path:
    (folder / "good.md").write_text(HEAD, encoding="utf-8")
    return folder


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_socket(place: Path) -> None:
    # Unix sockets have short names only: made in its own folder.
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(place.parent)
        try:
            made.bind(place.name)
        finally:
            os.chdir(here)


def a_device(place: Path) -> None:
    place.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [a_pipe, a_socket, a_device])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(good(tmp_path) / "bad.md")
    reading = read(tmp_path)
    assert [piece.id for piece in reading.pieces] == ["good.md"]
    assert "This is no file but a pipe, a socket or a device." in told(reading)["bad.md"]


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(OSError, match="no file any more"):
        octets_of(tmp_path / "a.md")


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    good(tmp_path)
    (tmp_path / "broken.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    reading = read(tmp_path)
    assert [piece.id for piece in reading.pieces] == ["good.md"]
    assert told(reading).keys() == {"broken.md", "loop.md"}
    assert all("leads nowhere" in what for what in told(reading).values())


def test_a_linked_folder_is_left_out_with_the_reason(tmp_path: Path) -> None:
    good(tmp_path)
    (tmp_path / "there").symlink_to(tmp_path)
    reading = read(tmp_path)
    assert [(each.where, each.because) for each in reading.skipped] == [("there/", "a link to a folder")]
    assert [piece.id for piece in reading.pieces] == ["good.md"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    good(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "in.md").symlink_to(tmp_path / "real" / "good.md")
    assert [piece.id for piece in read(tmp_path / "link").pieces] == ["good.md", "in.md"]


def test_folders_too_deep_to_be_listed_are_told_and_nothing_counts_as_gone(tmp_path: Path) -> None:
    """Deeper than the kernel's longest path (PATH_MAX, 4,096 octets)."""
    good(tmp_path)
    name = "d" * 200
    there = os.open(tmp_path, os.O_RDONLY)
    for _ in range(22):
        os.mkdir(name, dir_fd=there)
        deeper = os.open(name, os.O_RDONLY, dir_fd=there)
        os.close(there)
        there = deeper
    os.close(there)
    reading = read(tmp_path)
    assert [piece.id for piece in reading.pieces] == ["good.md"]
    (where,) = told(reading)
    assert where.startswith(f"{name}/")
    assert not where.endswith("/")
    assert reading.partial


#: Root may read everything, unless it gives that right away.
_AS_OTHERS_ARE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
_READ = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from roundup.gathering.folder import FolderSource
from roundup.model import Bookmark
source = FolderSource(name="s", folder=Path(sys.argv[1]), link="https://a.example/{path}/", zone=ZoneInfo("UTC"))
reading = source.read(Bookmark())
print(sorted(defect.where for defect in reading.defects), [piece.id for piece in reading.pieces], reading.partial)
"""


def test_a_file_and_a_folder_that_may_not_be_read_are_told(tmp_path: Path) -> None:
    good(tmp_path)
    (tmp_path / "shut.md").write_text(HEAD, encoding="utf-8")
    (tmp_path / "shut.md").chmod(0)
    (tmp_path / "locked").mkdir(mode=0)
    try:
        command = [*_AS_OTHERS_ARE, sys.executable, "-c", _READ, str(tmp_path)]
        seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert "['locked', 'shut.md'] ['good.md'] True\n" == seen


def erase(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).unlink()


def test_files_that_are_deleted_while_the_folder_is_read_are_no_error(tmp_path: Path) -> None:
    """Nor is anything believed to be gone: the folder may be half way to something else."""
    names = {f"{number:03}.md" for number in range(300)}
    for _ in range(40):
        for name in names:
            (tmp_path / name).write_text(HEAD, encoding="utf-8")
        eraser = threading.Thread(target=erase, args=(tmp_path, sorted(names, reverse=True)))
        eraser.start()
        reading = read(tmp_path)
        eraser.join()
        assert reading.failure is None
        assert reading.defects == ()
        gone = {each.where for each in reading.skipped if each.because == exclusions.GONE}
        assert gone | {piece.id for piece in reading.pieces} <= names
        assert reading.partial == bool(gone)
        if gone:
            return
    pytest.fail("no file was deleted in time to be missed")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "matter",
    [
        f"---\n{BOMB}tags: *i\nauthor: *i\ntitle: A\ndate: 2015-03-30\n---\n",
        "---\nx: &x {<<: *x}\ntitle: A\ndate: 2015-03-30\n---\n",
        "---\nx: &x [*x]\ntags: *x\ntitle: A\ndate: 2015-03-30\n---\n",
    ],
)
def test_aliases_in_yaml_cost_nothing(tmp_path: Path, matter: str) -> None:
    """A billion texts in nine lines: lists share their rows, and only the outer ones are looked through."""
    (tmp_path / "a.md").write_text(matter, encoding="utf-8")
    start = time.process_time()
    reading = read(tmp_path)
    assert time.process_time() - start < 1
    assert len(reading.pieces) + len(reading.defects) == 1


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: A\nx: " + "[" * 50_000 + "\n---\n",
        "---\ntitle: A\nx: " + "{" * 50_000 + "\n---\n",
        "---\ntitle: A\nx:\n" + "".join(" " * depth + "- a:\n" for depth in range(1, 400)) + "---\n",
        '{"title": ' + "[" * 100_000,
        "+++\nx = " + "[" * 50_000 + "\n+++\n",
        "+++\n" + ".".join("a" * 50_000) + " = 1\n+++\n",
        "+++\n[" + ".".join("a" * 50_000) + "]\n+++\n",
        "+++\nx = {" + " . ".join(["'a'"] * 20_000) + " = 1}\n+++\n",
        "---\ntitle: A\nx:\n" + "- a\n" * 1_000_000 + "---\n",
        "+++\nx = '''" + "a" * 4_000_000 + "'''\n+++\n",
    ],
)
def test_front_matter_that_is_deep_or_endless_is_a_defect_at_once(tmp_path: Path, text: str) -> None:
    (good(tmp_path) / "bad.md").write_text(text, encoding="utf-8")
    start = time.process_time()
    reading = read(tmp_path)
    assert time.process_time() - start < 3
    assert [piece.id for piece in reading.pieces] == ["good.md"]
    assert [defect.where.partition(":")[0] for defect in reading.defects] == ["bad.md"]


#: What a pattern may be tried on at each place, and fail at the end.
PARTS = (
    "a", "a ", "<", "[", "](", "![", "{", "{%", "{{", "{{<", "`", "``a", "*", "**a", "_", "x_", "\n", "- ", "> ",
    "|a| ",
    ".. ", ":a: ", ":a:`b", "$$", "[^a]: ", "<a ", "<!--", "\\", "&", "import ", "export const a", "<Figure ", "<A x={",
    "!!! a\n", "::: a\n", '=== "a"\n', "[[", "<p><img a><em>", "<h1>", "<pre><code>", "<div class='caption'>", "{:",
    "* a\n{:toc", "https://a ", "[a]: b\n", "---\n", "===\n", "a\n===\n", "<!-- toc -->\n", "__ a\n",
)  # fmt: skip


@pytest.mark.parametrize("suffix", ["md", "mdx", "rst", "html"])
def test_a_megabyte_in_one_piece_costs_no_more_than_its_length(tmp_path: Path, suffix: str) -> None:
    """No pattern takes the square of what it is tried on: four times the text, at most eight times the time."""

    def seconds(part: str, characters: int) -> float:
        (tmp_path / f"2015-03-30-a.{suffix}").write_text(HEAD + part * (characters // len(part)), encoding="utf-8")
        start = time.process_time()
        reading = read(tmp_path)
        assert len(reading.pieces) + len(reading.defects) == 1
        return time.process_time() - start

    for part in PARTS:
        # What is quick is not measured against anything: the machine has other work.
        slow = seconds(part, 1_000_000)
        assert slow < 0.5 or min(slow, seconds(part, 1_000_000)) < 8 * seconds(part, 250_000), part
