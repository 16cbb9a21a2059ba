"""Which piece a thread of comments is about."""

import pytest

from roundup.gathering.counting.threads import by_piece, names
from tests.builders import a_piece

LINK = "https://www.lantern.example/2015/03/the-library/"
FILE = a_piece(id="posts/2015-03-30-the-library.md", link=LINK)


@pytest.mark.parametrize(
    "name",
    [
        LINK, "http://lantern.example/2015/03/the-library", "https://lantern.example/2015/03/the-library/?utm_source=x",
        "/2015/03/the-library/", "/2015/03/the-library", "/2015/03/The-Library", "the-library", "The-Library.md",
        "/2015/03/the-library/?utm_source=x", f"{LINK}index.html", "/2015/03/the-library/index.html",
        "2015-03-30-the-library", "posts/2015-03-30-the-library.md", "posts/2015-03-30-the-library",
    ],
)  # fmt: skip
def test_a_thread_is_called_by_an_address_a_path_an_id_or_a_slug(name: str) -> None:
    assert {FILE.id: 7} == by_piece({name: 7}, [FILE])


@pytest.mark.parametrize(
    "name", ["library", "https://other.example/2015/03/the-library/", "/2014/03/the-library/", "/the-library/", "", "/"]
)
def test_what_is_called_otherwise_is_another_piece_s(name: str) -> None:
    assert {} == by_piece({name: 7}, [FILE])


def test_of_several_threads_the_fullest_counts_and_unknown_stays_unknown() -> None:
    other = a_piece(id="other", link="https://lantern.example/other")

    assert {FILE.id: 9} == by_piece({"/2015/03/the-library/": 2, "the-library": 9, "x": 40}, [FILE, other])


def test_a_page_called_index_is_named_after_its_folder() -> None:
    piece = a_piece(id="the-bridge/index.md", link="https://lantern.example/the-bridge/index.html")

    assert {"the-bridge/index.md": 3} == by_piece({"the-bridge": 3, "index": 50}, [piece])


def test_percent_signs_and_letters_beyond_ascii_are_the_same() -> None:
    piece = a_piece(id="1", link="https://lantern.example/caf%C3%A9/")

    assert {"1": 4} == by_piece({"/café/": 4}, [piece])
    assert {"1": 4} == by_piece({"café": 4}, [piece])
    assert {"1": 4} == by_piece({"https://lantern.example/café/": 4}, [piece])


def test_what_only_looks_like_an_address_is_survived() -> None:
    assert {"http://[oops": 3} == by_piece({"http://[oops": 3}, [a_piece(id="http://[oops")])


def test_a_front_page_has_no_name_but_its_address() -> None:
    assert ("lantern.example", "1") == names(a_piece(id="1", link="https://lantern.example/"))


def test_a_guid_that_is_an_address_is_no_path() -> None:
    piece = a_piece(id="https://lantern.example/?p=12", link="https://lantern.example/a")

    assert {piece.id: 5} == by_piece({"https://lantern.example/?p=12": 5}, [piece])
    assert {} == by_piece({"?p=12": 5, "lantern.example": 6}, [piece])
