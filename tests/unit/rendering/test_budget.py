import pytest

from roundup.errors import HeldError
from roundup.model import Issue, RenderedIssue
from roundup.rendering import Fitted, budget
from tests.builders import NONCE, an_issue, numbered_pieces

EXCERPT, PIECE, TITLE = 100, 50, 10


def render(issue: Issue) -> RenderedIssue:
    """A rendering of which only the length matters: 100 bytes for an excerpt, 50 for a piece, 10 for a title."""
    excerpts = sum(bool(each.piece.excerpt) for each in issue.pieces)
    size = EXCERPT * excerpts + PIECE * len(issue.pieces) + TITLE * len(issue.more)
    return RenderedIssue(key=issue.key, subject="", preheader="", html="x" * size, text="", nonce=NONCE)


def shape(fitted: Fitted) -> tuple[int, int, int]:
    """Pieces with an excerpt, pieces without, titles under “More”."""
    whole = sum(bool(each.piece.excerpt) for each in fitted.issue.pieces)
    return whole, len(fitted.issue.pieces) - whole, len(fitted.issue.more)


def test_an_issue_that_fits_is_left_alone_and_nothing_is_said() -> None:
    issue = an_issue(of=4)
    assert Fitted(issue=issue, rendered=render(issue)) == budget.fit(issue, render, limit=600)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (599, (3, 1, 0)),
        (500, (3, 1, 0)),
        (499, (2, 2, 0)),
        (300, (1, 3, 0)),
        (299, (1, 2, 1)),
        (180, (1, 0, 3)),
    ],
)
def test_excerpts_go_from_the_end_and_then_pieces(limit: int, expected: tuple[int, int, int]) -> None:
    fitted = budget.fit(an_issue(of=4), render, limit=limit)
    assert expected == shape(fitted)
    assert budget.size(fitted.rendered) <= limit


def test_moved_pieces_come_before_those_that_were_under_more_and_are_accounted_for() -> None:
    issue = an_issue(of=3, more=numbered_pieces(1, first=9))
    fitted = budget.fit(issue, render, limit=220)
    assert issue.pieces[2:] + issue.more == fitted.issue.more
    assert [(issue.pieces[2], "more")] == [(each.ranked, each.because) for each in fitted.issue.left_out]


def test_what_was_left_out_is_told() -> None:
    fitted = budget.fit(an_issue(of=4), render, limit=299)
    assert fitted.notes == (
        "The issue was too long for Gmail: 2 of 4 pieces lost their excerpts.",
        "The issue was too long for Gmail: 1 of 4 pieces went to the titles under “More”.",
    )


@pytest.mark.parametrize("of", [0, 1, 4])
def test_an_issue_that_cannot_be_made_to_fit_is_held(of: int) -> None:
    with pytest.raises(HeldError, match="longer than 50 bytes even with one piece"):
        budget.fit(an_issue(of=of, more=numbered_pieces(9, first=50)), render, limit=50)
