"""A recorded sequence: whatever happens to a site over two weeks, no piece that was there before comes as new."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.newsletters import a_newsletter, roundup, rows, told
from tests.sites import Site, running

#: So many pieces, one a day, the last on 20 November; most are too old for the first issue.
OLD = range(9, 21)


def a_feed(
    *days: int,
    guid: str = "g",
    host: str = "https://lantern.example.org",
    path: str = "",
    dated: str = "",
    by: str = "",
) -> bytes:
    """A feed with a piece of each day of November 2026: its guids, addresses and dates as the site has them now."""
    items = "".join(
        f"<item><title>What happened on day {day}</title><link>{host}/{path}{day}/</link>"
        f'<guid isPermaLink="false">{guid}-{day}</guid>'
        f"<pubDate>{dated or f'{day:02} Nov 2026 09:00:00 +0000'}</pubDate>"
        f"<description>The text of day {day}.</description></item>"
        for day in sorted(days, reverse=True)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Lantern</title>{items}</channel></rss>'.encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with running(Site(body=a_feed(*OLD))) as up:
        yield up


@pytest.fixture
def directory(tmp_path: Path, site: Site) -> Path:
    """A newsletter whose first issue, of Friday the 20th, had the pieces of two days."""
    made = a_newsletter(tmp_path, sources=[site.source], selection={"max_age": "36h"})
    assert ("sent", ["What happened on day 20", "What happened on day 19"]) == issue(made, "2026-11-20T17:00")
    return made


def issue(directory: Path, time: str) -> tuple[str, list[str]]:
    """How the job of a day ends, and the titles that an issue has."""
    report = told(roundup(directory, "run", "--at", time, "--json"))
    if report["state"] != "sent":
        return report["state"], []
    explained = dict(rows(directory, "select day, explanation from issues"))[time[:10]]
    return report["state"], [piece["title"] for piece in json.loads(str(explained))["pieces"]]


def test_no_old_piece_comes_back_whatever_the_site_does(directory: Path, site: Site) -> None:
    # Each day the site does one thing more to what it has, and its changes stay; nothing is written but on the last.
    site.status, site.body = 500, b"oops"
    assert ("held", []) == issue(directory, "2026-11-23T17:00")
    site.status, site.body = 200, a_feed()
    assert ("held", []) == issue(directory, "2026-11-24T17:00")
    redated = "24 Nov 2026 12:00:00 +0000"
    site.body = a_feed(*OLD, dated=redated)
    assert ("nothing-new", []) == issue(directory, "2026-11-25T17:00")
    site.body = a_feed(*OLD, dated=redated, guid="new")
    assert ("nothing-new", []) == issue(directory, "2026-11-26T17:00")
    site.body = a_feed(*OLD, dated=redated, guid="new", host="http://www.lantern.example.org")
    assert ("nothing-new", []) == issue(directory, "2026-11-27T17:00")
    # Neither ids nor links are those of the pieces that were mailed any more: only what lies between tells them.
    site.body = a_feed(*OLD, dated=redated, guid="new", path="blog/")
    assert ("nothing-new", []) == issue(directory, "2026-11-30T17:00")
    site.body = a_feed(*OLD, 30)
    assert ("sent", ["What happened on day 30"]) == issue(directory, "2026-12-01T17:00")


@pytest.mark.parametrize(
    ("dated", "why"),
    [
        ("", "12 of them are older than the last issue"),
        ("23 Nov 2026 12:00:00 +0000", "12 of them have the titles of pieces seen before"),
    ],
    ids=["with its dates", "dated anew"],
)
def test_a_site_that_moved_is_held_and_nothing_comes_back_when_it_is_accepted(
    directory: Path, site: Site, dated: str, why: str
) -> None:
    site.body = a_feed(*OLD, guid="moved", host="https://new.example.net", dated=dated)
    report = told(roundup(directory, "run", "--at", "2026-11-23T17:00", "--json"))
    assert "held" == report["state"]
    assert (
        f"Lantern (held): 12 of its 12 pieces have never been seen, and {why}: the site may have moved. "
        "`roundup sources accept Lantern` takes them, `mute` silences it."
    ) in report["because"]
    assert "held" in roundup(directory, "sources", "list").stdout
    assert 0 == roundup(directory, "sources", "accept", "Lantern").returncode
    assert ("nothing-new", []) == issue(directory, "2026-11-23T17:10")
    site.body = a_feed(*OLD, 24, guid="moved", host="https://new.example.net", dated=dated)
    assert ("sent", ["What happened on day 24"]) == issue(directory, "2026-11-24T17:00")
