"""The list (`roundup.subscribers`) in SQL."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, insert, select, update

from roundup.model import Cadence, Status, Subscriber, SubscriberId
from roundup.store.database import Database
from roundup.store.newsletter import change_newsletter, newsletter_row
from roundup.store.schema import subscribers
from roundup.subscribers import FOLLOWED_FILE, Changes, Known, ListRow, clean_name, compared_form, mailable_form
from roundup.tokens import KEY_OCTETS

_PAGE = 5_000


class SqlSubscriberBook:
    """Implements `roundup.subscribers.SubscriberBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Iterator[Subscriber]:
        """See `SubscriberBook`. Read in pages, so that the whole list is never in memory."""
        after = ""
        while True:
            statement = (
                select(subscribers).where(subscribers.c.compared > after).order_by(subscribers.c.compared).limit(_PAGE)
            )
            with self._database.reading() as connection:
                page = connection.execute(statement).mappings().all()
            yield from (_subscriber(row) for row in page)
            if len(page) < _PAGE:
                return
            after = page[-1]["compared"]

    def find(self, email: str) -> Subscriber | None:
        """See `SubscriberBook`."""
        return self._one(subscribers.c.compared == compared_form(mailable_form(email)))

    def by_key(self, key: bytes) -> Subscriber | None:
        """See `SubscriberBook`."""
        return self._one(subscribers.c.key == key)

    def known(self) -> Mapping[str, Known]:
        """See `SubscriberBook`."""
        with self._database.reading() as connection:
            rows = connection.execute(select(subscribers)).mappings()
            return {row["compared"]: _known(row) for row in rows}

    def apply(self, changes: Changes, *, origin: str, digest: str, at: datetime) -> None:
        """See `SubscriberBook`."""
        with self._database.writing() as connection:
            new = [_new_row(row, status, origin, at) for row, status in changes.new]
            if new:
                connection.execute(insert(subscribers), new)
            for compared, (row, status) in changes.changed.items():
                values: dict[str, Any] = {"status": status.value, "changed_at": at, "cadence": row.cadence.value}
                values["sections"] = ",".join(row.sections)
                if row.name:
                    values["name"] = clean_name(row.name)
                if origin == FOLLOWED_FILE or status is Status.ACTIVE:
                    # Whoever makes somebody active vouches for them: another file's silence takes nobody off.
                    values["origin"] = origin
                connection.execute(update(subscribers).where(subscribers.c.compared == compared).values(values))
            for compared in changes.vanished:
                gone = {"status": Status.REMOVED.value, "changed_at": at}
                connection.execute(update(subscribers).where(subscribers.c.compared == compared).values(gone))
            if origin == FOLLOWED_FILE:
                change_newsletter(connection, followed_digest=digest, list_trouble="")

    def followed_digest(self) -> str:
        """See `SubscriberBook`."""
        return newsletter_row(self._database).followed_digest

    def trouble(self) -> str:
        """See `SubscriberBook`."""
        return newsletter_row(self._database).list_trouble

    def note_trouble(self, trouble: str) -> None:
        """See `SubscriberBook`."""
        with self._database.writing() as connection:
            change_newsletter(connection, list_trouble=trouble)

    def add(self, email: str, name: str, *, at: datetime) -> Subscriber:
        """See `SubscriberBook`."""
        mailable = mailable_form(email)
        compared = compared_form(mailable)
        values: dict[str, Any] = {"status": Status.ACTIVE.value, "changed_at": at, "origin": "add"}
        if name:
            values["name"] = clean_name(name)
        with self._database.writing() as connection:
            changed = connection.execute(update(subscribers).where(subscribers.c.compared == compared).values(values))
            if changed.rowcount == 0:
                row = ListRow(line=0, email=mailable, name=name)
                connection.execute(insert(subscribers).values(_new_row(row, Status.ACTIVE, "add", at)))
            found = connection.execute(select(subscribers).where(subscribers.c.compared == compared))
            return _subscriber(found.mappings().one())

    def set_status(self, email: str, status: Status, *, at: datetime) -> bool:
        """See `SubscriberBook`."""
        compared = compared_form(mailable_form(email))
        values = {"status": status.value, "changed_at": at}
        with self._database.writing() as connection:
            changed = connection.execute(update(subscribers).where(subscribers.c.compared == compared).values(values))
        return changed.rowcount == 1

    def leave(self, key: bytes, *, at: datetime) -> Subscriber | None:
        """See `SubscriberBook`."""
        values = {"status": Status.LEFT.value, "changed_at": at}
        with self._database.writing() as connection:
            connection.execute(
                # Only a complaint says more than that they left.
                update(subscribers)
                .where(
                    subscribers.c.key == key, subscribers.c.status.not_in([Status.LEFT.value, Status.COMPLAINED.value])
                )
                .values(values)
            )
            row = connection.execute(select(subscribers).where(subscribers.c.key == key)).mappings().one_or_none()
        return None if row is None else _subscriber(row)

    def _one(self, which: ColumnElement[bool]) -> Subscriber | None:
        with self._database.reading() as connection:
            row = connection.execute(select(subscribers).where(which)).mappings().one_or_none()
        return None if row is None else _subscriber(row)


def _subscriber(row: RowMapping) -> Subscriber:
    return Subscriber(
        id=SubscriberId(row["id"]),
        email=row["email"],
        name=row["name"],
        status=Status(row["status"]),
        cadence=Cadence(row["cadence"]),
        sections=_sections(row["sections"]),
        key=row["key"],
        origin=row["origin"],
    )


def _known(row: RowMapping) -> Known:
    return Known(
        name=row["name"],
        status=Status(row["status"]),
        cadence=Cadence(row["cadence"]),
        sections=_sections(row["sections"]),
        origin=row["origin"],
    )


def _sections(joined: str) -> tuple[str, ...]:
    return tuple(each for each in joined.split(",") if each)


def _new_row(row: ListRow, status: Status, origin: str, at: datetime) -> dict[str, Any]:
    return {
        "email": row.email,
        "compared": compared_form(row.email),
        "name": clean_name(row.name),
        "status": status.value,
        "cadence": row.cadence.value,
        "sections": ",".join(row.sections),
        "key": secrets.token_bytes(KEY_OCTETS),
        "origin": origin,
        "since": at,
        "changed_at": at,
    }
