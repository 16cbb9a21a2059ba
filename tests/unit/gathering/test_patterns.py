"""Link patterns that work, and what is said about those that don't."""

from datetime import date

import pytest

from roundup.gathering.patterns import Naming, check_pattern, fill, slugged

NAMING = Naming(
    slug="a piece", stem="2015-03-05-a piece", path="news/a piece", section="news", category="é", title="the-title"
)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("https://example.org/{year}/{month:02}/{slug}/", "https://example.org/2015/03/a%20piece/"),
        ("https://example.org/{day}/{stem}.html", "https://example.org/5/2015-03-05-a%20piece.html"),
        ("http://example.org/{path}", "http://example.org/news/a%20piece"),
        ("http://example.org/{section}/{category}/{title}", "http://example.org/news/%C3%A9/the-title"),
    ],
)
def test_a_pattern_gives_the_address(pattern: str, expected: str) -> None:
    check_pattern(pattern)
    assert fill(pattern, day=date(2015, 3, 5), naming=NAMING) == expected


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("https://example.org/{name}/", "names {name}, which is unknown. Known are {year}, {month}"),
        ("https://example.org/{}/", "which is unknown"),
        ("https://example.org/{slug.__class__}/", "which is unknown"),
        ("https://example.org/{slug", "a brace that does not fit"),
        ("https://example.org/{slug:02d}/", "can't be filled in"),
        ("https://example.org/{section}/{category}/", "gives many pieces one address"),
        ("https://example.org/{year}/", "gives many pieces one address"),
        ("/{year}/{slug}/", "is no web address"),
        ("ftp://example.org/{slug}/", "is no web address"),
        ("https://[{slug}/", "can't be filled in"),
    ],
)
def test_a_bad_pattern_is_told_in_a_sentence(pattern: str, told: str) -> None:
    with pytest.raises(ValueError, match="The link pattern") as caught:
        check_pattern(pattern)
    assert told in str(caught.value)


def test_what_a_piece_lacks_leaves_no_empty_part() -> None:
    naming = Naming(slug="a", stem="a", path="a")
    filled = fill("https://example.org/{section}/{category}/{title}/", day=date(2015, 3, 5), naming=naming)
    assert filled == "https://example.org/a/"


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("It’s Über-cool: 10 años!", "its-uber-cool-10-anos"),
        ("snake_case  and --- dashes", "snake-case-and-dashes"),
        ("新しい一日", "新しい一日"),
        ("?!", ""),
    ],
)
def test_a_title_becomes_part_of_an_address(text: str, slug: str) -> None:
    assert slugged(text) == slug
