"""When two links are one page and two pieces are one piece."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from roundup.identity import identities, normal_link
from roundup.model import Piece
from tests.builders import LONDON, PUBLISHED, a_piece, at_instant, in_london, on_day

LIBRARY = "lantern.example/2015/03/library"
SAME_PAGE = [
    "https://lantern.example/2015/03/library/",
    "http://lantern.example/2015/03/library",
    "https://www.lantern.example/2015/03/library",
    "https://WWW.Lantern.Example/2015/03/library/",
    "https://lantern.example:443/2015/03/library/",
    "http://lantern.example:80/2015/03/library/",
    "https://lantern.example/2015/03/library/#comments",
    "https://lantern.example/2015/03/library/?utm_source=rss&utm_medium=feed",
    "https://lantern.example/2015/03/library?fbclid=1&gclid=2&mc_cid=3&UTM_Campaign=4",
    " https://lantern.example/2015/03/library/ ",
]
OTHER_PAGES = {
    "https://lantern.example/2015/03/Library/": "lantern.example/2015/03/Library",
    "https://blog.lantern.example/2015/03/library/": "blog.lantern.example/2015/03/library",
    "https://lantern.example/?p=12": "lantern.example?p=12",
    "https://lantern.example/?utm_source=x&p=12": "lantern.example?p=12",
    "https://lantern.example/?p=": "lantern.example?p=",
    "https://lantern.example:8080/": "lantern.example:8080",
    "https://lantern.example/?tag=a&tag=b": "lantern.example?tag=a&tag=b",
}


@pytest.mark.parametrize("link", SAME_PAGE)
def test_links_that_differ_in_nothing_that_matters_are_one(link: str) -> None:
    assert LIBRARY == normal_link(link)


@pytest.mark.parametrize(("link", "normal"), OTHER_PAGES.items())
def test_links_that_lead_elsewhere_stay_apart(link: str, normal: str) -> None:
    assert normal == normal_link(link)


@pytest.mark.parametrize("link", ["https://lantern.example:99999/a", "https://lantern.example:x/a"])
def test_a_port_that_is_none_is_passed_over(link: str) -> None:
    assert "lantern.example/a" == normal_link(link)


def same(one: Piece, other: Piece) -> bool:
    sets = [identities(piece, piece.published or PUBLISHED, LONDON) for piece in (one, other)]
    return not sets[0].isdisjoint(sets[1])


ONE = a_piece()
ELSEWHERE = replace(ONE, id="other", link="https://elsewhere.example/x")
EVENING = at_instant(in_london("2015-03-30 23:50"))


@pytest.mark.parametrize(
    "other",
    [
        replace(ELSEWHERE, id=ONE.id, title="Another", authors=()),
        replace(ELSEWHERE, link="http://www.lantern.example/2015/03/library?utm_source=x", title="Another"),
        replace(ONE, id="other", link="https://lantern.example/moved/", authors=(), published=EVENING),
        ELSEWHERE,  # the author agrees
        replace(ELSEWHERE, title="‘A Library’ is – a place to READ", source="The Lamp"),
        replace(ELSEWHERE, authors=("Bo Fen", "ada marsh"), published=on_day(date(2015, 3, 30))),
    ],
)
def test_pieces_are_one_by_any_of_their_identities(other: Piece) -> None:
    assert same(ONE, other)


@pytest.mark.parametrize(
    "other",
    [
        replace(ELSEWHERE, authors=()),  # title and date, but neither host nor author
        replace(ELSEWHERE, title="A library is a place to eat"),
        replace(ELSEWHERE, published=at_instant(PUBLISHED.at + timedelta(days=1))),
        replace(ELSEWHERE, id=ONE.id, source="The Lamp", title="Another"),  # ids are each source's own
        replace(ONE, id="other", link="https://lantern.example/2015/04/library/", title="Another"),
    ],
)
def test_pieces_that_share_less_are_two(other: Piece) -> None:
    assert not same(ONE, other)


def test_a_title_of_punctuation_alone_identifies_nothing() -> None:
    dots = replace(ONE, title="…")

    assert not same(dots, replace(dots, id="other", link="https://lantern.example/other/"))


def test_the_day_of_a_title_is_the_newsletters() -> None:
    # 23:30 UTC of the 29th is the 30th in London, which is on summer time.
    late = at_instant(in_london("2015-03-30 00:30"))

    assert same(replace(ONE, published=late), replace(ELSEWHERE, published=on_day(date(2015, 3, 30))))
