"""The message in doubt: what is done when nobody can say whether the next hop accepted it.

Between the final dot and the 250 both sides own a message (RFC 1047), and nothing in SMTP closes that gap. What can be
chosen is what an unknown end costs: `resend` a second copy, `hold` a missing one until a person decides, `reconcile`
nothing, where the relay's log can be read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from roundup.clock import Clock
from roundup.journal import InDoubt, Journal
from roundup.messages import Stationery
from roundup.model import IssueId
from roundup.sending.referee import Referee, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubting:
    """The doubts of one issue. No line of ours is open."""

    issue: IssueId
    journal: Journal
    stationery: Stationery
    referee: Referee | None
    #: Nothing was offered before.
    since: datetime
    clock: Clock
    #: Whether a stop was asked for.
    stop: Callable[[], bool]

    def settle(self, policy: InDoubt) -> tuple[int, str]:
        """Do what the settings say. Returns how many deliveries are planned again, and what went wrong."""
        match policy:
            case InDoubt.RESEND:
                return self.journal.resend(self.issue, at=self.clock()), ""
            case InDoubt.HOLD:
                return 0, ""
            case InDoubt.RECONCILE:
                return self._reconcile()

    def _reconcile(self) -> tuple[int, str]:
        doubts = {self.stationery.message_id(each.key): each.subscriber for each in self.journal.doubted(self.issue)}
        if not doubts or self.referee is None:
            return 0, ""
        judgement = self.referee.judge(doubts, since=self.since, stop=self.stop)
        queued = [doubts[each] for each, verdict in judgement.verdicts.items() if verdict is Verdict.QUEUED]
        lost = [doubts[each] for each, verdict in judgement.verdicts.items() if verdict is Verdict.NOT_QUEUED]
        self.journal.decide(self.issue, accepted=queued, not_accepted=lost, at=self.clock())
        return len(lost), judgement.trouble
