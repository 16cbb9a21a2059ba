"""The ledger of proposed issues (`roundup.proposals`) in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, select, update

from roundup.archive import PROPOSED, Frozen, IssueRecord, IssueState
from roundup.audience import Audience
from roundup.model import IssueKey
from roundup.proposals import Proposal
from roundup.reports import RunState
from roundup.store.batches import SqlBatches
from roundup.store.database import Database
from roundup.store.deliveries import plan
from roundup.store.issue_rows import is_carrying, is_issue, record_in, stored_in, write_down
from roundup.store.schema import approvals, carried, issues

_PROPOSED = issues.c.state.in_([each.value for each in PROPOSED])


class SqlProposals:
    """Implements `roundup.proposals.Proposals`."""

    def __init__(self, database: Database, batches: SqlBatches) -> None:
        self._database = database
        self._batches = batches

    def find(self, key: IssueKey) -> Proposal | None:
        """See `Proposals`."""
        with self._database.reading() as connection:
            row = connection.execute(select(issues).where(is_issue(key), _PROPOSED)).mappings().one_or_none()
            if row is None:
                return None
            stored = stored_in(connection, row)
            ours = select(approvals).where(approvals.c.issue_id == row["id"])
            approval = connection.execute(ours).mappings().one()
            identities = select(carried.c.identity).where(carried.c.issue_id == row["id"])
            carries = frozenset(connection.execute(identities).scalars())
        kept = {name: value for name, value in approval.items() if name != "issue_id"}
        return Proposal(stored=stored, carries=carries, **kept)

    def waiting(self) -> Sequence[IssueRecord]:
        """See `Proposals`."""
        statement = select(issues).where(_PROPOSED).order_by(issues.c.instant, issues.c.id)
        with self._database.reading() as connection:
            return [record_in(row) for row in connection.execute(statement).mappings()]

    def propose(self, frozen: Frozen, *, digest: str) -> None:
        """See `Proposals`."""
        key = frozen.issue.key
        with self._database.writing() as connection:
            before = connection.execute(
                select(issues.c.id, issues.c.fingerprint, approvals.c.proposed_at, approvals.c.approved_at)
                .join(approvals)
                .where(is_issue(key), _PROPOSED)
            ).one_or_none()
            if before is not None and before.fingerprint == frozen.fingerprint:
                same = update(approvals).where(approvals.c.issue_id == before.id)
                connection.execute(same.values(digest=digest))
                return
            number = write_down(
                connection,
                frozen,
                state=IssueState.AWAITING.value,
                told=RunState.AWAITING_APPROVAL.value,
                frozen_at=None,
                given_back=True,
            )
            first = frozen.at if before is None or before.approved_at is not None else before.proposed_at
            row = {"issue_id": number, "digest": digest, "proposed_at": first, "prepared_at": frozen.at}
            connection.execute(insert(approvals).values(row))

    def note_mail(self, proposal: Proposal, *, trouble: str, at: datetime) -> None:
        """See `Proposals`."""
        number = proposal.record.id
        ours = and_(approvals.c.issue_id == number, exists().where(_is_still(proposal)))
        values = {"trouble": trouble, "mailed_at": None if trouble else at}
        with self._database.writing() as connection:
            connection.execute(update(approvals).where(ours).values(values))

    def approve(self, proposal: Proposal, *, at: datetime) -> bool:
        """See `Proposals`."""
        number = proposal.record.id
        values = {"state": IssueState.APPROVED.value, "told": "", "because": "", "looked_at": at}
        with self._database.writing() as connection:
            if connection.execute(update(issues).where(_is_still(proposal)).values(values)).rowcount == 0:
                return False
            new = and_(approvals.c.issue_id == number, approvals.c.approved_at.is_(None))
            connection.execute(update(approvals).where(new).values(approved_at=at))
        return True

    def plan(self, proposal: Proposal, audience: Audience, *, at: datetime) -> bool:
        """See `Proposals`."""
        number = proposal.record.id
        values = {
            "state": IssueState.FROZEN.value,
            "frozen_at": proposal.prepared_at,
            "given_back": False,
            "told": "",
            "because": "",
            "looked_at": at,
        }
        with self._database.writing() as connection:
            if _is_taken(connection, proposal):
                return False
            if connection.execute(update(issues).where(_is_still(proposal)).values(values)).rowcount == 0:
                return False
            candidates, excluded = plan(connection, number, audience)
            counted = {"candidates": candidates, "excluded": excluded}
            connection.execute(update(issues).where(issues.c.id == number).values(counted))
            self._batches.froze(connection, number)
        return True

    def decline(self, record: IssueRecord, because: str, *, at: datetime) -> bool:
        """See `Proposals`."""
        values = {
            "state": IssueState.SKIPPED.value,
            "told": RunState.SKIPPED.value,
            "because": because,
            "hold": "",
            "firm": False,
            "looked_at": at,
            "closed_at": at,
        }
        with self._database.writing() as connection:
            changed = connection.execute(update(issues).where(_is_as(record), _PROPOSED).values(values))
        return changed.rowcount == 1


def _is_still(proposal: Proposal) -> ColumnElement[bool]:
    """Whether an issue is what was proposed."""
    record = proposal.record
    return and_(issues.c.id == record.id, issues.c.fingerprint == record.fingerprint, _PROPOSED)


def _is_as(record: IssueRecord) -> ColumnElement[bool]:
    """Whether an issue is as it was read."""
    same = and_(issues.c.state == record.state.value, issues.c.fingerprint == record.fingerprint)
    return and_(issues.c.id == record.id, same)


def _is_taken(connection: Connection, proposal: Proposal) -> bool:
    """Whether another issue of its edition carries some of its pieces."""
    record = proposal.record
    own = select(carried.c.identity).where(carried.c.issue_id == record.id)
    others = and_(carried.c.issue_id != record.id, carried.c.identity.in_(own), is_carrying(record.key.edition))
    taken = select(carried.c.issue_id).join(issues).where(others).limit(1)
    return connection.execute(taken).one_or_none() is not None
