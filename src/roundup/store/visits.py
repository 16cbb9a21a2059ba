"""What the public pages ask of the list thousands of times a second: who somebody is, that they leave, what they
choose. One transaction for all that ask at once, of statements compiled once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine.interfaces import DBAPICursor

from roundup.audience import in_order
from roundup.model import Cadence, Status, Subscriber, SubscriberId
from roundup.store.database import Database, Prepared, asked
from roundup.store.people_rows import sections_as_kept, sections_of
from roundup.store.schema import consents, subscribers
from roundup.subscribers import Choice, Consent

_COLUMNS = (
    subscribers.c.id, subscribers.c.email, subscribers.c.name, subscribers.c.status, subscribers.c.cadence,
    subscribers.c.sections, subscribers.c.key, subscribers.c.origin, subscribers.c.since, subscribers.c.paused_until,
    subscribers.c.chose, subscribers.c.changed_at, subscribers.c.was, subscribers.c.was_since,
    subscribers.c.was_paused_until,
)  # fmt: skip
#: Only a complaint says more than that they left.
_GONE = (Status.LEFT, Status.COMPLAINED)
_ON_THE_LIST = (Status.ACTIVE, Status.PAUSED)
_CHANGED = (
    "status", "cadence", "sections", "paused_until", "chose", "origin", "changed_at", "was", "was_since",
    "was_paused_until",
)  # fmt: skip
_Row = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Somebody who says something."""

    person: Subscriber
    changed_at: datetime
    #: See `schema.subscribers`.
    was: Status | None
    was_since: datetime | None
    was_paused_until: date | None


class Visits:
    """The statements for one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        prepared: Callable[[Any], Prepared] = database.prepared
        self._by_key = prepared(select(*_COLUMNS).where(subscribers.c.key == asked("key"), subscribers.c.email != ""))
        self._change = prepared(
            update(subscribers).where(subscribers.c.id == asked("id")).values({each: asked(each) for each in _CHANGED})
        )
        self._write = prepared(
            insert(consents).values(
                {each: asked(each) for each in ("subscriber_id", "at", "what", "wording", "source", "network")}
            )
        )
        self._reads = [column.type.dialect_impl(database.dialect).result_processor(database.dialect, None)
                       for column in _COLUMNS]  # fmt: skip

    def by_keys(self, keys: Iterable[bytes]) -> dict[bytes, Subscriber]:
        """See `SubscriberBook`."""
        with self._database.look() as cursor:
            return {key: self._subscriber(row) for key, row in self._rows(cursor, keys).items()}

    def leave(self, leaving: Mapping[bytes, Consent]) -> dict[bytes, Subscriber]:
        """See `SubscriberBook`."""
        values = {"status": Status.LEFT, "paused_until": None}
        return self._say(leaving, lambda _key, found: values if found.person.status not in _GONE else None)

    def stay(self, staying: Mapping[bytes, Consent], *, since: datetime) -> dict[bytes, Subscriber]:
        """See `SubscriberBook`."""
        return self._say(staying, lambda _key, found: _as_before(found) if found.changed_at > since else None)

    def choose(self, choosing: Mapping[bytes, tuple[Choice, Consent]]) -> dict[bytes, Subscriber]:
        """See `SubscriberBook`."""

        def wanted(key: bytes, found: _Found) -> Mapping[str, Any] | None:
            choice = choosing[key][0]
            return _chosen(choice) if found.person.status in _ON_THE_LIST else None

        return self._say({key: consent for key, (_, consent) in choosing.items()}, wanted)

    def _say(
        self,
        saying: Mapping[bytes, Consent],
        wanted: Callable[[bytes, _Found], Mapping[str, Any] | None],
    ) -> dict[bytes, Subscriber]:
        """Change people as `wanted` of each, and write down what they said."""
        people: dict[bytes, Subscriber] = {}
        changes, said = [], []
        with self._database.turn(alone=True) as cursor:
            for key, row in self._rows(cursor, saying).items():
                found, consent = self._found(row), saying[key]
                people[key] = found.person
                values = wanted(key, found)
                if values is not None:
                    people[key] = replace(found.person, **values)
                    changes.append(_changed(found, people[key], consent.at))
                    said.append(_said(found.person.id, consent))
            if changes:
                self._change.run_for_each(cursor, changes)
                self._write.run_for_each(cursor, said)
        return people

    def _rows(self, cursor: DBAPICursor, keys: Iterable[bytes]) -> dict[bytes, _Row]:
        found = ((key, self._by_key.run(cursor, {"asked_key": key}).fetchone()) for key in keys)
        return {key: row for key, row in found if row is not None}

    def _read(self, row: _Row, place: int) -> Any:
        process = self._reads[place]
        return row[place] if process is None else process(row[place])

    def _found(self, row: _Row) -> _Found:
        was = None if row[12] is None else Status(row[12])
        return _Found(
            person=self._subscriber(row),
            changed_at=self._read(row, 11),
            was=was,
            was_since=self._read(row, 13),
            was_paused_until=self._read(row, 14),
        )

    def _subscriber(self, row: _Row) -> Subscriber:
        return Subscriber(
            id=SubscriberId(row[0]),
            email=row[1],
            name=row[2],
            status=Status(row[3]),
            cadence=Cadence(row[4]),
            sections=sections_of(row[5]),
            key=bytes(row[6]),
            origin=row[7],
            since=self._read(row, 8),
            paused_until=self._read(row, 9),
            chose=bool(row[10]),
            changed_at=self._read(row, 11),
        )


def _chosen(choice: Choice) -> dict[str, Any]:
    return {
        "status": Status.PAUSED if choice.paused or choice.paused_until is not None else Status.ACTIVE,
        "cadence": choice.cadence,
        "sections": in_order(choice.sections),
        "paused_until": choice.paused_until,
        "chose": True,
    }


def _as_before(found: _Found) -> dict[str, Any] | None:
    """What somebody is again who takes leaving back; None: they did not leave by a page. It is their own word only
    that they want mail: no address that bounced is well by it, and nobody whom the editor removed is back."""
    if found.person.status is not Status.LEFT or found.was is None:
        return None
    before = {"status": found.was, "paused_until": found.was_paused_until}
    return before | ({"origin": "signup"} if found.was in _ON_THE_LIST else {})


def _changed(found: _Found, person: Subscriber, at: datetime) -> dict[str, Any]:
    """A person's row, with what they were if they leave. Who takes that back is it since when they were it: somebody is
    not counted as lost a second time."""
    leaves = person.status is Status.LEFT
    before = found.person
    return {
        "asked_id": person.id,
        "asked_status": person.status.value,
        "asked_cadence": person.cadence.value,
        "asked_sections": sections_as_kept(person.sections),
        "asked_paused_until": person.paused_until,
        "asked_chose": person.chose,
        "asked_origin": person.origin,
        "asked_changed_at": at if found.was is None or found.was_since is None else found.was_since,
        "asked_was": before.status.value if leaves else None,
        "asked_was_since": found.changed_at if leaves else None,
        "asked_was_paused_until": before.paused_until if leaves else None,
    }


def _said(number: SubscriberId, consent: Consent) -> dict[str, Any]:
    return {
        "asked_subscriber_id": number,
        "asked_at": consent.at,
        "asked_what": consent.what.value,
        "asked_wording": consent.wording,
        "asked_source": consent.source,
        "asked_network": consent.network,
    }
