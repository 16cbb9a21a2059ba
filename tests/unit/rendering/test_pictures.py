"""Which picture of a piece an issue shows, and how large."""

import pytest

from roundup.model import Picture
from roundup.rendering.pictures import beside_picture, lead_picture
from tests.builders import a_piece

URL = "https://lantern.example/hall.png"


def a_picture(width: int | None = None, height: int | None = None, *, alt: str = "A hall") -> Picture:
    return Picture(url=URL, alt=alt, width=width, height=height)


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ((None, None), (560, 0)),
        ((1120, 630), (560, 315)),
        ((1120, None), (560, 0)),
        ((400, 300), (400, 300)),
        ((280, 140), (280, 140)),
    ],
)
def test_the_leads_picture_fills_the_column_and_is_never_stretched(
    own: tuple[int | None, int | None], shown: tuple[int, int]
) -> None:
    view = lead_picture(a_piece(picture=a_picture(*own)), URL)
    assert view is not None
    assert shown == (view.width, view.height)


def test_a_stamp_is_no_picture_for_the_lead() -> None:
    assert None is lead_picture(a_piece(picture=a_picture(279, 200)), URL)


def test_a_picture_that_says_nothing_is_called_by_its_piece_where_it_is_linked_and_nothing_where_it_is_not() -> None:
    piece = a_piece(title="The bridge", picture=a_picture(alt=""))
    lead, beside = lead_picture(piece, URL), beside_picture(piece, URL)
    assert lead is not None
    assert beside is not None
    assert ("The bridge", "") == (lead.alt, beside.alt)


@pytest.mark.parametrize("own", [(143, 100), (1000, 399), (400, 601), (100, 100)])
def test_what_does_not_stand_well_beside_a_few_lines_is_left_out(own: tuple[int, int]) -> None:
    assert None is beside_picture(a_piece(picture=a_picture(*own)), URL)


@pytest.mark.parametrize(
    ("own", "height"), [((144, 144), 144), ((1000, 400), 58), ((400, 600), 216), ((None, None), 0)]
)
def test_a_picture_beside_a_piece_is_a_quarter_of_the_column(own: tuple[int | None, int | None], height: int) -> None:
    view = beside_picture(a_piece(picture=a_picture(*own)), URL)
    assert view is not None
    assert (144, height) == (view.width, view.height)


def test_without_an_address_that_may_be_mailed_there_is_none() -> None:
    piece = a_piece(picture=a_picture(1120, 630))
    assert (None, None) == (lead_picture(piece, ""), beside_picture(piece, ""))
