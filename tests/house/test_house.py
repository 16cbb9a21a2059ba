"""The repository tests itself: sizes, docstrings, the map, the words, the settings, the commands."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from roundup import settings
from roundup.cli import group

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PYTHON = [
    *SOURCES,
    *sorted((ROOT / "benchmarks").rglob("*.py")),
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "examples").rglob("*.py")),
]
LONGEST_MODULE, LONGEST_FUNCTION = 400, 60


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", PYTHON, ids=_name)
def test_no_module_and_no_function_is_too_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    long = [
        f"{function.name}: {length} lines"
        for function in _functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert lines <= LONGEST_MODULE
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_name_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "handler", "service"}
    assert [_name(path) for path in PYTHON if path.stem in drawers] == []


def test_the_map_names_every_module_and_only_those_there_are() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    block = text.split("```text", 1)[1].split("```", 1)[0]
    mapped = set(re.findall(r"^\s*([a-z_/]+\.py)\b", block, re.MULTILINE))
    there = {
        path.relative_to(ROOT / "src" / "roundup").as_posix()
        for path in SOURCES
        if path.name not in {"__init__.py", "__main__.py"} and "migrations" not in path.parts
    }
    assert there - mapped == set(), "not on the map"
    assert mapped - there == set(), "on the map, and not there"


def test_no_identifier_uses_a_word_that_the_glossary_avoids() -> None:
    avoided = {
        "digest_email",
        "campaign",
        "mailing",
        "recipient",
        "contact",
        "post",
        "article",
        "item",
        "job",
        "config",
    }
    found = []
    for path in SOURCES:
        if "gathering" in path.parts or "migrations" in path.parts or path.name == "migrate.py":
            # Inside a feed the feed's own words hold, and Alembic has its own.
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.arg):
                name = node.arg if isinstance(node, ast.arg) else node.name
                words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
                found += [f"{_name(path)}: {name}"] * bool(words & avoided)
    assert found == []


def test_every_setting_is_explained_in_the_file_that_init_writes() -> None:
    text = (ROOT / "templates" / "init" / "roundup.toml").read_text(encoding="utf-8")
    missing = [
        f"{table}.{key}"
        for table, keys in settings.known_keys().items()
        for key in keys
        if table and not re.search(rf"^\s*(# )?{key} = ", text, re.MULTILINE) and key != "weekly"
    ]
    assert missing == []


def test_the_schema_that_ships_is_that_of_the_settings() -> None:
    """Made by: python -c "from roundup import settings; print(settings.schema(), end='')"."""
    assert settings.schema() == (ROOT / "src" / "roundup" / "roundup.schema.json").read_text(encoding="utf-8")


def _commands(command: click.Command, path: str = "roundup") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _commands(child, f"{path} {name}")


@pytest.mark.parametrize(
    ("path", "command"), [*_commands(group)], ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_has_help_with_an_example(path: str, command: click.Command) -> None:
    assert command.help
    assert "roundup " in command.help, f"{path} --help shows no example"


def test_the_changelog_is_open_for_the_next_change() -> None:
    assert "\n## Unreleased\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_decision_has_a_date_and_a_state() -> None:
    pages = [page for page in (ROOT / "docs" / "decisions").glob("*.md") if page.name != "README.md"]
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.match(r"\d{4}-\d{2}-\d{2}-", page.name), page.name
        assert re.search(rf"^{page.name[:10]} · (accepted|superseded)", text, re.MULTILINE), page.name


def test_nothing_names_the_machine_it_was_made_on() -> None:
    machine = re.compile(r"/(work|root|farm)/")
    texts = [path for path in ROOT.rglob("*") if path.suffix in {".py", ".md", ".toml", ".html", ".txt", ".css"}]
    ours = [path for path in texts if not {".venv", ".git", "demo"} & set(path.relative_to(ROOT).parts)]
    named = [_name(path) for path in ours if machine.search(path.read_text(encoding="utf-8"))]
    assert [name for name in named if name != "tests/house/test_house.py"] == []
