"""Returned mail (`roundup.returned`) in SQL."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, select, update

from roundup.bounces.judging import OLD, Past, is_worn_out, judged
from roundup.email_address import AddressError, compared_form, mailable_form
from roundup.model import DeliveryState, IssueId, IssueKey, Status
from roundup.returned import Became, Came, Kind, Refusing, Taken
from roundup.store.database import Database
from roundup.store.deliveries import move
from roundup.store.issue_rows import is_issue
from roundup.store.schema import deliveries, issues, returned, subscribers
from roundup.store.turns import seconds
from roundup.store.visits import Visits
from roundup.subscribers import Consent, Saying

_REPLY_LETTERS = 500
_CODE = re.compile(r"[45][0-9]{2}\b")
#: So many issues are looked back upon, which is more than twice as many days.
_LOOK_BACK = 60
_MAILABLE = (Status.ACTIVE.value, Status.PAUSED.value)
_Row = Mapping[Any, Any]


class SqlReturnedMail:
    """Implements `roundup.returned.ReturnedMail`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._visits = Visits(database)

    def known(self, names: Sequence[str]) -> Mapping[str, bool]:
        """See `ReturnedMail`."""
        statement = select(returned.c.name, returned.c.ours).where(returned.c.name.in_(names))
        with self._database.reading() as connection:
            return {row.name: row.ours for row in connection.execute(statement)}

    def take(self, came: Sequence[Came], *, at: datetime) -> Sequence[Taken]:
        """See `ReturnedMail`. Who leaves does so in a transaction before, which is safe to repeat: whoever is killed
        between the two has let them leave, and reads their mail again."""
        left = self._leave(came, at)
        with self._database.writing() as connection:
            return [self._take(connection, each, left, at) for each in came]

    def refusing(self) -> Sequence[Refusing]:
        """See `ReturnedMail`."""
        statement = select(issues).where(issues.c.about_us > 0, issues.c.about_us_told.is_(False))
        with self._database.reading() as connection:
            return [
                Refusing(
                    id=IssueId(row.id),
                    key=IssueKey(day=row.day, edition=row.edition),
                    reports=row.about_us,
                    # Not who was on the list and not mailed: they can refuse nothing.
                    people=row.candidates - sum((row.excluded or {}).values()),
                )
                for row in connection.execute(statement.order_by(issues.c.instant))
            ]

    def told(self, issue: IssueId) -> None:
        """See `ReturnedMail`."""
        with self._database.writing() as connection:
            connection.execute(update(issues).where(issues.c.id == issue).values(about_us_told=True))

    def prune(self, before: datetime) -> None:
        """See `ReturnedMail`."""
        old = returned.c.read_at < before
        with self._database.reading() as connection:
            if connection.execute(select(returned.c.name).where(old).limit(1)).first() is None:
                return
        with self._database.writing() as connection:
            connection.execute(delete(returned).where(old))

    def _leave(self, came: Sequence[Came], at: datetime) -> dict[bytes, str]:
        """Let those leave who ask for it, and whose mail was not read before. Returns their addresses by digest."""
        asking = [each for each in came if each.kind is Kind.UNSUBSCRIBE]
        if not asking:
            return {}
        with self._database.reading() as connection:
            statement = select(returned.c.digest).where(returned.c.digest.in_([each.digest for each in asking]))
            read = {bytes(each) for each in connection.execute(statement).scalars()}
            keys = {each.digest: _key_of(connection, each) for each in asking if each.digest not in read}
        leaving = {
            key: Consent(what=Saying.LEFT, at=at, source="unsubscribe mail") for key in keys.values() if key is not None
        }
        people = self._visits.leave(leaving) if leaving else {}
        return {digest: people[key].email for digest, key in keys.items() if key is not None and key in people}

    def _take(self, connection: Connection, came: Came, left: Mapping[bytes, str], at: datetime) -> Taken:
        before = connection.execute(select(returned).where(returned.c.digest == came.digest).limit(1)).first()
        if before is not None:
            taken = Taken(what=Became.AGAIN, ours=before.ours)
        elif came.kind is Kind.UNSUBSCRIBE:
            who = left.get(came.digest, "")
            # With a token that is not ours it may be another newsletter's, which is to read it as well.
            ours = bool(who) and not came.foreign_token
            taken = Taken(what=Became.LEFT if who else Became.NOBODY, ours=ours, email=who or came.sender)
        elif came.key is None or came.kind is Kind.OTHER:
            # A person's letter to a return path is its editor's, whatever token it came to: it is never put away.
            taken = Taken(what=Became.NOT_OURS, ours=False)
        else:
            taken = _about(connection, came, at)
        there = connection.execute(select(returned.c.name).where(returned.c.name == came.name)).first()
        if there is None:
            row = {"name": came.name, "digest": came.digest, "what": taken.what.value, "ours": taken.ours}
            connection.execute(insert(returned).values(row | {"read_at": at}))
        return replace(taken, issue=came.issue, text=taken.text or came.text)


def _key_of(connection: Connection, came: Came) -> bytes | None:
    """Who asks to leave: by their token, else (there is none, or it is nobody's here) by the address that they write
    from."""
    if came.key is not None:
        found = connection.execute(select(subscribers.c.key).where(subscribers.c.key == came.key)).scalar_one_or_none()
        if found is not None:
            return came.key
    if not came.believed:
        return None
    try:
        compared = compared_form(mailable_form(came.sender))
    except AddressError:
        return None
    found = connection.execute(select(subscribers.c.key).where(subscribers.c.compared == compared)).scalar_one_or_none()
    return None if found is None else bytes(found)


def _about(connection: Connection, came: Came, at: datetime) -> Taken:
    """What a report, or a machine's answer, makes of whom it is about. Its token is ours: so is the message."""
    person = connection.execute(select(subscribers).where(subscribers.c.key == came.key)).mappings().one_or_none()
    nobody = Taken(what=Became.NOBODY, ours=True, email="" if person is None else person["email"])
    if person is None or came.kind in (Kind.NOTICE, Kind.AUTO_REPLY):
        return nobody if person is None else replace(nobody, what=Became.NOTICED)
    delivery = None if came.issue is None else _delivery(connection, came.issue, person["id"])
    if came.kind is Kind.COMPLAINT:
        # Whoever complains is never mailed again, whatever is known of the issue: value 2.
        _move(connection, delivery, DeliveryState.COMPLAINED, came, at=at)
        _become(connection, person, Status.COMPLAINED, at)
        return replace(nobody, what=Became.COMPLAINED)
    if (
        delivery is None
        or at - delivery["instant"] > OLD
        or not _move(connection, delivery, DeliveryState.BOUNCED, came, at=at)
    ):
        return nobody
    return replace(nobody, what=_bounced(connection, came, person, delivery, at=at))


def _bounced(connection: Connection, came: Came, person: _Row, delivery: _Row, *, at: datetime) -> Became:
    """What a delivery that has bounced makes of its subscriber. Somebody who came back after it was sent stays: the
    bounce knows nothing of that."""
    verdict = judged(came.status)
    if verdict is Became.ABOUT_US:
        ours = issues.c.id == delivery["issue_id"]
        connection.execute(update(issues).where(ours).values(about_us=issues.c.about_us + 1))
        return verdict
    if verdict is Became.COUNTED and not is_worn_out(_past(connection, person["id"], delivery["instant"])):
        return verdict
    # Deliveries count whole seconds: whoever was put on the list in the second of their first issue changed before it.
    sent = None if delivery["changed_at"] is None else datetime.fromtimestamp(delivery["changed_at"] + 1, UTC)
    if person["status"] not in _MAILABLE or (sent is not None and person["changed_at"] >= sent):
        return Became.NOBODY
    _become(connection, person, Status.BOUNCED, at)
    return Became.GONE if verdict is Became.GONE else Became.WORN_OUT


def _delivery(connection: Connection, issue: IssueKey, person: int) -> _Row | None:
    columns = (deliveries.c.issue_id, deliveries.c.subscriber_id, deliveries.c.state, deliveries.c.changed_at)
    statement = (
        select(*columns, issues.c.instant).join(issues).where(is_issue(issue), deliveries.c.subscriber_id == person)
    )
    return connection.execute(statement).mappings().one_or_none()


def _move(connection: Connection, delivery: _Row | None, to: DeliveryState, came: Came, *, at: datetime) -> bool:
    """Move a delivery by the journal's rule. A report about a message in doubt says that it had been accepted."""
    if delivery is None:
        return False
    this = and_(deliveries.c.issue_id == delivery["issue_id"], deliveries.c.subscriber_id == delivery["subscriber_id"])
    if delivery["state"] == DeliveryState.UNKNOWN.value:
        move(connection, DeliveryState.ACCEPTED, this, doubts=deliveries.c.doubts - 1)
    code, reply = _as_replied(came)
    return move(connection, to, this, code=code, reply=reply, changed_at=seconds(at)) == 1


def _as_replied(came: Came) -> tuple[int, str]:
    """What a mail server said, as the next hop's replies are kept: the code, and a text that begins with the status."""
    code = int(came.text[:3]) if _CODE.match(came.text) else 0
    text = came.text[3:].strip() if code else came.text
    text = text.removeprefix(came.status).strip()
    return code, f"{came.status} {text}".strip()[:_REPLY_LETTERS]


def _become(connection: Connection, person: _Row, status: Status, at: datetime) -> None:
    values = {"status": status.value, "changed_at": at, "paused_until": None, "was": None}
    changes = person["status"] != status.value
    if changes:
        connection.execute(update(subscribers).where(subscribers.c.id == person["id"]).values(values))


def _past(connection: Connection, person: int, until: datetime) -> list[Past]:
    """Somebody's deliveries, newest first, up to one issue: of later ones the reports may be still on their way."""
    statement = (
        select(issues.c.day, deliveries.c.state, deliveries.c.reply)
        .join(issues)
        .where(deliveries.c.subscriber_id == person, issues.c.instant <= until)
        .order_by(issues.c.instant.desc())
        .limit(_LOOK_BACK)
    )
    return [
        Past(day=row.day, state=DeliveryState(row.state), reply=row.reply or "")
        for row in connection.execute(statement)
    ]
