"""What an editor decides on the desk: a test, hold, skip, send now, retry; and what is seen of it."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.desks import an_open_desk, at_the_desk, until
from tests.newsletters import DUE, a_newsletter, a_piece_file, dump, roundup, told
from tests.sinks import a_sink

pytestmark = pytest.mark.browser


def sent(newsletter: Path) -> list[Path]:
    return sorted((newsletter / "outbox").iterdir()) if (newsletter / "outbox").exists() else []


def test_a_test_goes_to_whom_the_editor_names_and_changes_nothing(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    roundup(newsletter, "run", "--at", "2026-11-19T12:00")
    before = dump(newsletter)
    with at_the_desk(browser, newsletter) as (desk, page):
        # Found without reading anything: the address is there, and the button beside it.
        expect(page.locator("#test-to")).to_have_value("editor@lantern.example.org")
        page.keyboard.press("t")
        page.keyboard.type("ed@lantern.example.org, second@lantern.example.org")
        page.keyboard.press("Enter")
        expect(page.locator(".notice")).to_contain_text("Test sent")
        mails = [message_from_bytes(each.read_bytes(), policy=policy.default) for each in sent(newsletter)]
        assert sorted(str(mail["To"]) for mail in mails) == ["ed@lantern.example.org", "second@lantern.example.org"]
        page.fill("#test-to", "nobody")
        page.click("#send-test")
        expect(page.locator("#told .alarm")).to_contain_text("Not an address")
        assert desk.asked == []
    assert dump(newsletter) == before


def test_hold_and_release(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    with at_the_desk(browser, newsletter) as (_, page):
        page.click("#hold")
        expect(page.locator(".chip.held")).to_have_text("held")
        run = roundup(newsletter, "run", "--at", DUE)
        assert run.returncode == 3
        assert sent(newsletter) == []
        page.click("#release")
        expect(page.locator(".chip.ready")).to_have_text("ready")
    assert told(roundup(newsletter, "run", "--at", DUE, "--json"))["state"] == "sent"


def test_skip_asks_first_and_shows_the_next_issue(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    with at_the_desk(browser, newsletter) as (_, page):
        page.click("#skip")
        expect(page.locator("h1")).to_contain_text("Skip the issue of Friday 20 November 2026?")
        page.get_by_role("link", name="Not yet").click()
        page.click("#skip")
        page.click("#really")
        expect(page.locator("#day")).to_contain_text("Monday 23 November")
    assert told(roundup(newsletter, "issues", "list", "--json"))[0]["state"] == "skipped"


def test_send_now_says_to_how_many_asks_and_shows_the_delivery(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(
        tmp_path, subscribers=["ada@example.com,Ada", "bo@example.net,Bo", "cy@example.net,Cy,left"]
    )
    with at_the_desk(browser, newsletter, at="2026-11-20T11:00") as (desk, page):
        fingerprint = told(roundup(newsletter, "preview", "--at", "2026-11-20T11:00", "--json"))["fingerprint"]
        page.click("#send")
        expect(page.locator("h1")).to_have_text("Send it to 2 people now?")
        expect(page.locator("main")).to_contain_text("1 not mailed: left")
        assert sent(newsletter) == []
        page.click("#really")
        expect(page.locator("#delivery")).to_contain_text("2 accepted")
        expect(page.locator("#delivery h2")).to_have_text("Delivery of the issue of Friday 20 November 2026")
        # What is on the desk now is the next one.
        expect(page.locator("#day")).to_have_text("Monday 23 November 2026")
        shown = told(roundup(newsletter, "issues", "show", "2026-11-20", "--json"))
        assert (fingerprint, 2) == (shown["fingerprint"], len(sent(newsletter)))
        assert desk.complaints == []


def test_an_issue_that_changed_since_it_was_looked_at_is_not_sent(tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    with an_open_desk(newsletter) as desk:
        page = desk.get("/send")[1].decode()
        seen = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', page)
        assert seen is not None
        (newsletter / "content" / "new.md").write_text(a_piece_file("Too late for the look", comments=40), "utf-8")
        until(lambda: b"Too late for the look" in desk.get("/")[1], "the new piece on the desk")
        status, page_after = desk.post("/act", desk.hidden() | {"send": "1", "fingerprint": seen[1]})
        assert (409, True) == (status, b"has changed since you looked" in page_after)
    assert sent(newsletter) == []


def test_who_has_not_got_it_is_counted_by_reason_and_offered_it_again(browser: Browser, tmp_path: Path) -> None:
    people = ["ada@example.com,Ada", "x-550-one@example.net,No", "x-550-two@example.net,No"]
    with a_sink(tmp_path) as sink:
        newsletter = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=people)
        with at_the_desk(browser, newsletter) as (desk, page):
            page.click("#send")
            page.click("#really")
            expect(page.locator("#delivery")).to_contain_text("1 accepted")
            expect(page.locator("#delivery .misses")).to_contain_text("2 refused: 550")
            page.click("#retry")
            expect(page.locator(".notice")).to_contain_text("offered it again")
            # 5.1.x is about the address: they have bounced, and nobody is asked again for nothing.
            expect(page.locator("#delivery")).to_contain_text("Nobody to try again")
            assert len(sink.lines()) == 1
            page.goto(desk.address + "issues")
            expect(page.locator(".past li")).to_contain_text("1 of 3 have it · 2 refused")
            page.get_by_role("link", name="2026-11-20").click()
            expect(page.locator("#past-issue")).to_contain_text("2 refused: 550")
            page.click("#retry")
            expect(page.locator("#past-issue")).to_contain_text("1 accepted")


def test_a_run_of_somebody_elses_is_seen(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    with at_the_desk(browser, newsletter) as (desk, page):
        assert told(roundup(newsletter, "run", "--at", DUE, "--json"))["state"] == "sent"
        # The issue is sent, and the next one is on the desk.
        expect(page.locator("#day")).to_contain_text("Monday 23 November")
        page.goto(desk.address + "issues")
        expect(page.locator(".past li")).to_contain_text("2 of 2 have it")


def test_past_issues_are_compared_with_the_next_one(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    for day in ("16", "17", "18", "19"):
        piece = a_piece_file(f"Of the {day}th", day=f"2026-11-{day}", comments=int(day))
        (newsletter / "content" / f"{day}.md").write_text(piece, encoding="utf-8")
        assert told(roundup(newsletter, "run", "--at", f"2026-11-{day}T17:00", "--json"))["state"] == "sent"
    with at_the_desk(browser, newsletter) as (desk, page):
        page.goto(desk.address + "issues")
        expect(page.locator(".past li")).to_have_count(4)
        expect(page.locator(".chart").first).to_contain_text("Pieces: 2 usually 1")
        assert page.locator(".chart").first.locator("rect").count() == 5
        page.get_by_role("link", name="2026-11-18").click()
        expect(page.frame_locator("iframe").locator("h2").first).to_have_text("Of the 18th")


def test_a_source_is_muted_and_accepted_and_links_are_asked_on_demand(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    with at_the_desk(browser, newsletter) as (_, page):
        page.click("#check-links")
        expect(page.locator(".piece .finding.error").first).to_contain_text("belongs to nobody")
        page.get_by_role("button", name="Mute: The Lantern").click()
        expect(page.locator("#trouble")).to_contain_text("No source could be used")
        page.get_by_role("button", name="Accept: The Lantern").click()
        expect(page.locator(".pieces h3")).to_have_count(2)
        expect(page.locator("#trouble .alarm")).to_have_count(0)


def test_what_the_lint_says_stands_beside_what_it_is_about(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    with at_the_desk(browser, newsletter) as (_, page):
        page.fill("#preheader", "The bridge that two towns built")
        page.fill("#subject", "The bridge that two towns built")
        page.click("#save-words")
        expect(page.locator("#inbox .finding.warning")).to_be_visible()


def test_the_weekly_edition_has_a_desk_too(tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path, schedule={"weekly": "fri"})
    with an_open_desk(newsletter, "--weekly") as desk:
        page = desk.get("/")[1].decode()
        assert "weekly" in page
        form = {"add": "1", "title": "The week", "link": "https://lantern.example.org/week/"}
        assert desk.post("/change", desk.hidden() | form)[0] == 303
    assert (newsletter / "issues" / "2026-11-20.weekly.toml").exists()


def test_an_issue_that_needs_approval_is_approved_on_the_desk_and_goes_out_as_it_was_seen(
    browser: Browser, tmp_path: Path
) -> None:
    newsletter = a_newsletter(tmp_path, schedule={"approval": "required"})
    with at_the_desk(browser, newsletter) as (_, page):
        assert roundup(newsletter, "run", "--at", DUE).returncode == 3
        expect(page.locator(".head .chip")).to_have_text("awaiting")
        asked = len(sent(newsletter))
        # Only its editor has had a mail, and nobody can send it past them.
        assert (asked, page.locator("#send").count()) == (1, 0)
        # An edit makes it anew; approving approves what is seen.
        page.get_by_role("group", name="A library is a place to read").get_by_role("button", name="Pin").click()
        expect(page.locator(".pieces h3").first).to_have_text("A library is a place to read")
        page.click("#approve")
        expect(page.locator("#delivery")).to_contain_text("2 accepted")
    mails = [message_from_bytes(each.read_bytes(), policy=policy.default) for each in sent(newsletter)]
    own = [mail for mail in mails if str(mail["To"]) != "editor@lantern.example.org"]
    assert len(own) == 2
    for mail in own:
        body = mail.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert text.index("A library is a place to read") < text.index("The bridge that two towns built")


def test_what_was_approved_before_its_time_is_told_and_an_edit_takes_the_approval_back(
    browser: Browser, tmp_path: Path
) -> None:
    newsletter = a_newsletter(tmp_path, schedule={"approval": "required"})
    with at_the_desk(browser, newsletter, at="2026-11-20T15:00") as (desk, page):
        page.click("#approve")
        expect(page.locator("#approve")).to_have_text("Approved")
        expect(page.locator("#approve")).to_be_disabled()
        assert [] == [each for each in sent(newsletter) if b"To: ada@" in each.read_bytes()]
        page.fill("#subject", "Changed after the approval")
        page.click("#save-words")
        expect(page.locator("#approve")).to_have_text("Approve")
        status, _ = desk.post("/act", desk.hidden() | {"approve": "0" * 64})
        assert status == 409
    run = told(roundup(newsletter, "run", "--at", DUE, "--json"))
    assert run["state"] == "awaiting-approval"
    assert [] == [each for each in sent(newsletter) if b"To: ada@" in each.read_bytes()]


def test_an_issue_that_is_still_on_its_way_can_be_held_and_gone_on_with_and_not_changed(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        newsletter = a_newsletter(
            tmp_path, smtp=sink.smtp, subscribers=["ada@example.com,Ada", "x-451@example.net,Wait"]
        )
        assert roundup(newsletter, "run", "--at", DUE).returncode == 4
        with an_open_desk(newsletter) as desk:
            page = desk.get("/")[1].decode()
            for word in ("Deliver the rest now", "Hold", "1</b> deferred", "1</b> accepted", "as it was written down"):
                assert word in page, word
            assert 'id="save-words"' not in page
            status, said = desk.post(
                "/change", desk.hidden() | {"add": "1", "title": "x", "link": "https://x.example/"}
            )
            assert (status, b"cannot be changed any more" in said) == (409, True)
            assert desk.post("/act", desk.hidden() | {"hold": "1"})[0] == 303
            page = desk.get("/")[1].decode()
            assert ("Deliver the rest now" in page, "Release" in page) == (False, True)
            assert desk.post("/act", desk.hidden() | {"release": "1"})[0] == 303
            assert desk.post("/act", desk.hidden() | {"go_on": "1"})[0] == 303
            until(lambda: b"still on its way" in desk.get("/")[1], "the outcome of going on")
        assert len(sink.lines()) == 1
