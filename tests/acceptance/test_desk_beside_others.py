"""The desk beside others: files that change while it is open, and people who write them at the same time."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.test_desk import BRIDGE, CONTENT, FERRY, LIBRARY
from tests.desks import OpenDesk, an_open_desk, at_the_desk, mail, titles, until
from tests.newsletters import a_newsletter, a_piece_file, roundup

pytestmark = pytest.mark.browser


@pytest.fixture
def newsletter(tmp_path: Path) -> Path:
    return a_newsletter(tmp_path, content=CONTENT)


def test_an_edit_made_elsewhere_is_not_overwritten(browser: Browser, newsletter: Path) -> None:
    path = newsletter / "issues" / "2026-11-20.toml"
    path.parent.mkdir()
    with at_the_desk(browser, newsletter) as (desk, page):
        page.fill("#preheader", "Ours")
        path.write_text('subject = "Theirs"\nintro = "A long one of theirs"\n', encoding="utf-8")
        expect(page.locator(".gmail .line").first).to_have_text("Theirs")
        # Another action of ours tells nobody that we have seen theirs.
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".notice")).to_contain_text("is pinned")
        page.click("#save-words")
        expect(page.locator("#told .alarm")).to_contain_text("changed elsewhere")
        assert "Ours" not in desk.word()
        # What was written here is still there; what was not is what stands there now, and is not written over.
        assert page.input_value("#preheader") == "Ours"
        assert (page.input_value("#subject"), page.input_value("#intro")) == ("Theirs", "A long one of theirs")
        page.click("#save-words")
        expect(page.locator(".notice")).to_contain_text("Written down")
        assert 'preheader = "Ours"' in desk.word()
        assert 'subject = "Theirs"' in desk.word()
        assert 'intro = "A long one of theirs"' in desk.word()


def test_a_file_that_is_a_link_is_seen_when_what_it_leads_to_changes(newsletter: Path) -> None:
    (newsletter / "issues").mkdir()
    elsewhere = newsletter.parent / "by-hand.toml"
    elsewhere.write_text('subject = "First"\n', encoding="utf-8")
    (newsletter / "issues" / "2026-11-20.toml").symlink_to(elsewhere)
    with an_open_desk(newsletter) as desk:
        until(lambda: b"First" in desk.get("/")[1], "the first subject")
        elsewhere.write_text('subject = "Second"\n', encoding="utf-8")
        until(lambda: b"Second" in desk.get("/")[1], "the second subject")
        assert b"First" not in desk.get("/")[1]


def test_buttons_of_an_old_page_change_nothing(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        stale = desk.hidden()
        assert desk.post("/change", stale | {"exclude": "https://lantern.example.org/2026/11/ferry/"})[0] == 303
        assert desk.post("/change", stale | {"pin": "https://lantern.example.org/2026/11/bridge/"})[0] == 409
        assert "pin" not in desk.word()


def test_an_intro_that_is_saved_makes_no_subject_of_what_stood_there(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        page.fill("#intro", "Good evening.")
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".pieces h3").first).to_have_text(FERRY)
        assert page.input_value("#intro") == "Good evening."
        page.click("#save-words")
        expect(page.locator(".notice")).to_contain_text("Written down")
        assert "subject" not in desk.word()
        expect(page.locator(".gmail .line").first).to_contain_text(FERRY)


def test_a_title_that_is_half_written_stays_while_the_order_changes(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (_, page):
        card = page.locator(".piece", has_text=LIBRARY)
        card.get_by_text("Change its words").click()
        card.get_by_label("Title").fill("Half a tit")
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".pieces h3").first).to_have_text(FERRY)
        assert card.get_by_label("Title").input_value() == "Half a tit"
        card.get_by_label("Title").press("Enter")
        expect(page.locator(".notice")).to_contain_text("is changed in the mail")


def test_a_page_of_another_day_changes_nothing(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        friday = desk.hidden()
        assert desk.post("/change", friday | {"say": "1", "subject": "Friday", "was.subject": ""})[0] in (303, 409)
        assert roundup(newsletter, "issues", "skip", "2026-11-20").returncode == 0
        until(lambda: b"Monday 23 November" in desk.get("/")[1], "the next issue on the desk")
        for where, form in (
            ("/change", {"undo": "1"}),
            ("/change", {"say": "1", "intro": "x"}),
            ("/act", {"hold": "1"}),
            ("/act", {"skip": "1"}),
        ):
            status, said = desk.post(where, friday | form)
            assert (status, b"of another issue" in said) == (409, True), form
    assert not (newsletter / "issues" / "2026-11-23.toml").exists()


def test_an_empty_file_says_nothing_and_a_fault_of_the_settings_stays_until_it_is_mended(
    browser: Browser, newsletter: Path
) -> None:
    path = newsletter / "issues" / "2026-11-20.toml"
    path.parent.mkdir()
    path.write_text("", encoding="utf-8")
    settings = newsletter / "roundup.toml"
    good = settings.read_text(encoding="utf-8")
    with at_the_desk(browser, newsletter) as (desk, page):
        assert [BRIDGE, LIBRARY, FERRY] == titles(page)
        settings.write_text(good.replace("[editor]", "[editor]\nnobody = 1"), encoding="utf-8")
        expect(page.locator("#trouble")).to_contain_text("nobody")
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".pieces h3").first).to_have_text(FERRY)
        expect(page.locator("#trouble")).to_contain_text("nobody")
        settings.write_text(good, encoding="utf-8")
        expect(page.locator("#trouble .alarm")).to_have_count(0)
        path.unlink()
        expect(page.locator(".pieces h3").first).to_have_text(BRIDGE)
        content = newsletter / "content"
        content.rename(newsletter / "before")
        (newsletter / "after").mkdir()
        (newsletter / "after" / "new.md").write_text(a_piece_file("All anew", comments=50), encoding="utf-8")
        (newsletter / "after").rename(content)
        expect(page.locator(".pieces h3").first).to_have_text("All anew", timeout=30_000)
        (content / "newer.md").write_text(a_piece_file("And more", comments=90), encoding="utf-8")
        expect(page.locator(".pieces h3").first).to_have_text("And more")
        assert desk.complaints == []


def test_undo_does_not_take_back_what_somebody_else_wrote(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        assert desk.post("/change", desk.hidden() | own(desk) | {"say": "1", "subject": "Ours"})[0] == 303
        (newsletter / "issues" / "2026-11-20.toml").write_text('subject = "Theirs"\n', encoding="utf-8")
        status, page = desk.post("/change", desk.hidden() | {"undo": "1"})
        assert status == 409
        assert b"changed elsewhere" in page
        assert desk.word() == 'subject = "Theirs"\n'


def test_files_that_change_are_seen_within_a_second_and_faults_go_when_they_are_mended(
    browser: Browser, newsletter: Path
) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        piece = newsletter / "content" / "mill.md"
        piece.write_text(a_piece_file("A mill by the water", comments=90), encoding="utf-8")
        expect(page.locator(".pieces h3").first).to_have_text("A mill by the water")
        word = newsletter / "issues" / "2026-11-20.toml"
        word.parent.mkdir()
        word.write_text('pin = ["nowhere"]\n', encoding="utf-8")
        expect(page.locator("#trouble")).to_contain_text("issues/2026-11-20.toml:1")
        # The last good one stays.
        assert "A mill by the water" in mail(page)
        word.write_text('subject = "Mended"\n', encoding="utf-8")
        expect(page.locator(".gmail .line").first).to_have_text("Mended")
        expect(page.locator("#trouble .alarm")).to_have_count(0)
        templates = newsletter / "templates" / "email"
        templates.mkdir(parents=True)
        (templates / "piece.html").write_text("{{ piece.titel }}\n", encoding="utf-8")
        expect(page.locator("#trouble")).to_contain_text("piece.html, line 1")
        (templates / "piece.html").unlink()
        expect(page.locator("#trouble .alarm")).to_have_count(0)
        settings = newsletter / "roundup.toml"
        good = settings.read_text(encoding="utf-8")
        settings.write_text(good.replace("[newsletter]\n", "[newsletter]\nnaem = 1\n"), encoding="utf-8")
        expect(page.locator("#trouble")).to_contain_text("naem")
        settings.write_text(good.replace("The Daily Lantern", "The Evening Lantern"), encoding="utf-8")
        expect(page.locator(".gmail .from")).to_have_text("The Evening Lantern")
        expect(page.locator("#trouble .alarm")).to_have_count(0)
        assert desk.complaints == []


def own(desk: OpenDesk) -> dict[str, str]:
    """What the form of the words carries."""
    found = re.search(r'name="say".*?name="own" value="([^"]*)"', desk.get("/")[1].decode(), re.DOTALL)
    return {"own": found[1] if found else ""}
