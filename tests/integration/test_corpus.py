"""Every real and conformance feed and content file of the corpus, where it is present beside the project."""

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.feed import FeedPlace, FeedSource
from roundup.gathering.fetching import Fetcher
from roundup.gathering.folder import FolderSource
from roundup.model import Bookmark, Reading

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of feeds and content is not beside the project")
LONDON = ZoneInfo("Europe/London")
SUITES = [
    "atoma",
    "feed-rs",
    "feedjira",
    "feedparser",
    "feedsmith",
    "gofeed",
    "node-feedparser",
    "reader",
    "rss-parser",
]


def read(path: Path) -> Reading:
    return FeedSource(name="s", place=FeedPlace(location=path, zone=LONDON), fetcher=Fetcher(user_agent="t")).read(
        Bookmark()
    )


def feed(name: str) -> Reading:
    reading = read(CORPUS / "feeds" / name)
    assert reading.failure is None
    return reading


@pytest.mark.parametrize("suite", SUITES)
def test_every_feed_gives_a_reading_that_can_be_mailed(suite: str) -> None:
    files = [path for path in sorted((CORPUS / "feeds" / suite).rglob("*")) if path.is_file()]
    assert files
    for path in files:
        reading = read(path)
        assert reading.failure is None or reading.pieces == ()
        for piece in reading.pieces:
            assert piece.link.startswith(("http://", "https://")), path
            assert piece.title, path
            assert len(piece.excerpt.removesuffix(" …").split()) <= 55, path
            assert not piece.excerpt.endswith(("….", "… …", ". …")), path
            assert not any("@" in author and "." in author.partition("@")[2] for author in piece.authors), path


def test_few_feeds_of_the_corpus_are_unreadable() -> None:
    """What fails is documents that are cut off, empty, or of another kind (OPML, CDF, web pages, JSON)."""
    files = [path for path in (CORPUS / "feeds").rglob("*") if path.suffix in {".xml", ".rss", ".atom"}]
    failures = Counter(reading.failure is not None for reading in map(read, files))
    assert failures[False] > 2700
    assert failures[True] < 50


@pytest.mark.parametrize(
    ("name", "pieces", "commented"),
    [
        ("rss-parser/test/input/many-links.rss", 25, 25),
        ("feedjira/spec/sample_feeds/TechCrunch.xml", 20, 20),
        ("feedjira/spec/sample_feeds/AmazonWebServicesBlog.xml", 10, 10),
        ("rss-parser/test/input/guardian.rss", 55, 0),
    ],
)
def test_known_feeds_have_their_pieces_and_comments(name: str, pieces: int, commented: int) -> None:
    reading = feed(name)
    assert len(reading.pieces) == pieces
    assert sum(piece.comments is not None for piece in reading.pieces) == commented


def test_a_date_in_portuguese_is_read() -> None:
    reading = feed("rss-parser/test/input/uolNoticias.rss")
    assert all(piece.published for piece in reading.pieces)
    assert "ção" in " ".join(piece.title for piece in reading.pieces)


def test_a_government_blog_is_read_whole() -> None:
    source = FolderSource(
        name="18F", folder=CORPUS / "content" / "eleventy-18f", link="https://18f.example/{slug}/", zone=LONDON
    )
    reading = source.read(Bookmark())
    assert reading.failure is None
    # One of them has a tab after a name in its list of authors, which is no YAML.
    assert len(reading.pieces) == 509
    assert reading.defects == ()
    assert [(each.where, each.because) for each in reading.skipped] == [("LICENSE.md", "no title and no date")]
    first = reading.pieces[0]
    assert (first.title, first.authors, first.tags) == ("Coming soon", ("18F",), ("18f",))
    assert all(piece.excerpt for piece in reading.pieces)


def test_jekylls_own_folder_is_read_without_its_drafts() -> None:
    source = FolderSource(
        name="Jekyll", folder=CORPUS / "content" / "jekyll-docs", link="https://jekyll.example/{slug}/", zone=LONDON
    )
    reading = source.read(Bookmark())
    assert len(reading.pieces) == 152
    assert len(reading.defects) == 1
    assert Counter(each.because for each in reading.skipped) == {"a draft": 1, "no title and no date": 2, "no date": 1}
    assert not any("not-published" in piece.id for piece in reading.pieces)
