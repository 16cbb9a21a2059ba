"""A feed on a real server, read by a real child, from first to last."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.feed import FeedPlace, FeedSource, Parser
from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.gathering.feeddocument import read_document
from roundup.gathering.fetching import Fetcher
from roundup.gathering.parsing import Children
from roundup.model import Bookmark
from tests.hostile import a_feed
from tests.sites import Site, running


class CountingParser:
    """Reads here, and counts what it is asked for."""

    def __init__(self) -> None:
        self.prepared = 0
        self.allowed: list[float] = []

    def prepare(self) -> None:
        self.prepared += 1

    def read(self, document: Callable[[], FeedDocument], *, seconds: float) -> FeedContent:
        self.allowed.append(seconds)
        return read_document(document())


@pytest.fixture
def site() -> Iterator[Site]:
    with running(Site(body=a_feed(), etag='"v1"')) as made:
        yield made


def a_source(site: Site, parser: Parser) -> FeedSource:
    place = FeedPlace(location=f"http://127.0.0.1:{site.port}/feed", zone=ZoneInfo("UTC"), allow_private=True)
    return FeedSource(name="Lantern", place=place, fetcher=Fetcher(user_agent="roundup-test/1"), parser=parser)


def test_a_child_reads_what_the_server_sent(site: Site) -> None:
    children = Children()
    reading = a_source(site, children).read(Bookmark())
    children.close()
    assert reading.failure is None
    assert [piece.title for piece in reading.pieces] == [f"Lamp {number}" for number in range(30)]
    assert reading.bookmark.etag == '"v1"'


def test_a_feed_that_has_not_changed_needs_no_child(site: Site) -> None:
    parser = CountingParser()
    source = a_source(site, parser)
    bookmark = source.read(Bookmark()).bookmark
    again = source.read(bookmark)
    assert again.unchanged
    assert site.asked == ["", '"v1"']
    assert (parser.prepared, len(parser.allowed)) == (1, 1)


def test_fetching_and_reading_share_the_time_of_the_source(site: Site) -> None:
    parser = CountingParser()
    a_source(site, parser).read(Bookmark(), seconds=5)
    assert 4 < parser.allowed[0] < 5


def test_without_time_nobody_is_asked(site: Site) -> None:
    parser = CountingParser()
    reading = a_source(site, parser).read(Bookmark(), seconds=0)
    assert reading.failure is not None
    assert parser.allowed == []


def test_a_body_shorter_than_its_length_gives_nothing_and_is_asked_for_again(site: Site) -> None:
    source = a_source(site, CountingParser())
    bookmark = source.read(Bookmark()).bookmark
    site.etag, site.missing = '"v2"', 100
    reading = source.read(bookmark)
    assert "was cut off before its end; nothing of it was used" in (reading.failure or "")
    assert (reading.pieces, reading.bookmark) == ((), bookmark)


def test_the_bookmark_of_another_address_is_not_sent(site: Site) -> None:
    source = a_source(site, CountingParser())
    bookmark = replace(source.read(Bookmark()).bookmark, location="https://lantern.example/feed")
    assert not source.read(bookmark).unchanged
    assert site.asked == ["", ""]
