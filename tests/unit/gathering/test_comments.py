"""What feeds and files say about comments, and what they do not."""

import pytest

from roundup.gathering.comments import SLASH, THREADING, in_entry, in_front_matter

NONE: dict[str, str] = {}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, None),
        ({"slash_comments": "12"}, 12),
        ({"slash_comments": "0"}, 0),
        ({"slash_comments": ""}, None),
        ({"slash_comments": "-1"}, None),
        ({"slash_comments": "many"}, None),
        ({"slash_comments": " 7\n"}, 7),
        ({"slash_comments": "9" * 5000}, None),
        ({"slash_comments": 10**9}, None),
        ({"slash_comments": 10**9 - 1}, 10**9 - 1),
        ({"thr_total": "9"}, 9),
        ({"slash_comments": "2", "thr_total": "9"}, 9),
        ({"links": [{"rel": "replies", "count": "4", "thr:count": "5"}]}, 5),
        ({"links": [{"rel": "replies", "thr:count": "5"}]}, 5),
        ({"links": [{"rel": "alternate", "count": "4"}, {"rel": "replies"}]}, None),
        ({"links": [{"rel": "replies", "count": "3"}], "slash_comments": ""}, 3),
        ({"comments": "https://example.org/#respond"}, None),
    ],
)
def test_the_largest_count_that_an_entry_gives_is_believed(entry: dict[str, object], expected: int | None) -> None:
    assert in_entry(entry, NONE) == expected


def test_a_namespace_counts_under_any_prefix() -> None:
    assert in_entry({"t_total": "3"}, {"t": THREADING}) == 3
    assert in_entry({"s_comments": "4"}, {"s": SLASH}) == 4
    assert in_entry({"t_total": "3"}, {"t": "https://example.org/other"}) is None


@pytest.mark.parametrize(
    ("matter", "expected"),
    [
        ({"comment_count": "3"}, 3),
        ({"comment_count": 3}, 3),
        ({"comment_count": 0}, 0),
        ({"comment_count": -1}, None),
        ({"comment_count": True}, None),
        ({"comment_count": "true"}, None),
        ({"comments": True}, None),
        ({"comments": "true"}, None),
        ({"comments": 5}, None),
        ({}, None),
    ],
)
def test_front_matter_gives_a_count_and_never_a_switch(matter: dict[str, object], expected: int | None) -> None:
    assert in_front_matter(matter) == expected
