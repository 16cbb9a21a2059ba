"""What is still talked about: growth since the issue that had it, never one of today's."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from roundup.memory import RememberedPiece
from roundup.talking import Mention, Talk, mentioned, talked_about
from tests.builders import LONDON, a_piece, a_remembered_piece

MONDAY = date(2015, 3, 23)
TALK = Talk(maximum=3, growth=5)


def now(name: str, comments: int | None, *, withdrawn: bool = False) -> RememberedPiece:
    """A piece as it is remembered now."""
    piece = a_piece(id=name, title=f"On {name}", link=f"https://lantern.example/{name}/", comments=comments)
    return a_remembered_piece(piece, withdrawn=withdrawn)


def then(name: str, comments: int | None, *, days: int = 0) -> Mention:
    """The piece as an issue told of it, so many days after Monday."""
    link = f"https://lantern.example/{name}/"
    return Mention(day=MONDAY + timedelta(days=days), source="The Lantern", id=name, comments=comments, link=link)


def names(
    mentions: list[Mention], remembered: list[RememberedPiece], *, talk: Talk = TALK, today: str = ""
) -> list[tuple[str, int]]:
    known_as = now(today, 0).identities(LONDON) if today else frozenset()
    found = talked_about(mentions, remembered, today=known_as, talk=talk, zone=LONDON)
    return [(each.piece.id, each.comments_then) for each in found]


def test_the_most_growth_comes_first_up_to_the_maximum() -> None:
    mentions = [then("a", 1), then("b", 10), then("c", 0), then("d", 3), then("e", 0)]
    remembered = [now("a", 10), now("b", 40), now("c", 9), now("d", 8), now("e", 4)]

    # The same growth: more comments are more.
    assert [("b", 10), ("a", 1), ("c", 0)] == names(mentions, remembered)
    assert [("b", 10), ("a", 1), ("c", 0), ("d", 3)] == names(mentions, remembered, talk=Talk(maximum=9))


@pytest.mark.parametrize(
    ("mention", "piece"),
    [
        (then("a", 1), now("a", 5)),
        (then("a", None), now("a", 50)),
        (then("a", 1), now("a", None)),
        (then("a", 1), now("a", 50, withdrawn=True)),
        (then("a", 1), now("b", 50)),
    ],
    ids=["too little growth", "unknown then", "unknown now", "taken back", "forgotten"],
)
def test_what_is_not_talked_about(mention: Mention, piece: RememberedPiece) -> None:
    assert [] == names([mention], [piece])


def test_a_piece_of_todays_is_not_there_twice() -> None:
    assert [] == names([then("a", 1)], [now("a", 50)], today="a")
    assert [("a", 1)] == names([then("a", 1)], [now("a", 50)], today="b")


def test_a_piece_that_its_source_calls_otherwise_now_is_known() -> None:
    renamed = replace(now("new", 30), former=frozenset({"id The Lantern a"}))

    assert [("new", 1)] == names([then("a", 1)], [renamed])
    assert frozenset({"id The Lantern a", "link lantern.example/a"}) == mentioned([then("a", 1)])


def test_no_block_without_a_maximum() -> None:
    assert [] == names([then("a", 1)], [now("a", 50)], talk=Talk())


def test_of_equals_the_later_issues_piece_comes_first() -> None:
    mentions = [then("a", 1), then("b", 1, days=1)]

    assert [("b", 1), ("a", 1)] == names(mentions, [now("a", 9), now("b", 9)])
