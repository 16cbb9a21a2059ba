"""A made-up feed for each requirement of reading feeds, with what is expected of it beside it: `tests/corpus/feeds`.

The numbers are those of the fifty things that real feeds hold, listed when 10,571 of them were measured.
"""

import gzip
import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.bodies import gunzipped
from roundup.gathering.feedcontent import FeedDocument
from roundup.gathering.feeddocument import read_document
from roundup.model import Piece

CASES = sorted((Path(__file__).parents[2] / "corpus" / "feeds").glob("*.toml"))
#: What is not about the document itself, and the test that shows it.
ELSEWHERE = {50: "tests/acceptance/test_feeds.py"}


def _document(case: dict[str, Any]) -> FeedDocument:
    text = case["text"]
    if "cut_before" in case:
        text = text[: text.index(case["cut_before"])]
    if "repeat" in case:
        rows = range(case["repeat"])
        entries = (f"<item><title>T{n}</title><link>https://lantern.example/{n}/</link></item>" for n in rows)
        text = text.replace("@@", "".join(entries))
    body = text.encode(case.get("encoding", "utf-8"))
    return FeedDocument(
        body=gunzipped(gzip.compress(body) if case.get("gzip") else body, limit=5_000_000),
        source="The Lantern",
        url=case.get("url", "https://lantern.example/feed/"),
        zone=ZoneInfo("Europe/London"),
        content_type=case.get("content_type", ""),
    )


def _field(piece: Piece, name: str) -> object:
    if name == "published":
        return piece.published.at.isoformat() if piece.published else "none"
    if name == "comments":
        return "unknown" if piece.comments is None else piece.comments
    if name == "picture":
        return piece.picture.url if piece.picture else "none"
    value = getattr(piece, name)
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_made_up_feed_is_read_as_it_says(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    expected, content = case["expect"], read_document(_document(case))
    assert expected.get("problem", "") in content.problem
    assert bool(expected.get("problem")) == bool(content.problem)
    pieces = expected.get("piece", [])
    assert len(content.pieces) == expected.get("count", len(pieces))
    for piece, fields in zip(content.pieces, pieces, strict=False):
        for name in ("title", "excerpt"):
            assert len(getattr(piece, name)) <= fields.pop(f"{name}_at_most", 1_000)
        assert fields == {name: _field(piece, name) for name in fields}
    told = [defect.what for defect in content.defects]
    assert len(told) == len(expected.get("defects", []))
    for words in expected.get("defects", []):
        assert any(words in what for what in told), told


def test_every_requirement_is_shown() -> None:
    shown = {tomllib.loads(path.read_text(encoding="utf-8"))["requirement"] for path in CASES}
    assert shown | set(ELSEWHERE) == set(range(1, 51))
    root = Path(__file__).parents[3]
    assert all((root / place).is_file() for place in ELSEWHERE.values())
