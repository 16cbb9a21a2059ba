"""What comes back, crafted: reports, complaints, answers by machines, and loops."""

from pathlib import Path

from roundup.bounces.return_path import return_path
from roundup.model import IssueKey
from roundup.tokens import Secret

BOUNCES, LEAVING = "bounces@lantern.example.org", "leave@lantern.example.org"


def path_of(issue: IssueKey, key: bytes, secret: Secret) -> str:
    """The return path of somebody's message."""
    return return_path(BOUNCES, issue=issue, key=key, secret=secret)


def a_bounce(
    to: str,
    *,
    status: str = "5.1.1",
    said: str = "smtp; 550 5.1.1 no such user",
    action: str = "failed",
    salt: str = "",
) -> bytes:
    """A delivery status notification as RFC 3464 has it."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Message-ID: <{salt or status}.{action}@mx.example.net>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ada@example.com
Action: {action}
Status: {status}
Diagnostic-Code: {said}

--b
Content-Type: text/rfc822-headers

Subject: The Daily Lantern

--b--
""".encode()


def a_complaint(original: str, *, kind: str = "abuse") -> bytes:
    """A complaint as RFC 5965 has it, with `original` headers of our message."""
    return f"""\
From: feedback@example.net
To: abuse@lantern.example.org
Subject: FW: The Daily Lantern
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeProvider/1.0
Version: 1

--b
Content-Type: message/rfc822

{original}
Subject: The Daily Lantern

Hello.

--b--
""".encode()


def a_message(
    subject: str, body: str = "Hello.", *, sender: str = "ada@example.com", to: str = LEAVING, **more: str
) -> bytes:
    """A message; `more` are headers, an underline for each dash."""
    lines = [f"From: {sender}", f"To: {to}", f"Subject: {subject}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return ("\n".join(lines) + f"\n\n{body}\n").encode()


#: Marks of machines, and the subjects that they write. `{}` stands for a number.
_MARKS: tuple[dict[str, str], ...] = (
    {"Auto_Submitted": "auto-replied"}, {"Auto_Submitted": "auto-generated"}, {"Precedence": "bulk"},
    {"Precedence": "auto_reply"}, {"X_Autoreply": "yes"}, {"X_Autorespond": "1"}, {"Return_Path": "<>"},
    {"List_Id": "<a.list.example>"}, {"X_Auto_Response_Suppress": "All"}, {"X_Loop": "loop"},
)  # fmt: skip
_SUBJECTS = (
    "Automatic reply: The Daily Lantern", "Re: unsubscribe", "[#{}] Undeliverable: [#{}] unsubscribe", "unsubscribe",
    "Out of office", "Abwesenheitsnotiz", "Re: Re: Re: ticket {}", "[Ticket {}] received", "Delivery delayed", "",
)  # fmt: skip


def loops(paths: list[str], senders: list[str], *, count: int) -> list[bytes]:
    """So many answers by machines, with true tokens, from true subscribers: each as likely as any to be taken for what
    a person says, or to be answered."""
    made = []
    for number in range(count):
        mark, subject = _MARKS[number % len(_MARKS)], _SUBJECTS[number // len(_MARKS) % len(_SUBJECTS)]
        to = (paths[number % len(paths)], LEAVING)[number // 100 % 2]
        sender = senders[number % len(senders)]
        body = f"unsubscribe\n\nI am away, number {number}.\n> unsubscribe"
        made.append(a_message(subject.replace("{}", str(number)), body, sender=sender, to=to, **mark))
    return made


def a_maildir(path: Path, messages: list[bytes]) -> Path:
    """A Maildir into which these have just been delivered."""
    for folder in ("tmp", "new", "cur"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(messages):
        (path / "new" / f"1795000000.M{number}P1.host").write_bytes(octets)
    return path
