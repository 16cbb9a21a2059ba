"""What a personal message costs before it is sent: CPU microseconds a message, by the size of the issue.

    python -m benchmarks.messages

"roundup" is `Stationery.message`, as a delivery calls it: tokens, headers, the subscriber's name and token in both
parts, one octet string. "EmailMessage" is the same content built for each person with the standard library's `email`,
as most senders do. The two take turns, round after round in one process, so that what disturbs one disturbs both; the
CPU time of the process is counted, which leaves out other people's. The ratio is that of the medians. A size is that
of a message as it goes out, and "é" stands for a list on which every name has letters outside ASCII.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from roundup.messages import Addressee, Letterhead, filled, stationery
from roundup.model import IssueKey, RenderedIssue
from roundup.rendering import placeholder
from roundup.tokens import Secret

ROUNDS = 60
#: Messages a round: many enough to be counted, and few enough that some rounds of a busy machine are quiet.
OURS, THEIRS = 250, 3
SECRET = Secret(bytes(range(32)))
ISSUE = IssueKey(day=date(2015, 3, 30))
DATE = datetime(2015, 3, 30, 16, 0, tzinfo=UTC)
LETTERHEAD = Letterhead(
    name="The Daily Lantern",
    id="daily-lantern",
    sender="roundup@lantern.example",
    reply_to="",
    public_url="https://roundup.lantern.example/",
    unsubscribe_mailto="leave@lantern.example",
    bounce_address="bounces@lantern.example",
    zone=ZoneInfo("Europe/London"),
)
SENTENCE = "The council has found that a library – of all things – is a place where people read, and ask for more. "


def an_issue(octets: int) -> RenderedIssue:
    """An issue whose messages have about so many octets, a fifth of them in the text part."""
    nonce = SECRET.nonce(ISSUE)
    name, link = placeholder("NAME", nonce), f"https://roundup.lantern.example/u/{placeholder('TOKEN', nonce)}"
    sentences = (octets - 2_000) // (len(SENTENCE) + 25)
    paragraph = f'<p style="margin:0 0 12px">{SENTENCE * 3}</p>\n'
    return RenderedIssue(
        key=ISSUE,
        subject="What a library is for",
        preheader="",
        html=f"<!DOCTYPE html><p>Dear {name},</p>\n{paragraph * (sentences * 4 // 15)}<a href='{link}'>Leave</a>\n",
        text=f"Dear {name},\n\n{(SENTENCE + chr(10)) * (sentences // 5)}\nLeave: {link}\n",
        nonce=nonce,
    )


def people(number: int, name: str) -> list[Addressee]:
    """So many people, all called `name` and a number."""
    return [
        Addressee(email=f"reader{each}@readers.example", name=f"{name} {each}", key=each.to_bytes(8, "big"))
        for each in range(number)
    ]


def with_email(rendered: RenderedIssue, addressee: Addressee, like: EmailMessage) -> bytes:
    """The octets that `email` makes for one person, with the headers of the message `like`."""
    html, text = filled(rendered, addressee, SECRET)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(LETTERHEAD.name, addr_spec=LETTERHEAD.sender)
    message["To"] = Address(addressee.name, addr_spec=addressee.email)
    message["Date"] = format_datetime(DATE)
    message["Message-ID"] = f"<{SECRET.message_number(ISSUE, addressee.key)}@{LETTERHEAD.domain}>"
    for name in ("Subject", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Precedence"):
        message[name] = like[name]
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def microseconds(build: Callable[[Addressee], object], addressees: Sequence[Addressee]) -> float:
    """CPU time of this process, each."""
    began = time.process_time_ns()
    for addressee in addressees:
        build(addressee)
    return (time.process_time_ns() - began) / len(addressees) / 1000


def measured(octets: int, name: str) -> tuple[int, list[float], list[float]]:
    """The size of a message, and what one costs in each round: ours, and theirs."""
    rendered = an_issue(octets)
    paper = stationery(rendered, LETTERHEAD, SECRET)
    addressees = people(OURS, name)
    content = paper.message(addressees[0], date=DATE).content
    like = EmailMessage(policy=SMTP)
    for line in content.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ").split("\r\n"):
        header, _, value = line.partition(": ")
        like[header] = value
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(microseconds(lambda each: paper.message(each, date=DATE), addressees))
        theirs.append(microseconds(lambda each: with_email(rendered, each, like), addressees[:THEIRS]))
    return len(content), ours, theirs


def main() -> None:
    """Measure, and print a table."""
    print(f"{'':14}{'roundup, µs':>18}{'EmailMessage, µs':>22}{'':>10}")
    print(f"{'a message of':14}{'least':>9}{'median':>9}{'least':>13}{'median':>9}{'ratio':>10}")
    for octets, name in ((10_000, "Ada Marsh"), (45_000, "Ada Marsh"), (10_000, "Zoë Müller"), (45_000, "Zoë Müller")):
        size, ours, theirs = measured(octets, name)
        what = f"{size / 1000:.1f} KB{'' if name.isascii() else ', é'}"
        least, median = min(ours), statistics.median(ours)
        their_least, their_median = min(theirs), statistics.median(theirs)
        print(
            f"{what:14}{least:9.1f}{median:9.1f}{their_least:13.0f}{their_median:9.0f}{their_median / median:9.0f}x",
            flush=True,
        )


if __name__ == "__main__":
    main()
