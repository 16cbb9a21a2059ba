"""What a run did, as `run --json` prints it and as an editor reads it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any

from roundup.audience import why_not_mailed
from roundup.journal import Tally
from roundup.model import MAIN_EDITION, WEEKLY_EDITION, DeliveryState
from roundup.words import figures, mark, say, say_many, spoken


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
_QUIET_UNCHANGED = {
    RunState.HELD, RunState.MISSED, RunState.TOO_FEW, RunState.SKIPPED, RunState.FAILED, RunState.AWAITING_APPROVAL,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """What a source gave."""

    name: str
    #: As in explain.json.
    state: str
    #: How many pieces it lists, and how many of them had not been seen before.
    found: int
    new: int


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
    #: How many of those for which kind of reason.
    omissions: Mapping[str, int] = field(default_factory=dict)
    #: What the sources gave, if an issue was made of it.
    read: tuple[SourceRead, ...] = ()
    tally: Tally | None = None
    #: Seconds from the beginning of the run, and of its delivery phase alone.
    seconds: float = 0.0
    delivery_seconds: float = 0.0
    #: How many messages were answered in this run.
    offered: int = 0
    #: It remains unfinished because delivering itself met trouble, and nobody was answered.
    is_stuck: bool = False
    warnings: tuple[str, ...] = ()
    #: It stands as it did when a run looked last.
    unchanged: bool = False
    #: Its warnings tell what no later run will tell again.
    news: bool = False
    next_due: datetime | None = field(default=None)
    edition: str = MAIN_EDITION
    #: What the same run did for the weekly edition; None: there is nothing to tell of it.
    weekly: "RunReport | None" = None

    def beside(self, weekly: "RunReport") -> "RunReport":
        """This report, of the day, with that of the weekly edition: the one that did something comes first."""
        idle = (RunState.NOT_DUE, RunState.ALREADY_SENT)
        warnings, news = (*self.warnings, *weekly.warnings), self.news or weekly.news
        if weekly.state in idle:
            return replace(self, warnings=warnings, news=news)
        if self.state in idle:
            return replace(weekly, warnings=warnings, news=news)
        return replace(self, weekly=weekly)

    @property
    def exit_code(self) -> int:
        """See EXIT; of two editions the graver one."""
        codes = [EXIT.get(report.state, 0) for report in (self, self.weekly) if report is not None]
        return min((code for code in codes if code), default=0)

    @property
    def is_quiet(self) -> bool:
        """Whether `--quiet` has nothing to tell."""
        if self.news or (self.weekly is not None and not self.weekly.is_quiet):
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
            "left_out_as": dict(sorted(self.omissions.items())),
            "sources": [
                {"name": each.name, "state": each.state, "found": each.found, "new": each.new} for each in self.read
            ],
            "candidates": tally.candidates,
            "excluded": dict(sorted(tally.excluded.items())),
            "deliveries": {state.value: count for state, count in sorted(tally.deliveries.items())},
            "resent": tally.resent,
            "seconds": round(self.seconds, 3),
            "messages_per_second": round(speed, 1),
            "warnings": list(self.warnings),
            "next_due": self.next_due.isoformat() if self.next_due else None,
            **({"edition": self.edition} if self.edition != MAIN_EDITION else {}),
            **({"weekly": self.weekly.to_json()} if self.weekly is not None else {}),
        }

    @property
    def headline(self) -> str:
        """How the run ended, in a sentence."""
        about, alone = _HEADLINES[self.state]
        if self.issue is None:
            return say(alone)
        day = spoken().full_day(self.issue)
        return say(about, issue=say("{day} (weekly)", day=day) if self.edition == WEEKLY_EDITION else day)

    def _about_the_issue(self) -> list[str]:
        lines = [
            say_many(
                "“{subject}”, {count} piece, {left_out} left out.",
                "“{subject}”, {count} pieces, {left_out} left out.",
                self.pieces,
                subject=self.subject,
                left_out=figures(self.left_out),
            )
        ]
        kinds = [
            f"{figures(self.omissions[kind])} {say(of)}" for kind, of in _OMISSIONS.items() if kind in self.omissions
        ]
        if kinds:
            lines.append(say("Left out: {reasons}.", reasons=spoken().listed(kinds)))
        if self.read:
            found, new = sum(each.found for each in self.read), sum(each.new for each in self.read)
            lines.append(
                say(
                    "Read: {sources} with {pieces} ({new} not seen before).",
                    sources=say_many("{count} source", "{count} sources", len(self.read)),
                    pieces=say_many("{count} piece", "{count} pieces", found),
                    new=figures(new),
                )
            )
        return lines

    def _how_long(self) -> str:
        speed = self.offered / self.delivery_seconds if self.delivery_seconds else 0.0
        return say_many(
            "The run took {seconds} s, {count} message was answered, {speed} a second.",
            "The run took {seconds} s, {count} messages were answered, {speed} a second.",
            self.offered,
            seconds=figures(round(self.seconds, 1 if self.seconds < 10 else 0)),
            speed=figures(round(speed)),
        )

    def lines(self, zone: tzinfo) -> list[str]:
        """The same for an editor: the outcome first, then what must be known. Times in `zone`."""
        lines = [*self.own_lines(), *(self.weekly.own_lines() if self.weekly is not None else ())]
        if self.next_due is not None and not (self.state is RunState.NOTHING_NEW and self.weekly is None):
            moment = spoken().full_moment(self.next_due.astimezone(zone))
            lines.append(say("The next issue is due on {moment}.", moment=moment))
        return lines

    def own_lines(self) -> list[str]:
        """Those about this edition alone."""
        lines = [self.headline, self.because] if self.because else [self.headline]
        if self.state is RunState.NOTHING_NEW:
            # A quiet day is one line.
            lines = [" ".join(lines)]
        if self.subject and self.state is not RunState.NOT_DUE:
            lines.extend(self._about_the_issue())
        if self.tally is not None and self.tally.candidates:
            lines.extend(_told(self.tally))
        if self.offered:
            lines.append(self._how_long())
        lines.extend(say("Warning: {warning}", warning=warning) for warning in self.warnings)
        return lines


#: Of what kind the reason is for which pieces are left out (`roundup.model.Omission`), after their number.
_OMISSIONS: Mapping[str, str] = {
    "more": mark("by title only, under “More”"),
    "duplicate": mark("in two sources"),
    "too-old": mark("too old"),
    "excluded": mark("by your word"),
    "other": mark("for other reasons"),
}
#: How a run ended: with an issue to speak of, and without.
_HEADLINES: Mapping[RunState, tuple[str, str]] = {
    RunState.SENT: (mark("Sent: the issue of {issue}."), mark("Sent.")),
    RunState.ALREADY_SENT: (mark("Already sent: the issue of {issue}."), mark("Already sent.")),
    RunState.NOTHING_NEW: (mark("Nothing new: the issue of {issue} is not mailed."), mark("Nothing new.")),
    RunState.NOT_DUE: (mark("Not due: nothing to send now."), mark("Not due: nothing to send now.")),
    RunState.HELD: (mark("Held: the issue of {issue}. A person must decide."), mark("Held. A person must decide.")),
    RunState.UNFINISHED: (
        mark("Unfinished: the issue of {issue} is still on its way. The next run goes on."),
        mark("Unfinished. The next run goes on."),
    ),
    RunState.FAILED: (mark("Failed: the issue of {issue}."), mark("Failed.")),
    RunState.SKIPPED: (mark("Skipped: the issue of {issue}."), mark("Skipped.")),
    RunState.MISSED: (
        mark("Missed: the issue of {issue}. A person must decide."),
        mark("Missed. A person must decide."),
    ),
    RunState.AWAITING_APPROVAL: (mark("Awaiting approval: the issue of {issue}."), mark("Awaiting approval.")),
    RunState.TOO_FEW: (mark("Too few new pieces: the issue of {issue} is not mailed."), mark("Too few new pieces.")),
    RunState.DRY_RUN: (
        mark("Dry run: the issue of {issue}. Nothing was sent or stored."),
        mark("Dry run. Nothing was sent or stored."),
    ),
    RunState.RUNNING: (
        mark("Running: another run is at work here."),
        mark("Running: another run is at work here."),
    ),
}
#: What else a report calls by a word of its own: what has become of deliveries, issues and people.
_WORDS = (
    mark("planned"), mark("claimed"), mark("accepted"), mark("refused"), mark("deferred"), mark("unknown"),
    mark("expired"), mark("withdrawn"), mark("bounced"), mark("complained"),
    mark("open"), mark("frozen"), mark("sent"), mark("skipped"), mark("missed"), mark("held"), mark("failed"),
    mark("already-sent"), mark("nothing-new"), mark("not-due"), mark("unfinished"), mark("awaiting-approval"),
    mark("approved"),
    mark("too-few"), mark("dry-run"), mark("running"),
    mark("active"), mark("pending"), mark("paused"), mark("left"), mark("removed"),
    mark("weekly"), mark("daily"), mark("cadence"), mark("sections"),
)  # fmt: skip


def _told(tally: Tally) -> list[str]:
    mailed = spoken().listed(
        [f"{figures(count)} {say(state.value)}" for state, count in sorted(tally.deliveries.items())]
    )
    people = say_many("{count} subscriber", "{count} subscribers", tally.candidates)
    lines = [say("{subscribers}: {states}.", subscribers=people, states=mailed or say("nobody"))]
    if tally.excluded:
        reasons = [f"{figures(count)} {why_not_mailed(reason)}" for reason, count in sorted(tally.excluded.items())]
        lines.append(say("Not mailed: {reasons}.", reasons=spoken().listed(reasons)))
    if tally.resent:
        lines.append(
            say_many(
                "{count} message offered a second time, because the line broke before an answer came: "
                "this person may have two copies, with one Message-ID.",
                "{count} messages offered a second time, because the line broke before an answer came: "
                "these people may have two copies, with one Message-ID.",
                tally.resent,
            )
        )
    in_doubt = tally.deliveries.get(DeliveryState.UNKNOWN, 0)
    if in_doubt:
        lines.append(
            say_many(
                "{count} person unknown: nobody knows what became of their message, so they may have one or two copies "
                "or none. `issues show --failed` says why.",
                "{count} people unknown: nobody knows what became of their messages; each may have one or two copies "
                "or none. `issues show --failed` says why.",
                in_doubt,
            )
        )
    if not tally.adds_up:
        lines.append(say("THE SUMS DO NOT ADD UP: somebody was lost. Please report this with `issues show --json`."))
    return lines
