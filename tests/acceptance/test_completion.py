"""Completion in real shells, by the lines of docs/completion.md."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "completion.md").read_text(encoding="utf-8")
#: What is typed, and what the shell then offers.
TYPED = {"roundup su": {"subscribers"}, "roundup issues sk": {"skip"}, "roundup run --la": {"--late"}}
#: Each shell asked what it would offer, as it asks itself when Tab is pressed.
ASKED = {
    "bash": """
        COMP_WORDS=({typed}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
        _roundup_completion roundup; printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        compadd() {{ :; }}
        _describe() {{ for each in "${{(@P)3}}"; do print -r -- "${{each%%:*}}"; done }}
        words=({typed}); CURRENT=${{#words}}
        _roundup_completion
    """,
    "fish": "complete -C '{typed}' | string split -f1 \\t",
}


def _line_for(shell: str) -> str:
    (line,) = re.findall(rf"^\| {shell}\b.*`([^`]*_ROUNDUP_COMPLETE[^`]*)` \|$", PAGE, re.MULTILINE)
    return str(line).replace("\\|", "|")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_tab_key_finishes_commands_and_options(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {shell} here")
    command = tmp_path / "bin" / "roundup"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\nfrom roundup.cli import main\nmain()\n", encoding="utf-8")
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(tmp_path)}
    begin = {"bash": "", "zsh": "autoload -Uz compinit; compinit -u\n", "fish": ""}[shell]
    offered = {}
    for typed in TYPED:
        script = f"{begin}{_line_for(shell)}\n{ASKED[shell].format(typed=typed)}"
        result = subprocess.run(
            [shell, "-c", script], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
        )
        assert result.stderr == "", result.stderr
        offered[typed] = {*result.stdout.split()}
    assert offered == TYPED
