"""The shipped example, through a real mail server into real mailboxes, with the public pages at work."""

import base64
import html
import http.client
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.estate import Estate
from tests.message_rules import broken_rules
from tests.newsletters import (
    DUE,
    a_newsletter,
    a_piece_file,
    dump,
    free_port,
    roundup,
    rows,
    served,
    told,
    write_secret,
)
from tests.spam import OF_THE_LOOPBACK, SpamAssassin

pytestmark = pytest.mark.estate

MAGAZINE = Path(__file__).resolve().parents[2] / "examples" / "magazine"
#: Who is active and daily in the example's list, by name.
READERS = {
    "amara.whitlow@example.com": "Amara Whitlow",
    "b.sedgemoor@example.net": "Bernard Sedgemoor",
    "carys.penhallow@example.com": "Carys Penhallow",
    "d.okonjo-reeve@example.net": "Daniel Okonjo-Reeve",
    "reader7@example.com": "",
    "francoise.lemaitre@example.net": "Françoise Lemaître-Żak",
    "g.tarrant@example.com": "Tarrant, Gillian",
    "harpreet.dunmow@example.net": "Harpreet Dunmow",
    "Kit.Ferrensby@example.com": "Kit Ferrensby",
    "lowri+roundup@example.net": "Lowri Standish",
}
OTHERS = ("imogen.sallow@example.com", "j.macquarie@example.net")
ONE_CLICK = {
    "application/x-www-form-urlencoded": b"List-Unsubscribe=One-Click",
    "multipart/form-data; boundary=b0undary": (
        b'--b0undary\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b0undary--\r\n'
    ),
}


@dataclass(frozen=True, kw_only=True)
class Received:
    """One copy, as its reader's mail program has it."""

    address: str
    octets: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.octets, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content.decode("utf-8").replace("\r\n", "\n")

    @property
    def leave_url(self) -> str:
        return str(re.findall(r"<(http[^>]*)>", str(self.message["List-Unsubscribe"]))[0])

    @property
    def token(self) -> str:
        return self.leave_url.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class Out:
    """An issue that is out: its newsletter, its public pages, and what everybody got."""

    directory: Path
    site: str
    report: dict[str, object]
    boxes: dict[str, list[Received]]

    @property
    def copies(self) -> list[Received]:
        return [copy for box in self.boxes.values() for copy in box]


@contextmanager
def an_issue_out(folder: Path, estate: Estate) -> Iterator[Out]:
    """The example, mailed through the estate, while `roundup serve` serves its pages."""
    estate.empty()
    port = free_port()
    directory = folder / "magazine"
    shutil.copytree(MAGAZINE, directory)
    write_secret(directory)
    path = directory / "roundup.toml"
    settings = path.read_text(encoding="utf-8")
    for before, after in (
        ('"https://roundup.example.org/"', f'"http://127.0.0.1:{port}/"'),
        ('"smtp.example.org"', '"localhost"'),
        ("port = 587", f"port = {estate.submission_port}"),
    ):
        assert settings.count(before) == 1
        settings = settings.replace(before, after)
    # Some of the example's readers are gone, which its editor would be told.
    settings += '\n[reports]\nmail = "never"\n'
    path.write_text(settings, encoding="utf-8")
    # The pages know nothing of the mail server's password, and need not.
    with served(directory, port) as site:
        result = roundup(directory, "run", "--now", "--at", DUE, "--json", env=estate.trusted)
        assert (result.returncode, result.stderr) == (0, "")
        boxes = {
            address: [Received(address=address, octets=octets) for octets in estate.mailbox(address)]
            for address in (*READERS, *OTHERS)
        }
        yield Out(directory=directory, site=site, report=told(result), boxes=boxes)


@pytest.fixture(scope="module")
def out(estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Out]:
    """An issue that is out, to look at. Tests that change something have one of their own."""
    with an_issue_out(tmp_path_factory.mktemp("out"), estate) as issue:
        yield issue


def test_every_daily_reader_has_exactly_one_copy_and_nobody_else_has_any(out: Out) -> None:
    assert {address: len(box) for address, box in out.boxes.items()} == {
        **dict.fromkeys(READERS, 1),
        **dict.fromkeys(OTHERS, 0),
    }
    assert out.report["state"] == "sent"
    assert out.report["deliveries"] == {"accepted": len(READERS)}
    assert out.report["excluded"] == {"cadence": 1, "left": 1}
    assert out.report["resent"] == 0


def test_both_parts_are_as_the_archive_has_them_but_for_what_is_the_readers_own(out: Out) -> None:
    [(page, text, nonce, subject)] = rows(out.directory, "SELECT html, text, nonce, subject FROM issues")
    for copy in out.copies:
        view = re.findall(r"/v/(\S+?)[\"\s]", copy.part("plain"))[0]
        own = {"TOKEN": copy.token, "EMAIL": copy.address, "NAME": READERS[copy.address], "VIEW": view}
        as_html, as_text = page, text
        for name, value in own.items():
            as_html = as_html.replace(f"ru{nonce}{name}x", html.escape(value))
            as_text = as_text.replace(f"ru{nonce}{name}x", value)

        assert copy.message["Subject"] == subject
        assert copy.part("html").rstrip("\n") == as_html.rstrip("\n")
        assert copy.part("plain").rstrip("\n") == as_text.rstrip("\n")


def test_every_header_arrives_as_it_was_meant(out: Out) -> None:
    keys = dict(rows(out.directory, "SELECT email, hex(key) FROM subscribers"))
    for copy in out.copies:
        head = copy.octets.partition(b"\r\n\r\n")[0].decode("ascii") + "\r\n"
        token = copy.token
        mailto = f"<mailto:leave@roundup.example.org?subject=unsubscribe%20{token}>"

        assert f"\r\nList-Unsubscribe: <{out.site}u/{token}>,\r\n {mailto}\r\n" in head
        assert "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in head
        assert '\r\nList-Id: "The Footbridge" <footbridge-daily.magazine.example.org>\r\n' in head
        assert "\r\nAuto-Submitted: auto-generated\r\n" in head
        assert str(copy.message["From"]) == "The Footbridge <roundup@magazine.example.org>"
        assert str(copy.message["Reply-To"]) == "editor@magazine.example.org"
        assert [(to.display_name, to.addr_spec) for to in copy.message["To"].addresses] == [
            (READERS[copy.address], copy.address)
        ]
        assert re.fullmatch(r"<bounces\+[a-z2-7]{36}@roundup\.example\.org>", str(copy.message["Return-Path"]))
        assert base64.urlsafe_b64decode(token)[:8].hex().upper() == keys[copy.address]
    for own in ("Message-ID", "Return-Path"):
        assert len({str(copy.message[own]) for copy in out.copies}) == len(READERS)


def test_every_message_keeps_the_rules_and_holds_nothing_of_anybody_elses(out: Out) -> None:
    keys = dict(rows(out.directory, "SELECT email, key FROM subscribers"))
    for copy in out.copies:
        others = [each for each in out.copies if each is not copy]
        return_paths = [str(each.message["Return-Path"]).partition("+")[2].partition("@")[0] for each in others]
        numbers = [str(each.message["Message-ID"]) for each in others]
        strangers = [key for address, key in keys.items() if address != copy.address]
        spelled = [
            spelling for key in strangers for spelling in (key.hex(), base64.urlsafe_b64encode(key)[:10].decode())
        ]
        addresses = [address for address in keys if address != copy.address]

        assert (
            broken_rules(
                copy.octets,
                copy.address,
                tokens_of_others=[*(each.token for each in others), *return_paths, *numbers, *spelled, *addresses],
            )
            == []
        )


def test_nothing_speaks_for_spam_in_what_came_to_any_reader(out: Out, spamassassin: SpamAssassin) -> None:
    """M31. The pages at which one leaves are this machine's here, at a port that no website has."""
    assert {copy.address: {} for copy in out.copies} == {
        copy.address: spamassassin.rules_against(copy.octets, allowed=OF_THE_LOOPBACK) for copy in out.copies
    }


def test_following_every_link_on_our_pages_changes_nothing(out: Out) -> None:
    before = dump(out.directory)
    links = {
        link
        for copy in out.copies
        for link in (copy.leave_url, *re.findall(r"https?://[^\s\"<>]+", copy.part("html") + copy.part("plain")))
        if link.startswith(out.site)
    }
    theirs = {f"{copy.leave_url}{page}" for copy in out.copies for page in ("", "/preferences")}
    (view,) = links - theirs
    assert links == theirs | {view}
    assert view.startswith(f"{out.site}v/")

    for link in (*links, out.site):
        for method in ("GET", "HEAD", "GET"):
            status, headers, page = asked(method, link)
            assert (status, "Set-Cookie" in headers) == (200, False)
            assert bool(page) is (method == "GET")
    assert dump(out.directory) == before


def asked(
    method: str, url: str, body: bytes | None = None, kind: str = ""
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """What a bare client is answered: no cookies, no redirects followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    try:
        connection.request(method, parts.path, body=body, headers={"Content-Type": kind} if kind else {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_one_click_leaves_at_once_and_for_good(estate: Estate, tmp_path: Path) -> None:
    with an_issue_out(tmp_path, estate) as issue:
        leavers = ["amara.whitlow@example.com", "Kit.Ferrensby@example.com"]
        for address, (kind, body) in zip(leavers, ONE_CLICK.items(), strict=True):
            [copy] = issue.boxes[address]
            for _ in range(2):
                status, headers, _ = asked("POST", copy.leave_url, body, kind)
                assert (status, headers["Location"], headers["Set-Cookie"]) == (200, None, None)
                assert status_of(issue.directory)[address] == "left"
        assert [status for status in status_of(issue.directory).values() if status != "active"] == ["left"] * 3

        tomorrow = a_piece_file("A bus came to Saltings", day="2026-11-21")
        (issue.directory / "content" / "bus.md").write_text(tomorrow, encoding="utf-8")
        estate.empty()
        result = roundup(issue.directory, "run", "--now", "--at", "2026-11-21T17:00", env=estate.trusted)

        assert result.returncode == 0
        mailed = {address for address in READERS if estate.mailbox(address)}
        assert mailed == set(READERS) - set(leavers)


def status_of(directory: Path) -> dict[str, str]:
    return {each["email"]: each["status"] for each in told(roundup(directory, "subscribers", "list", "--json"))}


@pytest.mark.parametrize("tampered", ["", "A", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "%C3%A9"])
def test_a_token_that_nobody_signed_takes_nobody_off_the_list(out: Out, tampered: str) -> None:
    before = dump(out.directory)

    assert (
        asked("POST", f"{out.site}u/{tampered}", b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")[0]
        == 404
    )
    assert dump(out.directory) == before


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(estate: Estate, tmp_path: Path) -> None:
    estate.empty()
    directory = a_newsletter(tmp_path, smtp=estate.smtp)
    password_alone = {"ROUNDUP_SMTP_PASSWORD": estate.trusted["ROUNDUP_SMTP_PASSWORD"]}

    refused = roundup(directory, "run", "--now", "--at", DUE, env=password_alone)

    assert refused.returncode == 4
    assert f"localhost:{estate.submission_port} has no certificate that can be trusted" in refused.stderr
    assert estate.mailbox("ada@example.com") == estate.mailbox("bo@example.net") == []
    assert rows(directory, "SELECT state, attempts FROM deliveries WHERE state <> 'planned'") == []

    assert roundup(directory, "run", "--at", DUE, env=estate.trusted).returncode == 0
    assert len(estate.mailbox("ada@example.com")) == len(estate.mailbox("bo@example.net")) == 1


def test_a_wrong_password_is_told_in_a_sentence_that_does_not_hold_it(estate: Estate, tmp_path: Path) -> None:
    estate.empty()
    directory = a_newsletter(tmp_path, smtp=estate.smtp)

    refused = roundup(
        directory, "run", "--now", "--at", DUE, env={**estate.trusted, "ROUNDUP_SMTP_PASSWORD": "battery-staple"}
    )

    assert refused.returncode == 4
    assert f"localhost:{estate.submission_port} refused the login of roundup (535 " in refused.stderr
    assert "ROUNDUP_SMTP_PASSWORD" in refused.stderr
    assert "battery-staple" not in refused.stdout + refused.stderr
    assert estate.mailbox("ada@example.com") == []


def test_a_relay_that_begins_with_tls_takes_the_issue_too(estate: Estate, tmp_path: Path) -> None:
    estate.empty()
    directory = a_newsletter(tmp_path, smtp={**estate.smtp, "port": estate.tls_port, "security": "tls"})

    assert roundup(directory, "run", "--now", "--at", DUE, env=estate.trusted).returncode == 0
    assert [len(estate.mailbox(address)) for address in ("ada@example.com", "bo@example.net")] == [1, 1]
