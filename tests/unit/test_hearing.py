"""What the editor's word is about: by id or link, never by a guess."""

import pytest

from roundup.errors import HeldError
from roundup.hearing import Heard, heard
from roundup.memory import RememberedPiece
from roundup.model import BY_HAND, Edit, Piece
from roundup.word import Reference, Word
from tests.builders import a_piece, a_remembered_piece

LINK = "https://lantern.example/"
A = a_remembered_piece(a_piece(id="a", title="On a", link=f"{LINK}a/"))
B = a_remembered_piece(a_piece(id="b", title="On b", link=f"{LINK}b/"))
GONE = a_remembered_piece(a_piece(id="g", title="On g", link=f"{LINK}g/"), withdrawn=True)
NONE: frozenset[tuple[str, str]] = frozenset()


def ref(text: str, line: int = 1) -> Reference:
    return Reference(text=text, where=f"x.toml:{line}")


def hear(word: Word, *pieces: RememberedPiece, carried: frozenset[tuple[str, str]] = NONE, **twins: str) -> Heard:
    """What is heard among these pieces; a keyword names a twin and what stands for it."""
    standing = {("The Lantern", name): ("The Lantern", one) for name, one in twins.items()}
    return heard(word, {each.ref: each for each in pieces or (A, B)}, twins=standing, carried=carried)


def fault(word: Word, *pieces: RememberedPiece, carried: frozenset[tuple[str, str]] = NONE) -> str:
    with pytest.raises(HeldError) as error:
        hear(word, *pieces, carried=carried)
    return str(error.value)


@pytest.mark.parametrize("text", ["a", f"{LINK}a/", "http://www.lantern.example/a?utm_source=x"])
def test_a_piece_is_called_by_its_id_or_its_link(text: str) -> None:
    assert (("The Lantern", "a"),) == hear(Word(pin=(ref(text),))).pins


def test_a_twin_is_called_like_what_stands_for_it() -> None:
    assert (("The Lantern", "b"),) == hear(Word(pin=(ref("a"),)), a="b").pins
    assert {("The Lantern", "b"): Edit(title="T")} == hear(Word(edits=((ref("a"), Edit(title="T")),)), a="b").edits


def test_a_name_that_two_pieces_have_is_no_name() -> None:
    other = a_remembered_piece(a_piece(id="a", source="The Lamp", title="Another", link=f"{LINK}other/"))
    shared = a_remembered_piece(a_piece(id="c", title="On c", link=f"{LINK}a/"))

    assert "x.toml:1: “a” may be “On a” from The Lantern or “Another” from The Lamp." in fault(
        Word(pin=(ref("a"),)), A, other
    )
    assert f"“{LINK}a/” may be “On a” from The Lantern or “On c”" in fault(Word(pin=(ref(f"{LINK}a/"),)), A, shared)
    assert (("The Lantern", "c"),) == hear(Word(pin=(ref("c"),)), A, shared).pins


def test_every_fault_is_told_at_once_and_each_once() -> None:
    word = Word(pin=(ref("x", 1), ref("x", 1), ref("a", 2)), exclude=(ref("a", 3), ref("zz", 4)))
    told = fault(word).splitlines()

    assert ["x.toml:1", "x.toml:4", "x.toml:2"] == [line.partition(": ")[0] for line in told]


def test_what_an_earlier_issue_had_goes_into_no_other() -> None:
    carried = frozenset({("The Lantern", "a")})
    by_hand = Piece(id=f"{LINK}a/", source=BY_HAND, title="Again", link=f"{LINK}a/", published=None)

    assert "“On a” was in an earlier issue" in fault(Word(pin=(ref("a"),)), A, carried=carried)
    assert "“On a” was in an earlier issue" in fault(Word(added=((ref("x"), by_hand),)), A, carried=carried)


def test_what_its_source_took_back_cannot_be_pinned_and_may_well_be_excluded() -> None:
    assert "the source of “On g” has taken it back" in fault(Word(pin=(ref("g"),)), A, GONE)
    assert {("The Lantern", "g")} == hear(Word(exclude=(ref("g"),)), A, GONE).excluded


def test_what_is_nearest_is_named() -> None:
    assert f"The nearest is {LINK}a/ (“On a”)." in fault(Word(pin=(ref(f"{LINK}aa/"),)), A)
    assert "`roundup pieces list` names them all." in fault(Word(pin=(ref("q" * 20),)), A)
