"""Feeds that were whole once, and JSON that never was one: a reading or a named defect, never another exception."""

import json
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.gathering.feedcontent import FeedDocument
from roundup.gathering.feeddocument import read_document

EXAMPLE = Path(__file__).parents[2] / "examples" / "magazine"
LAWS = settings(max_examples=200, deadline=None)
LONDON = ZoneInfo("Europe/London")

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["2015-03-30T09:00:00Z", "https://a.example/1", "/relative", "<b>A</b>", "\ud800", "-1", ""]),
)  # fmt: skip
KEYS = st.sampled_from(
    [
        "version", "title", "items", "home_page_url", "feed_url", "id", "url", "external_url", "content_html",
        "content_text", "summary", "image", "banner_image", "date_published", "date_modified", "author", "authors",
        "name", "tags", "attachments", "mime_type", "_comments", "count", "language", "next_url", "expired",
    ]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=20
)
FEEDS = st.builds(
    lambda version, items, more: {"version": version, "title": "T", "items": items, **more},
    st.sampled_from(["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1", 1, None]),
    st.lists(st.dictionaries(KEYS, VALUES, max_size=8), max_size=5) | VALUES,
    st.dictionaries(KEYS, VALUES, max_size=4),
)


def read(body: bytes) -> None:
    """Whatever the octets are there is an answer: pieces, or what is wrong, in a sentence."""
    content = read_document(FeedDocument(body=body, source="s", zone=LONDON, url="https://a.example/feed"))
    assert content.is_feed or content.problem
    assert all(defect.where and defect.what for defect in content.defects)
    for piece in content.pieces:
        assert piece.title
        assert piece.id
        assert piece.link.startswith(("http://", "https://"))
        assert piece.comments is None or piece.comments >= 0
        assert "\n" not in piece.title + piece.excerpt + "".join(piece.authors)


@LAWS
@given(feed=FEEDS | VALUES)
def test_any_json_gives_a_reading(feed: object) -> None:
    read(json.dumps(feed).encode("utf-8", "surrogatepass"))


def cut_out(body: bytes, start: int, length: int, _put: bytes) -> bytes:
    return body[:start] + body[start + length :]


def put_in(body: bytes, start: int, _length: int, put: bytes) -> bytes:
    return body[:start] + put + body[start:]


def write_over(body: bytes, start: int, _length: int, put: bytes) -> bytes:
    return body[:start] + put + body[start + len(put) :]


def say_twice(body: bytes, start: int, length: int, _put: bytes) -> bytes:
    return body[: start + length] + body[start:]


def turn_round(body: bytes, start: int, length: int, _put: bytes) -> bytes:
    return body[:start] + body[start : start + length][::-1] + body[start + length :]


HARM = st.tuples(
    st.sampled_from([cut_out, put_in, write_over, say_twice, turn_round]),
    st.integers(0, 30_000), st.integers(1, 400),
    st.binary(min_size=1, max_size=4)
    | st.sampled_from([b"<", b">", b"&", b"]]>", b"<!--", b'"', b"\x00", b"\xff", b"}"]),
)  # fmt: skip
Harm = tuple[Callable[[bytes, int, int, bytes], bytes], int, int, bytes]


@pytest.mark.parametrize("name", ["feed.xml", "feed.atom", "feed.json"])
@LAWS
@given(harms=st.lists(HARM, min_size=1, max_size=6))
def test_a_feed_that_was_damaged_gives_what_is_left_of_it(name: str, harms: list[Harm]) -> None:
    body = (EXAMPLE / name).read_bytes()
    for harm, start, length, put in harms:
        body = harm(body, start % len(body), length, put) or b"x"
    read(body)
