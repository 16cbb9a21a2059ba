"""Octets that come in pieces, packed or not, within a limit."""

import bz2
import gzip
import tracemalloc
import zlib

import pytest

from roundup.gathering.bodies import Body, IncompleteError, TooLargeError, collect, gunzipped


def collected(*chunks: bytes, gzipped: bool = False, limit: int = 1000, promised: int = 0) -> bytes:
    return collect(chunks, gzipped=gzipped, limit=limit, promised=promised).read()


def test_a_body_is_put_together() -> None:
    assert collected(b"a", b"", b"bc") == b"abc"
    assert collected() == b""


def test_a_body_may_be_as_large_as_the_limit_and_no_larger() -> None:
    assert collected(b"x" * 999, b"x") == b"x" * 1000
    with pytest.raises(TooLargeError):
        collected(b"x" * 999, b"xx")


def test_a_body_that_promises_too_much_is_not_heard_out() -> None:
    def never() -> bytes:
        raise AssertionError

    with pytest.raises(TooLargeError):
        collect((never() for _ in range(1)), gzipped=False, limit=10, promised=11)


def test_a_large_body_is_on_disk_until_it_is_read() -> None:
    tracemalloc.start()
    bodies = [collect((b"x" * 10_000 for _ in range(400)), gzipped=False, limit=5_000_000) for _ in range(10)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
    assert all(len(body.read()) == 4_000_000 for body in bodies)


def test_a_body_can_be_read_again() -> None:
    with Body(b"abc") as body:
        assert (body.read(), body.read()) == (b"abc", b"abc")


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_packed_body_is_unpacked_however_it_is_cut(size: int) -> None:
    plain = bytes(range(256)) * 500
    packed = gzip.compress(plain)
    chunks = [packed[start : start + size] for start in range(0, len(packed), size)]
    assert collected(*chunks, gzipped=True, limit=len(plain)) == plain


def test_several_members_are_one_body() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert collected(packed, gzipped=True) == b"one two"
    assert collected(packed[:5], packed[5:26], packed[26:], gzipped=True) == b"one two"


def test_what_follows_the_end_is_ignored_as_gzip_does() -> None:
    assert collected(gzip.compress(b"one") + b"\0\0\0", gzipped=True) == b"one"
    assert collected(gzip.compress(b"one"), b"\0\0\0", gzipped=True) == b"one"


def test_an_empty_body_is_empty_packed_or_not() -> None:
    assert collected(gzipped=True) == b""


@pytest.mark.parametrize("cut", [1, 5, 9, 15, -1, -8])
def test_a_packed_body_that_ends_too_early_is_told(cut: int) -> None:
    with pytest.raises(IncompleteError):
        collected(gzip.compress(b"a body of some length")[:cut], gzipped=True)


def test_a_second_member_that_ends_too_early_is_told() -> None:
    with pytest.raises(IncompleteError):
        collected(gzip.compress(b"one") + gzip.compress(b"two")[:-4], gzipped=True)


@pytest.mark.parametrize("body", [b"no gzip at all", b"\x1f\x8bneither", zlib.compress(b"x"), bz2.compress(b"x")])
def test_what_is_no_gzip_is_told(body: bytes) -> None:
    with pytest.raises(IncompleteError):
        collected(body, gzipped=True)


def test_a_damaged_sum_is_told() -> None:
    packed = bytearray(gzip.compress(b"a body of some length"))
    packed[-6] ^= 1
    with pytest.raises(IncompleteError):
        collected(bytes(packed), gzipped=True)


@pytest.mark.parametrize("members", [1, 50])
def test_a_bomb_is_never_unpacked(members: int) -> None:
    bomb = gzip.compress(bytes(100_000_000 // members)) * members
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        collected(bomb, gzipped=True, limit=1_000_000)
    with pytest.raises(TooLargeError):
        gunzipped(bomb, limit=1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_a_file_is_unpacked_only_if_it_is_packed() -> None:
    assert gunzipped(b"<rss>", limit=1) == b"<rss>"
    assert gunzipped(gzip.compress(b"<rss>"), limit=5) == b"<rss>"
    with pytest.raises(IncompleteError):
        gunzipped(gzip.compress(b"<rss>")[:-3], limit=5)
