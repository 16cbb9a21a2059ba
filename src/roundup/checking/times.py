"""Whether this machine's clock is right, by what web servers say of theirs, and the zone data it works with."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.gathering.asking import Answer, AskingError, ask
from roundup.words import figures, say

#: Gmail and others take a Date further off for a forgery; due times and leases would be as far off.
_MOST_OFF = timedelta(minutes=5)
#: Several states change their summer time every year, and tell so months before.
_ZONE_DATA_YEARS = 2
_ASKED = 3


def judge(addresses: Sequence[str], now: Callable[[], datetime]) -> Iterator[Finding]:
    """What is wrong with the clock. `addresses`: of servers that the settings name anyway. One of them may be wrong
    itself, so the middle one of up to three is believed."""
    off = [each for each in (_off(address, now) for address in addresses[:_ASKED]) if each is not None]
    if addresses and not off:
        yield finding(
            "clock-unknown",
            say(
                "No web server told the time, so this machine's clock could not be compared; see that it follows a "
                "time server (timedatectl)."
            ),
        )
    elif off and abs(median(off)) > _MOST_OFF.total_seconds():
        yield finding("clock", _told(median(off)))


def _told(seconds: float) -> str:
    """By how much the clock is wrong; ahead if positive."""
    minutes = figures(round(abs(seconds) / 60))
    if seconds > 0:
        return say(
            "This machine's clock is {minutes} minutes ahead of the web servers that were asked, so issues go out at "
            "the wrong time and receivers distrust their date: let it follow a time server (timedatectl set-ntp true).",
            minutes=minutes,
        )
    return say(
        "This machine's clock is {minutes} minutes behind the web servers that were asked, so issues go out at the "
        "wrong time and receivers distrust their date: let it follow a time server (timedatectl set-ntp true).",
        minutes=minutes,
    )


def _off(address: str, now: Callable[[], datetime]) -> float | None:
    """Seconds by which we are ahead of a server; None: it does not tell."""
    try:
        before = now()
        answer: Answer = ask("HEAD", address)
        after = now()
    except AskingError:
        return None
    if answer.date is None:
        return None
    # Its date has whole seconds, and was written somewhere between the two.
    return (before + (after - before) / 2 - answer.date).total_seconds()


def zone_data(folders: Sequence[str], today: datetime) -> Iterator[Finding]:
    """Whether what is known of time zones is old. `folders`: where the system keeps it."""
    for folder in folders:
        path = Path(folder) / "tzdata.zi"
        if path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                version = re.search(r"# version (\d{4})", file.readline())
            if version and today.year - int(version[1]) > _ZONE_DATA_YEARS:
                yield finding(
                    "zone-data",
                    say(
                        "What this machine knows of time zones is of {year}, so that issues may go out an hour off "
                        "where summer time has changed since: update it (apt install --only-upgrade tzdata).",
                        year=version[1],
                    ),
                )
            return
