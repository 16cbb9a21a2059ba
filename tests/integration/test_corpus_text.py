"""No text that is printed holds what is no text: over every real and conformance feed and content file of the corpus.

What a text is rightly about (`<blink>` in a title on HTML) is listed in `corpus_text_exceptions.toml`, with the reason.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.entities import html5
from pathlib import Path
from zoneinfo import ZoneInfo

import nh3
import pytest

from roundup.gathering.feed import FeedPlace, FeedSource
from roundup.gathering.fetching import Fetcher
from roundup.gathering.folder import FolderSource
from roundup.model import Bookmark, Piece

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
EXCEPTIONS = Path(__file__).parent / "corpus_text_exceptions.toml"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of feeds and content is not beside the project")
LONDON = ZoneInfo("Europe/London")

# Written down here and not imported: a tag that the product forgot must be found.
ELEMENTS = nh3.ALLOWED_TAGS | {
    "applet", "audio", "base", "big", "blink", "body", "button", "canvas", "datalist", "dialog", "embed", "fieldset",
    "font", "form", "frame", "frameset", "head", "html", "iframe", "input", "label", "legend", "link", "main",
    "marquee", "math", "meta", "meter", "nav", "nobr", "noframes", "noscript", "object", "optgroup", "option",
    "output", "param", "picture", "progress", "script", "section", "select", "source", "style", "svg", "template",
    "textarea", "title", "track", "video",
}  # fmt: skip
TAG = re.compile(rf"</?(?:{'|'.join(sorted(ELEMENTS))})(?=[\s/>])[^<>]*>", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
DEBRIS = re.compile(
    r"\[(?:…|\.\.\.)\]|appeared first on|first appeared on|Continue reading|Read more\W*$|\.\s?…$|… …", re.IGNORECASE
)
TEMPLATE = re.compile(r"\{\{|\{%")
# U+200C and U+200D shape letters and emoji; the rest of category Cf is seen by nobody, but for the flags' tags.
INVISIBLE = re.compile("[\u00ad\u034f\u115f\u1160\u180e\u200b\u200e\u200f\u2060-\u206f\u202a-\u202e\u3164\ufeff\uffa0]")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Printed:
    """One text that readers see, and where it comes from."""

    path: str
    field: str
    text: str


def printed(path: str, pieces: tuple[Piece, ...]) -> Iterator[Printed]:
    for piece in pieces:
        where = f"{path}/{piece.id}" if path.startswith("content/") else path
        yield Printed(where, "title", piece.title)
        yield Printed(where, "excerpt", piece.excerpt)
        for field, texts in (("author", piece.authors), ("tag", piece.tags)):
            yield from (Printed(where, field, text) for text in texts)


@cache
def everything() -> tuple[Printed, ...]:
    """Every text of the corpus, read once."""
    found: list[Printed] = []
    for path in sorted(path for path in (CORPUS / "feeds").rglob("*") if path.is_file()):
        source = FeedSource(name="s", place=FeedPlace(location=path, zone=LONDON), fetcher=Fetcher(user_agent="t"))
        found += printed(path.relative_to(CORPUS).as_posix(), source.read(Bookmark()).pieces)
    for path in sorted((CORPUS / "content").iterdir()):
        folder = FolderSource(name="s", folder=path, link="https://site.example/{slug}/", zone=LONDON)
        found += printed(path.relative_to(CORPUS).as_posix(), folder.read(Bookmark()).pieces)
    return tuple(found)


@pytest.fixture(scope="module")
def texts() -> tuple[Printed, ...]:
    return everything()


@pytest.fixture(scope="module")
def allowed() -> set[tuple[str, str, str]]:
    rows = tomllib.loads(EXCEPTIONS.read_text("utf-8"))["exception"]
    assert all(row["why"] for row in rows)
    return {(row["path"], row["field"], row["fault"]) for row in rows}


def faults(text: Printed) -> Iterator[str]:
    """What is wrong with a text, by name."""
    if TAG.search(text.text):
        yield "tag"
    if any(match[0][1] == "#" or match[0][1:] in html5 for match in ENTITY.finditer(text.text)):
        yield "entity"
    if TEMPLATE.search(text.text):
        yield "template"
    if INVISIBLE.search(text.text) or any(unicodedata.category(character) in {"Cc", "Cs"} for character in text.text):
        yield "invisible"
    if text.field == "excerpt" and DEBRIS.search(text.text):
        yield "debris"
    if text.field == "author" and ADDRESS.search(text.text):
        yield "address"


def test_the_corpus_is_read_at_all(texts: tuple[Printed, ...]) -> None:
    assert sum(text.field == "title" for text in texts) > 1_800
    assert sum(text.field == "excerpt" and bool(text.text) for text in texts) > 1_000
    assert any(text.field == "author" for text in texts)


def test_no_printed_text_holds_what_is_no_text(texts: tuple[Printed, ...], allowed: set[tuple[str, str, str]]) -> None:
    wrong = {(text.path, text.field, fault): text.text for text in texts for fault in faults(text)}
    assert {} == {key: text for key, text in wrong.items() if key not in allowed}
    assert set() == allowed - set(wrong), "these exceptions are no longer needed"


def test_exceptions_are_few(allowed: set[tuple[str, str, str]]) -> None:
    assert len(allowed) < 20


def test_every_text_is_one_line_of_bounded_length(texts: tuple[Printed, ...]) -> None:
    longest = {"title": 302, "excerpt": 702, "author": 302, "tag": 302}
    for text in texts:
        assert text.text == " ".join(text.text.split()), text
        assert len(text.text) <= longest[text.field], text
        assert unicodedata.is_normalized("NFC", text.text), text
