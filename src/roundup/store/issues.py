"""The archive (`roundup.archive`) in SQL."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from roundup.archive import Frozen, IssueRecord, IssueState, StoredIssue, Told
from roundup.audience import Variant
from roundup.errors import HeldError, StoreError
from roundup.model import MAIN_EDITION, DeliveryState, IssueId, IssueKey, RenderedIssue
from roundup.reports import RunState
from roundup.store.database import Database
from roundup.store.deliveries import plan
from roundup.store.people_rows import sections_as_kept, sections_of
from roundup.store.schema import carried, deliveries, issues, renderings

#: States in which the next hop has a message, or may have it.
_HAD = [
    state.value
    for state in (DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.UNKNOWN)
]


def _carries(edition: str) -> ColumnElement[bool]:
    """The issues of an edition whose pieces are not new in it any more."""
    return and_(issues.c.edition == edition, issues.c.given_back.is_(False))


def _is(key: IssueKey) -> ColumnElement[bool]:
    return and_(issues.c.day == key.day, issues.c.edition == key.edition)


class SqlArchive:
    """Implements `roundup.archive.Archive`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, key: IssueKey) -> IssueRecord | None:
        """See `Archive`."""
        found = self._records(_is(key))
        return found[0] if found else None

    def stored(self, key: IssueKey) -> StoredIssue | None:
        """See `Archive`."""
        with self._database.reading() as connection:
            row = connection.execute(select(issues).where(_is(key))).mappings().one_or_none()
            if row is None or row["frozen_at"] is None:
                return None
            of_sections = select(renderings).where(renderings.c.issue_id == row["id"]).order_by(renderings.c.variant)
            variants = connection.execute(of_sections).mappings().all()
        return StoredIssue(
            record=_record(row),
            rendered=_rendered(key, row, row["nonce"]),
            told=json.loads(row["explanation"]),
            variants=tuple(
                Variant(
                    choices=tuple(sections_of(each) for each in one["sections"].split("\n")),
                    rendered=_rendered(key, one, row["nonce"]),
                )
                for one in variants
            ),
        )

    def all(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        return self._records()[::-1]

    def unfinished(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        return self._records(issues.c.state == IssueState.FROZEN.value)

    def on_hold(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        waits = or_(issues.c.hold != "", issues.c.told == RunState.HELD.value)
        return self._records(issues.c.state == IssueState.OPEN.value, waits)

    def last_sent(self, *, edition: str = MAIN_EDITION, but: Collection[IssueId] = ()) -> IssueRecord | None:
        """See `Archive`."""
        found = self._records(
            issues.c.edition == edition,
            issues.c.id.not_in(sorted(but)),
            issues.c.frozen_at.is_not(None),
            issues.c.given_back.is_(False),
            exists().where(carried.c.issue_id == issues.c.id),
        )
        return found[-1] if found else None

    def carried(self, *, edition: str = MAIN_EDITION, but: Collection[IssueId] = ()) -> frozenset[str]:
        """See `Archive`."""
        ours = and_(_carries(edition), issues.c.id.not_in(sorted(but)))
        statement = select(carried.c.identity).join(issues).where(ours)
        with self._database.reading() as connection:
            return frozenset(connection.execute(statement).scalars())

    def told_since(
        self, since: datetime, *, but: Collection[IssueId] = ()
    ) -> Sequence[tuple[IssueKey, dict[str, Any]]]:
        """See `Archive`."""
        statement = (
            select(issues.c.day, issues.c.edition, issues.c.explanation)
            .where(
                _carries(MAIN_EDITION),
                issues.c.frozen_at.is_not(None),
                issues.c.instant >= since,
                issues.c.id.not_in(sorted(but)),
            )
            .order_by(issues.c.instant, issues.c.id)
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return [(IssueKey(day=row.day, edition=row.edition), json.loads(row.explanation)) for row in rows]

    def freeze(self, frozen: Frozen) -> IssueId:
        """See `Archive`."""
        with self._database.writing() as connection:
            before = connection.execute(select(issues.c.id, issues.c.state).where(_is(frozen.issue.key))).one_or_none()
            if before is not None and before.state not in (IssueState.OPEN.value, IssueState.MISSED.value):
                raise StoreError(f"The issue of {frozen.issue.key} is {before.state} already.")
            if before is None:
                try:
                    connection.execute(insert(issues).values(_frozen_row(frozen)))
                except IntegrityError as error:
                    raise StoreError(f"The issue of {frozen.issue.key} was frozen by another run.") from error
                number = IssueId(connection.execute(select(issues.c.id).where(_is(frozen.issue.key))).scalar_one())
            else:
                number = IssueId(before.id)
                connection.execute(update(issues).where(issues.c.id == number).values(_frozen_row(frozen)))
            if frozen.carries:
                rows = [{"issue_id": number, "identity": each} for each in sorted(frozen.carries)]
                connection.execute(insert(carried), rows)
            if frozen.variants:
                connection.execute(insert(renderings), [*_variant_rows(number, frozen.variants)])
            candidates, excluded = plan(connection, number, frozen.audience)
            values = {"candidates": candidates, "excluded": excluded}
            connection.execute(update(issues).where(issues.c.id == number).values(values))
        return number

    def tell(self, key: IssueKey, told: Told, *, instant: datetime, at: datetime) -> None:
        """See `Archive`."""
        values: dict[str, Any] = {
            "state": told.issue_state.value,
            "told": told.state,
            "because": told.because,
            "looked_at": at,
        }
        self._upsert(key, values, instant)

    def close(self, issue: IssueId, state: IssueState, *, at: datetime) -> None:
        """See `Archive`."""
        had = exists().where(deliveries.c.issue_id == issue, deliveries.c.state.in_(_HAD))
        with self._database.writing() as connection:
            values = {"state": state.value, "closed_at": at, "looked_at": at, "hold": ""}
            connection.execute(update(issues).where(issues.c.id == issue).values(values))
            # Plan §2.4: an issue that nobody got gives its pieces back, and the next one carries them.
            connection.execute(update(issues).where(issues.c.id == issue, ~had).values(given_back=True))

    def reopen(self, issue: IssueId, *, at: datetime) -> None:
        """See `Archive`."""
        own = select(carried.c.identity).where(carried.c.issue_id == issue)
        with self._database.writing() as connection:
            edition = connection.execute(select(issues.c.edition).where(issues.c.id == issue)).scalar_one()
            others = and_(carried.c.issue_id != issue, carried.c.identity.in_(own), _carries(edition))
            taken = connection.execute(select(issues.c.day).join(carried).where(others).limit(1)).scalar_one_or_none()
            if taken is not None:
                raise HeldError(
                    f"Nobody had that issue, so it gave its pieces back, and the issue of {taken} carries some of them "
                    "now. Nothing was sent."
                )
            values = {"state": IssueState.FROZEN.value, "given_back": False, "closed_at": None, "looked_at": at}
            connection.execute(update(issues).where(issues.c.id == issue).values(values))

    def largest(self, *, since: datetime, edition: str = MAIN_EDITION, but: IssueId) -> int:
        """See `Archive`."""
        statement = select(issues.c.candidates, issues.c.excluded).where(
            issues.c.frozen_at.is_not(None),
            issues.c.instant >= since,
            issues.c.id != but,
            issues.c.edition == edition,
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return max((row.candidates - sum((row.excluded or {}).values()) for row in rows), default=0)

    def hold(self, key: IssueKey, why: str, *, instant: datetime, at: datetime) -> None:
        """See `Archive`."""
        self._upsert(key, {"hold": why, "looked_at": at}, instant)

    def _upsert(self, key: IssueKey, values: dict[str, Any], instant: datetime) -> None:
        with self._database.writing() as connection:
            changed = connection.execute(update(issues).where(_is(key)).values(values))
            if changed.rowcount == 0:
                row = {"state": IssueState.OPEN.value} | values
                row |= {"day": key.day, "edition": key.edition, "instant": instant}
                connection.execute(insert(issues).values(row))

    def _records(self, *which: ColumnElement[bool]) -> list[IssueRecord]:
        """The issues that `which` names, by instant, oldest first. Without their octets."""
        columns = [column for column in issues.c if column.name not in {"html", "text", "explanation", "excluded"}]
        statement = select(*columns).where(*which).order_by(issues.c.instant, issues.c.id)
        with self._database.reading() as connection:
            return [_record(row) for row in connection.execute(statement).mappings()]


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


def _record(row: RowMapping) -> IssueRecord:
    return IssueRecord(
        id=IssueId(row["id"]),
        key=IssueKey(day=row["day"], edition=row["edition"]),
        state=IssueState(row["state"]),
        instant=row["instant"],
        hold=row["hold"],
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
