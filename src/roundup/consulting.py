"""The mail that asks the editor whether an issue may go out. Pure.

It is plain text: whoever decides is to see what is in the issue, and the issue itself is a click, or a preview, away.
Its link opens a page and does nothing by itself; the same rendering is the same mail, by its Message-ID.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roundup.letters import letter
from roundup.messages import Letterhead
from roundup.model import WEEKLY_EDITION, IssueKey, Message
from roundup.proposals import Approval, Proposal
from roundup.tokens import Secret
from roundup.words import figures, say, spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulting:
    """What these mails are made with."""

    rule: Approval
    letterhead: Letterhead
    secret: Secret

    def message(self, proposal: Proposal, *, at: datetime) -> Message:
        """The mail about one rendering. `at` is its Date."""
        record = proposal.record
        number = self.secret.mac("consulting", str(record.key).encode(), record.fingerprint.encode())[:12].hex()
        subject = say("To approve: {subject}", subject=record.subject)
        parts = [("plain", "\n".join(self._lines(proposal)))]
        return letter(self.letterhead, self.rule.editor, subject, parts, number=number, at=at)

    def _lines(self, proposal: Proposal) -> Iterator[str]:
        record, told = proposal.record, proposal.stored.told
        day = spoken().full_day(record.key.day)
        if record.key.edition == WEEKLY_EDITION:
            day = say("{day} (weekly)", day=day)
        name = self.letterhead.name
        yield say("The issue of {day} of {newsletter} waits for your approval.", day=day, newsletter=name)
        yield until(self.rule, proposal, self.letterhead)
        yield ""
        yield say("Subject: {subject}", subject=record.subject)
        yield say("Fingerprint: {fingerprint}", fingerprint=record.fingerprint)
        yield ""
        yield from _pieces(told)
        yield say("{count} left out.", count=figures(len(told["left_out"])))
        yield ""
        if self.letterhead.public_url:
            token = self.secret.approval_token(record.key, record.fingerprint)
            yield say("Look at it and approve it:")
            yield f"{self.letterhead.public_url}approve/{token}"
            yield ""
            yield say("Or, where roundup runs:")
        else:
            yield say("To approve it, where roundup runs:")
        yield command(record.key, record.fingerprint)
        yield ""
        yield say("Whoever edits it makes another issue of it, and is asked again; this mail approves nothing then.")


def command(key: IssueKey, fingerprint: str) -> str:
    """What approves it on a command line."""
    return " ".join(("roundup", "issues", "approve", str(key), "--expect", fingerprint))


def until(rule: Approval, proposal: Proposal, letterhead: Letterhead) -> str:
    """How long it waits, in the newsletter's zone, and what happens then."""
    ends = rule.ends(proposal).astimezone(letterhead.zone)
    moment, zone = spoken().full_moment(ends), f"{letterhead.zone}"
    if rule.sends:
        return say("It waits until {moment} ({zone}); then it is sent as it is stored.", moment=moment, zone=zone)
    return say(
        "It waits until {moment} ({zone}); then it is dropped, and its pieces go into the next issue.",
        moment=moment,
        zone=zone,
    )


def _pieces(told: dict[str, Any]) -> Iterator[str]:
    for piece in told["pieces"]:
        yield f"{figures(piece['rank'])}. {piece['title']}"
        yield f"   {piece['link']}"
