"""Sign-ups (`roundup.signing_up`) in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update

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

_HOUR = timedelta(hours=1)


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

    def confirm(self, key: bytes, *, network: str, at: datetime) -> Subscriber | None:
        """See `SignupBook`."""
        theirs = (
            select(signups.c.id, signups.c.subscriber_id, signups.c.wording, signups.c.source)
            .join(subscribers)
            .where(
                subscribers.c.key == key,
                signups.c.asked_at > at - CONFIRMABLE,
                signups.c.confirmed_at.is_(None),
            )
            .order_by(signups.c.id.desc())
        )
        with self._database.writing() as connection:
            asked = connection.execute(theirs).first()
            whose = subscribers.c.key == key
            if asked is not None:
                confirmed = {"state": SignupState.CONFIRMED.value, "confirmed_at": at}
                ours = signups.c.subscriber_id == asked.subscriber_id
                connection.execute(update(signups).where(ours, signups.c.confirmed_at.is_(None)).values(confirmed))
                active = {
                    "status": Status.ACTIVE.value, "origin": "signup", "changed_at": at, "paused_until": None,
                    "was": None,
                }  # fmt: skip
                is_not = subscribers.c.status != Status.ACTIVE.value
                connection.execute(update(subscribers).where(whose, is_not).values(active))
                said = Consent(
                    what=Saying.CONFIRMED, at=at, wording=asked.wording, source=asked.source, network=network
                )
                write_consents(connection, {asked.subscriber_id: said})
            row = connection.execute(select(subscribers).where(whose)).mappings().one_or_none()
        return None if row is None else subscriber_of(row)
