import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.rendering.colours import ENOUGH, contrast, readable_on

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(COLOURS, COLOURS)
def test_any_accent_becomes_readable_on_any_surface(accent: str, surface: str) -> None:
    assert contrast(readable_on(accent, surface), surface) >= ENOUGH


def test_a_readable_accent_is_left_alone() -> None:
    assert readable_on("#8A1C1C", "#ffffff") == "#8a1c1c"


def test_an_accent_keeps_its_hue() -> None:
    assert readable_on("#0000ff", "#17181a") == "#7070ff"


@pytest.mark.parametrize("wrong", ["red", "#fff", "#12345g", "123456", ""])
def test_only_six_hex_digits_are_a_colour(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a six-digit hex colour such as #8a1c1c"):
        readable_on(wrong, "#ffffff")
