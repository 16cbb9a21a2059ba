"""What the heads of pictures say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.gathering.picture_sizes import MAILABLE, Head, head
from tests.picture_files import a_gif, a_jpeg, a_png, a_webp, an_avif

PICTURES = {
    "PNG": a_png(640, 480),
    "GIF": a_gif(640, 480),
    "JPEG": a_jpeg(640, 480, notes=700),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_the_size_is_in_the_head(kind: str) -> None:
    assert Head(kind=kind, size=(640, 480)) == head(PICTURES[kind])
    assert kind in MAILABLE


def test_a_progressive_jpeg_behind_long_notes_has_its_size() -> None:
    assert Head(kind="JPEG", size=(5000, 3000)) == head(a_jpeg(5000, 3000, notes=150_000, progressive=True))


@pytest.mark.parametrize("kind", PICTURES)
def test_a_beginning_says_the_kind_the_whole_says_or_nothing(kind: str) -> None:
    whole = PICTURES[kind]
    for length in range(min(len(whole), 800)):
        found = head(whole[:length])
        assert found in (None, Head(kind=kind), Head(kind=kind, size=(640, 480)))


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (a_webp(), "WebP"),
        (an_avif(), "AVIF"),
        (b"\0\0\0\x18ftypheic", "HEIC"),
        (b"BM\x36\0\0\0", "BMP"),
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn --><svg xmlns="x">', "SVG"),
        (b"\n<!DOCTYPE html><title>Not found</title>", "HTML"),
        (b'<html><body><svg width="9">', "HTML"),
        (b"<!-- a --><!-- b -->" * 99 + b"<html>", "HTML"),
        (b"<!---->" * 400 + b"<svg>", "SVG"),
    ],
)
def test_what_is_not_mailed_is_known_by_name(octets: bytes, kind: str) -> None:
    assert Head(kind=kind) == head(octets)
    assert kind not in MAILABLE


@pytest.mark.parametrize(
    "octets", [b"", b"\xff\xd8", b"Not found", b"\0\0\0\x18ftypmp42", b"%PDF-1.7", bytes(999), b"<!---->" * 999]
)
def test_anything_else_is_nothing(octets: bytes) -> None:
    assert head(octets) is None


@pytest.mark.parametrize(
    "octets",
    [
        a_png(0, 9),
        a_gif(9, 0),
        a_jpeg(0, 0),
        b"\x89PNG\r\n\x1a\n\0\0\0\x04CgBI" + bytes(20),
        b"\xff\xd8\xff\xe0\x00\x01" + bytes(20),
        b"\xff\xd8\xff\xda\x00\x08" + bytes(20),
        b"\xff\xd8\xff\xe0\x00\x04\0\0<html>",
    ],
)
def test_what_only_begins_like_a_picture_is_broken(octets: bytes) -> None:
    found = head(octets)
    assert found is not None
    assert found.broken


@given(
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF", b"<svg "]), st.binary(max_size=400)
)
def test_any_octets_say_something_or_nothing_and_never_raise(start: bytes, octets: bytes) -> None:
    found = head(start + octets)
    assert found is None or found.size is None or all(0 <= side < 2**32 for side in found.size)


@given(st.integers(1, 65_535), st.integers(1, 65_535))
def test_every_size_comes_back(width: int, height: int) -> None:
    for made in (a_gif(width, height), a_jpeg(width, height, notes=9)):
        found = head(made)
        assert found is not None
        assert (width, height) == found.size
