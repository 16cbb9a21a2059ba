"""Numbers with dots in them are status codes only where mail servers write status codes."""

from hypothesis import given
from hypothesis import strategies as st

from roundup.status_codes import said_in

NUMBERS = st.integers(min_value=0, max_value=255)
LONG = st.lists(NUMBERS, min_size=4, max_size=6).map(lambda parts: ".".join(map(str, parts)))
AROUND = st.sampled_from(["", " ", "[", "(", "#", ": ", "550 ", "550-", "host ", "=", "\n", "\t"])


@given(before=AROUND, number=LONG, after=st.sampled_from(["", " ", "]", ")", ":", "\n", "-"]))
def test_what_has_four_numbers_is_no_code(before: str, number: str, after: str) -> None:
    assert said_in(f"{before}{number}{after}") is None


@given(
    numbers=st.lists(LONG, max_size=3),
    code=st.tuples(st.sampled_from("245"), NUMBERS, NUMBERS),
    dash=st.sampled_from([" ", "-", " #", "\n", " ("]),
)
def test_a_code_behind_a_reply_is_found_whatever_stands_before(
    numbers: list[str], code: tuple[str, int, int], dash: str
) -> None:
    wanted = f"{code[0]}.{code[1]}.{code[2]}"
    found = said_in(f"(#5.1.1) {' '.join(numbers)} {code[0]}50{dash}{wanted} said")

    assert found is not None
    assert wanted == found[0]
