"""The page on which an editor approves one rendering of an issue, by a link that is signed for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from roundup.archive import Frozen, IssueRecord
from roundup.model import DeliveryState, Status
from roundup.proposals import Approval
from roundup.tokens import Secret
from tests.builders import INSTANT, KEY, SECRET, a_frozen_issue, a_rendered_issue
from tests.websites import Website, a_website

FINGERPRINT, OTHER = "f" * 64, "e" * 64
DROP = Approval(editor="editor@lantern.example", deadline=timedelta(hours=4))
SCRIPT = "<p>Dear reader</p><script>alert(1)</script>\n"


def proposed(site: Website, fingerprint: str = FINGERPRINT) -> None:
    """Store an issue, or another rendering of it."""
    rendered = replace(a_rendered_issue(subject="On <trams> & weirs"), html=SCRIPT)
    frozen: Frozen = replace(a_frozen_issue(), fingerprint=fingerprint, rendered=rendered)
    site.ledgers.proposals.propose(frozen, digest="")


@pytest.fixture
def site() -> Iterator[Website]:
    """Pages an hour after an issue was due, and stored for its editor."""
    with a_website("ada@lantern.example", "bo@lantern.example") as made:
        made.ledgers.subscribers.set_status("bo@lantern.example", Status.LEFT, at=INSTANT)
        made.approval = DROP
        proposed(made)
        made.clock.at = INSTANT + timedelta(hours=1)
        yield made


def link(fingerprint: str = FINGERPRINT, secret: Secret = SECRET) -> str:
    return f"/approve/{secret.approval_token(KEY, fingerprint)}"


def record(site: Website) -> IssueRecord:
    found = site.ledgers.archive.find(KEY)
    assert found is not None
    return found


def planned(site: Website) -> dict[DeliveryState, int]:
    return dict(site.ledgers.journal.tally(record(site).id).deliveries)


def test_the_page_shows_what_is_approved_and_a_button(site: Website) -> None:
    page = site.get(link())

    assert (200, "Approve this issue?") == (page.status, page.title)
    assert "On &lt;trams&gt; &amp; weirs" in page.text
    assert f"Fingerprint: {FINGERPRINT}" in page.text
    assert "1 person gets it" in page.text
    assert "(Europe/London); then it is dropped, and its pieces go into the next issue." in page.text
    assert f'<iframe sandbox src="{link()}/issue"' in page.text
    assert '<form method="post"><button' in page.text


def test_looking_changes_nothing_however_often(site: Website) -> None:
    before = record(site)
    for path in (link(), f"{link()}/issue") * 3:
        assert 200 == site.get(path).status
    assert (before, {}) == (record(site), planned(site))


def test_the_issue_stands_in_a_frame_without_scripts(site: Website) -> None:
    framed, page = site.get(f"{link()}/issue"), site.get(link())
    policy = framed.headers["content-security-policy"]

    assert (200, "Dear reader" in framed.text) == (framed.status, True)
    assert policy.startswith("default-src 'none'; ")
    assert policy.endswith("; sandbox")
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert {"no-store"} == {framed.headers["cache-control"], page.headers["cache-control"]}


def test_approving_plans_and_delivers_nothing(site: Website) -> None:
    page = site.post(link())

    assert (200, "Approved") == (page.status, page.title)
    assert ("frozen", {DeliveryState.PLANNED: 1}) == (record(site).state, planned(site))
    assert [] == site.sender.offered


def test_posting_again_says_so_and_changes_nothing(site: Website) -> None:
    site.post(link())
    before = record(site)

    assert ["Approved"] * 3 == [site.post(link()).title, site.get(link()).title, site.post(link()).title]
    assert (before, {DeliveryState.PLANNED: 1}) == (record(site), planned(site))


def test_before_it_is_due_it_is_approved_and_not_planned(site: Website) -> None:
    site.clock.at = INSTANT - timedelta(hours=1)
    page = site.post(link())

    assert ("Approved", True) == (page.title, "It goes out once it is due" in page.text)
    assert ("approved", {}) == (record(site).state, planned(site))


def test_a_link_to_an_older_rendering_is_out_of_date(site: Website) -> None:
    proposed(site, OTHER)

    assert ["This link is out of date"] * 2 == [site.get(link()).title, site.post(link()).title]
    assert (404, "awaiting", {}) == (site.get(f"{link()}/issue").status, record(site).state, planned(site))
    assert "Approved" == site.post(link(OTHER)).title


def test_an_edit_that_no_run_has_seen_makes_it_out_of_date(site: Website) -> None:
    site.edited = "another digest"

    assert "This link is out of date" == site.post(link()).title
    assert "awaiting" == record(site).state


@pytest.mark.parametrize(
    "path",
    [
        link(secret=Secret(b"another secret" * 3)),
        link()[:-2] + "AA",
        link().replace("f" * 32, "e" * 32),
        link().replace(KEY.day.isoformat(), "2015-03-31"),
        "/approve/2015-03-30.main",
        f"/approve/{SECRET.view_token(KEY, 0)}",
        f"/u/{link().removeprefix('/approve/')}",
    ],
)
def test_a_forged_link_leads_nowhere(site: Website, path: str) -> None:
    assert [404, 404] == [site.get(path).status, site.post(path).status]
    assert ("awaiting", {}) == (record(site).state, planned(site))


def test_a_former_secret_is_still_recognised(site: Website) -> None:
    token = Secret(b"new secret" * 4, former=(SECRET.octets,)).read_approval_token(link().removeprefix("/approve/"))

    assert (KEY, "f" * 32) == token


def test_after_the_deadline_it_is_too_late(site: Website) -> None:
    site.clock.at = INSTANT + timedelta(hours=4)

    assert ["Too late", "Too late"] == [site.get(link()).title, site.post(link()).title]
    assert "awaiting" == record(site).state


def test_what_was_dropped_is_too_late(site: Website) -> None:
    site.ledgers.proposals.decline(record(site), "Nobody approved it.", at=site.clock())

    assert ["Too late", "Too late"] == [site.get(link()).title, site.post(link()).title]
    assert ("skipped", {}) == (record(site).state, planned(site))


def test_what_is_on_hold_is_not_approved(site: Website) -> None:
    site.ledgers.archive.hold(KEY, "Held by hand.", instant=INSTANT, at=INSTANT)

    assert "On hold" == site.post(link()).title
    assert "awaiting" == record(site).state


def test_where_nobody_is_asked_no_link_leads_anywhere(site: Website) -> None:
    site.approval = None

    assert [404, 404, 404] == [site.get(link()).status, site.post(link()).status, site.get(f"{link()}/issue").status]


def test_nobody_else_sees_what_waits(site: Website) -> None:
    view = f"/v/{SECRET.view_token(KEY, 0)}"

    assert [404, 404] == [site.get(f"/archive/{KEY}").status, site.get(view).status]
    assert "On &lt;trams&gt;" not in site.get("/archive/").text
