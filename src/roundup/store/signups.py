"""Sign-ups (`roundup.signing_up`) in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update

from roundup.model import Status, Subscriber
from roundup.signing_up import (
    CONFIRMABLE,
    RETRIED_AFTER,
    Rationing,
    Request,
    Signup,
    SignupId,
    SignupState,
)
from roundup.store.asking import Asking
from roundup.store.consents import write_consents
from roundup.store.database import Database
from roundup.store.people_rows import subscriber_of
from roundup.store.schema import signups, subscribers
from roundup.subscribers import Consent, Saying

_HOUR, _SECOND = timedelta(hours=1), timedelta(seconds=1)
#: Whose mail was accepted, or may have been.
_ACCEPTED = (SignupState.SENDING, SignupState.SENT, SignupState.CONFIRMED)


class SqlSignupBook:
    """Implements `roundup.signing_up.SignupBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asking = Asking(database)

    def ask(self, requests: Sequence[Request], rationing: Rationing) -> int:
        """See `SignupBook`."""
        return self._asking.ask(requests, rationing)

    def next(self, rationing: Rationing, *, at: datetime) -> Signup | None:
        """See `SignupBook`."""
        waiting = and_(
            signups.c.state == SignupState.WAITING.value, signups.c.asked_at > at - CONFIRMABLE, _may_be_tried(at)
        )
        turn = (
            select(func.min(signups.c.id))
            .where(waiting)
            .group_by(signups.c.network)
            .order_by(func.count(), func.min(signups.c.id))
            .limit(1)
        )
        with self._database.reading() as connection:
            if connection.execute(select(signups.c.id).where(waiting).limit(1)).first() is None:
                return None
        with self._database.writing() as connection:
            number = connection.execute(turn).scalar_one_or_none()
            if number is None or _is_used_up(connection, rationing, at):
                return None
            return _claimed(connection, number, at)

    def settle(self, signup: SignupId, state: SignupState, *, trouble: str = "", at: datetime) -> None:
        """See `SignupBook`."""
        self._change(signup, {"state": state.value, "trouble": trouble, "sent_at": at})

    def give_back(self, signup: SignupId) -> None:
        """See `SignupBook`."""
        self._change(signup, {"state": SignupState.WAITING.value, "sent_at": None, "tries": signups.c.tries - 1})

    def _change(self, signup: SignupId, values: Mapping[str, Any]) -> None:
        """Change a sign-up that is being offered."""
        sending = signups.c.state == SignupState.SENDING.value
        with self._database.writing() as connection:
            connection.execute(update(signups).where(signups.c.id == signup, sending).values(values))

    def is_confirmable(self, key: bytes, asked_at: datetime, *, at: datetime) -> bool:
        """See `SignupBook`."""
        with self._database.reading() as connection:
            found = connection.execute(_linked(key, asked_at, at)).first()
        return found is not None

    def confirm(self, key: bytes, asked_at: datetime, *, network: str, at: datetime) -> Subscriber | None:
        """See `SignupBook`."""
        whose = subscribers.c.key == key
        with self._database.writing() as connection:
            found = connection.execute(_linked(key, asked_at, at)).first()
            if found is None:
                return None
            if found.confirmed_at is None:
                _settle_all(connection, found.subscriber_id, found.id, at)
                active = {
                    "status": Status.ACTIVE.value, "origin": "signup", "changed_at": at, "paused_until": None,
                    "was": None,
                }  # fmt: skip
                is_not = subscribers.c.status != Status.ACTIVE.value
                connection.execute(update(subscribers).where(whose, is_not).values(active))
                said = Consent(
                    what=Saying.CONFIRMED, at=at, wording=found.wording, source=found.source, network=network
                )
                write_consents(connection, {found.subscriber_id: said})
            row = connection.execute(select(subscribers).where(whose)).mappings().one_or_none()
        return None if row is None else subscriber_of(row)


def _may_be_tried(at: datetime) -> ColumnElement[bool]:
    """Whether a sign-up was not offered yet, or long enough ago."""
    *shorter, longest = (signups.c.sent_at <= at - wait for wait in RETRIED_AFTER)
    after = [and_(signups.c.tries <= tries, passed) for tries, passed in enumerate(shorter, 1)]
    return or_(signups.c.sent_at.is_(None), *after, longest)


def _is_used_up(connection: Connection, rationing: Rationing, at: datetime) -> bool:
    """Whether no more mails may go in this hour. One that is being offered, or was when its process died, may have been
    accepted."""
    this_hour = and_(signups.c.sent_at > at - _HOUR, signups.c.asked_at > at - CONFIRMABLE - _HOUR)
    statement = select(signups.c.state, func.count()).where(this_hour).group_by(signups.c.state)
    counts: dict[SignupState, int] = {SignupState(state): count for state, count in connection.execute(statement).all()}
    accepted = sum(counts.get(each, 0) for each in _ACCEPTED)
    return accepted >= rationing.per_hour or sum(counts.values()) - accepted >= rationing.in_vain_per_hour


def _claimed(connection: Connection, number: int, at: datetime) -> Signup:
    """A sign-up that is being offered from now on. It is written down before the mail goes, and its time with it: no
    death, and no second process, asks twice. Whatever else the same person waits for is answered by this mail."""
    row = connection.execute(
        select(signups.c.id, signups.c.subscriber_id, signups.c.asked_at, subscribers.c.email, subscribers.c.key)
        .join(subscribers)
        .where(signups.c.id == number)
    ).one()
    theirs = and_(signups.c.subscriber_id == row.subscriber_id, signups.c.state == SignupState.WAITING.value)
    expired = {"state": SignupState.EXPIRED.value}
    connection.execute(update(signups).where(theirs, signups.c.id != number).values(expired))
    claimed = {"state": SignupState.SENDING.value, "sent_at": at, "tries": signups.c.tries + 1}
    connection.execute(update(signups).where(signups.c.id == number).values(claimed))
    return Signup(id=SignupId(row.id), email=row.email, key=bytes(row.key), asked_at=row.asked_at)


def _linked(key: bytes, asked_at: datetime, at: datetime) -> Select[Any]:
    """The sign-up that a link speaks of, if its mail is not too old."""
    second = asked_at.replace(microsecond=0)
    return (
        select(signups)
        .join(subscribers)
        .where(
            subscribers.c.key == key,
            signups.c.asked_at >= second,
            signups.c.asked_at < second + _SECOND,
            signups.c.sent_at > at - CONFIRMABLE,
        )
        .order_by(signups.c.id)
    )


def _settle_all(connection: Connection, person: int, confirmed: int, at: datetime) -> None:
    """One sign-up is confirmed. The others of the same person lead to nothing more: no link of theirs brings anybody
    back who leaves afterwards, and no mail asks what was answered."""
    theirs = and_(signups.c.subscriber_id == person, signups.c.confirmed_at.is_(None))
    state = case(
        (signups.c.id == confirmed, SignupState.CONFIRMED.value),
        (signups.c.state == SignupState.WAITING.value, SignupState.EXPIRED.value),
        else_=signups.c.state,
    )
    connection.execute(update(signups).where(theirs).values(state=state, confirmed_at=at))
