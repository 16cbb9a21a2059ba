"""Made-up content folders, each of which shows a rule or a generator's habits and says what is to come of it.

The files are `tests/corpus/folders/*.toml`:

- `rule` (a number of the twelve rules for content folders) or `generator`, and `shows`, a sentence;
- `[settings]`: `link`, `language`, `authors`, `timezone`, each with a usual value where it is left out;
- `[[file]]`: `path` and `text`, and where the octets matter `encoding`, `bom` or `crlf`;
- `[[expect.piece]]`, `[[expect.skipped]]`, `[[expect.defect]]`: all that the folder gives. Of a piece the fields that
  are named must be so; a defect's `what` must be part of the sentence.
"""

import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.folder import FolderSource, Habits
from roundup.model import Bookmark, Defect, Piece, Reading

FOLDERS = Path(__file__).parents[2] / "corpus" / "folders"
CASES = sorted(FOLDERS.glob("*.toml"))
GENERATORS = {"Jekyll", "Hugo", "Zola", "Pelican", "Eleventy", "Astro", "MkDocs", "Nikola", "Hexo", "plain Markdown"}
LINK = "https://lantern.example/{year}/{month:02}/{slug}/"


def case(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write(folder: Path, file: dict[str, Any]) -> None:
    text = file["text"].replace("\n", "\r\n") if file.get("crlf") else file["text"]
    place = folder / file["path"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes((("\ufeff" if file.get("bom") else "") + text).encode(file.get("encoding", "utf-8")))


def source(folder: Path, settings: dict[str, Any]) -> FolderSource:
    return FolderSource(
        name="The Lantern",
        folder=folder,
        link=settings.get("link", LINK),
        zone=ZoneInfo(settings.get("timezone", "Europe/London")),
        habits=Habits(authors=settings.get("authors", {}), language=settings.get("language", "")),
    )


def told(piece: Piece, names: set[str]) -> dict[str, object]:
    """The fields of a piece under the names, and in the types, that a case has for them."""
    published = piece.published
    assert published is not None
    fields: dict[str, object] = {
        "id": piece.id,
        "title": piece.title,
        "link": piece.link,
        "published": published.day or published.at,
        "excerpt": piece.excerpt,
        "authors": list(piece.authors),
        "tags": list(piece.tags),
        "comments": piece.comments,
        "picture": piece.picture.url if piece.picture else "",
    }
    return {name: fields[name] for name in names}


def test_all_rules_and_all_generators_are_shown() -> None:
    cases = [case(path) for path in CASES]
    assert {each["rule"] for each in cases if "rule" in each} == set(range(1, 13))
    assert {each["generator"] for each in cases if "generator" in each} == GENERATORS
    assert all(each["shows"].endswith(".") and ("rule" in each) != ("generator" in each) for each in cases)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_folder_gives_what_it_says(path: Path, tmp_path: Path) -> None:
    made = case(path)
    for file in made["file"]:
        write(tmp_path, file)
    this = source(tmp_path, made.get("settings", {}))
    reading = this.read(Bookmark())
    check(reading, made.get("expect", {}))
    again = this.read(reading.bookmark)
    assert again == reading


def check(reading: Reading, expected: dict[str, Any]) -> None:
    assert reading.failure is None
    wanted = {piece["id"]: piece for piece in expected.get("piece", [])}
    assert {piece.id for piece in reading.pieces} == wanted.keys(), (reading.defects, reading.skipped)
    assert {piece.id: told(piece, set(wanted[piece.id])) for piece in reading.pieces} == wanted
    assert {each.where: each.because for each in reading.skipped} == {
        each["where"]: each["because"] for each in expected.get("skipped", [])
    }
    assert_defects(reading.defects, expected.get("defect", []))


def assert_defects(defects: tuple[Defect, ...], wanted: list[dict[str, str]]) -> None:
    assert sorted(defect.where for defect in defects) == sorted(each["where"] for each in wanted)
    said = {defect.where: defect.what for defect in defects}
    assert [each for each in wanted if each["what"] not in said[each["where"]]] == []


def test_the_dates_in_cases_are_those_of_toml() -> None:
    """A case that gave its dates as texts would never agree."""
    wanted = [
        piece["published"] for path in CASES for piece in case(path)["expect"].get("piece", []) if "published" in piece
    ]
    assert wanted
    assert all(isinstance(each, date) and (not isinstance(each, datetime) or each.tzinfo) for each in wanted)
