"""The same piece in several sources is one piece: the richest, completed by the others."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from roundup.identity import identities
from roundup.memory import RememberedPiece
from roundup.merging import Merged, merged
from roundup.model import Picture
from tests.builders import INSTANT, LONDON, a_piece, a_remembered_piece, at_instant

HOUR = timedelta(hours=1)
PICTURE = Picture(url="https://lantern.example/p.jpg", alt="A bridge")
RICH = a_remembered_piece(a_piece(id="rich", source="Main", comments=None))
POOR = a_remembered_piece(
    a_piece(id="poor", source="Planet", excerpt="", authors=(), comments=9, picture=PICTURE, tags=("books",))
)
OTHER = a_remembered_piece(a_piece(id="other", source="Main", title="Another", link="https://lantern.example/other"))


def one(found: Merged) -> RememberedPiece:
    """The one piece that stands for all."""
    (standing,) = (each for ref, each in found.pieces.items() if ref not in found.twins)
    return standing


def test_a_language_that_a_twin_knows_is_known() -> None:
    one, other = (
        a_remembered_piece(a_piece(source="A")),
        a_remembered_piece(replace(a_piece(source="B"), language="cy")),
    )
    found = merged([one, other], LONDON)
    assert ["cy"] == [found.pieces[ref].piece.language for ref in (one.ref,)]


def test_pieces_without_a_common_identity_stay_as_they_are() -> None:
    found = merged([RICH, OTHER], LONDON)

    assert ({}, [RICH, OTHER]) == (found.twins, list(found.pieces.values()))


def test_the_richest_stands_for_its_twins_and_learns_what_they_know() -> None:
    found = merged([POOR, RICH], LONDON)
    piece = one(found).piece

    assert {("Planet", "poor"): ("Main", "rich")} == found.twins
    assert ("rich", RICH.piece.excerpt, RICH.piece.authors) == (piece.id, piece.excerpt, piece.authors)
    assert (9, PICTURE, ("books",)) == (piece.comments, piece.picture, piece.tags)
    assert POOR == found.pieces["Planet", "poor"]


def test_of_counts_the_largest_is_kept_and_unknown_stays_unknown() -> None:
    few = replace(RICH, piece=replace(RICH.piece, comments=2))
    unknown = replace(POOR, piece=replace(POOR.piece, comments=None))

    assert 9 == one(merged([few, POOR], LONDON)).piece.comments
    assert one(merged([RICH, unknown], LONDON)).piece.comments is None


def test_of_twins_that_are_equally_rich_the_first_source_s_is_taken() -> None:
    twin = replace(RICH, piece=replace(RICH.piece, source="Planet"))

    assert "Main" == one(merged([RICH, twin], LONDON)).piece.source
    assert "Planet" == one(merged([twin, RICH], LONDON)).piece.source


def published(
    hours: int, *, source: str = "The Lantern", dated: bool = True, excerpt: str = "Text."
) -> RememberedPiece:
    """A piece of so many hours ago."""
    at = at_instant(INSTANT - hours * HOUR)
    each = a_remembered_piece(a_piece(published=at if dated else None, source=source, excerpt=excerpt))
    return replace(each, published=at)


def test_the_first_publication_counts_and_a_date_beats_none() -> None:
    early = published(9, source="Planet", excerpt="")
    late = published(2)
    undated = published(20, source="Planet", dated=False)

    assert early.published == one(merged([late, early], LONDON)).published
    assert late.published == one(merged([late, undated], LONDON)).published
    assert undated.published == one(merged([undated], LONDON)).published


def test_what_one_source_dated_long_ago_is_not_new_by_another_s_word() -> None:
    old = replace(published(900, source="Planet", excerpt=""), young=False)

    assert old == one(merged([published(2), old], LONDON))


def test_what_waits_is_not_made_old_by_a_source_that_lists_it_later() -> None:
    waits = replace(published(2), first_seen=INSTANT - 9 * HOUR)
    late = replace(published(900, source="Planet", excerpt=""), young=False)
    standing = one(merged([late, waits], LONDON))

    assert (waits.ref, True, waits.published) == (standing.ref, standing.young, standing.published)


def test_what_one_source_took_back_is_not_the_twin_of_what_another_has() -> None:
    gone = replace(RICH, withdrawn=True)
    found = merged([gone, POOR], LONDON)

    assert ({}, [gone, POOR]) == (found.twins, list(found.pieces.values()))


def test_twins_of_twins_are_one_piece_even_where_only_the_merging_shows_it() -> None:
    # The first two share a link, the last two a title and an author, once the first has learnt the author's name.
    first = a_remembered_piece(a_piece(id="1", source="A", title="Bridges", link="https://a.example/1", authors=()))
    second = a_remembered_piece(
        a_piece(id="2", source="B", title="On bridges", link="https://a.example/1", excerpt="", comments=None)
    )
    third = a_remembered_piece(a_piece(id="3", source="C", title="Bridges", link="https://c.example/", excerpt=""))
    found = merged([first, second, third], LONDON)

    assert {("B", "2"): ("A", "1"), ("C", "3"): ("A", "1")} == found.twins


PIECES = st.lists(
    st.builds(
        lambda ref, title, link, authors, days, kind: a_remembered_piece(
            a_piece(
                id=ref[1], source=ref[0], title=title, link=f"https://{link}", authors=authors,
                published=at_instant(INSTANT - days * 24 * HOUR),
            ),
            young=kind != 0, withdrawn=kind == 1,
        ),
        st.tuples(st.sampled_from("AB"), st.sampled_from("123456789")), st.sampled_from(["Bridges", "Kerbs", "Books"]),
        st.sampled_from(["a.example/1", "a.example/2", "b.example/1", "b.example/2", "c.example/3", "d.example/4"]),
        st.sampled_from([(), ("Ada Marsh",), ("Tom Hale", "Ada Marsh")]), st.integers(0, 2), st.integers(0, 7),
    ),
    max_size=14, unique_by=lambda each: each.ref,
)  # fmt: skip


@given(pieces=PIECES)
def test_no_two_that_stand_share_an_identity_and_nothing_is_lost(pieces: list[RememberedPiece]) -> None:
    found = merged(pieces, LONDON)
    standing = [each for ref, each in found.pieces.items() if ref not in found.twins and not each.withdrawn]
    known = [identity for each in standing for identity in identities(each.piece, each.published, LONDON)]

    assert {each.ref for each in pieces} == set(found.pieces)
    assert set(found.twins.values()) <= {each.ref for each in standing}
    assert len(known) == len(set(known))


@given(pieces=PIECES)
def test_merging_again_changes_nothing(pieces: list[RememberedPiece]) -> None:
    once = merged(pieces, LONDON)
    standing = [each for ref, each in once.pieces.items() if ref not in once.twins]

    assert Merged(pieces={each.ref: each for each in standing}) == merged(standing, LONDON)
