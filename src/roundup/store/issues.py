"""The archive (`roundup.archive`) in SQL."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, true, update

from roundup.archive import MAY_WAIT, PROPOSED, Frozen, IssueRecord, IssueState, StoredIssue, Told
from roundup.errors import HeldError
from roundup.model import MAIN_EDITION, DeliveryState, IssueId, IssueKey
from roundup.reports import RunState
from roundup.store.batches import SqlBatches
from roundup.store.database import Database
from roundup.store.deliveries import plan
from roundup.store.issue_rows import is_carrying, is_issue, record_in, stored_in, write_down
from roundup.store.schema import carried, deliveries, issues

_MAY_WAIT = issues.c.state.in_([state.value for state in MAY_WAIT])
#: States in which the next hop has a message, or may have it.
_HAD = [
    state.value
    for state in (DeliveryState.ACCEPTED, DeliveryState.BOUNCED, DeliveryState.COMPLAINED, DeliveryState.UNKNOWN)
]


class SqlArchive:
    """Implements `roundup.archive.Archive`."""

    def __init__(self, database: Database, batches: SqlBatches) -> None:
        self._database = database
        self._batches = batches

    def find(self, key: IssueKey) -> IssueRecord | None:
        """See `Archive`."""
        found = self._records(is_issue(key))
        return found[0] if found else None

    def stored(self, key: IssueKey) -> StoredIssue | None:
        """See `Archive`."""
        with self._database.reading() as connection:
            row = connection.execute(select(issues).where(is_issue(key))).mappings().one_or_none()
            if row is None or row["frozen_at"] is None:
                return None
            return stored_in(connection, row)

    def all(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        return self._records()[::-1]

    def unfinished(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        return self._records(issues.c.state == IssueState.FROZEN.value)

    def on_hold(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        waits = or_(issues.c.hold != "", issues.c.told == RunState.HELD.value)
        return self._records(issues.c.state.in_([each.value for each in (IssueState.OPEN, *PROPOSED)]), waits)

    def firmly_held(self) -> Sequence[IssueRecord]:
        """See `Archive`."""
        return self._records(issues.c.firm, issues.c.hold != "", _MAY_WAIT)

    def last_sent(
        self, *, edition: str = MAIN_EDITION, but: Collection[IssueId] = (), by: datetime | None = None
    ) -> IssueRecord | None:
        """See `Archive`."""
        found = self._records(
            issues.c.edition == edition,
            issues.c.id.not_in(sorted(but)),
            issues.c.frozen_at.is_not(None) if by is None else issues.c.frozen_at <= by,
            issues.c.given_back.is_(False),
            exists().where(carried.c.issue_id == issues.c.id),
        )
        return found[-1] if found else None

    def carried(self, *, edition: str = MAIN_EDITION, but: Collection[IssueId] = ()) -> frozenset[str]:
        """See `Archive`."""
        ours = and_(is_carrying(edition), issues.c.id.not_in(sorted(but)))
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
                is_carrying(MAIN_EDITION),
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
            number = write_down(connection, frozen)
            candidates, excluded = plan(connection, number, frozen.audience)
            values = {"candidates": candidates, "excluded": excluded}
            connection.execute(update(issues).where(issues.c.id == number).values(values))
            self._batches.froze(connection, number)
        return number

    def tell(self, key: IssueKey, told: Told, *, instant: datetime, at: datetime) -> None:
        """See `Archive`."""
        values: dict[str, Any] = {
            "told": told.state,
            "because": told.because,
            "looked_at": at,
        }
        if told.issue_state is not None:
            values["state"] = told.issue_state.value
        with self._database.writing() as connection:
            _upsert(connection, key, values, instant, may=true())

    def close(self, issue: IssueId, state: IssueState, *, at: datetime, but_firm: bool = False) -> bool:
        """See `Archive`."""
        this = and_(issues.c.id == issue, issues.c.firm.is_(False)) if but_firm else issues.c.id == issue
        had = exists().where(deliveries.c.issue_id == issue, deliveries.c.state.in_(_HAD))
        with self._database.writing() as connection:
            values = {"state": state.value, "closed_at": at, "looked_at": at, "hold": "", "firm": False}
            if connection.execute(update(issues).where(this).values(values)).rowcount == 0:
                return False
            # Plan §2.4: an issue that nobody got gives its pieces back, and the next one carries them.
            connection.execute(update(issues).where(issues.c.id == issue, ~had).values(given_back=True))
        return True

    def reopen(self, issue: IssueId, *, at: datetime) -> None:
        """See `Archive`."""
        own = select(carried.c.identity).where(carried.c.issue_id == issue)
        with self._database.writing() as connection:
            edition = connection.execute(select(issues.c.edition).where(issues.c.id == issue)).scalar_one()
            others = and_(carried.c.issue_id != issue, carried.c.identity.in_(own), is_carrying(edition))
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

    def hold(self, key: IssueKey, why: str, *, instant: datetime, at: datetime, firm: bool = False) -> bool:
        """See `Archive`."""
        values = {"hold": why, "firm": firm and bool(why), "looked_at": at}
        with self._database.writing() as connection:
            return _upsert(connection, key, values, instant, may=_MAY_WAIT if why else true())

    def was_sent(
        self, key: IssueKey, carries: Collection[str], because: str, *, instant: datetime, at: datetime
    ) -> None:
        """See `Archive`."""
        values = {
            "state": IssueState.SKIPPED.value,
            "told": RunState.SKIPPED.value,
            "because": because,
            "hold": "",
            "firm": False,
            "given_back": False,
            "looked_at": at,
            "closed_at": at,
        }
        with self._database.writing() as connection:
            _upsert(connection, key, values, instant, may=true())
            number = connection.execute(select(issues.c.id).where(is_issue(key))).scalar_one()
            # What was proposed of it carries some already, or it was said before that it was sent.
            there = connection.execute(select(carried.c.identity).where(carried.c.issue_id == number)).scalars()
            rows = [{"issue_id": number, "identity": each} for each in sorted({*carries} - {*there})]
            if rows:
                connection.execute(insert(carried), rows)

    def _records(self, *which: ColumnElement[bool]) -> list[IssueRecord]:
        """The issues that `which` names, by instant, oldest first. Without their octets."""
        columns = [column for column in issues.c if column.name not in {"html", "text", "explanation", "excluded"}]
        statement = select(*columns).where(*which).order_by(issues.c.instant, issues.c.id)
        with self._database.reading() as connection:
            return [record_in(row) for row in connection.execute(statement).mappings()]


def _upsert(
    connection: Connection, key: IssueKey, values: dict[str, Any], instant: datetime, *, may: ColumnElement[bool]
) -> bool:
    """Change an issue, or write a new one down. Returns whether that is done: one that is there, and `may` not be
    changed, stays as it is."""
    if connection.execute(update(issues).where(is_issue(key), may).values(values)).rowcount:
        return True
    if connection.execute(select(issues.c.id).where(is_issue(key))).first() is not None:
        return False
    row = {"state": IssueState.OPEN.value} | values
    row |= {"day": key.day, "edition": key.edition, "instant": instant}
    connection.execute(insert(issues).values(row))
    return True
