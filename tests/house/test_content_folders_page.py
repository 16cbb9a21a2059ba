"""The page on content folders, `docs/content-folders.md`, says what is so: its examples and its tables are tried."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering import exclusions, languages
from roundup.gathering.folder import FolderSource
from roundup.gathering.patterns import KEYS
from roundup.model import Bookmark, Reading
from roundup.settings_sources import SourceSettings

PAGE = (Path(__file__).parents[2] / "docs" / "content-folders.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def table(first: str) -> list[list[str]]:
    """The rows of the table whose head begins with that cell, without marks of code in cells that are one code."""
    lines = PAGE.split(f"\n| {first} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def read(folder: Path, name: str, matter: str, link: str = "https://a.example/{slug}/") -> Reading:
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f"---\n{matter}\n---\nText.\n", encoding="utf-8")
    return FolderSource(name="s", folder=folder, link=link, zone=ZoneInfo("Europe/London")).read(Bookmark())


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_source(example: str) -> None:
    (given,) = tomllib.loads(example)["sources"]
    assert SourceSettings.model_validate(given).folder == "site"


KEPT = [(row[0], key) for row in table("of a piece") for key in codes(row[1])]
USUAL = {"title": "title: The title", "date": "date: 2026-11-21"}


@pytest.mark.parametrize(("field", "key"), KEPT)
def test_a_key_is_read(tmp_path: Path, field: str, key: str) -> None:
    said = {"picture": "/said.png", "date": "2026-11-20", "language": "pt-BR"}.get(field, "Said")
    rest = [line for other, line in USUAL.items() if other != field]
    (piece,) = read(tmp_path, "a.md", "\n".join([*rest, f"{key.upper()}: {said}"])).pieces
    assert piece.published is not None
    found = {
        "title": piece.title,
        "date": str(piece.published.day),
        "excerpt": piece.excerpt,
        "authors": "; ".join(piece.authors),
        "tags": "; ".join(piece.tags),
        "language": piece.language,
        "picture": (piece.picture.url if piece.picture else "").removeprefix("https://a.example"),
    }
    assert found[field] == said


def test_every_reason_is_on_the_page() -> None:
    constants = {value for name, value in vars(exclusions).items() if name.isupper() and name[0] != "_"}
    assert {row[0] for row in table("the reason that is told")} == {*constants, languages.OTHER}


def left_out() -> Iterator[tuple[str, str]]:
    for because, files in table("the reason that is told"):
        if because in {
            exclusions.DRAFT,
            exclusions.HIDDEN,
            exclusions.REDIRECT,
            exclusions.SECTION,
            exclusions.TEMPLATE,
        }:
            yield from ((because, code) for code in codes(files) if code not in {"_", "_drafts", "drafts"})


@pytest.mark.parametrize(("because", "code"), list(left_out()))
def test_a_file_is_left_out_for_the_reason_on_the_page(tmp_path: Path, because: str, code: str) -> None:
    name, matter = (code, "title: A") if code.endswith(".md") else ("a.md", code)
    usual = "" if "date:" in matter or name == "about.md" else "date: 2026-11-21\n"
    reading = read(tmp_path, name, f"{usual}{matter.replace('…', '/there/')}")
    assert [(each.where, each.because) for each in reading.skipped] == [(name, because)]


def test_every_part_of_a_pattern_is_on_the_page() -> None:
    names = {code.strip("{}").partition(":")[0] for row in table("in the pattern") for code in codes(row[0])}
    assert names == KEYS.keys()


@pytest.mark.parametrize("row", table("the file"), ids=lambda row: row[1])
def test_a_link_is_made_as_the_page_says(tmp_path: Path, row: list[str]) -> None:
    name, matter, link, address = (cell.strip("`") for cell in row)
    (piece,) = read(tmp_path, name, matter, link).pieces
    assert piece.link == address
