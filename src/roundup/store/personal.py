"""What is personal (`roundup.personal`) in SQL: shown, and erased."""

import secrets
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, select, update

from roundup.email_address import compared_form, mailable_form
from roundup.model import Status
from roundup.personal import Hashed, Pruned, Retention
from roundup.signing_up import ONCE_IN, SignupState
from roundup.store.database import Database
from roundup.store.people_rows import sections_of
from roundup.store.schema import batches, consents, deliveries, issues, signups, subscribers, suppressions
from roundup.tokens import KEY_OCTETS

#: How many people are erased in one transaction: nobody waits long behind it.
_AT_ONCE = 500
#: When somebody was last asked to confirm, or would have been.
_last_asked = func.coalesce(signups.c.sent_at, signups.c.asked_at)
_CLOSED = ("sent", "failed", "missed", "skipped")


class SqlPersonalRecords:
    """Implements `roundup.personal.PersonalRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, email: str) -> dict[str, Any] | None:
        """See `PersonalRecords`."""
        whose = subscribers.c.compared == compared_form(mailable_form(email))
        with self._database.reading() as connection:
            row = connection.execute(select(subscribers).where(whose)).mappings().one_or_none()
            if row is None:
                return None
            number = row["id"]
            return {
                "email": row["email"],
                "name": row["name"],
                "status": row["status"],
                "cadence": row["cadence"],
                "sections": list(sections_of(row["sections"])),
                "paused_until": row["paused_until"].isoformat() if row["paused_until"] else None,
                "origin": row["origin"],
                "since": row["since"].isoformat(),
                "changed_at": row["changed_at"].isoformat(),
                "was": row["was"],
                "was_since": row["was_since"].isoformat() if row["was_since"] else None,
                "was_paused_until": row["was_paused_until"].isoformat() if row["was_paused_until"] else None,
                "consents": _all(connection, consents, number, but="subscriber_id"),
                "signups": _all(connection, signups, number, but="subscriber_id"),
                "deliveries": _deliveries(connection, number),
            }

    def forget(self, email: str, hashes: Collection[bytes], *, at: datetime) -> bool:
        """See `PersonalRecords`."""
        whose = subscribers.c.compared == compared_form(mailable_form(email))
        with self._database.erasing() as connection:
            _suppress(connection, hashes, at)
            number = connection.execute(select(subscribers.c.id).where(whose)).scalar_one_or_none()
            if number is not None:
                _erase(connection, [number], at)
        return number is not None

    def prune(self, retention: Retention, *, hashed: Hashed, at: datetime) -> Pruned:
        """See `PersonalRecords`."""
        return Pruned(
            unconfirmed=self._prune_unconfirmed(at - retention.unconfirmed) if retention.unconfirmed else 0,
            deliveries=self._prune_deliveries(at - retention.deliveries) if retention.deliveries else 0,
            left=self._prune_left(at - retention.left, hashed, at) if retention.left else 0,
        )

    def _prune_unconfirmed(self, before: datetime) -> int:
        """Who asked and never confirmed is as if they never had, but that the address is not asked again at once."""
        asked_since = exists().where(signups.c.subscriber_id == subscribers.c.id, _last_asked > before - ONCE_IN)
        theirs = and_(
            subscribers.c.status == Status.PENDING.value,
            subscribers.c.origin == "signup",
            subscribers.c.changed_at <= before,
            ~asked_since,
        )
        erased = 0
        while True:
            with self._database.reading() as connection:
                page = list(connection.execute(select(subscribers.c.id).where(theirs).limit(_AT_ONCE)).scalars())
            if not page:
                self._prune_signups(before - ONCE_IN)
                return erased
            with self._database.erasing() as connection:
                for table in (signups, consents):
                    connection.execute(delete(table).where(table.c.subscriber_id.in_(page)))
                had = select(deliveries.c.subscriber_id).where(deliveries.c.subscriber_id.in_(page))
                kept = set(connection.execute(had).scalars())
                connection.execute(delete(subscribers).where(subscribers.c.id.in_([*{*page} - kept])))
                if kept:
                    _erase(connection, sorted(kept), before)
            erased += len(page)

    def _prune_signups(self, before: datetime) -> None:
        """Of who is on the list, or was, the sign-ups that came to nothing."""
        old = and_(_last_asked <= before, signups.c.state != SignupState.CONFIRMED.value)
        while True:
            with self._database.reading() as connection:
                page = list(connection.execute(select(signups.c.id).where(old).limit(_AT_ONCE)).scalars())
            if not page:
                return
            with self._database.erasing() as connection:
                connection.execute(delete(signups).where(signups.c.id.in_(page)))

    def _prune_left(self, before: datetime, hashed: Hashed, at: datetime) -> int:
        gone = [status.value for status in (Status.LEFT, Status.BOUNCED, Status.COMPLAINED)]
        theirs = and_(subscribers.c.status.in_(gone), subscribers.c.changed_at <= before, subscribers.c.email != "")
        erased = 0
        while True:
            with self._database.reading() as connection:
                statement = select(subscribers.c.id, subscribers.c.compared).where(theirs).limit(_AT_ONCE)
                page = connection.execute(statement).all()
            if not page:
                return erased
            with self._database.erasing() as connection:
                _suppress(connection, [one for row in page for one in hashed(row.compared)], at)
                _erase(connection, [row.id for row in page], at)
            erased += len(page)

    def _prune_deliveries(self, before: datetime) -> int:
        """The rows of old issues become their sums."""
        old = and_(issues.c.closed_at <= before, issues.c.state.in_(_CLOSED), issues.c.outcomes.is_(None))
        with self._database.reading() as connection:
            numbers = list(connection.execute(select(issues.c.id).where(old)).scalars())
        erased = 0
        for number in numbers:
            ours = deliveries.c.issue_id == number
            with self._database.erasing() as connection:
                counted = connection.execute(
                    select(deliveries.c.state, func.count(), func.sum(deliveries.c.resent))
                    .where(ours)
                    .group_by("state")
                ).all()
                sums = {state: [count, int(resent or 0)] for state, count, resent in counted}
                connection.execute(update(issues).where(issues.c.id == number).values(outcomes=sums))
                erased += connection.execute(delete(deliveries).where(ours)).rowcount
                connection.execute(delete(batches).where(batches.c.issue_id == number))
        return erased


def _all(connection: Connection, table: Any, number: int, *, but: str) -> list[dict[str, Any]]:
    """Every row of a table about a person."""
    columns = [column for column in table.c if column.name not in ("id", but)]
    statement = select(*columns).where(table.c.subscriber_id == number).order_by(table.c.id)
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in connection.execute(statement).mappings()
    ]


def _deliveries(connection: Connection, number: int) -> list[dict[str, Any]]:
    columns = (
        deliveries.c.state,
        deliveries.c.attempts,
        deliveries.c.code,
        deliveries.c.reply,
        deliveries.c.changed_at,
    )
    statement = (
        select(issues.c.day, issues.c.edition, issues.c.subject, *columns)
        .join(issues)
        .where(deliveries.c.subscriber_id == number)
        .order_by(issues.c.instant)
    )
    return [
        {
            "issue": row.day.isoformat(),
            "edition": row.edition,
            "subject": row.subject,
            "state": row.state,
            "attempts": row.attempts,
            "code": row.code,
            "reply": row.reply,
            "at": None if row.changed_at is None else datetime.fromtimestamp(row.changed_at, UTC).isoformat(),
        }
        for row in connection.execute(statement)
    ]


def _suppress(connection: Connection, hashes: Iterable[bytes], at: datetime) -> None:
    wanted = set(hashes)
    there = set(connection.execute(select(suppressions.c.hash).where(suppressions.c.hash.in_(list(wanted)))).scalars())
    if new := wanted - there:
        connection.execute(insert(suppressions), [{"hash": one, "at": at} for one in sorted(new)])


def _erase(connection: Connection, people: list[int], at: datetime) -> None:
    """What is left of people is a number, for the sums of the past."""
    for table in (signups, consents):
        connection.execute(delete(table).where(table.c.subscriber_id.in_(people)))
    # A mail server's reply names the address.
    theirs = and_(deliveries.c.subscriber_id.in_(people), deliveries.c.reply.is_not(None))
    connection.execute(update(deliveries).where(theirs).values(reply=None))
    connection.execute(update(batches).where(batches.c.trouble != "").values(trouble=""))
    for number in people:
        nobody = {
            "email": "", "compared": f"forgotten {secrets.token_hex(8)}", "name": "", "status": Status.LEFT.value,
            "sections": "", "key": secrets.token_bytes(KEY_OCTETS), "origin": "forgotten", "since": at,
            "changed_at": at, "paused_until": None, "was": None, "was_since": None,
            "was_paused_until": None,
        }  # fmt: skip
        connection.execute(update(subscribers).where(subscribers.c.id == number).values(nobody))
