"""Sign-ups as they come in (`roundup.signing_up`), in SQL: all that come at once in one transaction, of statements
compiled once. A flood of them is what they are made for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.engine.interfaces import DBAPICursor

from roundup.email_address import compared_form, mailbox_of
from roundup.list_files import ListRow
from roundup.model import Status
from roundup.signing_up import CONFIRMABLE, Crowding, Earlier, Rationing, Request, SignupState, is_heard
from roundup.store.database import Database, asked
from roundup.store.schema import signups, subscribers
from roundup.store.taking_in import new_row

_HOUR = timedelta(hours=1)
_NEW = ("email", "compared", "name", "status", "cadence", "sections", "key", "origin", "since", "changed_at")
_ASKED = ("subscriber_id", "state", "asked_at", "network", "wording", "source")


class Asking:
    """The statements for one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Whoever asks for a+1@, a+2@, … fills one mailbox. A range, which the index has: `,` comes after `+`.
        tagged = and_(
            subscribers.c.compared >= asked("tagged"),
            subscribers.c.compared < asked("beyond"),
            subscribers.c.compared.like(asked("domain")),
        )
        of_the_mailbox = select(subscribers.c.id).where(or_(subscribers.c.compared == asked("bare"), tagged))
        theirs = signups.c.subscriber_id.in_(of_the_mailbox)
        self._person = database.prepared(select(subscribers.c.id).where(subscribers.c.compared == asked("compared")))
        self._earlier = database.prepared(
            select(func.coalesce(signups.c.sent_at, signups.c.asked_at)).where(
                theirs,
                signups.c.confirmed_at.is_(None),
                signups.c.state != SignupState.EXPIRED.value,
                signups.c.asked_at > asked("since"),
            )
        )
        self._from_network = database.prepared(
            select(func.count()).where(signups.c.asked_at > asked("since"), signups.c.network == asked("network"))
        )
        waits = signups.c.state == SignupState.WAITING.value
        self._waiting = database.prepared(select(func.count()).where(waits))
        self._waiting_there = database.prepared(
            select(func.count()).where(waits, signups.c.network == asked("network"))
        )
        too_late = signups.c.asked_at <= asked("before")
        expired = update(signups).where(waits, too_late).values(state=SignupState.EXPIRED.value)
        self._expire = database.prepared(expired)
        self._add_person = database.prepared(insert(subscribers).values({name: asked(name) for name in _NEW}))
        self._add_signup = database.prepared(insert(signups).values({name: asked(name) for name in _ASKED}))
        self._instant = signups.c.asked_at.type.dialect_impl(database.dialect).result_processor(database.dialect, None)

    def ask(self, requests: Sequence[Request], rationing: Rationing) -> int:
        """See `SignupBook`."""
        if not requests:
            return 0
        heard = 0
        with self._database.turn(alone=True) as cursor:
            # Who waited too long to be mailed waits no more.
            self._expire.run(cursor, {"asked_before": max(each.at for each in requests) - CONFIRMABLE})
            in_all = self._count(cursor, self._waiting, {})
            since = min(each.at for each in requests) - _HOUR
            networks, waiting = Counter[str](), Counter[str]()
            for network in {each.network for each in requests}:
                values = {"asked_since": since, "asked_network": network}
                networks[network] = self._count(cursor, self._from_network, values)
                waiting[network] = self._count(cursor, self._waiting_there, {"asked_network": network})
            for each in requests:
                person = self._found(cursor, each)
                earlier = self._asked_before(cursor, each, each.at - rationing.remembered)
                crowding = Crowding(
                    from_network=networks[each.network], waiting_there=waiting[each.network], waiting=in_all + heard
                )
                if is_heard(each, earlier, crowding, rationing):
                    self._write(cursor, each, person)
                    waiting[each.network] += 1
                    heard += 1
                networks[each.network] += 1
        return heard

    def _count(self, cursor: DBAPICursor, statement: Any, values: Mapping[str, Any]) -> int:
        return int(statement.run(cursor, values).fetchone()[0])

    def _found(self, cursor: DBAPICursor, each: Request) -> int | None:
        row = self._person.run(cursor, {"asked_compared": compared_form(each.email)}).fetchone()
        return None if row is None else int(row[0])

    def _asked_before(self, cursor: DBAPICursor, each: Request, since: datetime) -> Earlier | None:
        """What was asked for the same mailbox since then."""
        rows = self._earlier.run(cursor, {**_of_the_mailbox(each.email), "asked_since": since}).fetchall()
        if not rows:
            return None
        times = [row[0] if self._instant is None else self._instant(row[0]) for row in rows]
        last = max(time for time in times if isinstance(time, datetime))
        return Earlier(last_asked=last, unconfirmed=len(rows))

    def _write(self, cursor: DBAPICursor, each: Request, person: int | None) -> None:
        """A sign-up; who is new becomes `pending`."""
        if person is None:
            row = new_row(ListRow(line=0, email=each.email), Status.PENDING, "signup", each.at)
            self._add_person.run(cursor, {f"asked_{name}": row[name] for name in _NEW})
            person = self._found(cursor, each)
        values = (person, SignupState.WAITING.value, each.at, each.network, each.wording, each.source)
        self._add_signup.run(cursor, dict(zip((f"asked_{name}" for name in _ASKED), values, strict=True)))


def _of_the_mailbox(email: str) -> dict[str, str]:
    local, domain = mailbox_of(email)
    return {
        "asked_bare": f"{local}@{domain}", "asked_tagged": f"{local}+", "asked_beyond": f"{local},",
        "asked_domain": f"%@{domain}",
    }  # fmt: skip
