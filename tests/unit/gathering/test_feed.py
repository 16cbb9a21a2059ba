"""A feed that is a file: every way in which it can fail, and what editors are told."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering import Source
from roundup.gathering.feed import FeedPlace, FeedSource
from roundup.gathering.fetching import Fetcher
from roundup.model import Bookmark

ENTRY = b"<item><title>A title</title><link>https://lantern.example/a</link></item>"
FEED = b"<rss version='2.0'><channel><title>The Lantern</title>" + ENTRY + b"</channel></rss>"
NO_BOOKMARK = Bookmark()


def a_source(location: str | Path) -> Source:
    fetcher = Fetcher(user_agent="roundup-test/1", total_seconds=2)
    return FeedSource(
        name="The Lantern", place=FeedPlace(location=location, zone=ZoneInfo("Europe/London")), fetcher=fetcher
    )


def failure(tmp_path: Path, body: bytes) -> str:
    file = tmp_path / "feed.xml"
    file.write_bytes(body)
    bookmark = Bookmark(etag='"good"')
    reading = a_source(file).read(bookmark)
    assert reading.pieces == ()
    assert not reading.whole
    # The bookmark of the last good read must survive a bad one.
    assert reading.bookmark == bookmark
    return reading.failure or ""


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(FEED)
    for location in (tmp_path / "feed.xml", str(tmp_path / "feed.xml")):
        reading = a_source(location).read(NO_BOOKMARK)
        assert reading.failure is None
        assert [piece.title for piece in reading.pieces] == ["A title"]
        assert not reading.whole


def test_a_gzip_file_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "feed.xml.gz").write_bytes(gzip.compress(FEED))
    assert len(a_source(tmp_path / "feed.xml.gz").read(NO_BOOKMARK).pieces) == 1


def test_a_feed_without_entries_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(FEED.replace(ENTRY, b""))
    reading = a_source(tmp_path / "feed.xml").read(NO_BOOKMARK)
    assert (reading.failure, reading.pieces) == (None, ())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"Service unavailable", "is not a feed"),
        (b"<!doctype html><html><head><title>Lantern</title></head></html>", "is a web page, not a feed"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x --><HTML></HTML>', "is a web page, not a feed"),
        (
            b'{"version": "https://jsonfeed.org/version/1.1", "items": [',
            "is a JSON Feed that was cut off, or is broken",
        ),
        (b'{"error": "no"}', "is JSON, but no JSON Feed"),
        (FEED[:-40], "was cut off"),
        (gzip.compress(FEED)[:-10], "is a gzip file that was cut off"),
        (gzip.compress(b"\0" * 6_000_000), "unpacks to more than"),
        (b" " * 5_000_001, "larger than"),
        (FEED.replace(b"The Lantern", b"Comments on: A title"), "is a feed of comments"),
    ],
)
def test_what_is_no_whole_feed_is_told_in_a_sentence(tmp_path: Path, body: bytes, told: str) -> None:
    assert told in failure(tmp_path, body)


def test_a_web_page_is_asked_for_its_feed(tmp_path: Path) -> None:
    page = (
        b"<html><head><link rel='stylesheet' href='a.css'>"
        b"<link href='https://lantern.example/feed/?a=1&amp;b=2' type='application/rss+xml' rel='alternate'></head>"
    )
    assert "It names this feed: https://lantern.example/feed/?a=1&b=2" in failure(tmp_path, page)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    assert "There is no file" in (a_source(tmp_path / "nowhere.xml").read(NO_BOOKMARK).failure or "")
    assert "can't be read" in (a_source(tmp_path).read(NO_BOOKMARK).failure or "")
    assert "can't be read" in (a_source("a\0b").read(NO_BOOKMARK).failure or "")


def test_an_address_in_a_private_network_is_told() -> None:
    reading = a_source("http://127.0.0.1:1/feed/").read(NO_BOOKMARK)
    assert "allow_private = true" in (reading.failure or "")


def test_nobody_goes_on_line_for_a_feed_that_is_a_file(tmp_path: Path) -> None:
    assert not a_source(tmp_path / "feed.xml").is_gone("https://lantern.example/a")
