"""The list, and the file that it follows, looked at without changing them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from roundup.audience import Audience
from roundup.checking import Area, Finding, Looked
from roundup.checking.catalogue import finding
from roundup.errors import ListError
from roundup.following import Hashed, would_reach
from roundup.list_changes import FOLLOWED_FILE
from roundup.list_files import BadRow, Opened
from roundup.list_files.reading import ListReading
from roundup.model import Cadence, DeliveryState
from roundup.store import Ledgers
from roundup.words import say, say_many

#: How many bad rows are told one by one.
_TOLD = 3
#: So long a confirmation mail may take: it goes at once, but a mail server may put it off.
_WAITING = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What the list is looked at with."""

    #: Opens the followed list file; None: there is none.
    opened: Callable[[], Opened | None]
    hashed: Hashed
    zone: tzinfo
    now: datetime


def look(ledgers: Ledgers, registry: Registry) -> tuple[Looked, int]:
    """The list, and how many people the next issue would go to."""
    trouble, reached = _reached(ledgers, registry)
    found = trouble or [*_rows(registry)]
    if not trouble and not reached:
        found.append(
            finding(
                "list-nobody",
                say(
                    "Nobody is on the list who could be mailed: add yourself (`roundup subscribers add`), or put a "
                    "{file} beside roundup.toml.",
                    file=FOLLOWED_FILE,
                ),
            )
        )
    found += _waiting(ledgers, registry)
    seen = say_many("{count} reader would be mailed", "{count} readers would be mailed", reached)
    return Looked(area=Area.LIST, findings=found, seen=[seen]), reached


def _reached(ledgers: Ledgers, registry: Registry) -> tuple[list[Finding], int]:
    audience = Audience(cadence=Cadence.DAILY, variants={})
    try:
        tally = would_reach(registry.opened(), ledgers.subscribers, audience, at=registry.now, hashed=registry.hashed)
    except ListError as error:
        return [finding("list-broken", str(error))], 0
    return [], tally.deliveries.get(DeliveryState.PLANNED, 0)


def _rows(registry: Registry) -> Iterator[Finding]:
    """The rows of the file that cannot be used."""
    opened = registry.opened()
    if opened is None:
        return
    bad = [row for row in ListReading(FOLLOWED_FILE, opened, headed=True) if isinstance(row, BadRow)]
    for row in bad[:_TOLD]:
        yield finding("list-rows", f"{FOLLOWED_FILE}:{row.line}: {row.what}")
    if len(bad) > _TOLD:
        more = say_many(
            "{file}: {count} more row like these; `roundup subscribers import {file} --dry-run` lists them.",
            "{file}: {count} more rows like these; `roundup subscribers import {file} --dry-run` lists them.",
            len(bad) - _TOLD,
            file=FOLLOWED_FILE,
        )
        yield finding("list-rows", more)


def _waiting(ledgers: Ledgers, registry: Registry) -> Iterator[Finding]:
    """Who signed up and was not asked to confirm."""
    numbers = ledgers.statistics.numbers(at=registry.now - _WAITING, zone=registry.zone, weeks=1, issues=0)
    week = numbers.weeks[-1]
    if week.asked > 0 and week.mailed == 0:
        yield finding(
            "signups-wait",
            say_many(
                "{count} reader signed up this week, and no confirmation mail was accepted: see what `roundup serve` "
                "says of the mail server.",
                "{count} readers signed up this week, and no confirmation mail was accepted: see what `roundup serve` "
                "says of the mail server.",
                week.asked,
            ),
        )
