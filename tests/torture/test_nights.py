"""The nights on which the clocks change, in eleven places, lived through by real processes: `roundup schedule` and the
five-minute crontab line at once, on a server in another zone. One issue per local date.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.newsletters import a_newsletter, a_piece_file, roundup, rows
from tests.torture import false_clock
from tests.torture.false_clock import SetClock
from tests.torture.processes import at_work, await_

pytestmark = pytest.mark.long

#: zone, the local date of the change, a wall time that it skips or repeats, the server's zone.
NIGHTS = [
    ("America/Santiago", "2026-09-06", "00:30", "UTC"),  # midnight is skipped
    ("Africa/Cairo", "2026-04-24", "00:00", "America/New_York"),  # midnight is skipped
    ("Asia/Beirut", "2026-03-29", "00:15", "Europe/Berlin"),  # midnight is skipped
    ("America/Havana", "2026-11-01", "00:30", "UTC"),  # comes twice, and midnight with it
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "UTC"),  # half an hour is skipped
    ("Australia/Lord_Howe", "2027-04-04", "01:45", "Asia/Tokyo"),  # half an hour comes twice
    ("Pacific/Chatham", "2026-09-27", "03:00", "America/Los_Angeles"),  # a zone of three quarters of an hour
    ("Europe/Berlin", "2026-11-01", "07:00", "America/New_York"),  # the server's clocks change, the newsletter's do not
    ("Africa/Casablanca", "2027-02-07", "02:30", "Europe/London"),  # the beginning of Ramadan
    ("America/Nuuk", "2026-10-25", "00:30", "UTC"),  # comes twice, and midnight with it
    ("America/St_Johns", "2026-11-01", "01:30", "UTC"),  # comes twice, half an hour beside everybody else's
]
#: With WHOLE=1, as `make torture` asks, all of them and at more moments; in CI two.
WHOLE = bool(os.environ.get("WHOLE"))
LIVED = NIGHTS if WHOLE else NIGHTS[:10:5]
#: Minutes from the due time of the night itself at which both are awake; the other two issues: before and after.
AWAKE, BESIDE = (-31, -1, 0, 31, 61, 121) if WHOLE else (-1, 0, 61), (-1, 1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What came of it."""

    frozen: list[str]
    states: list[str]
    mails: int
    complaints: str


def first_passing(zone: ZoneInfo, day: date, wall: str) -> datetime:
    """When a clock in this zone first shows the wall time of this day or a later one, looked up minute by minute."""
    wanted = datetime.fromisoformat(f"{day} {wall}")
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    while moment.astimezone(zone).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return moment


def lived_through(folder: Path, zone: str, written: str, *, wall: str, server: str) -> Night:
    day = date.fromisoformat(written)
    days = [day - DAY, day, day + DAY]
    dues = [first_passing(ZoneInfo(zone), each, wall) for each in days]
    published = [str(each) for each in (day - 2 * DAY, *days)]
    directory = a_newsletter(
        folder,
        newsletter={"timezone": zone},
        subscribers=["ada@example.com"],
        content={f"{each}.md": a_piece_file(f"Of {each}", day=each) for each in published},
        selection={"max_age": "72h"},
        schedule={"at": wall, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "gather_every": "1m"},
    )
    clock = SetClock(folder)
    environment = {**clock.environment, "TZ": server}
    moments = [dues[0] + timedelta(minutes=each) for each in BESIDE]
    moments += [dues[1] + timedelta(minutes=each) for each in AWAKE]
    moments += [dues[2] + timedelta(minutes=each) for each in BESIDE]
    return _seen(directory, clock, environment, moments)


def _seen(directory: Path, clock: SetClock, environment: Mapping[str, str], moments: list[datetime]) -> Night:
    complaints = ""
    with ExitStack() as stack:
        clock.set(f"{moments[0]:%Y-%m-%dT%H:%M:%S}")
        complaints += roundup(directory, "run", "--quiet", env=environment).stderr
        resident = stack.enter_context(at_work(directory, "schedule", env=environment))
        for moment in moments[1:]:
            clock.set(f"{moment:%Y-%m-%dT%H:%M:%S}")
            complaints += roundup(directory, "run", "--quiet", env=environment).stderr
        # The last was two minutes after an issue was due.
        await_(lambda: len(list((directory / "outbox").glob("*.eml"))) >= 3, resident)
        resident.send_signal(signal.SIGTERM)
        complaints += resident.communicate(timeout=60)[1]
    issues = rows(directory, "SELECT day, state FROM issues ORDER BY day")
    return Night(
        frozen=[day for (day,) in rows(directory, "SELECT day FROM issues WHERE frozen_at IS NOT NULL ORDER BY day")],
        states=[state for _, state in issues],
        mails=len(list((directory / "outbox").glob("*.eml"))),
        complaints=complaints,
    )


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[tuple[str, str], Night]]:
    """All of them at once: most of the time they wait."""
    missing = false_clock.missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no clock to set: {missing}")
    folder = tmp_path_factory.mktemp("nights")
    with ThreadPoolExecutor(max_workers=3) as pool:
        begun = {
            (zone, day): pool.submit(lived_through, _made(folder / day / zone), zone, day, wall=wall, server=server)
            for zone, day, wall, server in LIVED
        }
        yield {night: each.result() for night, each in begun.items()}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(("zone", "day"), [night[:2] for night in LIVED])
def test_a_night_has_one_issue_for_each_date(nights: Mapping[tuple[str, str], Night], zone: str, day: str) -> None:
    seen = nights[zone, day]
    middle = date.fromisoformat(day)
    assert seen.frozen == [str(middle - DAY), day, str(middle + DAY)], seen
    assert (seen.states, seen.mails, seen.complaints) == (["sent"] * 3, 3, "")
