"""The weekly edition: the week's pieces once, for those who chose to have one mail a week.

It is an edition of its own: a piece is new in it if no weekly issue has carried it, whatever the daily ones did. It is
about its week: what was published, or first seen, since the weekly issue before, and what the editor kept out of the
days' issues is kept out of it, too.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from roundup.archive import Archive
from roundup.identity import normal_link
from roundup.model import WEEKLY_EDITION
from roundup.pipeline import Gathering
from roundup.selecting import LONGEST_GAP
from roundup.shelving import Bounds

_A_WEEK = timedelta(days=7)


def of_the_week(gathering: Gathering, archive: Archive, *, instant: datetime, max_age: timedelta) -> Gathering:
    """A gathering for the weekly edition of `instant`, within the bounds of its week."""
    past = gathering.past
    if past.last_sent is None:
        # One that was held up and never went out leaves its week to the next.
        first = min(
            (record.instant for record in archive.all() if record.key.edition == WEEKLY_EDITION), default=instant
        )
        since = seen_since = max(min(first, instant) - _A_WEEK, instant - LONGEST_GAP)
    else:
        # As for the daily ones: nothing falls between two issues, and nothing ancient comes after a long silence.
        since = max(past.last_sent - max_age, instant - max(LONGEST_GAP, max_age))
        seen_since = past.last_frozen or past.last_sent
    told = archive.told_since(min(since, seen_since))
    excluded = [each for _, explained in told for each in explained.get("excluded", ())]
    bounds = Bounds(
        published_since=since,
        seen_since=seen_since,
        excluded=frozenset((each["source"], each["id"]) for each in excluded),
        excluded_links=frozenset(normal_link(each["link"]) for each in excluded),
    )
    return replace(gathering, bounds=bounds)
