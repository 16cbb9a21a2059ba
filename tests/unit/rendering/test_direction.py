"""Which way a text is written, and in which language."""

import pytest

from roundup.rendering.direction import direction_of, written

ENGLISH, ARABIC = ("en-GB", "ltr"), ("ar", "rtl")


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("A bridge", "ltr"),
        ("الجسر", "rtl"),
        ("הגשר", "rtl"),
        ("2026: “الجسر”", "rtl"),
        ("… 17 – A bridge الجسر", "ltr"),
        ("Ελλάδα", "ltr"),
        ("中文", "ltr"),
        ("2026!", ""),
        ("", ""),
    ],
)
def test_the_first_letter_that_says_so_decides(text: str, direction: str) -> None:
    assert direction == direction_of(text)


@pytest.mark.parametrize(
    ("text", "language", "within", "attributes"),
    [
        ("A bridge", "", ENGLISH, {}),
        ("A bridge", "en-US", ENGLISH, {}),
        ("Le pont", "fr", ENGLISH, {"lang": "fr"}),
        ("الجسر", "", ENGLISH, {"dir": "rtl"}),
        ("الجسر", "ar-EG", ENGLISH, {"lang": "ar-EG", "dir": "rtl"}),
        ("A bridge", "en", ARABIC, {"lang": "en", "dir": "ltr"}),
        ("الجسر", "ar-EG", ARABIC, {}),
        ("2026", "", ARABIC, {}),
    ],
)
def test_an_element_says_what_is_not_so_around_it(
    text: str, language: str, within: tuple[str, str], attributes: dict[str, str]
) -> None:
    assert attributes == written(text, language, within=within)
