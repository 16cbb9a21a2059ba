"""Sign-ups (`roundup.signing_up`) in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, func, or_, select, update

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
            signups.c.state == SignupState.WAITING.value,
            signups.c.asked_at > at - CONFIRMABLE,
            or_(signups.c.sent_at.is_(None), signups.c.sent_at <= at - RETRIED_AFTER),
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
            statement = select(func.count()).where(signups.c.sent_at > at - _HOUR)
            if connection.execute(statement).scalar_one() >= rationing.per_hour:
                return None
            number = connection.execute(turn).scalar_one_or_none()
            if number is None:
                return None
            # Written down before the mail goes, and its time with it: no death, and no second process, asks twice.
            claimed = {"state": SignupState.SENDING.value, "sent_at": at}
            connection.execute(update(signups).where(signups.c.id == number).values(claimed))
            row = connection.execute(
                select(signups.c.id, signups.c.asked_at, subscribers.c.email, subscribers.c.key)
                .join(subscribers)
                .where(signups.c.id == number)
            ).one()
        return Signup(id=SignupId(row.id), email=row.email, key=bytes(row.key), asked_at=row.asked_at)

    def settle(self, signup: SignupId, state: SignupState, *, trouble: str = "", at: datetime) -> None:
        """See `SignupBook`."""
        values = {"state": state.value, "trouble": trouble, "sent_at": at}
        with self._database.writing() as connection:
            sending = signups.c.state == SignupState.SENDING.value
            connection.execute(update(signups).where(signups.c.id == signup, sending).values(values))

    def confirm(self, key: bytes, asked_at: datetime, *, network: str, at: datetime) -> Subscriber | None:
        """See `SignupBook`."""
        second = asked_at.replace(microsecond=0)
        whose = subscribers.c.key == key
        of_then = and_(signups.c.asked_at >= second, signups.c.asked_at < second + _SECOND)
        with self._database.writing() as connection:
            found = connection.execute(
                select(signups)
                .join(subscribers)
                .where(whose, of_then, signups.c.asked_at > at - CONFIRMABLE)
                .order_by(signups.c.id)
            ).first()
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
