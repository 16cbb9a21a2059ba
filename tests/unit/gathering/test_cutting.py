"""Where texts end when they are too long."""

import pytest

from roundup.gathering.cutting import cut_at, first_words, shortened, with_ellipsis


def words(count: int) -> str:
    return " ".join(f"w{number}" for number in range(1, count + 1))


def test_fifty_five_words_stay() -> None:
    assert shortened(words(55)) == words(55)
    assert shortened(words(56)) == words(55) + " …"


def test_a_text_that_goes_on_elsewhere_says_so() -> None:
    assert shortened("It was cut,", goes_on=True) == "It was cut …"


def test_a_script_without_blanks_is_cut_by_characters() -> None:
    assert shortened("漢" * 400) == "漢" * 350 + " …"
    assert shortened("ไทย" * 200) == ("ไทย" * 200)[:350] + " …"
    assert len(shortened("x" * 800)) == 702


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("End.", "End …"),
        ("End (", "End …"),
        ("End “", "End …"),
        ("„Ende“", "„Ende“ …"),
        ("« Fin »", "« Fin …"),
        ("Really?", "Really? …"),
        ("そうです。", "そうです …"),
        ("End –", "End …"),
        ("… . , ;", ""),
        ("", ""),
        ("." * 10_000, ""),
    ],
)
def test_nothing_loose_stands_before_the_ellipsis(text: str, expected: str) -> None:
    assert with_ellipsis(text) == expected


@pytest.mark.parametrize("character", ["q\u0323\u0301", "👩🏽\u200d🔬", "🇫🇷", "❤\ufe0f", "葛\U000e0100"])
@pytest.mark.parametrize("limit", range(20, 30))
def test_no_character_is_cut_in_two(character: str, limit: int) -> None:
    made = cut_at(character * 40, limit).removesuffix(" …")
    assert made
    assert made == character * (len(made) // len(character))


@pytest.mark.parametrize("endless", ["e\u0301\u0323" + "\u0301" * 500, "👩\u200d" * 500])
def test_a_character_without_end_is_cut_all_the_same(endless: str) -> None:
    assert cut_at(endless, 100) == endless[:100] + " …"


def test_a_cut_is_between_words_if_one_ends_near() -> None:
    assert cut_at("one two three four", 15) == "one two three …"
    assert cut_at("onetwothreefour", 10) == "onetwothre …"


def test_first_words_show_that_there_are_more() -> None:
    assert first_words("one two three.", 3) == "one two three."
    assert first_words("one two, three", 2) == "one two …"
    assert first_words("漢" * 200) == "漢" * 90 + " …"
