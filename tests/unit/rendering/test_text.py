import pytest

from roundup.rendering.text import columns, tidy, wrap

SENTENCE = "The council has found that a library is a place where people read, and that people ask for more books."


def test_lines_are_filled_to_at_most_72_columns() -> None:
    lines = wrap(SENTENCE).split("\n")
    assert lines == [
        "The council has found that a library is a place where people read, and",
        "that people ask for more books.",
    ]


def test_a_line_of_exactly_72_columns_is_not_broken() -> None:
    assert wrap("a" * 35 + " " + "b" * 36) == "a" * 35 + " " + "b" * 36
    assert wrap("a" * 36 + " " + "b" * 36) == "a" * 36 + "\n" + "b" * 36


def test_an_indent_counts_and_begins_every_line() -> None:
    lines = wrap(SENTENCE, indent="  > ").split("\n")
    assert all(line.startswith("  > ") and columns(line) <= 72 for line in lines)


@pytest.mark.parametrize("scheme", ["https://", "http://", "mailto:"])
def test_an_address_stands_alone_and_unbroken(scheme: str) -> None:
    address = scheme + "lantern.example/" + "a-long-way/" * 12
    assert f"Read it here:\n{address}\nand be glad." == wrap(f"Read it here: {address} and be glad.")


def test_any_other_long_word_is_cut() -> None:
    assert wrap("x" * 80).split("\n") == ["x" * 72, "x" * 8]


def test_wide_characters_take_two_columns() -> None:
    lines = wrap("図" * 50).split("\n")
    assert [len(line) for line in lines] == [36, 14]
    assert [columns(line) for line in lines] == [72, 28]


def test_combining_marks_take_none() -> None:
    assert columns("e\N{COMBINING ACUTE ACCENT}") == 1


@pytest.mark.parametrize("space", ["\r\n", "\t", "  ", "\N{LINE SEPARATOR}"])
def test_white_space_of_any_kind_is_one_space(space: str) -> None:
    assert wrap(f"one{space}two") == "one two"


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_nothing_stays_nothing(nothing: str) -> None:
    assert wrap(nothing) == ""


def test_tidying_drops_trailing_blanks_and_gaps() -> None:
    assert tidy("\n\none  \n\n\n\n \n two\t\n\n\n") == "one\n\n two\n"


@pytest.mark.parametrize("space", ["\u00a0", "\u202f"])
def test_a_no_break_space_holds_its_neighbours_together(space: str) -> None:
    line = "Vous recevez ce courriel parce que vous vous êtes abonné à cette adresse"
    assert f"adresse{space}: oui" == wrap(f"{line}{space}: oui").splitlines()[-1]
