"""Subjects and preheaders by a newsletter's own patterns: they fall back well, are capped, and are one line."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.subjects import NAMES, PREHEADER_LENGTH, SUBJECT_LENGTH, Patterns, check, preheader, subject
from tests.builders import a_piece, a_ranked_piece, numbered_pieces

DAY = date(2026, 11, 20)
TWO = (
    a_ranked_piece(a_piece(title="The council blinked")), a_ranked_piece(a_piece(id="2", title="A bridge")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "of_two", "of_one"),
    [
        ("{title}{and_more}", "The council blinked, and 1 more", "The council blinked"),
        ("{title} | {second}", "The council blinked | A bridge", "The council blinked"),
        (
            "{newsletter}, {weekday}: {title}",
            "Lantern, Friday: The council blinked",
            "Lantern, Friday: The council blinked",
        ),
        ("{date} ({count})", "20 November 2026 (2)", "20 November 2026 (1)"),
        ("{{{others}}}", "{1}", "{0}"),
        ("The roundup", "The roundup", "The roundup"),
    ],
)
def test_a_pattern_falls_back_well_with_one_piece(pattern: str, of_two: str, of_one: str) -> None:
    patterns = Patterns(subject=check(pattern), preheader=check(pattern), newsletter="Lantern")

    assert (of_two, of_one) == (subject(TWO, patterns, DAY), subject(TWO[:1], patterns, DAY))
    assert (of_two, of_one) == (preheader(TWO, patterns, DAY), preheader(TWO[:1], patterns, DAY))


def test_dates_are_in_the_newsletters_language() -> None:
    assert "vendredi 20 novembre 2026" == subject(TWO, Patterns(subject="{weekday} {date}", language="fr"), DAY)


def test_of_a_subject_that_is_too_long_the_title_is_cut() -> None:
    long = a_ranked_piece(a_piece(title="A long title, " * 20))
    line = subject([long, long], Patterns(subject="{newsletter}: {title}{and_more}", newsletter="The Lantern"), DAY)

    assert line.startswith("The Lantern: A long title")
    assert line.endswith("…, and 1 more")
    assert len(line) <= SUBJECT_LENGTH


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("{titel}", "{titel} is nothing that can stand here; there are {title}, {second}"),
        ("{title", "a brace stands alone"),
        ("{0}", "{0} is nothing that can stand here"),
        ("{title.__class__}", "is nothing that can stand here"),
        ("a\nb", "write it on one line"),
    ],
)
def test_a_pattern_that_cannot_be_filled_is_refused(pattern: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        check(pattern)


PATTERNS = st.lists(
    st.sampled_from([f"{{{name}}}" for name in NAMES]) | st.sampled_from([" ", ": ", "x", "{{"]), max_size=8
).map("".join)
TITLES = st.lists(st.text(min_size=1, max_size=200).map(lambda text: " ".join(text.split()) or "x"), max_size=4)


@given(pattern=PATTERNS, titles=TITLES)
def test_every_line_is_one_line_and_not_too_long(pattern: str, titles: list[str]) -> None:
    pieces = [a_ranked_piece(a_piece(id=str(number), title=title)) for number, title in enumerate(titles)]
    patterns = Patterns(subject=check(pattern), preheader=check(pattern), newsletter="The Lantern")

    for line, most in (
        (subject(pieces, patterns, DAY), SUBJECT_LENGTH),
        (preheader(pieces, patterns, DAY), PREHEADER_LENGTH),
    ):
        assert len(line) <= most
        assert line == " ".join(line.split())


def test_without_pieces_there_is_nothing_to_say() -> None:
    assert ("", "") == (subject((), Patterns(), DAY), preheader((), Patterns(), DAY))
    assert subject(numbered_pieces(3), Patterns(), DAY).endswith(", and 2 more")
