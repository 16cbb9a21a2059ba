"""How long an issue may be, and what is left out when it would be longer (pure).

Gmail clips a message at about 102 KB of HTML and hides the rest, the unsubscribe link with it (email-bugs #41). Nobody
outside knows which encoding counts, so there is a margin. A rule shortens the issue, always in the same way: excerpts
go from the end, the lead's last of all and never; then pieces move from the end to the titles under "More".
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from roundup.errors import HeldError
from roundup.model import Issue, LeftOut, Omission, RankedPiece, RenderedIssue
from roundup.rendering import Fitted
from roundup.words import figures, say, say_many

#: The longest HTML part, in bytes of decoded UTF-8.
LIMIT = 95_000


def fit(issue: Issue, render: Callable[[Issue], RenderedIssue], *, limit: int = LIMIT, guess: int = 0) -> Fitted:
    """`issue` rendered in at most `limit` bytes of HTML, shortened as little as the rule allows. `guess`: how many cuts
    that may take, as the last time; it changes nothing but how soon they are found.

    Raises `HeldError` when even the shortest form is longer, and whatever `render` raises."""
    found: dict[int, Fitted] = {}

    def fits(cuts: int) -> bool:
        tried = shortened(issue, cuts) if cuts else issue
        rendered = render(tried)
        if size(rendered) > limit:
            return False
        found[cuts] = Fitted(issue=tried, rendered=rendered, notes=_notes(issue, tried), cuts=cuts)
        return True

    # Every further cut makes the HTML shorter, so halving finds the first that fits: one rendering costs 60 ms.
    least, most = 0, _most_cuts(issue)
    for cuts in _nearby(guess, most):
        if least <= cuts <= most:
            least, most = (least, cuts - 1) if fits(cuts) else (cuts + 1, most)
    while least <= most:
        cuts = (least + most) // 2
        least, most = (least, cuts - 1) if fits(cuts) else (cuts + 1, most)
    if not found:
        raise HeldError(
            say(
                "The issue is longer than {limit} bytes even with one piece in full and the other titles "
                'under “More”; Gmail would hide its end. Lower [selection] maximum and set overflow = "carry".',
                limit=figures(limit),
            )
        )
    return found[min(found)]


def _nearby(guess: int, most: int) -> Iterator[int]:
    """What is tried first: no cut at all, or what it took the last time, and one cut less, and one more."""
    if not 0 < guess <= most:
        yield 0
        return
    yield from (guess, guess - 1, guess + 1)


def size(rendered: RenderedIssue) -> int:
    """How long the HTML part is, in bytes of decoded UTF-8."""
    return len(rendered.html.encode())


def shortened(issue: Issue, cuts: int) -> Issue:
    """`issue` after `cuts` steps of the rule. The lead keeps its place and its excerpt."""
    pieces = issue.pieces
    moved = max(0, cuts - (len(pieces) - 1))
    kept = pieces[: len(pieces) - moved]
    bare = min(cuts, len(pieces) - 1) - moved
    whole = len(kept) - bare
    return replace(
        issue,
        pieces=kept[:whole] + tuple(_without_excerpt(each) for each in kept[whole:]),
        more=pieces[len(kept) :] + issue.more,
        left_out=tuple(LeftOut(ranked=each, because="more", kind=Omission.MORE) for each in pieces[len(kept) :])
        + issue.left_out,
    )


def _most_cuts(issue: Issue) -> int:
    return 2 * max(0, len(issue.pieces) - 1)


def _without_excerpt(ranked: RankedPiece) -> RankedPiece:
    return replace(ranked, piece=replace(ranked.piece, excerpt=""), edit=replace(ranked.edit, excerpt=None))


def _notes(issue: Issue, short: Issue) -> tuple[str, ...]:
    moved = len(issue.pieces) - len(short.pieces)
    bare = sum(
        before.shown.excerpt != after.shown.excerpt for before, after in zip(issue.pieces, short.pieces, strict=False)
    )
    all_pieces = figures(len(issue.pieces))
    lost = say_many(
        "The issue was too long for Gmail: {count} of {all} pieces lost its excerpt.",
        "The issue was too long for Gmail: {count} of {all} pieces lost their excerpts.",
        bare,
        all=all_pieces,
    )
    went = say_many(
        "The issue was too long for Gmail: {count} of {all} pieces went to the titles under “More”.",
        "The issue was too long for Gmail: {count} of {all} pieces went to the titles under “More”.",
        moved,
        all=all_pieces,
    )
    return tuple(note for note, count in ((lost, bare), (went, moved)) if count)
