"""`explain.json`: why each piece stands where it stands, and why the others are not there. Pure."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from roundup.memory import Shelf
from roundup.model import Issue, Omission, RankedPiece
from roundup.ranking import Order


def explanation(
    issue: Issue, *, order: Order, fingerprint: str, shelves: Sequence[Shelf], zone: tzinfo
) -> dict[str, Any]:
    """The whole account, as JSON values. Published times carry the newsletter's offset."""
    return {
        "issue": str(issue.key),
        "order": order.value,
        "fingerprint": fingerprint,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "pieces": [
            {"rank": rank, **_fields(each, zone), "why": each.why} for rank, each in enumerate(issue.pieces, start=1)
        ],
        "left_out": [
            {**_fields(each.ranked, zone), "because": each.because, "kind": each.kind.value} for each in issue.left_out
        ],
        "older": issue.older,
        # By the editor: the weekly edition keeps them out, too.
        "excluded": [
            {"source": each.ranked.piece.source, "id": each.ranked.piece.id, "link": each.ranked.piece.link}
            for each in issue.left_out
            if each.kind is Omission.EXCLUDED
        ],
        "talked_about": [
            {
                "source": each.piece.source,
                "id": each.piece.id,
                "title": each.piece.title,
                "link": each.piece.link,
                "issue": each.day.isoformat(),
                "comments_then": each.comments_then,
                "comments": each.piece.comments,
            }
            for each in issue.talked_about
        ],
        "sources": [_source(shelf) for shelf in shelves],
    }


def _fields(ranked: RankedPiece, zone: tzinfo) -> dict[str, Any]:
    piece = ranked.shown
    return {
        "id": piece.id,
        "source": piece.source,
        "title": piece.title,
        "link": piece.link,
        "authors": list(piece.authors),
        "published": ranked.published.at.astimezone(zone).isoformat(),
        "comments": piece.comments,
        "excerpt": piece.excerpt,
        "comment_hours": round(ranked.comment_hours, 4),
        "pinned": ranked.pinned,
    } | ({"section": ranked.section} if ranked.section else {})


def _source(shelf: Shelf) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": shelf.record.name,
        "state": shelf.record.state.value,
        "found": shelf.record.found,
        "new": shelf.record.report.new,
        "left_out": dict(shelf.record.report.left_out),
        "counted": shelf.record.report.counted,
        "defects": [{"where": defect.where, "what": defect.what} for defect in shelf.defects],
    }
    return told | ({"trouble": shelf.record.trouble} if shelf.record.trouble else {})
