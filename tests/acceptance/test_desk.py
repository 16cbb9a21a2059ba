"""The desk: an editor sees the issue as it will arrive, and puts it right by hand, by mouse and by keyboard."""

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.desks import an_open_desk, at_the_desk, mail, titles, until
from tests.newsletters import DUE, a_newsletter, a_piece_file, dump, roundup, told

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]

LIBRARY, BRIDGE, FERRY = "A library is a place to read", "The bridge that two towns built", "The last ferry"
CONTENT = {
    "bridge.md": a_piece_file(BRIDGE, comments=7),
    "library.md": a_piece_file(LIBRARY, comments=2),
    "ferry.md": a_piece_file(FERRY, comments=0),
    "old.md": a_piece_file("A piece of last year", day="2025-11-20"),
}


@pytest.fixture
def newsletter(tmp_path: Path) -> Path:
    return a_newsletter(tmp_path, content=CONTENT)


def test_what_the_desk_shows_is_what_preview_writes_and_what_arrives(newsletter: Path) -> None:
    roundup(newsletter, "preview", "--at", DUE, "--out", "preview")
    folder = newsletter / "preview"
    with an_open_desk(newsletter) as desk:
        assert (200, (folder / "issue.html").read_bytes()) == desk.get("/issue.html")
        assert (200, (folder / "issue.txt").read_bytes()) == desk.get("/issue.txt")
        shown = desk.get("/issue.eml")[1]
    assert _without_date((folder / "issue.eml").read_bytes()) == _without_date(shown)
    fingerprint = told(roundup(newsletter, "preview", "--at", DUE, "--json"))["fingerprint"]
    sent = told(roundup(newsletter, "run", "--at", DUE, "--json", "--expect", fingerprint))
    assert sent["state"] == "sent"
    arrived = [
        message_from_bytes(each.read_bytes(), policy=policy.default) for each in (newsletter / "outbox").iterdir()
    ]
    own = message_from_bytes(shown, policy=policy.default)
    for message in arrived:
        assert message["Subject"] == own["Subject"]
        for kind in ("plain", "html"):
            theirs, ours = message.get_body((kind,)), own.get_body((kind,))
            assert theirs is not None
            assert ours is not None
            assert _impersonal(theirs.get_content(), message) == _impersonal(ours.get_content(), own)


def _without_date(octets: bytes) -> bytes:
    return b"\r\n".join(line for line in octets.split(b"\r\n") if not line.startswith(b"Date:"))


def _impersonal(text: str, message: object) -> str:
    """A part without what is the subscriber's own: their token and address."""
    leave = message["List-Unsubscribe"]  # type: ignore[index]
    token = leave.split("/u/")[1].split(">")[0]
    address = message["To"].addresses[0].addr_spec  # type: ignore[index]
    return text.replace(token, "TOKEN").replace(address, "ADDRESS")


def test_an_editor_pins_leaves_out_and_brings_back_by_mouse(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        assert [BRIDGE, LIBRARY, FERRY] == titles(page)
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".notice")).to_contain_text("is pinned")
        assert [FERRY, BRIDGE, LIBRARY] == titles(page)
        expect(page.frame_locator("#frames iframe").locator("h2").first).to_have_text(FERRY)
        assert "pin = [" in desk.word()
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pinned").click()
        expect(page.locator(".pieces h3").first).to_have_text(BRIDGE)
        page.get_by_role("group", name=BRIDGE).get_by_role("button", name="Leave out").click()
        expect(page.locator(".pieces h3").first).to_have_text(LIBRARY)
        assert BRIDGE not in mail(page)
        page.get_by_role("button", name=f"Put in: {BRIDGE}").click()
        expect(page.locator(".pieces h3").first).to_have_text(BRIDGE)
        assert desk.asked == []
        assert desk.complaints == []


def test_a_piece_is_dragged_to_its_place(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        source = page.locator(".piece", has_text=FERRY)
        source.drag_to(page.locator(".piece", has_text=LIBRARY))
        expect(page.locator(".pieces h3").nth(1)).to_have_text(FERRY)
        assert [BRIDGE, FERRY, LIBRARY] == titles(page)
        assert desk.word().count("https://lantern.example.org/") == 2


def test_what_is_too_old_is_put_in_and_does_not_take_the_lead(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (_, page):
        page.get_by_text("Too old").click()
        page.get_by_role("button", name="Put in: A piece of last year").click()
        expect(page.locator(".pieces h3").nth(1)).to_have_text("A piece of last year")
        assert titles(page)[0] == BRIDGE


def test_everything_goes_by_keyboard(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("document.activeElement.querySelector('h3').textContent") == LIBRARY
        page.keyboard.press("Alt+ArrowUp")
        expect(page.locator(".pieces h3").first).to_have_text(LIBRARY)
        # The piece that moved is still in hand.
        assert page.evaluate("document.activeElement.querySelector('h3').textContent") == LIBRARY
        page.keyboard.press("p")
        expect(page.locator(".notice")).to_contain_text("pinned no more")
        page.keyboard.press("x")
        expect(page.locator(".notice")).to_contain_text("left out")
        assert LIBRARY not in titles(page)
        page.keyboard.press("u")
        expect(page.locator(".notice")).to_contain_text("Undone")
        assert LIBRARY in titles(page)
        page.keyboard.press("r")
        expect(page.locator(".notice")).to_contain_text("Done again")
        page.keyboard.press("u")
        page.keyboard.press("s")
        page.keyboard.type("Two towns, one bridge")
        page.keyboard.press("Enter")
        expect(page.locator(".gmail .line").first).to_have_text("Two towns, one bridge")
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("e")
        page.keyboard.press("Control+a")
        page.keyboard.type("A title of our own")
        page.keyboard.press("Enter")
        expect(page.locator(".pieces h3").first).to_have_text("A title of our own")
        expect(page.frame_locator("#frames iframe").locator("h2").first).to_have_text("A title of our own")
        assert desk.complaints == []


def test_the_words_are_counted_while_they_are_written(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        page.fill("#subject", "Räder & Brücken")
        expect(page.locator("[data-count=subject]")).to_have_text("15 / 120")
        page.fill("#preheader", "Also: a ferry")
        page.fill("#intro", "Good evening.\n\nA short one today.")
        page.click("#save-words")
        expect(page.locator(".gmail .line").nth(1)).to_have_text("Also: a ferry")
        assert 'subject = "Räder & Brücken"' in desk.word()
        until(lambda: "A short one today." in mail(page), "the intro in the mail")
        page.fill("#subject", "")
        page.click("#save-words")
        expect(page.locator(".gmail .line").first).to_contain_text(BRIDGE)
        assert "subject" not in desk.word()


def test_a_piece_by_hand_appeal_sponsor_and_picture(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        page.get_by_text("Add a piece by hand").click()
        page.fill("#add-title", "Listen: our podcast")
        page.fill("#add-link", "https://lantern.example.org/podcast/12/")
        page.locator("#add-piece").get_by_role("button", name="Add").click()
        expect(page.locator(".pieces h3").last).to_have_text("Listen: our podcast")
        page.fill("#credit", "With the support of the Lantern Trust")
        page.select_option("#house-appeal", "hide")
        page.locator("#house").get_by_role("button", name="Save").click()
        expect(page.locator(".notice")).to_contain_text("Written down")
        until(lambda: "With the support of the Lantern Trust" in mail(page), "the credit in the mail")
        assert "appeal = false" in desk.word()
        card = page.locator(".piece", has_text=BRIDGE)
        card.get_by_text("Change its words").click()
        card.get_by_label("Picture", exact=True).fill("https://pictures.example.org/bridge.jpg")
        card.get_by_label("What the picture shows").fill("A bridge")
        card.get_by_role("button", name="Save").click()
        expect(page.locator(".piece img.thumb")).to_have_count(1)
        assert "https://pictures.example.org/bridge.jpg" in desk.word()
        page.get_by_role("button", name="Take out").click()
        expect(page.locator(".pieces h3")).to_have_count(3)
        assert desk.asked == []
        assert desk.complaints == []


def test_comments_in_the_file_survive_and_undo_leads_back_to_no_file(browser: Browser, newsletter: Path) -> None:
    path = newsletter / "issues" / "2026-11-20.toml"
    path.parent.mkdir()
    path.write_text('# For Friday, by Ada.\nsubject = "Hers"   # not too long\n', encoding="utf-8")
    with at_the_desk(browser, newsletter) as (desk, page):
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".notice")).to_contain_text("is pinned")
        assert "# For Friday, by Ada." in desk.word()
        assert "# not too long" in desk.word()
        page.click("#undo")
        expect(page.locator(".notice")).to_contain_text("Undone")
        assert desk.word() == '# For Friday, by Ada.\nsubject = "Hers"   # not too long\n'


def test_the_mail_is_seen_on_a_phone_in_the_dark_without_pictures_as_text_and_as_source(
    browser: Browser, newsletter: Path
) -> None:
    with at_the_desk(browser, newsletter) as (desk, page):
        frame = page.frame_locator("#frames iframe")
        light = frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        page.click("#scheme")
        expect(page.locator("#frames")).to_have_class("frames phone dark")
        dark = frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
        assert light != dark
        page.click("#view-desktop")
        expect(page.locator("#frames")).to_have_class("frames desktop dark")
        page.click("#pictures-switch")
        expect(page.locator("#pictures-switch")).to_have_text("With pictures")
        assert frame.locator("img[src]").count() == 0
        page.click("#view-text")
        expect(frame.locator("body")).to_contain_text("It took an evening.")
        page.click("#view-source")
        expect(frame.locator("body")).to_contain_text("List-Unsubscribe-Post")
        assert desk.complaints == []


def test_readers_of_some_sections_have_an_issue_of_their_own(browser: Browser, tmp_path: Path) -> None:
    newsletter = a_newsletter(
        tmp_path, content=CONTENT,
        section=[{"name": "Bridges", "links": ["*bridge*"]}, {"name": "Rest", "links": ["*"]}],
        subscribers=["ada@example.com,Ada,active,daily,Bridges", "bo@example.net,Bo,active,daily,"],
    )  # fmt: skip
    assert roundup(newsletter, "subscribers", "import", "subscribers.csv").returncode == 0
    with at_the_desk(browser, newsletter) as (desk, page):
        until(lambda: LIBRARY in mail(page), "the whole issue")
        page.get_by_role("link", name="Bridges", exact=True).click()
        until(lambda: LIBRARY not in mail(page) and BRIDGE in mail(page), "the part of it")
        page.click("#view-text")
        expect(page.frame_locator("#frames iframe").locator("body")).not_to_contain_text(LIBRARY)
        assert desk.get("/issue.html?variant=7")[0] == 409
        assert desk.complaints == []


def test_looking_and_editing_leaves_what_is_remembered_untouched(browser: Browser, newsletter: Path) -> None:
    roundup(newsletter, "run", "--at", "2026-11-19T12:00")
    before = dump(newsletter)
    with at_the_desk(browser, newsletter) as (desk, page):
        for _ in range(5):
            page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
            expect(page.locator(".pieces h3").first).to_have_text(FERRY)
            page.click("#undo")
            expect(page.locator(".pieces h3").first).to_have_text(BRIDGE)
        page.click("#read-sources")
        expect(page.locator(".notice")).to_contain_text("read again")
        page.goto(desk.address + "issues")
        page.goto(desk.address + "send")
        page.goto(desk.address + "skip")
        assert dump(newsletter) == before
        page.click("#really")
        expect(page.locator(".head h1")).to_contain_text("23 November")
    assert dump(newsletter) != before


def test_the_desk_reads_without_script_and_its_forms_work(browser: Browser, newsletter: Path) -> None:
    with at_the_desk(browser, newsletter, java_script_enabled=False) as (desk, page):
        assert [BRIDGE, LIBRARY, FERRY] == titles(page)
        page.get_by_role("group", name=FERRY).get_by_role("button", name="Pin").click()
        expect(page.locator(".pieces h3").first).to_have_text(FERRY)
        page.click("#view-text")
        assert "frames text light" == page.locator("#frames").get_attribute("class")
        page.fill("#subject", "Without script")
        page.click("#save-words")
        expect(page.locator(".gmail .line").first).to_have_text("Without script")
        assert 'subject = "Without script"' in desk.word()


def test_the_page_about_the_desk_says_what_is_so(newsletter: Path) -> None:
    """Its one command opens the desk, and every key and button that it names is there."""
    page = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
    assert ["$ roundup preview"] == re.findall(r"^\$ .*", page, re.MULTILINE)
    script = (ROOT / "templates" / "desk" / "desk.js").read_text(encoding="utf-8")
    for key in set(re.findall(r"`([a-z])`", page)):
        assert re.search(rf"^  {key}: ", script, re.MULTILINE), key
    with an_open_desk(newsletter, at=None) as desk:
        assert desk.get("/")[0] == 200
    with an_open_desk(newsletter) as desk:
        shown = desk.get("/")[1].decode()
    buttons = ("Pin", "Leave out", "Put in", "Change its words", "Add a piece by hand", "Appeal and sponsor", "Undo",
               "Redo", "Send a test", "Hold", "Skip", "Send now …", "Read them again", "Check the links")  # fmt: skip
    for button in buttons:
        assert button in page, button
        assert button in shown, button
