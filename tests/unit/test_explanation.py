"""explain.json: every field of the contract (plan §2.2), with the newsletter's offset."""

from dataclasses import replace
from datetime import date
from typing import Any

from roundup.explanation import explanation
from roundup.memory import Shelf, SourceRecord, SourceReport, SourceState
from roundup.model import Defect, Issue, LeftOut
from roundup.ranking import Order
from tests.builders import LONDON, a_piece, a_ranked_piece, an_issue, on_day

FIELDS = {
    "id": "piece-1",
    "source": "The Lantern",
    "title": "A library is a place to read, part 1",
    "link": "https://lantern.example/2015/03/library-1/",
    "authors": ["Ada Marsh"],
    "published": "2015-03-30T10:00:00+01:00",
    "comments": 2,
    "excerpt": a_piece().excerpt,
    "comment_hours": 6.3,
    "pinned": False,
}
SHELF = Shelf(
    record=SourceRecord(name="The Lantern", found=12, state=SourceState.STALE, trouble="It answered 503."),
    pieces=(),
    defects=(Defect(source="The Lantern", where="entry 3", what="It has no link."),),
)


def explained(issue: Issue | None = None, *shelves: Shelf) -> dict[str, Any]:
    return explanation(issue or an_issue(of=1), order=Order.HOT, fingerprint="f" * 64, shelves=shelves, zone=LONDON)


def test_the_issue_is_named_by_its_key_order_fingerprint_and_envelope() -> None:
    told = explained()

    assert ("2015-03-30", "hot", "f" * 64) == (told["issue"], told["order"], told["fingerprint"])
    assert ("What a library is for", an_issue().preheader) == (told["subject"], told["preheader"])


def test_a_piece_has_its_rank_its_fields_and_its_reason() -> None:
    why = "published 7 h ago; 2 comments count as 6.3 h fresher"

    assert [{"rank": 1, **FIELDS, "why": why}] == explained()["pieces"]


def test_ranks_count_from_one() -> None:
    assert [1, 2, 3] == [piece["rank"] for piece in explained(an_issue(of=3))["pieces"]]


def test_what_is_left_out_has_the_same_fields_and_its_because() -> None:
    left_out = LeftOut(ranked=an_issue(of=1).pieces[0], because="withdrawn by its source")
    told = explained(an_issue(pieces=(), left_out=(left_out,), older=7))

    assert [{**FIELDS, "because": "withdrawn by its source", "kind": "other"}] == told["left_out"]
    assert ([], 7) == (told["pieces"], told["older"])


def test_unknown_comments_are_null_and_hours_are_rounded() -> None:
    piece = a_ranked_piece(a_piece(comments=None), comment_hours=18.339850002884624)
    (told,) = explained(an_issue(pieces=(piece,)))["pieces"]

    assert (None, 18.3399) == (told["comments"], told["comment_hours"])


def test_a_day_without_a_time_is_its_midnight_with_the_offset_of_that_day() -> None:
    piece = a_ranked_piece(a_piece(published=on_day(date(2015, 3, 23))))
    (told,) = explained(an_issue(pieces=(piece,)))["pieces"]

    assert "2015-03-23T00:00:00+00:00" == told["published"]


def test_sources_tell_how_they_stand() -> None:
    report = SourceReport(new=2, left_out={"a draft": 4}, counted=1)
    well = replace(SHELF, record=SourceRecord(name="The Lamp", found=3, report=report), defects=())

    assert [
        {
            "name": "The Lantern", "state": "stale", "found": 12, "trouble": "It answered 503.",
            "new": 0, "left_out": {}, "counted": 0,
            "defects": [{"where": "entry 3", "what": "It has no link."}],
        },
        {
            "name": "The Lamp", "state": "ok", "found": 3, "new": 2, "left_out": {"a draft": 4}, "counted": 1,
            "defects": [],
        },
    ] == explained(None, SHELF, well)["sources"]  # fmt: skip
