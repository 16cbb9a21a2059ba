"""Numbers for the editor (`roundup.statistics`), counted in SQL."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from roundup.model import Cadence, IssueKey, Status
from roundup.statistics import IssueNumbers, Numbers, Week, mondays
from roundup.store.database import Database
from roundup.store.schema import consents, deliveries, issues, signups, subscribers
from roundup.subscribers import Saying

_THERE = subscribers.c.email != ""


class SqlStatistics:
    """Implements `roundup.statistics.Statistics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def numbers(self, *, at: datetime, zone: tzinfo, weeks: int, issues: int) -> Numbers:
        """See `Statistics`."""
        with self._database.reading() as connection:
            begins = mondays(at, zone, count=weeks)
            return Numbers(
                now=_now(connection),
                weekly=_active(connection, subscribers.c.cadence == Cadence.WEEKLY.value),
                with_sections=_active(connection, subscribers.c.sections != ""),
                weeks=_weeks(connection, begins, zone, at),
                issues=_issues(connection, issues, at),
            )


def _now(connection: Connection) -> Mapping[Status, int]:
    statement = select(subscribers.c.status, func.count()).where(_THERE).group_by(subscribers.c.status)
    return {Status(status): count for status, count in connection.execute(statement).all()}


def _active(connection: Connection, which: ColumnElement[bool]) -> int:
    active = subscribers.c.status == Status.ACTIVE.value
    return connection.execute(select(func.count()).where(active, _THERE, which)).scalar_one()


def _weeks(connection: Connection, begins: Sequence[date], zone: tzinfo, at: datetime) -> list[Week]:
    starts = [datetime.combine(each, time(), tzinfo=zone).astimezone(UTC) for each in begins]
    ends = [*starts[1:], at]
    lost = [Status.BOUNCED.value, Status.COMPLAINED.value]
    counted = {
        "joined": (subscribers.c.since, and_(_THERE, subscribers.c.status != Status.PENDING.value)),
        "left": (subscribers.c.changed_at, and_(_THERE, subscribers.c.status == Status.LEFT.value)),
        "lost": (subscribers.c.changed_at, and_(_THERE, subscribers.c.status.in_(lost))),
        "asked": (signups.c.asked_at, None),
        "mailed": (signups.c.asked_at, signups.c.state.in_(["sent", "confirmed"])),
        "confirmed": (signups.c.asked_at, signups.c.state == "confirmed"),
    }
    found = {
        name: [_between(connection, column, span, which) for span in zip(starts, ends, strict=True)]
        for name, (column, which) in counted.items()
    }
    return [
        Week(begins=begin, **{name: numbers[place] for name, numbers in found.items()})
        for place, begin in enumerate(begins)
    ]


def _between(
    connection: Connection, column: Any, span: tuple[datetime, datetime], which: ColumnElement[bool] | None
) -> int:
    statement = select(func.count()).where(column >= span[0], column < span[1])
    return connection.execute(statement if which is None else statement.where(which)).scalar_one()


def _issues(connection: Connection, count: int, at: datetime) -> list[IssueNumbers]:
    columns = (issues.c.id, issues.c.day, issues.c.edition, issues.c.subject, issues.c.frozen_at, issues.c.outcomes)
    statement = select(*columns).where(issues.c.frozen_at.is_not(None)).order_by(issues.c.instant.desc()).limit(count)
    rows = connection.execute(statement).all()
    told, until = [], at
    for row in rows:
        left = consents.c.what == Saying.LEFT.value
        told.append(
            IssueNumbers(
                key=IssueKey(day=row.day, edition=row.edition),
                subject=row.subject,
                deliveries=_deliveries(connection, row.id, row.outcomes),
                left=_between(connection, consents.c.at, (row.frozen_at, until), left),
            )
        )
        until = row.frozen_at
    return told


def _deliveries(connection: Connection, number: int, outcomes: Mapping[str, Sequence[int]] | None) -> Mapping[str, int]:
    if outcomes is not None:
        return {state: counts[0] for state, counts in outcomes.items()}
    statement = select(deliveries.c.state, func.count()).where(deliveries.c.issue_id == number).group_by("state")
    return {row[0]: row[1] for row in connection.execute(statement).all()}
