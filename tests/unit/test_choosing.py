"""The cut: pins, what has waited, limits, sections."""

from datetime import timedelta

import pytest

from roundup.choosing import MORE, Cut, choose, ref_of
from roundup.model import RankedPiece
from roundup.rules import Limits, Match, Rules, Section, section_of
from roundup.selection import Overflow, Selection
from tests.builders import INSTANT, a_piece, a_ranked_piece, at_instant

HOUR = timedelta(hours=1)


def a_ranked(name: str, *, hours: float = 1, authors: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> RankedPiece:
    piece = a_piece(id=name, link=f"https://lantern.example/{name}/", authors=authors, tags=tags)
    return a_ranked_piece(piece, published=at_instant(INSTANT - hours * HOUR))


ABCDE = [a_ranked(name, hours=hours) for hours, name in enumerate("abcde", start=1)]


def cut(ranked: list[RankedPiece], selection: Selection, *, pins: str = "", waited: str = "", added: str = "") -> Cut:
    def refs(names: str) -> list[tuple[str, str]]:
        return [("The Lantern", name) for name in names]

    return choose(ranked, pins=refs(pins), waited=refs(waited), selection=selection, added=refs(added))


def names(found: Cut) -> str:
    return "".join(each.piece.id for each in found.chosen)


def out(found: Cut) -> dict[str, str]:
    return {name: because for (_, name), because in found.left_out.items()}


def test_the_first_in_order_are_chosen_and_the_rest_listed() -> None:
    found = cut(ABCDE, Selection(maximum=3))

    assert ("abc", {"d": MORE, "e": MORE}) == (names(found), out(found))


def test_pins_come_first_in_the_editors_order_and_count() -> None:
    found = cut(ABCDE, Selection(maximum=3), pins="ec")

    assert ("eca", {"b": MORE, "d": MORE}) == (names(found), out(found))
    assert [True, True, False] == [each.pinned for each in found.chosen]


def test_no_maximum_takes_a_pin_away() -> None:
    assert "cba" == names(cut(ABCDE, Selection(maximum=1), pins="cba"))


def test_what_is_carried_is_chosen_first_the_oldest_first_and_then_put_in_order() -> None:
    carry = Selection(maximum=3, overflow=Overflow.CARRY)
    found = cut(ABCDE, carry, waited="cde")
    waits = "below the cut: it waits for the next issue"

    assert ("cde", {"a": waits, "b": waits}) == (names(found), out(found))
    assert "ade" == names(cut(ABCDE, carry, waited="de"))
    assert "bde" == names(cut(ABCDE, carry, waited="cde", pins="b"))
    assert "abc" == names(cut(ABCDE, Selection(maximum=3), waited="cde")), "with a list nothing waits"


def test_there_are_no_more_of_one_author_source_or_tag_than_the_limits_say() -> None:
    ranked = [
        a_ranked("a", authors=("Ada",), tags=("Books",)), a_ranked("b", authors=("ada", "Bo")),
        a_ranked("c", authors=("Bo",), tags=("books", "x")), a_ranked("d", tags=("y",)),
    ]  # fmt: skip

    def left_out(limits: Limits) -> dict[str, str]:
        return out(cut(ranked, Selection(limits=limits, overflow=Overflow.CARRY)))

    waits = "it waits for the next issue"
    assert {"b": f"more than 1 by ada: {waits}"} == left_out(Limits(author=1))
    assert {"c": f"more than 1 tagged books: {waits}"} == left_out(Limits(tag=1))
    assert {"d": f"more than 3 from The Lantern: {waits}"} == left_out(Limits(source=3))
    assert {} == left_out(Limits(author=2, tag=2, source=4))
    assert {"b": MORE} == out(cut(ranked, Selection(limits=Limits(author=1))))


def test_a_pin_counts_for_the_limits_and_is_bound_by_none() -> None:
    ranked = [a_ranked(name, authors=("Ada",)) for name in "abc"]

    assert "bc" == names(cut(ranked, Selection(limits=Limits(author=1)), pins="bc"))


BOOKS, ARTS = (
    Section(name="Books", match=Match(tags=["books"])),
    Section(name="Arts", match=Match(tags=["ART", "books"])),
)


def test_sections_stand_in_their_order_after_what_has_none() -> None:
    ranked = [a_ranked("a", tags=("art",)), a_ranked("b", tags=("Books",)), a_ranked("c"), a_ranked("d", tags=("art",))]
    found = cut(ranked, Selection(sections=(BOOKS, ARTS)))

    assert ("cbad", ["", "Books", "Arts", "Arts"]) == (names(found), [each.section for each in found.chosen])
    assert "abcd" == names(cut(ranked, Selection()))


def test_a_pin_stands_before_all_sections_and_an_added_piece_at_the_end_of_what_has_none() -> None:
    ranked = [a_ranked("a", tags=("art",)), a_ranked("b", tags=("books",)), a_ranked("c"), a_ranked("i")]
    found = cut(ranked, Selection(sections=(BOOKS, ARTS), maximum=2), pins="a", added="i")

    assert ("aib", {"c": MORE}) == (names(found), out(found))
    assert "ia" == names(cut(ranked, Selection(maximum=2), pins="i", added="i")), (
        "an added piece that is pinned is a pin"
    )


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (Match(tags=["BOOKS"]), "tag BOOKS"),
        (Match(authors=["ada marsh"]), "author ada marsh"),
        (Match(sources=["The Lantern"]), "source The Lantern"),
        (Match(links=["https://LANTERN.example/*/a/"]), None),
        (Match(links=["https://lantern.example/a*"]), "link https://lantern.example/a*"),
        (Match(tags=["book"], authors=["Ada"], sources=["Lantern"], links=["https://lantern.example/"]), None),
        (Match(), None),
    ],
)
def test_what_a_rule_finds(match: Match, found: str | None) -> None:
    piece = a_ranked("a", authors=("Ada Marsh",), tags=("books",)).piece

    assert found == match.found_in(piece)
    assert (f"excluded by {found}" if found else None) == Rules(exclude=match).because(piece)
    assert (None if found or match.is_empty else "included by no rule") == Rules(include=match).because(piece)
    assert ("S" if found else "") == section_of(piece, [Section(name="S", match=match)])


def test_what_is_excluded_is_out_even_if_it_is_included() -> None:
    rules = Rules(include=Match(tags=["books"]), exclude=Match(authors=["Ada"]))

    assert "excluded by author Ada" == rules.because(a_ranked("a", authors=("Ada",), tags=("books",)).piece)


def test_everything_is_chosen_or_left_out_once() -> None:
    found = cut(ABCDE, Selection(maximum=2, limits=Limits(source=3)), pins="d")

    assert {ref_of(each) for each in ABCDE} == {ref_of(each) for each in found.chosen} | set(found.left_out)
