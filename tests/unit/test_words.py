"""One language's sentences, numbers and lists, in each that has a catalogue and some that have none."""

import pytest

from roundup import words

EVERYWHERE = ["en-GB", "en-US", *words.LANGUAGES, "fr-CA", "de-AT", "es-MX", "ar-EG", "he", "ja", "pt-BR"]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("language", EVERYWHERE)
def test_lists_of_any_length_name_each_once(language: str, number: int) -> None:
    parts = [f"Q{each}" for each in range(number)]
    for told in (words.of(language).listed(parts), words.of(language).names(parts)):
        assert [1] * number == [told.count(part) for part in parts]


@pytest.mark.parametrize("language", EVERYWHERE)
def test_what_follows_a_title_does_not_run_into_it(language: str) -> None:
    assert words.of(language).say_many(", and {count} more", ", and {count} more", 9)[0] in " ,،"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "لا تعليقات"),
        (1, "تعليق واحد"),
        (2, "تعليقان"),
        (3, "3 تعليقات"),
        (10, "10 تعليقات"),
        (11, "11 تعليقًا"),
        (99, "99 تعليقًا"),
        (100, "100 تعليق"),
        (103, "103 تعليقات"),
    ],
)
def test_arabic_has_six_forms(number: int, told: str) -> None:
    assert told == words.of("ar").say_many("{count} Comment", "{count} Comments", number)


def test_a_sentence_asks_for_names_alone() -> None:
    with pytest.raises(ValueError, match="plain name"):
        words.of("en-GB").say("{x.__class__}", x="")
