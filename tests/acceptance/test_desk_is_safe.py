"""The desk answers this machine's own browser alone, shows hostile feeds without harm, and gives nothing away."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.desks import OpenDesk, an_open_desk, at_the_desk
from tests.newsletters import a_newsletter, a_piece_file, roundup

#: After OWASP's cheat sheet on filter evasion, each calling `alert` or asking a stranger for something.
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    '"><script>alert(4)</script>',
    "'\"--><iframe src=javascript:alert(5)>",
    '<a href="javascript:alert(6)">x</a>',
    "<IMG SRC=https://stranger.example.com/pixel.gif>",
    "<link rel=stylesheet href=https://stranger.example.com/a.css>",
    "<style>@import 'https://stranger.example.com/b.css';</style>",
    "<meta http-equiv=refresh content='0;url=https://stranger.example.com/'>",
    "<object data=https://stranger.example.com/c.swf></object>",
    "<body onload=alert(7)>",
    "{{ 7 * 7 }}{% raw %}",
    "</textarea><script>alert(8)</script>",
    "</title><script>alert(9)</script>",
    "\u202e<b onmouseover=alert(10)>",
)


def hostile_feed() -> str:
    items = []
    for number, payload in enumerate(PAYLOADS):
        text = payload.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        link = f"https://evil.example.com/{number}?q=&quot;&gt;&lt;script&gt;alert(11)&lt;/script&gt;"
        if number == 5:
            link = "javascript:alert(12)"
        items.append(
            f"<item><title>{number} {text}</title><link>{link}</link><guid>{text}</guid>"
            f"<dc:creator>{text}</dc:creator><description>{text}&lt;p&gt;Text {number}&lt;/p&gt;</description>"
            f"<pubDate>Fri, 20 Nov 2026 09:{number:02}:00 GMT</pubDate></item>"
        )
    head = '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
    return f"{head}<title>Evil</title><link>https://evil.example.com/</link>{''.join(items)}</channel></rss>"


@pytest.mark.browser
@pytest.mark.parametrize("view", ["phone", "desktop", "text", "source"])
def test_hostile_feeds_open_no_dialog_and_ask_nobody_for_anything(browser: Browser, tmp_path: Path, view: str) -> None:
    source = {"feed": "evil.xml", "name": "Evil <script>alert(0)</script>"}
    newsletter = a_newsletter(tmp_path, sources=[source], selection={"maximum": 9})
    (newsletter / "evil.xml").write_text(hostile_feed(), encoding="utf-8")
    with at_the_desk(browser, newsletter) as (desk, page):
        page.goto(f"{desk.address}?view={view}")
        expect(page.locator(".pieces h3")).to_have_count(9)
        for summary in page.locator("summary").all():
            summary.click()
        page.locator(".pieces h3").first.hover()
        page.get_by_role("button", name="Pin", exact=True).last.click()
        expect(page.locator(".notice")).to_contain_text("is pinned")
        page.wait_for_timeout(500)
        assert ([], []) == (desk.asked, desk.complaints)
        assert page.evaluate("document.querySelectorAll('main script, main iframe:not([title])').length") == 0


@pytest.fixture
def newsletter(tmp_path: Path) -> Path:
    directory = a_newsletter(tmp_path)
    (tmp_path / "outside.txt").write_text("not for the desk", encoding="utf-8")
    (directory / "content" / "linked.md").symlink_to(tmp_path / "outside.txt")
    return directory


def test_only_this_machine_by_its_own_name_is_answered(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        port = urlsplit(desk.address).port
        assert desk.get("/")[0] == 200
        assert desk.get("/", Host=f"localhost:{port}")[0] == 200
        for host in ("evil.example.com", f"evil.example.com:{port}", "127.0.0.1", f"127.0.0.1.nip.io:{port}"):
            status, said = desk.get("/", Host=host)
            assert (status, b"this machine alone" in said) == (403, True)
        # It listens nowhere else.
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port or 0), timeout=2)


@pytest.mark.parametrize("verb", ["/change", "/act"])
def test_a_change_needs_the_token_of_this_start_and_our_own_page(newsletter: Path, verb: str) -> None:
    form = {"add": "1", "title": "Forged", "link": "https://lantern.example.org/forged/", "hold": "1"}
    with an_open_desk(newsletter) as desk:
        good = desk.hidden() | form
        assert desk.post(verb, form)[0] == 403
        assert desk.post(verb, good | {"token": "A" * 32})[0] == 403
        assert desk.post(verb, good, Origin="https://evil.example.com")[0] == 403
        assert desk.post(verb, good, Origin="null")[0] == 403
        assert desk.post(verb, good, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
        assert desk.post(verb, good, Host="evil.example.com")[0] == 403
        assert desk.word() == ""
        assert not (newsletter / "roundup.db").exists()
        assert desk.post(verb, good, Origin=desk.address.rstrip("/"))[0] == 303
        before = good
    with an_open_desk(newsletter) as desk:
        assert desk.post(verb, before)[0] == 403


def test_nothing_is_served_but_the_desks_own(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        for path in (
            "static/../../roundup.toml", "static/..%2f..%2froundup.toml", "static/today.html", ".secret",
            "roundup.toml", "roundup.db", "content/bridge.md", "content/linked.md", "picture/..%2f.secret",
            "picture/linked.md",
            "issues/../.secret", "issues/2026-11-20%2f..%2f..%2f.secret/frame", "static/%2e%2e/%2e%2e/.secret",
        ):  # fmt: skip
            status, said = _raw(desk, path)
            assert status in (404, 409), path
            assert b"not for the desk" not in said
            assert (newsletter / ".secret").read_bytes().strip() not in said


def _raw(desk: OpenDesk, path: str) -> tuple[int, bytes]:
    """What is answered to a path that no client tidies up first."""
    port = urlsplit(desk.address).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while octets := line.recv(65536):
            answer += octets
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize(
    "body", ["A" * 500_000, "token=%FF%FE&pin=x", "&".join(f"f{n}=1" for n in range(500)), "\0" * 9]
)
def test_a_form_of_nobodys_changes_nothing(newsletter: Path, body: str) -> None:
    with an_open_desk(newsletter) as desk:
        status, _ = desk.post("/change", {"token": "x", "junk": body})
        assert status in (400, 403, 413)
        assert desk.word() == ""


def test_names_that_are_nobodys_are_refused_in_a_sentence(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        hidden = desk.hidden()
        for form in (
            {"pin": "nowhere"}, {"move": "x|nowhere"}, {"move": "-1|"}, {"edit": "nowhere", "title": "x"},
            {"mute": "x"}, {"add": "1", "title": "x", "link": "javascript:alert(1)"}, {"undo": "1"}, {},
            {"say": "1", "subject": "a\nb"},
        ):  # fmt: skip
            where = "/act" if "mute" in form else "/change"
            status, page = desk.post(where, hidden | form)
            assert status == 409, form
            assert b'role="alert"' in page
        assert desk.word() == ""


def test_the_desk_says_that_its_port_is_taken(newsletter: Path) -> None:
    with an_open_desk(newsletter) as desk:
        port = str(urlsplit(desk.address).port)
        with (
            pytest.raises(AssertionError, match=f"cannot listen on port {port}"),
            an_open_desk(newsletter, "--port", port),
        ):
            pass


def test_a_newsletter_without_anything_new_has_a_desk(tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path, content={"old.md": a_piece_file("Old", day="2020-01-01")})
    with an_open_desk(newsletter) as desk:
        status, page = desk.get("/")
        assert (200, True) == (status, b"Nothing new: no mail would go out." in page)
        assert desk.get("/frame")[0] == 409
        assert desk.get("/send")[0] == 409


@pytest.mark.parametrize("args", [["--weekly"], []])
def test_a_desk_for_what_is_never_due_is_refused_in_a_sentence(tmp_path: Path, args: list[str]) -> None:
    days: dict[str, list[str]] = {} if args else {"days": []}
    ran = roundup(a_newsletter(tmp_path, schedule=days), "preview", "--no-browser", *args)
    assert (2, True) == (ran.returncode, "[schedule]" in ran.stderr)
    assert "Traceback" not in ran.stderr


def test_what_would_be_held_is_shown_with_its_fault_and_cannot_be_sent(tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path)
    templates = newsletter / "templates" / "email"
    templates.mkdir(parents=True)
    shipped_text = (Path(__file__).parents[2] / "templates" / "email" / "piece.html").read_text(encoding="utf-8")
    (templates / "piece.html").write_text(shipped_text + "<script>alert(1)</script>\n", encoding="utf-8")
    with an_open_desk(newsletter) as desk:
        page = desk.get("/")[1].decode()
        assert "It would be held as you see it." in page
        assert 'id="send"' not in page
        assert desk.get("/send")[0] == 409


def test_a_desk_that_never_had_a_good_look_says_why(tmp_path: Path) -> None:
    newsletter = a_newsletter(tmp_path, sources=[{"feed": "missing.xml", "name": "The Lantern"}])
    with an_open_desk(newsletter) as desk:
        for path in ("/", "/?view=source", "/issues", "/skip"):
            assert desk.get(path)[0] == 200, path
        page = desk.get("/")[1].decode()
        assert "There is no issue to show." in page
        assert "missing.xml" in page
        assert [409, 409] == [desk.get("/send")[0], desk.get("/frame")[0]]
