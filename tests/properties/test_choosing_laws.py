"""Laws of the choice with rules, limits, sections, carry and the editor's word: everything read is told, each once."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.explanation import explanation
from roundup.memory import RememberedPiece
from roundup.merging import merged
from roundup.model import BY_HAND, Issue, Piece
from roundup.ranking import Order, Ranking, rank
from roundup.rules import Limits, Match, Rules, Section
from roundup.selecting import Past, Selecting, select
from roundup.selection import Overflow, Selection
from roundup.word import Reference, Word
from tests.builders import INSTANT, KEY, LONDON, a_piece, a_remembered_piece, at_instant

LAWS = settings(max_examples=200, deadline=None)
TAGS, AUTHORS = ("books", "arts", "house"), ("Ada Marsh", "Bo Reed")
REMEMBERED = st.builds(
    lambda number, source, hours, comments, tags, authors, young: a_remembered_piece(
        a_piece(
            id=number, source=source, title=f"{source} {number}", link=f"https://{source.lower()}.example/{number}",
            comments=comments, tags=tags, authors=authors, published=at_instant(INSTANT - timedelta(hours=hours)),
        ),
        young=young, first_seen=INSTANT - timedelta(hours=hours),
    ),
    st.sampled_from("123456789"), st.sampled_from(["Lamp", "Lantern"]), st.integers(0, 60) | st.floats(0, 60),
    st.none() | st.integers(0, 5) | st.integers(0, 400), st.lists(st.sampled_from(TAGS), max_size=2).map(tuple),
    st.lists(st.sampled_from(AUTHORS), max_size=2, unique=True).map(tuple), st.integers(0, 4).map(bool),
)  # fmt: skip
MANY = st.lists(REMEMBERED, max_size=14, unique_by=lambda each: each.ref)
MATCH = st.builds(
    Match, tags=st.lists(st.sampled_from(TAGS), max_size=2), authors=st.lists(st.sampled_from(AUTHORS), max_size=1)
)
SECTION = st.builds(Section, name=st.sampled_from("XYZ"), match=MATCH)
SECTIONS = st.lists(SECTION, max_size=3, unique_by=lambda each: each.name).map(tuple)
SELECTIONS = st.builds(
    Selection, maximum=st.integers(1, 8), overflow=st.sampled_from(Overflow),
    rules=st.builds(Rules, include=st.just(Match()) | MATCH, exclude=st.just(Match()) | MATCH),
    limits=st.builds(Limits, author=st.integers(0, 2), source=st.integers(0, 4), tag=st.integers(0, 2)),
    sections=SECTIONS,
)  # fmt: skip
RANKINGS = st.builds(
    Ranking, order=st.sampled_from(Order), comment_cap=st.sampled_from([0, 0, 3, 50]),
    doubling=st.sampled_from([timedelta(hours=4), timedelta(minutes=90)]),
)  # fmt: skip


def a_word(pieces: Sequence[RememberedPiece], pins: Sequence[int], excluded: Sequence[int], *, by_hand: bool) -> Word:
    """A word about some of the pieces; what is pinned is not excluded."""
    links = [each.piece.link for each in pieces]
    pinned = list(dict.fromkeys(links[number % len(links)] for number in pins if links))
    out = [
        link for link in dict.fromkeys(links[number % len(links)] for number in excluded if links) if link not in pinned
    ]
    added = Piece(
        id="https://hand.example/", source=BY_HAND, title="By hand", link="https://hand.example/", published=None
    )
    return Word(
        pin=tuple(Reference(text=link, where="x:1") for link in pinned),
        exclude=tuple(Reference(text=link, where="x:2") for link in out),
        added=((Reference(text=added.link, where="x:3"), added),) if by_hand else (),
    )  # fmt: skip


def made(pieces: Sequence[RememberedPiece], selection: Selection, ranking: Ranking, word: Word) -> Issue:
    found = merged(pieces, LONDON)
    ranked = rank(((each.piece, each.published) for each in found.pieces.values()), ranking=ranking, instant=INSTANT)
    past = Past(last_sent=INSTANT - timedelta(hours=24), last_frozen=INSTANT - timedelta(hours=24), carried=frozenset())
    by = Selecting(key=KEY, instant=INSTANT, zone=LONDON, selection=selection, past=past, twins=found.twins, word=word)
    return select(ranked, remembered=found.pieces, by=by)


WORDS = st.tuples(st.lists(st.integers(0, 13), max_size=3), st.lists(st.integers(0, 13), max_size=3), st.booleans())


@LAWS
@given(pieces=MANY, selection=SELECTIONS, ranking=RANKINGS, word=WORDS, data=st.data())
def test_everything_read_is_told_once_whatever_order_it_comes_in(
    *,
    pieces: list[RememberedPiece], selection: Selection, ranking: Ranking, word: tuple[list[int], list[int], bool],
    data: st.DataObject,
) -> None:  # fmt: skip
    said = a_word(pieces, word[0], word[1], by_hand=word[2])
    issue = made(pieces, selection, ranking, said)
    told = [each for each in issue.pieces if each.piece.source != BY_HAND] + [each.ranked for each in issue.left_out]

    assert Counter(each.ref for each in pieces) == Counter((each.piece.source, each.piece.id) for each in told)
    assert issue == made(data.draw(st.permutations(pieces)), selection, ranking, said)


@LAWS
@given(pieces=MANY, selection=SELECTIONS, ranking=RANKINGS, word=WORDS)
def test_the_editors_word_is_final_and_the_limits_hold_for_the_rest(
    pieces: list[RememberedPiece], selection: Selection, ranking: Ranking, word: tuple[list[int], list[int], bool]
) -> None:
    said = a_word(pieces, word[0], word[1], by_hand=word[2])
    issue = made(pieces, selection, ranking, said)
    links = [each.piece.link for each in issue.pieces]
    rest = [each for each in issue.pieces if not each.pinned and each.piece.source != BY_HAND]

    assert [reference.text for reference in said.pin] == links[: len(said.pin)]
    assert not {reference.text for reference in said.exclude} & {*links, *(each.piece.link for each in issue.more)}
    assert [piece.link for _, piece in said.added] == [link for link in links if link == "https://hand.example/"]
    assert len(rest) <= max(0, selection.maximum - len(said.pin))
    assert all(selection.rules.because(each.piece) is None for each in (*rest, *issue.more))
    for most, kinds in (
        (selection.limits.author, [name for each in rest for name in set(each.piece.authors)]),
        (selection.limits.tag, [tag for each in rest for tag in set(each.piece.tags)]),
        (selection.limits.source, [each.piece.source for each in rest]),
    ):
        assert not most or max(Counter(kinds).values(), default=0) <= most


def key_of(piece: dict[str, object], ranking: Ranking) -> tuple[float, float]:
    """Design 2.3, written out: what a piece is ordered by, from nothing but `explain.json`; first what ties it."""
    hours = datetime.fromisoformat(str(piece["published"])).timestamp() / 3600
    comments = int(str(piece["comments"])) if piece["comments"] is not None else 0
    counted = min(comments, ranking.comment_cap) if ranking.comment_cap else comments
    doubling = ranking.doubling.total_seconds() / 3600
    if ranking.order is Order.HOT:
        return hours + doubling * math.log2(1 + counted), hours
    return (float(counted), hours) if ranking.order is Order.MOST_COMMENTED else (hours, hours)


@LAWS
@given(pieces=MANY, selection=SELECTIONS, ranking=RANKINGS, word=WORDS)
def test_the_places_can_be_computed_again_from_the_explanation(
    pieces: list[RememberedPiece], selection: Selection, ranking: Ranking, word: tuple[list[int], list[int], bool]
) -> None:
    issue = made(pieces, selection, ranking, a_word(pieces, word[0], word[1], by_hand=word[2]))
    told = json.loads(json.dumps(explanation(issue, order=ranking.order, fingerprint="", shelves=(), zone=LONDON)))
    listed = [piece for piece in told["pieces"] if piece["source"] != BY_HAND]
    pins = [piece for piece in listed if piece["pinned"]]
    sections = ["", *(section.name for section in selection.sections)]

    assert list(range(1, len(told["pieces"]) + 1)) == [piece["rank"] for piece in told["pieces"]]
    assert pins == listed[: len(pins)]
    keys = [
        (sections.index(piece.get("section", "")), *(-round(part, 6) for part in key_of(piece, ranking)))
        for piece in listed[len(pins) :]
    ]
    assert sorted(keys) == keys
    for piece in listed:
        counted = min(piece["comments"] or 0, ranking.comment_cap or 10**9)
        hours = ranking.doubling.total_seconds() / 3600 * math.log2(1 + counted) if ranking.order is Order.HOT else 0
        assert abs(piece["comment_hours"] - hours) < 0.0001


@LAWS
@given(pieces=MANY.filter(bool), selection=SELECTIONS, ranking=RANKINGS, which=st.integers(0, 13))
def test_one_more_comment_never_lowers_a_piece(
    pieces: list[RememberedPiece], selection: Selection, ranking: Ranking, which: int
) -> None:
    chosen = pieces[which % len(pieces)]
    liked = replace(chosen, piece=replace(chosen.piece, comments=(chosen.piece.comments or 0) + 1))
    before = made(pieces, replace(selection, limits=Limits()), ranking, Word())
    after = made(
        [liked if each is chosen else each for each in pieces], replace(selection, limits=Limits()), ranking, Word()
    )

    def place(issue: Issue) -> int:
        refs = [(each.piece.source, each.piece.id) for each in issue.pieces]
        return refs.index(chosen.ref) if chosen.ref in refs else 99

    assert place(after) <= place(before)
