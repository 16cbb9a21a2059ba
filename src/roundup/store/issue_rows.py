"""Rows of the archive, and what they mean."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from roundup.archive import Frozen, IssueRecord, IssueState, StoredIssue
from roundup.audience import Variant
from roundup.errors import StoreError
from roundup.model import IssueId, IssueKey, RenderedIssue
from roundup.store.people_rows import sections_as_kept, sections_of
from roundup.store.schema import approvals, carried, issues, renderings

#: What is written down with its rendering may be in any of these states before.
_NOT_FROZEN = [each.value for each in (IssueState.OPEN, IssueState.MISSED, IssueState.AWAITING, IssueState.APPROVED)]


def is_issue(key: IssueKey) -> ColumnElement[bool]:
    """The one issue that has this key."""
    return and_(issues.c.day == key.day, issues.c.edition == key.edition)


def is_carrying(edition: str) -> ColumnElement[bool]:
    """The issues of an edition whose pieces are not new in it any more."""
    return and_(issues.c.edition == edition, issues.c.given_back.is_(False))


def write_down(connection: Connection, frozen: Frozen, **values: Any) -> IssueId:
    """An issue with its rendering and what it carries, in place of what was proposed before, in the caller's
    transaction. Raises `StoreError` if it is frozen or closed."""
    key, row = frozen.issue.key, _frozen_row(frozen) | values
    before = connection.execute(select(issues.c.id, issues.c.state).where(is_issue(key))).one_or_none()
    if before is not None and before.state not in _NOT_FROZEN:
        raise StoreError(f"The issue of {key} is {before.state} already.")
    if before is None:
        try:
            connection.execute(insert(issues).values(row))
        except IntegrityError as error:
            raise StoreError(f"The issue of {key} was frozen by another run.") from error
        number = IssueId(connection.execute(select(issues.c.id).where(is_issue(key))).scalar_one())
    else:
        number = IssueId(before.id)
        connection.execute(update(issues).where(issues.c.id == number).values(row))
        for table in (carried, renderings, approvals):
            connection.execute(delete(table).where(table.c.issue_id == number))
    if frozen.carries:
        identities = [{"issue_id": number, "identity": each} for each in sorted(frozen.carries)]
        connection.execute(insert(carried), identities)
    if frozen.variants:
        connection.execute(insert(renderings), [*_variant_rows(number, frozen.variants)])
    return number


def stored_in(connection: Connection, row: RowMapping) -> StoredIssue:
    """The issue that a row of `issues` holds whole, with what readers of some sections have in its place."""
    statement = select(renderings).where(renderings.c.issue_id == row["id"]).order_by(renderings.c.variant)
    variants = connection.execute(statement).mappings().all()
    record = record_in(row)
    return StoredIssue(
        record=record,
        rendered=_rendered(record.key, row, row["nonce"]),
        told=json.loads(row["explanation"]),
        variants=tuple(
            Variant(
                choices=tuple(sections_of(each) for each in one["sections"].split("\n")),
                rendered=_rendered(record.key, one, row["nonce"]),
            )
            for one in variants
        ),
    )


def _rendered(key: IssueKey, row: RowMapping, nonce: str) -> RenderedIssue:
    return RenderedIssue(
        key=key,
        subject=row["subject"],
        preheader=row["preheader"],
        html=row["html"],
        text=row["text"],
        nonce=nonce,
    )


def _variant_rows(issue: IssueId, variants: Sequence[Variant]) -> Iterator[dict[str, Any]]:
    for number, variant in enumerate(variants, 1):
        rendered = variant.rendered
        yield {
            "issue_id": issue,
            "variant": number,
            "sections": "\n".join(sections_as_kept(choice) for choice in variant.choices),
            "subject": rendered.subject,
            "preheader": rendered.preheader,
            "html": rendered.html,
            "text": rendered.text,
        }


def record_in(row: RowMapping) -> IssueRecord:
    """The issue that a row is about."""
    return IssueRecord(
        id=IssueId(row["id"]),
        key=IssueKey(day=row["day"], edition=row["edition"]),
        state=IssueState(row["state"]),
        instant=row["instant"],
        hold=row["hold"],
        firm=row["firm"],
        told=row["told"],
        because=row["because"],
        looked_at=row["looked_at"],
        frozen_at=row["frozen_at"],
        subject=row["subject"],
        preheader=row["preheader"],
        fingerprint=row["fingerprint"],
    )


def _frozen_row(frozen: Frozen) -> dict[str, Any]:
    rendered = frozen.rendered
    return {
        "day": frozen.issue.key.day,
        "edition": frozen.issue.key.edition,
        "state": IssueState.FROZEN.value,
        "instant": frozen.issue.instant,
        "told": "",
        "because": "",
        "looked_at": frozen.at,
        "frozen_at": frozen.at,
        "given_back": False,
        "subject": rendered.subject,
        "preheader": rendered.preheader,
        "html": rendered.html,
        "text": rendered.text,
        "nonce": rendered.nonce,
        "fingerprint": frozen.fingerprint,
        "explanation": frozen.explanation,
    }
