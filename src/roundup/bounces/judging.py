"""What follows from a bounce. Pure.

Sources: RFC 3463 §3 (what the codes mean); the practice of M3AAWG, "Sender Best Common Practices" 3.0, and of large
senders: an address that does not exist is mailed no more, one that is full or slow gets more chances, and whoever
refuses the sender says nothing of the reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from roundup.model import DeliveryState
from roundup.returned import Became, Refusing
from roundup.status_codes import ENHANCED, is_about_sender

#: So many issues in a row came back, over so long a time, and not one between them stayed: nobody reads there.
_TOO_OFTEN, _TOO_LONG = 5, timedelta(days=14)
#: Later than this after its issue a bounce says nothing: mail servers try for five days (RFC 5321 §4.5.4.1).
OLD = timedelta(days=30)
#: So many reports about us, and at least one for so many people, hold what would go out next. The same twenty as while
#: an issue is delivered; a single company that refuses us must not stop a long list.
_ABOUT_US, _ONE_IN = 20, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One delivery of a person, by its issue's day."""

    day: date
    state: DeliveryState
    #: What was said, beginning with a status code.
    reply: str


def judged(status: str) -> Became:
    """What a bounce with a status code makes of its subscriber: GONE, ABOUT_US or COUNTED."""
    found = ENHANCED.match(status)
    if found is None or found[1] != "5":
        return Became.COUNTED
    subject, detail = found[2], found[3]
    if is_about_sender(subject, detail):
        return Became.ABOUT_US
    # 5.1.x: bad address; 5.4.4: no mail server for its domain.
    return Became.GONE if subject == "1" or (subject, detail) == ("4", "4") else Became.COUNTED


def is_worn_out(past: Sequence[Past]) -> bool:
    """Whether somebody's deliveries, newest first, beginning with one that bounced, came back too often for too long.
    An issue that was accepted and did not come back begins the count anew; one about us does not count."""
    days = []
    for each in past:
        if each.state is DeliveryState.ACCEPTED:
            break
        if each.state is DeliveryState.BOUNCED and judged(each.reply) is not Became.ABOUT_US:
            days.append(each.day)
    return len(days) >= _TOO_OFTEN and days[0] - days[-1] >= _TOO_LONG


def holds(refusing: Refusing) -> bool:
    """Whether so many refused us that no more goes out before a person has looked."""
    return refusing.reports >= max(_ABOUT_US, refusing.people / _ONE_IN)
