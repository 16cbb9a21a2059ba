"""The catalogues are whole, and nothing is said past them."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from roundup import words

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "roundup"
#: What is said in English alone: help and questions of commands, faults of databases and of the program itself, the
#: faulty mail server, and words of debris that are looked for in texts.
ENGLISH = ("cli", "faults", "store", "gathering/phrases.py", "gathering/permalinks.py", "messages.py", "letters.py")
_SENTENCE = re.compile(r"[A-Za-z]{2,}[,:;)]? [A-Za-z“{]")
_SAY = {"say", "say_many", "mark", "borrowed", "search", "compile", "sub", "match", "fullmatch"}
#: Strings with blanks that nobody reads: addresses, headers, commands, regular expressions, keys.
_NO_SENTENCES = re.compile(
    r"six-digit hex| is no part of|neither black|\\|\||\n|"
    r"^(application/|public, max-age|[\w-]+/[\w-]+; |MAIL FROM|RCPT TO|id |link |title |html |plain |git |"
    r"last modified|resolve |warden |DKIM-Signature: |HEADER |BEFORE |<)"
)


def test_the_catalogues_are_up_to_date_and_whole() -> None:
    check = [sys.executable, str(ROOT / "scripts" / "words.py"), "--check"]
    result = subprocess.run(check, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"


def test_every_catalogue_is_known() -> None:
    assert words.LANGUAGES == tuple(sorted(path.stem for path in (SOURCE / "words").glob("*.po")))


MODULES = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    if not path.relative_to(SOURCE).as_posix().startswith(ENGLISH) and path.parent.name != "words"
]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_sentence_goes_past_the_catalogues(path: Path) -> None:
    """A sentence is a text of two words or more in a function; what is raised for programmers is none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(part) for node in ast.walk(tree) if _speaks(node) for part in ast.walk(node)}
    found = [
        (getattr(node, "lineno", 0), text)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if id(node) not in said and (text := _text(node)) and _SENTENCE.search(text) and not _NO_SENTENCES.search(text)
        if text != ast.get_docstring(function, clean=False)
    ]
    assert [] == sorted(set(found))


def _speaks(node: ast.AST) -> bool:
    """Whether what is in a node is said through a catalogue, or to programmers."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        return getattr(node.exc.func, "id", "") in {"AssertionError", "RuntimeError", "KeyError"}
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    name = getattr(node, "func", None)
    return isinstance(node, ast.Call) and (getattr(name, "id", "") in _SAY or getattr(name, "attr", "") in _SAY)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
