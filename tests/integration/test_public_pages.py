"""The public pages in a real browser: everybody can read and use them, with and without script, and no scanner that
follows every link changes anything."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from roundup.proposals import Approval
from roundup.web import House
from tests.builders import INSTANT, KEY, SECRET, a_frozen_issue
from tests.newsletters import DUE, a_newsletter, a_piece_file, free_port, roundup, rows, served
from tests.unit.web.test_archive import freeze
from tests.unit.web.test_signup import ask, link_in, mailed
from tests.websites import PUBLIC, Answer, Website, a_website

pytestmark = pytest.mark.browser

ADA, NEW = "ada@lantern.example", "new@lantern.example"
HOUSE = House(
    public_url=PUBLIC, weekly=True, sections=("Books", "Trams and other things with wheels"),
    policy="https://lantern.example/privacy/",
)  # fmt: skip


def confirmed(site: Website) -> Answer:
    ask(site, NEW)
    mailed(site)
    return site.post(link_in(site))


def asked_to_confirm(site: Website) -> Answer:
    ask(site, NEW)
    mailed(site)
    return site.get(link_in(site))


def left(site: Website) -> Answer:
    return site.post(site.link(ADA))


def stayed(site: Website) -> Answer:
    site.post(site.link(ADA))
    return site.post(f"{site.link(ADA)}/stay")


def past_issues(site: Website) -> Answer:
    freeze(site)
    return site.get("/archive/")


def once_more(site: Website) -> Answer:
    return site.post("/subscribe", {"email": NEW, "shown": ""})


def to_approve(site: Website, *, post: bool = False, forward: timedelta = timedelta()) -> Answer:
    """The page on which an editor approves an issue, or what it answers, some time after the issue was due."""
    site.approval = Approval(editor="editor@lantern.example", deadline=timedelta(hours=4))
    site.ledgers.proposals.propose(a_frozen_issue(), digest="")
    site.clock.at = INSTANT + forward
    path = f"/approve/{SECRET.approval_token(KEY, 'f' * 64)}"
    return site.post(path) if post else site.get(path)


PAGES: dict[str, Callable[[Website], Answer]] = {
    "sign up": lambda site: site.get("/"),
    "sign up, in a frame": lambda site: site.get("/embed"),
    "no address": lambda site: ask(site, "nobody"),
    "once more": once_more,
    "asked": lambda site: ask(site, NEW),
    "confirm": asked_to_confirm,
    "confirmed": confirmed,
    "too late": lambda site: site.get("/confirm/x"),
    "leave": lambda site: site.get(site.link(ADA)),
    "left": left,
    "stayed": stayed,
    "preferences": lambda site: site.get(f"{site.link(ADA)}/preferences"),
    "saved": lambda site: site.post(f"{site.link(ADA)}/preferences", {"cadence": "weekly", "pause": "30"}),
    "past issues": past_issues,
    "approve": to_approve,
    "approved": lambda site: to_approve(site, post=True),
    "too late to approve": lambda site: to_approve(site, forward=timedelta(hours=5)),
    "nothing": lambda site: site.get("/nothing"),
    "no link of ours": lambda site: site.get("/u/x"),
}
LANGUAGES = ("en-GB", "fr", "ar")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_kept_from_using_it(page: Page, axe: str, name: str, language: str) -> None:
    with a_website(ADA, house=HOUSE, language=language) as site:
        content = PAGES[name](site).text
    for width, scheme in ((320, "light"), (320, "dark"), (1024, "light"), (1024, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_content(content, wait_until="load")
        page.evaluate(axe)
        told: dict[str, Any] = page.evaluate(
            "options => axe.run(document, options)", {"rules": {"target-size": {"enabled": True}}}
        )
        found = [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in told["violations"]]

        assert [] == found, (width, scheme)
        assert {"color-contrast", "html-has-lang", "document-title"} <= {each["id"] for each in told["passes"]}
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert ("rtl" if language == "ar" else "ltr") == page.evaluate("document.documentElement.dir")


def test_an_editor_sees_the_issue_in_a_frame_and_approves_it(browser: Browser, tmp_path: Path) -> None:
    port = free_port()
    directory = a_newsletter(
        tmp_path,
        newsletter={"public_url": f"http://127.0.0.1:{port}/"},
        schedule={"approval": "required"},
        content={"bridge.md": a_piece_file("The bridge that two towns built", day="2199-11-20")},
    )
    # The page is about now: an issue of the future waits as one that is approved early.
    assert 3 == roundup(directory, "run", "--now", "--at", "2199-11-20T12:00").returncode
    (mail,) = (directory / "outbox").glob("*.eml")
    text = message_from_bytes(mail.read_bytes(), policy=policy.default).get_content()
    link = next(line for line in text.splitlines() if "/approve/" in line)
    page = browser.new_page()
    page.route("**/*", lambda route: _only_ours(route, f"http://127.0.0.1:{port}/"))
    with served(directory, port):
        page.goto(link)
        frame = page.frame_locator("iframe")
        assert frame.get_by_text("The bridge that two towns built").first.is_visible()
        page.get_by_role("button", name="Approve and send").click()
        assert "Approved" == page.locator("h1").inner_text()
        page.close()
    assert [("approved",)] == rows(directory, "SELECT state FROM issues")


# A real server --------------------------------------------------------------------------------------------------------


@pytest.fixture
def out(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A newsletter with an issue in its outbox, and its pages at work; its public address is theirs."""
    port = free_port()
    directory = a_newsletter(
        tmp_path,
        newsletter={"public_url": f"http://127.0.0.1:{port}/"},
        schedule={"weekly": "fri"},
        section=[{"name": "Books", "links": ["*library*"]}],
    )
    assert 0 == roundup(directory, "run", "--at", "2026-11-20T10:00").returncode
    assert 0 == roundup(directory, "run", "--at", DUE).returncode
    with served(directory, port) as site:
        yield directory, site


def links_in(octets: bytes) -> set[str]:
    """Every address in both parts of a mail and in its headers."""
    message = message_from_bytes(octets, policy=policy.SMTP)
    texts = [str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"]
    texts += [str(value) for value in message.values()]
    return {link.rstrip(".,)") for text in texts for link in re.findall(r"https?://[^\s\"'<>]+", text)}


def state_of(directory: Path) -> list[tuple[Any, ...]]:
    everything = [
        row
        for table in ("subscribers", "consents", "signups", "deliveries", "suppressions")
        for row in rows(directory, f"SELECT * FROM {table} ORDER BY 1, 2")  # noqa: S608
    ]
    assert everything
    return everything


def test_a_scanner_that_follows_every_link_with_script_changes_nothing(browser: Browser, out: tuple[Path, str]) -> None:
    directory, site = out
    waiting = {link for path in (directory / "outbox").iterdir() for link in links_in(path.read_bytes())}
    own = {link for link in waiting if link.startswith(site)}
    before, seen = state_of(directory), set[str]()
    page = browser.new_page()
    page.route("**/*", lambda route: _only_ours(route, site))
    todo = {*own, site, f"{site}archive/", f"{site}embed"}
    while todo:
        link = todo.pop()
        seen.add(link)
        answer = page.goto(link, wait_until="load")
        assert answer is not None
        assert answer.status in (200, 404), link
        hrefs = page.eval_on_selector_all("a[href], link[href]", "all => all.map(each => each.href)")
        todo |= {each for each in hrefs if each.startswith(site) and each not in seen and not each.endswith(".xml")}
        page.hover("body")
    page.close()

    # Of both copies: to leave and to choose; and of the issue: to view it.
    assert 5 == len({link for link in own if "/u/" in link or "/v/" in link})
    assert len(seen) > 8
    assert before == state_of(directory)


def _only_ours(route: Route, site: str) -> None:
    if route.request.url.startswith(site):
        route.continue_()
    else:
        route.abort()


def test_everything_can_be_done_without_script_on_the_smallest_phone(browser: Browser, out: tuple[Path, str]) -> None:
    directory, site = out
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 600})
    page = context.new_page()
    page.goto(site)
    page.fill("#email", "new@example.org")
    page.wait_for_timeout(timedelta(seconds=2.2).total_seconds() * 1000)
    page.click("button")
    assert "Look into your inbox" == page.inner_text("h1")
    page.goto(_confirmation(directory, site))
    page.click("button")
    assert "You are on the list" == page.inner_text("h1")
    page.click("text=Choose what you get")
    page.check("input[value=weekly]")
    page.select_option("#pause", "30")
    page.click("button")
    assert "Saved." in page.inner_text("main")
    assert [("paused", "weekly")] == rows(
        directory, "SELECT status, cadence FROM subscribers WHERE email = 'new@example.org'"
    )
    page.click("text=Unsubscribe")
    page.click("button")
    assert "You have left" == page.inner_text("h1")
    page.click("text=put me back")
    assert "You are back on the list" == page.inner_text("h1")
    page.goto(f"{site}archive/")
    page.click(".issues a")
    assert "Ada Marsh" in page.inner_text("body")
    context.close()

    assert [("confirmed",), ("chose",), ("left",), ("stayed",)] == rows(
        directory, "SELECT what FROM consents ORDER BY id"
    )


def _confirmation(directory: Path, site: str) -> str:
    """The link in the confirmation mail, once it is there."""
    for _ in range(100):
        mails = [path.read_bytes() for path in (directory / "outbox").glob("*.eml")]
        links = {link for octets in mails if b"Please confirm" in octets for link in links_in(octets)}
        if found := [link for link in links if link.startswith(f"{site}confirm/")]:
            return found[0]
        time.sleep(0.1)
    raise AssertionError("no confirmation was mailed")
