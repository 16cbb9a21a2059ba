"""The list (`roundup.subscribers`) in SQL."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select, update

from roundup.email_address import clean_name, compared_form, mailable_form
from roundup.list_changes import FOLLOWED_FILE, Changes, Known, Taken, TakingIn
from roundup.list_files import ListRow, Row
from roundup.model import Cadence, Status, Subscriber
from roundup.store.consents import write_consents
from roundup.store.database import Database
from roundup.store.newsletter import change_newsletter, newsletter_row
from roundup.store.people_rows import sections_of, subscriber_of
from roundup.store.schema import subscribers
from roundup.store.taking_in import known_by, new_row, take_in, write
from roundup.store.visits import Visits
from roundup.subscribers import Choice, Consent, Crowd, Saying

_PAGE = 5_000
#: Who asked to be forgotten is a row without an address, kept for the sums of the past alone.
THERE = subscribers.c.email != ""


class SqlSubscriberBook:
    """Implements `roundup.subscribers.SubscriberBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._visits = Visits(database)

    def all(self) -> Iterator[Subscriber]:
        """See `SubscriberBook`. Read in pages, so that the whole list is never in memory."""
        after = ""
        while True:
            statement = (
                select(subscribers)
                .where(subscribers.c.compared > after, THERE)
                .order_by(subscribers.c.compared)
                .limit(_PAGE)
            )
            with self._database.reading() as connection:
                page = connection.execute(statement).mappings().all()
            yield from (subscriber_of(row) for row in page)
            if len(page) < _PAGE:
                return
            after = page[-1]["compared"]

    def census(self) -> Sequence[Crowd]:
        """See `SubscriberBook`."""
        columns = (subscribers.c.status, subscribers.c.cadence, subscribers.c.sections)
        statement = select(*columns, func.count().label("people")).where(THERE).group_by(*columns).order_by(*columns)
        with self._database.reading() as connection:
            return [
                Crowd(
                    status=Status(row.status),
                    cadence=Cadence(row.cadence),
                    sections=sections_of(row.sections),
                    count=row.people,
                )
                for row in connection.execute(statement)
            ]

    def choices(self, cadence: Cadence) -> Sequence[tuple[str, ...]]:
        """See `SubscriberBook`."""
        statement = (
            select(subscribers.c.sections)
            .where(
                subscribers.c.sections != "",
                subscribers.c.status == Status.ACTIVE.value,
                subscribers.c.cadence == cadence.value,
            )
            .distinct()
        )
        with self._database.reading() as connection:
            return sorted(sections_of(each) for each in connection.execute(statement).scalars())

    def find(self, email: str) -> Subscriber | None:
        """See `SubscriberBook`."""
        compared = compared_form(mailable_form(email))
        return next(iter(self._those(subscribers.c.compared == compared)), None)

    @property
    def is_at_hand(self) -> bool:
        """See `SubscriberBook`. SQLite's readers wait for no writer (WAL)."""
        return self._database.dialect.name == "sqlite"

    def by_keys(self, keys: Sequence[bytes]) -> Mapping[bytes, Subscriber]:
        """See `SubscriberBook`."""
        return self._visits.by_keys(keys)

    def known(self, compared: Iterable[str]) -> Mapping[str, Known]:
        """See `SubscriberBook`."""
        with self._database.reading() as connection:
            return known_by(connection, compared)

    # List files ----------------------------------------------------------------------------------------------------

    def apply(self, changes: Changes, *, origin: str, digest: str, at: datetime) -> None:
        """See `SubscriberBook`."""
        with self._database.writing() as connection:
            write(connection, changes, known_by(connection, changes.changed), origin=origin, at=at)
            if origin == FOLLOWED_FILE:
                change_newsletter(connection, followed_digest=digest, list_trouble="")

    def take_in(self, rows: Iterable[Row], how: TakingIn, *, name: str, digest: str) -> Taken:
        """See `SubscriberBook`."""
        return take_in(self._database, rows, how, name=name, digest=digest)

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

    # One person ----------------------------------------------------------------------------------------------------

    def add(self, email: str, name: str, *, at: datetime) -> Subscriber:
        """See `SubscriberBook`."""
        mailable = mailable_form(email)
        whose = subscribers.c.compared == compared_form(mailable)
        values: dict[str, Any] = {
            "status": Status.ACTIVE.value,
            "changed_at": at,
            "origin": "add",
            "paused_until": None,
            "was": None,
        }
        if name:
            values["name"] = clean_name(name)
        with self._database.writing() as connection:
            if connection.execute(update(subscribers).where(whose).values(values)).rowcount == 0:
                row = new_row(ListRow(line=0, email=mailable, name=name), Status.ACTIVE, "add", at)
                connection.execute(insert(subscribers).values(row))
            person = subscriber_of(connection.execute(select(subscribers).where(whose)).mappings().one())
            write_consents(connection, {person.id: Consent(what=Saying.ADDED, at=at, source="roundup subscribers add")})
        return person

    def set_status(self, email: str, status: Status, *, at: datetime) -> bool:
        """See `SubscriberBook`."""
        compared = compared_form(mailable_form(email))
        values = {"status": status.value, "changed_at": at, "paused_until": None, "was": None}
        with self._database.writing() as connection:
            changed = connection.execute(update(subscribers).where(subscribers.c.compared == compared).values(values))
        return changed.rowcount == 1

    def leave(self, leaving: Mapping[bytes, Consent]) -> Mapping[bytes, Subscriber]:
        """See `SubscriberBook`."""
        return self._visits.leave(leaving)

    def stay(self, staying: Mapping[bytes, Consent], *, since: datetime) -> Mapping[bytes, Subscriber]:
        """See `SubscriberBook`."""
        return self._visits.stay(staying, since=since)

    def choose(self, choosing: Mapping[bytes, tuple[Choice, Consent]]) -> Mapping[bytes, Subscriber]:
        """See `SubscriberBook`."""
        return self._visits.choose(choosing)

    def wake(self, day: date, *, at: datetime) -> int:
        """See `SubscriberBook`."""
        asleep = and_(subscribers.c.status == Status.PAUSED.value, subscribers.c.paused_until <= day)
        values = {"status": Status.ACTIVE.value, "paused_until": None, "changed_at": at}
        with self._database.reading() as connection:
            if connection.execute(select(subscribers.c.id).where(asleep).limit(1)).first() is None:
                return 0
        with self._database.writing() as connection:
            return connection.execute(update(subscribers).where(asleep).values(values)).rowcount

    def _those(self, which: ColumnElement[bool]) -> list[Subscriber]:
        with self._database.reading() as connection:
            return [subscriber_of(row) for row in connection.execute(select(subscribers).where(which)).mappings()]
