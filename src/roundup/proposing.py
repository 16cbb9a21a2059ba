"""An issue on its way to its editor and back: stored, asked about by mail, and planned once it may go.

A stored issue is what goes out, whatever the sources say meanwhile. It is out of date if its editor has changed
something since (see `edits`), or if another issue carries some of its pieces by now.
"""

from datetime import datetime

from roundup import pipeline
from roundup.archive import IssueState
from roundup.audience import Audience
from roundup.consulting import Consulting
from roundup.errors import StoreError
from roundup.model import Accepted, IssueKey, NotOffered, Unknown
from roundup.newsroom import Newsroom
from roundup.office import Office
from roundup.pipeline import Prepared
from roundup.proposals import Approval, Proposal
from roundup.sending.singly import NoWayError, offered
from roundup.store import Ledgers
from roundup.words import say


def propose(ledgers: Ledgers, newsroom: Newsroom, prepared: Prepared, *, digest: str, at: datetime) -> Proposal:
    """Store a prepared issue, in place of what was proposed before. `digest` is that of before it was prepared."""
    key = prepared.issue.key
    ledgers.proposals.propose(pipeline.frozen(newsroom, prepared, at=at), digest=digest)
    proposal = ledgers.proposals.find(key)
    if proposal is None:
        raise StoreError(say("The issue of {key} was stored, and is not there. Please report this.", key=key))
    return proposal


def consult(office: Office, ledgers: Ledgers, proposal: Proposal, rule: Approval) -> str:
    """Tell the editor of a rendering, unless they were told. Returns why the mail could not go out; empty: it is out.
    After a doubt it is offered again: one mail that comes twice is better than none."""
    if proposal.mailed_at is not None:
        return ""
    newsroom = office.newsroom
    consulting = Consulting(rule=rule, letterhead=newsroom.letterhead, secret=newsroom.secret)
    trouble = _offered(office, consulting, proposal)
    ledgers.proposals.note_mail(proposal, trouble=trouble, at=office.clock())
    return trouble


def _offered(office: Office, consulting: Consulting, proposal: Proposal) -> str:
    try:
        (outcome,) = offered(office.sender, [consulting.message(proposal, at=office.clock())])
    except NoWayError as error:
        return str(error)
    if isinstance(outcome, Accepted):
        return ""
    return outcome.why if isinstance(outcome, NotOffered | Unknown) else f"{outcome.reply.code} {outcome.reply.text}"


def audience_of(proposal: Proposal) -> Audience:
    """Whom a proposed issue is for."""
    return pipeline.audience_of(proposal.stored.variants, cadence=pipeline.cadence_of(proposal.record.key))


def people(ledgers: Ledgers, proposal: Proposal) -> int:
    """How many would get it, were it planned now."""
    audience = audience_of(proposal)
    return sum(
        crowd.count
        for crowd in ledgers.subscribers.census()
        if audience.exclusion(crowd.status, crowd.cadence, crowd.sections) is None
    )


def is_current(newsroom: Newsroom, ledgers: Ledgers, proposal: Proposal) -> bool:
    """Whether a proposed issue is still what would be made, but for the sources."""
    key = proposal.record.key
    if newsroom.edits(key) != proposal.digest:
        return False
    return proposal.carries.isdisjoint(ledgers.archive.carried(edition=key.edition))


def current(newsroom: Newsroom, ledgers: Ledgers, key: IssueKey) -> Proposal | None:
    """The issue as it is proposed; None: it is not, or is out of date."""
    proposal = ledgers.proposals.find(key)
    return proposal if proposal is not None and is_current(newsroom, ledgers, proposal) else None


def approve(ledgers: Ledgers, proposal: Proposal, *, now: datetime) -> bool:
    """Write the approval of a rendering down, and once it is due plan its deliveries; False: it is out of date."""
    if not ledgers.proposals.approve(proposal, at=now):
        return False
    return now < proposal.record.instant or ledgers.proposals.plan(proposal, audience_of(proposal), at=now)


def is_approved(proposal: Proposal) -> bool:
    """Whether its editor has said yes."""
    return proposal.record.state is IssueState.APPROVED
