"""What returned mail says."""

import pytest

from roundup.bounces.reports import Boxes, Report, read
from roundup.bounces.return_path import read_return_path, return_path
from roundup.model import IssueKey
from roundup.returned import Kind
from roundup.tokens import Purpose, Secret
from tests.builders import KEY, SECRET
from tests.returned_mail import BOUNCES, LEAVING, a_bounce, a_complaint, a_message, path_of

BOXES = Boxes(bounces=BOUNCES, leaving=LEAVING)
ADA = b"ada's  k"
TO = path_of(KEY, ADA, SECRET)
TOKEN = TO.partition("+")[2].partition("@")[0]
LEAVE = SECRET.token(ADA, Purpose.LEAVE)
SERVER = {"Return_Path": "<>"}


def said(octets: bytes) -> Report:
    return read(octets, BOXES)


@pytest.mark.parametrize(
    "issue", [KEY, IssueKey(day=KEY.day, edition="weekly"), IssueKey(day=KEY.day, edition="correction-3")]
)
def test_a_return_path_tells_issue_and_person_also_in_capitals(issue: IssueKey) -> None:
    token = return_path(BOUNCES, issue=issue, key=ADA, secret=SECRET).partition("+")[2].partition("@")[0]

    assert (issue, ADA) == read_return_path(token, SECRET) == read_return_path(token.upper(), SECRET)


def test_a_former_secret_is_known_and_a_foreign_one_is_not() -> None:
    assert (KEY, ADA) == read_return_path(TOKEN, Secret(b"another secret of thirty-two bytes", (SECRET.octets,)))
    assert read_return_path(TOKEN, Secret(b"another secret of thirty-two bytes")) is None


@pytest.mark.parametrize("token", ["", "a", "7" * 36, "1" * 36, "a" * 36, TOKEN[:-4], TOKEN + "aaaaaaaa", "ä" * 36])
def test_what_is_no_token_is_nobodys(token: str) -> None:
    assert read_return_path(token, SECRET) is None


@pytest.mark.parametrize(
    ("octets", "kind", "status"),
    [
        (a_bounce(TO), Kind.BOUNCE, "5.1.1"),
        (a_bounce(TO.upper()), Kind.BOUNCE, "5.1.1"),
        (a_bounce(TO, status="5.0.0", said="smtp; 550 5.1.1 unknown"), Kind.BOUNCE, "5.1.1"),
        (a_bounce(TO, status="5.0.0", said="smtp; 550 no"), Kind.BOUNCE, "5.0.0"),
        (a_bounce(TO, status="", said=""), Kind.BOUNCE, "5.0.0"),
        # A gateway makes a bad address of a policy.
        (a_bounce(TO, status="5.1.1", said="smtp; 550 5.7.1 blocked"), Kind.BOUNCE, "5.7.1"),
        (a_bounce(TO, status="5.7.1", said="smtp; 550 5.1.1 unknown"), Kind.BOUNCE, "5.7.1"),
        # Addresses of machines and versions of programs are no codes.
        (a_bounce(TO, status="5.0.0", said="smtp; 550 blocked, see 192.5.1.1 (Exim 4.97.1)"), Kind.BOUNCE, "5.0.0"),
        (a_bounce(TO, status="5.0.0", said="smtp; host 5.1.1.10 said: 550-5.7.26 no DKIM"), Kind.BOUNCE, "5.7.26"),
        (a_bounce(TO, status="4.4.1", said="smtp; 421 5.7.1 x"), Kind.BOUNCE, "4.4.1"),
        # Policy, wrapped by a mail server that says of every refused recipient that there is none.
        (a_bounce(TO, said="smtp; 550 5.7.1 blocked by policy; see https://x.example"), Kind.BOUNCE, "5.7.1"),
        (a_bounce(TO, said="550 5.7.26 unauthenticated; see 5.1.1"), Kind.BOUNCE, "5.7.26"),
        (a_bounce(TO, status="5.4.4", said="smtp; 554-5.1.8 sender's domain"), Kind.BOUNCE, "5.1.8"),
        (a_bounce(TO, said="smtp; 550 5.2.2 full"), Kind.BOUNCE, "5.1.1"),
        (a_bounce(TO, status="4.4.1", action="delayed"), Kind.NOTICE, "4.4.1"),
        (a_bounce(TO, status="2.0.0", action="relayed"), Kind.NOTICE, "2.0.0"),
    ],
)
def test_a_status_report_says_what_happened(octets: bytes, kind: Kind, status: str) -> None:
    report = said(octets)

    assert (kind, status, (TOKEN,)) == (report.kind, report.status, report.return_tokens)


QMAIL = """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)
"""


def test_a_bounce_in_prose_is_a_bounce_by_the_second_opinion() -> None:
    report = said(a_message("failure notice", QMAIL, sender="MAILER-DAEMON@mx.example.net", to=TO))

    assert (Kind.BOUNCE, "5.1.1") == (report.kind, report.status)
    assert "no mailbox here" in report.text


@pytest.mark.parametrize(
    ("said_by_server", "status"),
    [
        ("host mx.example.net[5.1.1.27] said: 552 mailbox full (in reply to RCPT TO)", "5.0.0"),
        ("Remote host said: 550 5.7.1 Service unavailable, client host [5.1.1.9] blocked. v5.1.1", "5.7.1"),
        ("550-5.1.1 The email account that you tried to reach does not exist.", "5.1.1"),
        ("#5.1.1 smtp;550 no such user", "5.1.1"),
        ("This report was made by Exchange 15.2.1 at 10.5.1.1.", "5.0.0"),
    ],
)
def test_in_prose_only_what_is_a_code_is_one(said_by_server: str, status: str) -> None:
    prose = QMAIL.replace("Sorry, no mailbox here by that name. (#5.1.1)", said_by_server)
    report = said(a_message("failure notice", prose, sender="MAILER-DAEMON@mx.example.net", to=TO))

    assert (Kind.BOUNCE, status) == (report.kind, report.status)


def test_prose_from_a_person_is_no_bounce() -> None:
    assert Kind.OTHER is said(a_message("Look what I got", QMAIL, to=TO)).kind


def test_a_complaint_is_known_by_the_tokens_of_our_message() -> None:
    web = f"https://roundup.lantern.example/u/{LEAVE}"
    header = f"List-Unsubscribe: <{web}>,\n <mailto:{LEAVING}?subject=unsubscribe%20{LEAVE}>"
    report = said(a_complaint(f"{header}\nReturn-Path: <{TO}>"))

    assert (Kind.COMPLAINT, (TOKEN,), (LEAVE,)) == (report.kind, report.return_tokens, report.leave_tokens)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus", ""])
def test_a_feedback_report_that_complains_of_nothing_is_no_complaint(kind: str) -> None:
    assert Kind.OTHER is said(a_complaint(f"Return-Path: <{TO}>", kind=kind)).kind


GMAIL = "This message was automatically generated by Gmail."


@pytest.mark.parametrize(
    "octets",
    [
        a_message(f"unsubscribe {LEAVE}", GMAIL),
        a_message(f"unsubscribe {LEAVE}", "", X_Mailer="Microsoft Outlook 16.0"),
        a_message(f"Unsubscribe {LEAVE}", GMAIL, Auto_Submitted="auto-generated"),
        a_message("unsubscribe", f"\n unsubscribe {LEAVE} \n"),
        a_message(f"=?utf-8?q?unsubscribe_{LEAVE}?=", GMAIL),
    ],
)
def test_unsubscribe_mail_with_a_token(octets: bytes) -> None:
    report = said(octets)

    assert (Kind.UNSUBSCRIBE, (LEAVE,)) == (report.kind, report.leave_tokens)


@pytest.mark.parametrize(
    "octets", [a_message("unsubscribe"), a_message("Please", "Unsubscribe.\n\nAda"), a_message("UNSUBSCRIBE", "")]
)
def test_unsubscribe_mail_without_a_token_is_its_senders(octets: bytes) -> None:
    report = said(octets)

    assert (Kind.UNSUBSCRIBE, "ada@example.com", ()) == (report.kind, report.sender, report.leave_tokens)


@pytest.mark.parametrize("token", [LEAVE, LEAVE[:-3], LEAVE.lower() + "_", "A" * 32])
def test_unsubscribe_mail_with_any_token_tells_its_sender_too(token: str) -> None:
    report = said(a_message(f"unsubscribe {token}", GMAIL))
    elsewhere = said(a_message(f"unsubscribe {token}", GMAIL, to="somebody@lantern.example.org"))
    two = said(a_message(f"unsubscribe {token}", GMAIL, sender="a@example.com, b@example.com"))

    assert (Kind.UNSUBSCRIBE, "ada@example.com", True) == (report.kind, report.sender, report.believed)
    assert ("ada@example.com", False) == (elsewhere.sender, elsewhere.believed)
    assert ("", False) == (two.sender, two.believed)


@pytest.mark.parametrize(
    "octets",
    [
        a_message(f"unsubscribe {LEAVE}", Auto_Submitted="auto-replied"),
        a_message(f"unsubscribe {LEAVE}", **SERVER),
        a_message(f"Re: unsubscribe {LEAVE}"),
        a_message("Hello", f"> unsubscribe {LEAVE}"),
        a_message("unsubscribe", Precedence="bulk"),
        a_message("unsubscribe", sender="no-reply@example.com"),
        a_message("unsubscribe", to="somebody@lantern.example.org"),
        a_message("I want to unsubscribe my boss"),
        a_message("unsubscribe", sender="a@example.com, b@example.com"),
    ],
)
def test_what_a_machine_says_and_what_says_less_makes_nobody_leave(octets: bytes) -> None:
    assert said(octets).kind in (Kind.AUTO_REPLY, Kind.OTHER)


NESTED = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
HOSTILE = [
    b"", b"\0" * 1000, b"\xff\xfe" * 500, b"From:\n" * 10_000, NESTED,
    b"Content-Type: message/rfc822\n\n" * 3000,
    b"Content-Type: multipart/report; boundary=\n\n--\n--\n",
    b"Content-Type: text/plain; charset=nonsense\nSubject: =?nonsense?b?////?=\n\nunsubscribe",
    b"Content-Type: message/delivery-status\n\nAction: failed\nStatus: 9.9.9\n" * 100,
    b"Subject: " + b"(" * 100_000 + b"\nTo: " + b"<" * 100_000 + b"\n\n",
    a_bounce(TO)[:400], a_complaint("x")[:300],
]  # fmt: skip


@pytest.mark.parametrize("octets", HOSTILE)
def test_hostile_mail_makes_nobody_leave_or_bounce(octets: bytes) -> None:
    report = said(octets)

    assert report.kind in (Kind.OTHER, Kind.AUTO_REPLY, Kind.BOUNCE, Kind.UNSUBSCRIBE)
    assert not report.leave_tokens
    assert all(read_return_path(token, SECRET) for token in report.return_tokens)
