"""Whether a run's report is to be told to somebody who did not start it, and as which notice. Pure.

An editor who is mailed every day what asks nothing of them stops reading, and then misses the day that does. So by
default they hear only of what needs a person, of each such thing once, and of a warning that stays once a week.
"""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from roundup.email_address import masked_in
from roundup.model import DeliveryState
from roundup.notices import Notice, Way
from roundup.redacting import redacted
from roundup.reports import RunReport, RunState
from roundup.words import say

#: One delivery in so many that fails is the list's everyday; more of them want a look.
_ONE_IN = 20
#: They wait for a person; the approval has a letter of its own.
_NEED_A_PERSON = {RunState.FAILED, RunState.HELD, RunState.MISSED}
#: An issue on its way is told when it is there.
_ON_THE_WAY = {RunState.UNFINISHED, RunState.AWAITING_APPROVAL, RunState.DRY_RUN, RunState.RUNNING}
_FAILED = (DeliveryState.REFUSED, DeliveryState.UNKNOWN, DeliveryState.EXPIRED)


class MailWhen(StrEnum):
    """When the editor gets a letter."""

    PROBLEMS = "problems"
    DAILY = "daily"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whose reports these are."""

    newsletter: str
    #: Of the newsletter, as its settings name it.
    id: str
    zone: ZoneInfo


def needs_a_person(report: RunReport) -> bool:
    """Whether an editor should look at it, though they asked to be spared."""
    return any(each.state in _NEED_A_PERSON or bool(each.warnings) or _fails_often(each) for each in _editions(report))


def went_well(report: RunReport) -> bool:
    """Whether a monitor is to be told so: no edition needs a person, and none is stuck because nobody takes mail. One
    whose readers' servers have only asked for patience is not stuck."""
    return not any(each.state in _NEED_A_PERSON or each.is_stuck for each in _editions(report))


def _editions(report: RunReport) -> list[RunReport]:
    return [each for each in (report, report.weekly) if each is not None]


def _fails_often(report: RunReport) -> bool:
    deliveries = report.tally.deliveries if report.tally is not None else {}
    failed = sum(deliveries.get(state, 0) for state in _FAILED)
    return failed * _ONE_IN > sum(deliveries.values())


def letter_about(report: RunReport, told: Told, when: MailWhen, *, at: datetime) -> Notice | None:
    """The editor's letter, or None."""
    wanted = when is MailWhen.DAILY and any(each.state not in _ON_THE_WAY for each in _editions(report))
    if when is MailWhen.NEVER or report.is_quiet or not (wanted or needs_a_person(report)):
        return None
    subject = say("{newsletter}: {headline}", newsletter=told.newsletter, headline=report.headline)
    footer = say("You get this by [reports] mail in roundup.toml: problems, daily or never.")
    text = "\n".join([*report.lines(told.zone), "", footer])
    name = _name(report, told, at, spared=when is MailWhen.PROBLEMS)
    return Notice(name=name, way=Way.MAIL, subject=subject, content=redacted(text))


def call_about(report: RunReport, told: Told, *, at: datetime) -> Notice | None:
    """What a webhook gets, or None: every report that is not quiet."""
    if report.is_quiet:
        return None
    return Notice(name=_name(report, told, at), way=Way.WEBHOOK, content=document(report, told, at=at))


def document(report: RunReport, told: Told, *, at: datetime) -> str:
    """A report for machines, in one line: what `run --json` prints, with whose it is, when, and `text`, which chat
    rooms show. Nobody's whole address is in it, for logs and chat rooms have readers of their own."""
    content = {
        "newsletter": told.id,
        "at": at.astimezone(told.zone).isoformat(timespec="seconds"),
        "text": "\n".join([f"{told.newsletter}: {report.headline}", *report.lines(told.zone)[1:]]),
        **report.to_json(),
    }
    return redacted(json.dumps(_masked(content), ensure_ascii=False))


def _masked(content: Any) -> Any:
    if isinstance(content, str):
        return masked_in(content)
    if isinstance(content, dict):
        return {key: _masked(value) for key, value in content.items()}
    return [_masked(each) for each in content] if isinstance(content, list) else content


def _name(report: RunReport, told: Told, at: datetime, *, spared: bool = False) -> str:
    """What makes it this report and no other. `spared`: a warning that stays is the same for a week, whatever the
    issue."""
    today = at.astimezone(told.zone).date()
    parts = [_about(each, today, spared=spared) for each in _editions(report)]
    # What no later run will tell again is told, however much it is like what was told before.
    parts += report.warnings if report.news else ()
    # One editor may have several newsletters, and mail programs drop what has a Message-ID that they know.
    return sha256("\n".join([told.id, *parts]).encode()).hexdigest()[:24]


def _about(report: RunReport, today: date, *, spared: bool) -> str:
    """The issue, or the day or week, and how it stands."""
    stays = report.state not in {*_NEED_A_PERSON, RunState.UNFINISHED} and not _fails_often(report)
    when = f"{today:%G-%V}" if stays and spared else f"{report.issue or today}"
    why = (report.because,) if report.state in _NEED_A_PERSON else report.warnings
    # Numbers change from try to try, such as a port or a count of seconds, and make no other trouble.
    said = re.sub(r"\d+", "#", "\n".join(sorted(why)))
    return f"{when} {report.edition} {report.state} {said}"
