"""The wheel: what is in it, and that it works alone, put in by pipx and by uv.

`PYTHONS=python3.12:python3.13` names other Pythons than the one of the tests.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHONS = os.environ.get("PYTHONS", sys.executable).split(os.pathsep)
#: Files that roundup needs beside its code, and where the wheel has them.
CARRIED = {
    "templates": "roundup/shipped_files/templates",
    "examples/magazine": "roundup/shipped_files/magazine",
    "subscribers.example.csv": "roundup/shipped_files/subscribers.example.csv",
    "src/roundup": "roundup",
}
PIECE = "---\ntitle: The bridge\ndate: 2026-11-20T09:00:00Z\n---\n\nIt took a while.\n"


def _tool(name: str) -> str:
    """pipx or uv, of the tests' own environment or of the machine."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {name} here: pip install {name}")
    return found


def _run(*words: str, folder: Path, **settings: str) -> str:
    """A command as a stranger runs it: nothing of this checkout is on its paths."""
    own = {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONWARNINGS"}
    # uv knows the authorities of its own making alone, unless it is told to ask the system, as pip does.
    settings = {"UV_SYSTEM_CERTS": "1", **settings}
    environment = {name: value for name, value in os.environ.items() if name not in own} | settings
    result = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{words}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(_tool("uv"), "build", "--wheel", "--out-dir", str(folder), str(ROOT), folder=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _contents(wheel: Path) -> dict[str, int]:
    with zipfile.ZipFile(wheel) as files:
        return {each.filename: each.CRC for each in files.infolist()}


def _to_be_carried() -> Iterator[str]:
    for name, place in CARRIED.items():
        there = (
            [ROOT / name] if (ROOT / name).is_file() else [path for path in (ROOT / name).rglob("*") if path.is_file()]
        )
        for path in there:
            if "__pycache__" not in path.parts:
                yield f"{place}/{path.relative_to(ROOT / name).as_posix()}".removesuffix("/.")


def test_the_wheel_has_all_that_roundup_needs_and_nothing_else(built: Path) -> None:
    inside = {*_contents(built)}
    assert {*_to_be_carried()} - inside == set()
    assert {"roundup/py.typed", "roundup/roundup.schema.json", "roundup/words/de.po"} <= inside
    about = {name for name in inside if ".dist-info/" in name}
    assert inside - about - {*_to_be_carried()} == set()


def test_what_is_made_of_the_sdist_is_the_same_wheel(built: Path, tmp_path: Path) -> None:
    _run(_tool("uv"), "build", "--out-dir", str(tmp_path), str(ROOT), folder=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    assert _contents(wheel) == _contents(built)


@pytest.mark.long
@pytest.mark.parametrize("python", PYTHONS)
def test_put_in_by_pipx_it_does_the_whole_job_in_any_folder(built: Path, tmp_path: Path, python: str) -> None:
    tool, home = _tool("pipx"), {"PIPX_HOME": str(tmp_path / "home"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    _run(tool, "install", "--python", python, str(built), folder=tmp_path, **home)
    installed = tmp_path / "home" / "venvs" / "roundup-digest" / "bin" / "python"
    _run(_tool("uv"), "pip", "check", "--python", str(installed), folder=tmp_path)
    _does_the_whole_job(str(tmp_path / "bin" / "roundup"), tmp_path / "elsewhere")


@pytest.mark.long
@pytest.mark.parametrize("python", PYTHONS)
def test_put_in_by_uv_it_runs_the_demo(built: Path, tmp_path: Path, python: str) -> None:
    home = {"UV_TOOL_DIR": str(tmp_path / "home"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    _run(_tool("uv"), "tool", "install", "--python", python, str(built), folder=tmp_path, **home)
    said = _run(str(tmp_path / "bin" / "roundup"), "demo", "--to", "demo", folder=tmp_path)
    assert "a Maildir for each of 10 readers" in said


def _does_the_whole_job(command: str, folder: Path) -> None:
    folder.mkdir()
    assert "a Maildir for each of 10 readers" in _run(command, "demo", "--to", "demo", folder=folder)
    _run(command, "init", "mine", "--folder", "content", folder=folder)
    (folder / "mine" / "content" / "bridge.md").write_text(PIECE, encoding="utf-8")
    at = ("--at", "2026-11-20T17:00")
    assert "The bridge" in _run(command, "-C", "mine", "preview", "--out", "seen", *at, folder=folder)
    assert "The bridge" in (folder / "mine" / "seen" / "issue.html").read_text(encoding="utf-8")
    assert "1 subscriber: 1 planned" in _run(command, "-C", "mine", "run", "--dry-run", *at, folder=folder)
