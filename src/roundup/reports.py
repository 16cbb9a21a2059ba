"""What a run did, as `run --json` prints it and as an editor reads it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any

from roundup.journal import Tally
from roundup.model import DeliveryState


class RunState(StrEnum):
    """How a run ended (plan §2.2)."""

    SENT = "sent"
    ALREADY_SENT = "already-sent"
    NOTHING_NEW = "nothing-new"
    NOT_DUE = "not-due"
    HELD = "held"
    UNFINISHED = "unfinished"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSED = "missed"
    AWAITING_APPROVAL = "awaiting-approval"
    TOO_FEW = "too-few"
    DRY_RUN = "dry-run"
    RUNNING = "running"


#: The exit code of each state: 0 done, 1 failed, 3 a person must decide, 4 deliveries remain.
EXIT: Mapping[RunState, int] = {
    RunState.FAILED: 1,
    RunState.HELD: 3,
    RunState.MISSED: 3,
    RunState.AWAITING_APPROVAL: 3,
    RunState.UNFINISHED: 4,
}
#: What `--quiet` does not tell: what a crontab line meets 280 times a day.
_QUIET = {RunState.NOT_DUE, RunState.ALREADY_SENT, RunState.NOTHING_NEW, RunState.RUNNING}
#: What it tells once, and not again while nothing changes.
_QUIET_UNCHANGED = {RunState.HELD, RunState.MISSED, RunState.TOO_FEW, RunState.SKIPPED, RunState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did."""

    state: RunState
    #: The issue's local date; None when there was no issue to speak of.
    issue: date | None = None
    #: A sentence: why it ended so. Empty when the numbers say it all.
    because: str = ""
    fingerprint: str = ""
    subject: str = ""
    pieces: int = 0
    left_out: int = 0
    tally: Tally | None = None
    #: Seconds from the beginning of the run, and of its delivery phase alone.
    seconds: float = 0.0
    delivery_seconds: float = 0.0
    #: How many messages were answered in this run.
    offered: int = 0
    warnings: tuple[str, ...] = ()
    #: It stands as it did when a run looked last.
    unchanged: bool = False
    #: Its warnings tell what no later run will tell again.
    news: bool = False
    next_due: datetime | None = field(default=None)

    @property
    def exit_code(self) -> int:
        """See EXIT."""
        return EXIT.get(self.state, 0)

    @property
    def is_quiet(self) -> bool:
        """Whether `--quiet` has nothing to tell."""
        if self.news:
            return False
        return self.state in _QUIET or (self.unchanged and self.state in _QUIET_UNCHANGED)

    def to_json(self) -> dict[str, Any]:
        """The object that `run --json` prints."""
        tally = self.tally or Tally(candidates=0)
        speed = self.offered / self.delivery_seconds if self.delivery_seconds else 0.0
        return {
            "issue": self.issue.isoformat() if self.issue else None,
            "state": self.state.value,
            "because": self.because,
            "fingerprint": self.fingerprint,
            "subject": self.subject,
            "pieces": self.pieces,
            "left_out": self.left_out,
            "candidates": tally.candidates,
            "excluded": dict(sorted(tally.excluded.items())),
            "deliveries": {state.value: count for state, count in sorted(tally.deliveries.items())},
            "resent": tally.resent,
            "seconds": round(self.seconds, 3),
            "messages_per_second": round(speed, 1),
            "warnings": list(self.warnings),
            "next_due": self.next_due.isoformat() if self.next_due else None,
        }

    @property
    def headline(self) -> str:
        """How the run ended, in a sentence."""
        issue = f": the issue of {self.issue:%A %-d %B %Y}" if self.issue else ""
        return _HEADLINES[self.state].format(issue=issue)

    def lines(self, zone: tzinfo) -> list[str]:
        """The same for an editor: the outcome first, then what must be known. Times in `zone`."""
        lines = [self.headline, self.because] if self.because else [self.headline]
        if self.state is RunState.NOTHING_NEW:
            # A quiet day is one line.
            lines = [" ".join(lines)]
        if self.subject and self.state is not RunState.NOT_DUE:
            lines.append(f"“{self.subject}”, {_counted(self.pieces, 'piece')}, {self.left_out} left out.")
        if self.tally is not None:
            lines.extend(_told(self.tally))
        lines.extend(f"Warning: {warning}" for warning in self.warnings)
        if self.next_due is not None:
            lines.append(f"The next issue is due on {self.next_due.astimezone(zone):%A %-d %B %Y at %H:%M}.")
        return lines


_HEADLINES: Mapping[RunState, str] = {
    RunState.SENT: "Sent{issue}.",
    RunState.ALREADY_SENT: "Already sent{issue}.",
    RunState.NOTHING_NEW: "Nothing new{issue} is not mailed.",
    RunState.NOT_DUE: "Not due: nothing to send now.",
    RunState.HELD: "Held{issue}. A person must decide.",
    RunState.UNFINISHED: "Unfinished{issue} is still on its way. The next run goes on.",
    RunState.FAILED: "Failed{issue}.",
    RunState.SKIPPED: "Skipped{issue}.",
    RunState.MISSED: "Missed{issue}. A person must decide.",
    RunState.AWAITING_APPROVAL: "Awaiting approval{issue}.",
    RunState.TOO_FEW: "Too few new pieces{issue} is not mailed.",
    RunState.DRY_RUN: "Dry run{issue}. Nothing was sent or stored.",
    RunState.RUNNING: "Running: another run is at work here.",
}


def _told(tally: Tally) -> list[str]:
    mailed = ", ".join(f"{count} {state}" for state, count in sorted(tally.deliveries.items())) or "nobody"
    lines = [f"{_counted(tally.candidates, 'subscriber')}: {mailed}."]
    if tally.excluded:
        reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(tally.excluded.items()))
        lines.append(f"Not mailed: {reasons}.")
    if tally.resent:
        lines.append(
            f"{_counted(tally.resent, 'message')} offered a second time, because the line broke before an answer came: "
            "these people may have two copies, with one Message-ID."
        )
    in_doubt = tally.deliveries.get(DeliveryState.UNKNOWN, 0)
    if in_doubt:
        lines.append(
            f"{_counted(in_doubt, 'person')} unknown: the line or the run broke over their message twice, so most of "
            "them have one or two copies and some may have none. `issues show --failed` lists them."
        )
    if not tally.adds_up:
        lines.append("THE SUMS DO NOT ADD UP: somebody was lost. Please report this with `issues show --json`.")
    return lines


def _counted(count: int, what: str) -> str:
    if count == 1:
        return f"1 {what}"
    return f"{count} people" if what == "person" else f"{count} {what}s"
