"""A feed that is down, empty, a web page or cut off never costs an issue, and never makes a piece come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.newsletters import a_newsletter, roundup, rows, told
from tests.sites import Site, running

PAGE = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Back soon.</body></html>"


def a_feed(*numbers: int) -> bytes:
    """An RSS feed with one piece for each number, published at that hour of 20 November 2026."""
    items = "".join(
        f"<item><title>Piece {number}</title><link>https://lantern.example.org/{number}/</link>"
        f"<guid>{number}</guid><pubDate>Fri, 20 Nov 2026 {number:02}:00:00 +0000</pubDate>"
        f"<description>The text of piece {number}.</description></item>"
        for number in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Lantern</title>{items}</channel></rss>'.encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with running(Site()) as up:
        yield up


def run_at(directory: Path, time: str, *more: str) -> tuple[int, dict[str, object]]:
    result = roundup(directory, "run", "--at", time, "--json", *more)
    assert "Traceback" not in result.stderr
    return result.returncode, told(result) if result.stdout else {"state": "", "said": result.stderr}


def mailed(directory: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in (directory / "outbox").glob("*.eml"))


def test_a_piece_that_scrolled_off_between_two_gatherings_is_in_the_issue(tmp_path: Path, site: Site) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source])
    site.body = a_feed(9, 8, 7)
    assert run_at(directory, "2026-11-20T10:00")[1]["state"] == "not-due"
    site.body = a_feed(12, 11, 10)
    assert run_at(directory, "2026-11-20T13:00")[1]["state"] == "not-due"
    site.body = a_feed(15, 14, 13)
    code, report = run_at(directory, "2026-11-20T17:00")
    assert (0, "sent", 9) == (code, report["state"], report["pieces"])
    assert all(f"Piece {number}" in mailed(directory) for number in range(7, 16))


@pytest.mark.parametrize("trouble", ["down", "error", "empty", "page", "cut off", "no pieces"])
def test_a_feed_in_trouble_gives_its_last_good_pieces_with_a_warning(tmp_path: Path, site: Site, trouble: str) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source])
    site.body = a_feed(9, 8, 7)
    run_at(directory, "2026-11-20T10:00")
    _trouble(site, trouble)
    directory_port = site.port
    if trouble == "down":
        text = (directory / "roundup.toml").read_text(encoding="utf-8")
        (directory / "roundup.toml").write_text(text.replace(f":{directory_port}/", ":9/"), encoding="utf-8")
    code, report = run_at(directory, "2026-11-20T17:00")
    assert (0, "sent", 3) == (code, report["state"], report["pieces"])
    warnings = report["warnings"]
    assert isinstance(warnings, list)
    assert any("Lantern (stale)" in warning and "last good pieces" in warning for warning in warnings)


@pytest.mark.parametrize("trouble", ["error", "empty", "page", "cut off"])
def test_with_no_usable_source_the_issue_is_held_and_goes_out_when_it_is_back(
    tmp_path: Path, site: Site, trouble: str
) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source])
    _trouble(site, trouble)
    assert run_at(directory, "2026-11-20T09:00")[1]["state"] == "not-due"
    code, report = run_at(directory, "2026-11-20T17:00")
    assert (3, "held") == (code, report["state"])
    assert "Lantern (failed)" in str(report["because"])
    assert [(0,)] == rows(directory, "select count(*) from carried"), "nothing is carried that was not sent"
    quiet = roundup(directory, "run", "--at", "2026-11-20T17:05", "--quiet")
    assert (3, "", "") == (quiet.returncode, quiet.stdout, quiet.stderr), "an unchanged hold is told once"
    site.status, site.missing, site.body = 200, 0, a_feed(9, 8)
    code, report = run_at(directory, "2026-11-20T17:10")
    assert (0, "sent", 2) == (code, report["state"], report["pieces"])


def _trouble(site: Site, kind: str) -> None:
    if kind == "error":
        site.status, site.body = 500, b"oops"
    elif kind == "cut off":
        whole = a_feed(12, 11, 10)
        site.body, site.missing = whole[:300], len(whole) - 300
    else:
        site.body = {"empty": b"", "page": PAGE, "no pieces": a_feed(), "down": b""}[kind]


def test_a_failed_reading_makes_nothing_new_again(tmp_path: Path, site: Site) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source])
    site.body = a_feed(9, 8, 7)
    run_at(directory, "2026-11-20T10:00")
    assert run_at(directory, "2026-11-20T17:00")[1]["state"] == "sent"
    for kind in ("empty", "error"):
        _trouble(site, kind)
        run_at(directory, "2026-11-20T19:00")
    site.status, site.body = 200, a_feed(9, 8, 7)
    code, report = run_at(directory, "2026-11-23T17:00")
    assert (0, "nothing-new") == (code, report["state"])
    (said,) = roundup(directory, "run", "--at", "2026-11-23T18:01").stdout.splitlines()
    assert said == "Nothing new: the issue of Monday 23 November 2026 is not mailed."
    (again,) = roundup(directory, "run", "--at", "2026-11-23T18:05").stdout.splitlines()
    assert again == f"{said} Looked at 18:01; looked at again from 19:01."


def test_an_unchanged_feed_is_asked_politely_and_its_pieces_still_stand(tmp_path: Path, site: Site) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source])
    site.body, site.etag = a_feed(9, 8), '"one"'
    run_at(directory, "2026-11-20T10:00")
    run_at(directory, "2026-11-20T12:00")
    code, report = run_at(directory, "2026-11-20T17:00")
    assert (0, "sent", 2) == (code, report["state"], report["pieces"])
    # The reading that prepares an issue is told everything again: a 304 would hide new comments.
    assert ["", '"one"', ""] == site.asked


def test_a_moved_site_is_held_until_a_person_accepts_it(tmp_path: Path, site: Site) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source], selection={"max_age": "48h"})
    site.body = a_feed(*range(1, 13))
    run_at(directory, "2026-11-20T16:00")
    assert run_at(directory, "2026-11-20T17:00")[1]["state"] == "sent"
    site.body = a_feed(*range(1, 13)).replace(b"lantern.example.org/", b"new.example.org/p/").replace(b"Piece", b"Item")
    site.body = site.body.replace(b"<guid>", b"<guid>x")
    code, report = run_at(directory, "2026-11-23T17:00")
    assert (3, "held") == (code, report["state"])
    assert "Lantern (held)" in str(report["because"])
    assert "held" in roundup(directory, "sources", "list").stdout
    assert roundup(directory, "sources", "accept", "Lantern").returncode == 0
    assert roundup(directory, "sources", "accept", "Latern").returncode == 2
    code, report = run_at(directory, "2026-11-23T18:30")
    assert (0, "sent", 12) == (code, report["state"], report["pieces"]), "a person said that they are new"
    assert "ok" in roundup(directory, "sources", "list").stdout


def test_a_muted_source_is_not_read_and_not_mailed(tmp_path: Path, site: Site) -> None:
    other = {"folder": "content", "link": "https://lantern.example.org/{year}/{month:02}/{slug}/", "name": "Folder"}
    directory = a_newsletter(tmp_path, sources=[site.source, other])
    site.body = a_feed(9, 8)
    assert roundup(directory, "sources", "mute", "Lantern").returncode == 0
    code, report = run_at(directory, "2026-11-20T17:00", "--now")
    assert (0, "sent", 2) == (code, report["state"], report["pieces"])
    assert site.asked == []
    assert "Piece 9" not in mailed(directory)


def test_a_withdrawn_piece_is_left_out_with_the_reason(tmp_path: Path, site: Site) -> None:
    directory = a_newsletter(tmp_path, sources=[site.source])
    site.body = a_feed(9, 8, 7)
    run_at(directory, "2026-11-20T10:00")
    site.body = a_feed(9, 7)
    explained = told(roundup(directory, "preview", "--json", "--out", str(tmp_path / "o"), "--at", "2026-11-20T16:00"))
    assert ["Piece 9", "Piece 7"] == [piece["title"] for piece in explained["pieces"]]
    assert [("Piece 8", "withdrawn by its source")] == [
        (piece["title"], piece["because"]) for piece in explained["left_out"]
    ]
