"""Comments that are counted on other servers: Isso, WordPress, the pieces' own pages, a file at an address."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundup import clock
from roundup.gathering import Counts
from roundup.gathering.counting import Counter, counted
from roundup.gathering.counting.comment_folder import CommentFolder
from roundup.gathering.counting.counts_file import CountsFile
from roundup.gathering.counting.isso import Isso
from roundup.gathering.counting.pages import Pages, comments_on
from roundup.gathering.counting.wordpress import WordPress
from roundup.gathering.fetching import Fetcher
from roundup.model import Piece
from tests.builders import a_piece
from tests.comment_servers import CommentServer, answering
from tests.newsletters import free_port

FETCHER = Fetcher(user_agent="roundup/test", total_seconds=5)
Make = Callable[[CommentServer], Counter]


def isso(server: CommentServer) -> Counter:
    return Isso(f"{server.address}/isso/", source="s", fetcher=FETCHER, allow_private=True)


def wordpress(server: CommentServer) -> Counter:
    return WordPress(f"{server.address}/", source="s", fetcher=FETCHER, allow_private=True)


def pages(_server: CommentServer) -> Counter:
    return Pages(source="s", fetcher=FETCHER, private_host="127.0.0.1")


def file_there(server: CommentServer) -> Counter:
    return CountsFile(f"{server.address}/counts.json", source="s", fetcher=FETCHER, allow_private=True)


SERVED = [isso, wordpress, pages, file_there]


def a_page(count: object) -> bytes:
    told = json.dumps({"@context": "https://schema.org", "@type": "BlogPosting", "commentCount": count})
    return f'<html><script type="application/ld+json">{told}</script></html>'.encode()


@pytest.fixture
def server() -> Iterator[CommentServer]:
    """A site with a piece of twelve comments, one of none, and one that it does not have."""
    known = CommentServer(
        comments={"/2015/library/": 12, "/2015/bridge/": 0},
        posts={"/2015/library/": 412, "/2015/bridge/": 413},
        pages={
            "/2015/library/": a_page(12), "/2015/bridge/": a_page("0"),
            "/counts.json": b'{"/2015/library/": 12, "/2015/bridge/": 0}',
        },
    )  # fmt: skip
    with answering(known):
        yield known


def the_pieces(server: CommentServer) -> list[Piece]:
    return [a_piece(id=name, link=f"{server.address}/2015/{name}/") for name in ("library", "bridge", "never-heard-of")]


# What holds of all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", SERVED)
def test_each_knows_its_pieces(server: CommentServer, make: Make) -> None:
    counts = make(server).count(the_pieces(server))

    # Isso says 0 of what it has never heard of.
    assert {"library": 12, "bridge": 0} == {key: counts.by_id[key] for key in counts.by_id if key != "never-heard-of"}
    assert ("never-heard-of" in counts.by_id) == (make is isso)
    assert () == counts.defects


@pytest.mark.parametrize("make", SERVED)
def test_a_server_that_is_down_is_told_in_one_sentence_and_everything_stays_unknown(make: Make) -> None:
    server = CommentServer(port=free_port())
    counts = make(server).count(the_pieces(server))
    (defect,) = counts.defects

    assert {} == counts.by_id
    assert "can't be reached" in defect.what


@pytest.mark.parametrize("make", SERVED)
def test_nobody_is_asked_when_there_is_no_time_left(server: CommentServer, make: Make) -> None:
    counts = make(server).count(the_pieces(server), seconds=0.0)

    assert ({}, 1, []) == (counts.by_id, len(counts.defects), server.asked)


@pytest.mark.parametrize("make", SERVED)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    garbage=st.binary(max_size=80)
    | st.sampled_from(
        [
            b"null", b"[]", b"{}", b"[1]", b"[null,null,null,null,null,null]", b'["1","2","3","4","5","6"]',
            b"[1,2,3,4,5,-6]",
            b"[1,2,3,4,5,6,7]", b"[1,2,3,4,5,10000000000000]", b"[true,true,true,true,true,true]",
            b'[{"post":"412"}]', b'[{"id":null,"link":5}]',
            b"[" * 5000, b'{"commentCount":"x"}', a_page(-1), a_page([1]), a_page(10**12), a_page(None),
            b'<script type="application/ld+json">{"commentCount":</script>', b'<script type="application/ld+json">',
        ]
    )
)  # fmt: skip
def test_any_answer_gives_counts_or_a_defect(server: CommentServer, make: Make, garbage: bytes) -> None:
    server.garbage = garbage
    counts = make(server).count(the_pieces(server)[:3])

    assert all(count >= 0 for count in counts.by_id.values())
    assert all(defect.source == "s" and defect.where and defect.what for defect in counts.defects)


def test_a_private_address_is_asked_only_where_the_source_allows_it(server: CommentServer) -> None:
    counts = Isso(server.address, source="s", fetcher=FETCHER).count(the_pieces(server))

    assert ({}, []) == (counts.by_id, server.asked)
    assert "private network" in counts.defects[0].what


def test_of_several_places_the_largest_number_counts(tmp_path: Path, server: CommentServer) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "1.yml").write_text("name: Ada\n", encoding="utf-8")
    counts = counted(the_pieces(server), [CommentFolder(tmp_path, source="s"), isso(server)])

    assert 12 == counts.by_id["library"]
    assert Counts() == counted(the_pieces(server), [])


# Isso ------------------------------------------------------------------------------------------------------------


def test_isso_is_asked_once_for_all_and_for_both_spellings_of_a_path(server: CommentServer) -> None:
    server.comments = {"/2015/library": 3, "/2015/library/": 2, "/2015/bridge": 5}
    counts = isso(server).count(the_pieces(server))

    assert (3, 5) == (counts.by_id["library"], counts.by_id["bridge"])
    assert ["POST /isso/count"] == server.asked


def test_an_address_that_is_not_isso_s_is_told(server: CommentServer) -> None:
    server.garbage = b"<html>Hello</html>"
    assert "is no JSON" in isso(server).count(the_pieces(server)).defects[0].what
    server.garbage = b"[1]"
    assert "Is it Isso's address?" in isso(server).count(the_pieces(server)).defects[0].what


def test_a_link_that_is_told_by_its_query_is_asked_with_it(server: CommentServer) -> None:
    server.comments = {"/": 50, "/?p=1": 3, "/%C3%BC/": 7}
    links = {"one": "/?p=1", "two": "/?p=2", "umlaut": "/ü/"}
    counts = isso(server).count([a_piece(id=name, link=f"{server.address}{link}") for name, link in links.items()])

    assert {"one": 3, "two": 0, "umlaut": 7} == counts.by_id


def test_a_path_that_two_pieces_have_is_asked_for_neither(server: CommentServer) -> None:
    pieces = [*the_pieces(server), a_piece(id="foreign", link="https://other.example/2015/library/")]

    assert {"bridge", "never-heard-of"} == set(isso(server).count(pieces).by_id)


# WordPress -------------------------------------------------------------------------------------------------------


def test_wordpress_is_asked_for_all_pieces_at_once_and_page_after_page(server: CommentServer) -> None:
    server.comments = {"/2015/library/": 230, "/2015/bridge/": 7}
    counts = wordpress(server).count(the_pieces(server))

    assert {"library": 230, "bridge": 7} == counts.by_id
    assert 4 == len(server.asked), "one question for the numbers of the posts, three pages of comments"


def test_a_guid_of_wordpress_tells_the_number_of_its_post(server: CommentServer) -> None:
    library = a_piece(id=f"{server.address}/?p=412", link=f"{server.address}/elsewhere/")
    counts = wordpress(server).count([library])

    assert {library.id: 12} == counts.by_id
    assert not any("/posts?" in asked for asked in server.asked)


def test_where_the_api_is_shut_the_feeds_of_comments_tell_at_least_how_many(server: CommentServer) -> None:
    server.rest = False
    counts = wordpress(server).count(the_pieces(server))

    # The feed lists ten of the twelve; one that lists nothing may be closed, and leaves its piece unknown.
    assert ({"library": 10}, ()) == (counts.by_id, counts.defects)


def test_a_link_of_nothing_but_a_query_has_no_feed_of_its_own(server: CommentServer) -> None:
    server.rest, server.posts = False, {"/": 1}
    server.comments["/"] = 10
    counts = wordpress(server).count([a_piece(id="1", link=f"{server.address}/?p=1")])

    assert {} == counts.by_id


def test_another_sites_number_of_a_post_is_not_this_sites(server: CommentServer) -> None:
    moved = a_piece(id="https://old.example/?p=412", link=f"{server.address}/2015/bridge/")

    assert {moved.id: 0} == wordpress(server).count([moved]).by_id


def test_a_quiet_piece_is_unknown_where_a_busy_one_fills_all_pages(server: CommentServer) -> None:
    server.comments = {"/2015/library/": 3_000, "/2015/bridge/": 5}

    assert {"library": 2_000} == wordpress(server).count(the_pieces(server)).by_id


def test_an_answer_with_broken_addresses_is_survived(server: CommentServer) -> None:
    server.garbage = b'[{"id": 5, "link": "http://[bad/"}]'

    assert {} == wordpress(server).count(the_pieces(server)).by_id


# Pages -----------------------------------------------------------------------------------------------------------

LINK = "https://lantern.example/library/"
SIX = {"interactionType": "CommentAction", "userInteractionCount": 6}


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ({"@type": "BlogPosting", "commentCount": 4}, 4),
        ({"@graph": [{"@type": "WebSite"}, {"@type": "Article", "commentCount": "4"}]}, 4),
        ([{"@type": "Article", "commentCount": 0}], 0),
        (
            {
                "@type": "Article",
                "interactionStatistic": [
                    {"interactionType": {"@type": "LikeAction"}, "userInteractionCount": 90},
                    {"interactionType": "https://schema.org/CommentAction", "userInteractionCount": 6},
                ],
            },
            6,
        ),
        # Of several pieces on a page the one at the address counts; without one nobody knows which.
        ([{"url": LINK, "commentCount": 3}, {"url": "https://lantern.example/other/", "commentCount": 80}], 3),
        ([{"mainEntityOfPage": {"@id": f"{LINK}#x"}, "commentCount": 3}, {"commentCount": 80}], 3),
        ([{"url": "https://lantern.example/a", "commentCount": 3}, {"commentCount": 80}], None),
        ({"@type": "BlogPosting"}, None),
        # A related piece's number, or a person's, is not this piece's.
        ([{"@type": "Article", "url": LINK}, {"@type": "Article", "url": f"{LINK}other", "commentCount": 77}], None),
        (
            {
                "@type": "Person",
                "interactionStatistic": {"interactionType": "CommentAction", "userInteractionCount": 9},
            },
            None,
        ),
        (
            {
                "commentCount": None,
                "interactionStatistic": {"interactionType": "CommentAction", "userInteractionCount": 6},
            },
            6,
        ),
        ({"commentCount": True}, None),
        ({"commentCount": -3}, None),
    ],
)
def test_what_a_page_says_of_its_comments(told: object, count: int | None) -> None:
    page = f"<p>80 comments</p><script id=x type='application/ld+json'>\n{json.dumps(told)}\n</script>".encode()

    assert count == comments_on(page, LINK)


def test_a_page_elsewhere_on_the_private_network_is_not_asked(server: CommentServer) -> None:
    elsewhere = a_piece(id="1", link=f"http://127.0.0.2:{server.port}/admin")
    counts = Pages(source="s", fetcher=FETCHER, private_host="127.0.0.1").count([elsewhere])

    assert ({}, []) == (counts.by_id, server.asked)
    assert "private network" in counts.defects[0].what


def test_scripts_that_never_end_take_no_longer_than_they_are_long() -> None:
    opened = b'<script type="application/ld+json">'
    began = clock.stopwatch()
    assert comments_on(opened * 20_000, LINK) is None
    once = clock.stopwatch() - began
    assert comments_on(opened * 80_000, LINK) is None
    assert clock.stopwatch() - began - once < 40 * once + 0.5


def test_a_broken_script_hides_no_other() -> None:
    scripts = b'<script type="application/ld+json">{"a": </script>' + a_page(4)

    assert 4 == comments_on(scripts, LINK)
    assert comments_on(b'<script type="application/ld+json">' * 20_000, LINK) is None
