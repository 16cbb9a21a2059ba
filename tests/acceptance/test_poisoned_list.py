"""One address in a hundred is poison, of every kind: whoever stands beside it has their mail, and it has a reason."""

import re
from collections import Counter
from dataclasses import dataclass
from email import message_from_string
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest

from tests.newsletters import DUE, a_newsletter, roundup, told
from tests.sinks import Sink, a_sink

FIRST, AGAIN = ("run", "--now", "--at", DUE, "--json"), ("run", "--at", DUE, "--json")

#: Rows of the list that nobody can be mailed by, and what is said of them.
UNREADABLE = {
    "ida.example.com,Ida": "“ida.example.com” is no address that can be mailed: An email address must have an @-sign.",
    f"{'l' * 65}@example.com,Lo": f"“{'l' * 65}@example.com” is no address that can be mailed: It is longer than an",
}
#: Rows that look like poison and hurt nobody, not even their own reader: the address and the name that are mailed.
HARMLESS = {
    "idn@bücher.example.com,Ida": ("idn@xn--bcher-kva.example.com", "Ida"),
    '"crlf@example.com","Cy\r\nBcc: eve@example.org\r\n\r\nBuy!"': ("crlf@example.com", "Cy Bcc: eve@example.org Buy!"),
    "nul@example.com,N\0ell": ("nul@example.com", "N ell"),
    "separator@example.com,Se\u2028Bcc: eve@example.org": ("separator@example.com", "Se Bcc: eve@example.org"),
    f"longname@example.com,{'Long Name ' * 2000}": ("longname@example.com", "Long Name " * 14 + "Long Name"),
    "x-slow@example.org,Sam": ("x-slow@example.org", "Sam"),
}
#: An address beyond ASCII goes to a relay that takes such.
BEYOND_ASCII = "jörg@example.com"
_BROKEN = "the line broke before the message was offered: "
#: What the mail server does to a reader, always; the state that it ends in, the code, and the words.
REFUSED = {
    "x-450@example.org": ("deferred", 450, "4.2.1 mailbox busy"),
    "x-550@example.org": ("refused", 550, "5.1.1 no such person here"),
    "x-multiline@example.org": ("refused", 550, "5.1.1 no such person here, 5.1.1 nor has there 5.1.1 ever been"),
    "x-552@example.org": ("refused", 552, "5.3.4 too big"),
    "x-571@example.org": ("deferred", 550, "5.7.1 you may not send here"),
    "x-drop-rcpt@example.org": ("planned", None, f"{_BROKEN}it closed the line"),
    "x-garbage@example.org": ("planned", None, f"{_BROKEN}it said what is no SMTP reply: lp0 on fire"),
}
BOUNCED = {"x-550@example.org", "x-multiline@example.org"}
POISON = [*UNREADABLE, *HARMLESS, f"{BEYOND_ASCII},Jörg", *(f"{address},Sam" for address in REFUSED)]
NOT_TAKEN = ("refused", 550, "5.6.7 this mail server does not take addresses beyond ASCII (SMTPUTF8)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisoned:
    """What became of a list with all poison in it, in one run and the one after it."""

    directory: Path
    codes: list[int]
    report: dict[str, Any]
    copies: Counter[str]
    #: Who has not got it: state, code and words by address.
    failed: dict[str, tuple[str, int | None, str]]
    #: Who is not active any more.
    bounced: dict[str, str]


def mailed(folder: Path, lines: list[str], sink: Sink, *, connections: int) -> Poisoned:
    directory = a_newsletter(folder, smtp={**sink.smtp, "connections": connections}, subscribers=lines)
    runs = [roundup(directory, *each) for each in (FIRST, AGAIN)]
    assert all("Traceback" not in run.stderr for run in runs)
    failed = told(roundup(directory, "issues", "show", DUE[:10], "--failed", "--json"))["failed"]
    people = told(roundup(directory, "subscribers", "list", "--json"))
    return Poisoned(
        directory=directory,
        codes=[run.returncode for run in runs],
        report=told(runs[0]),
        copies=sink.copies(),
        failed={each["email"]: (each["state"], each["code"], each["reply"]) for each in failed},
        bounced={each["email"]: each["status"] for each in people if each["status"] != "active"},
    )


def check(ended: Poisoned, good: list[str], refused: dict[str, tuple[str, int | None, str]]) -> None:
    """The laws, whatever stands where."""
    taken = {*good, *(address for address, _ in HARMLESS.values()), BEYOND_ASCII} - set(refused)
    assert dict.fromkeys(taken, 1) == ended.copies
    assert refused == ended.failed
    assert dict.fromkeys(BOUNCED, "bounced") == ended.bounced
    # README: 4, deliveries remain: those that were deferred, and those at which the line broke.
    assert [4, 4] == ended.codes
    states = Counter(state for state, _, _ in refused.values())
    report = ended.report
    assert {"accepted": len(taken), **states} == report["deliveries"]
    assert report["candidates"] == sum(report["excluded"].values()) + sum(report["deliveries"].values())
    for said in UNREADABLE.values():
        assert any(said in warning for warning in report["warnings"]), said


def headers_of(octets: bytes) -> list[str]:
    """The names of a message's headers."""
    return re.findall(r"^([^\s:]+):", octets.partition(b"\r\n\r\n")[0].decode(), re.MULTILINE)


def check_names(folder: Path, good: str) -> None:
    """Whatever stands in a name is shown on one line of one header, and makes no other."""
    kept = [path.read_bytes() for path in folder.glob("*.eml")]
    found = [(parseaddr(message_from_string(octets.decode())["To"]), octets) for octets in kept]
    by_address = {address: (str(make_header(decode_header(name))), octets) for (name, address), octets in found}
    for address, name in HARMLESS.values():
        shown, octets = by_address[address]
        assert name == shown
        assert headers_of(by_address[good][1]) == headers_of(octets)
        assert max(map(len, octets.split(b"\r\n"))) <= 998
    # RFC 6532 §3.2: as it is, while the name before it is encoded.
    assert [1] == [octets.count(f" <{BEYOND_ASCII}>\r\n".encode()) for octets in kept if "jörg".encode() in octets]


@pytest.mark.long
def test_one_percent_poison_keeps_nobody_else_from_their_one_copy(tmp_path: Path) -> None:
    good = [f"reader{number}@example.com" for number in range(99 * len(POISON))]
    lines = [line for number, bad in enumerate(POISON) for line in (*good[number * 99 : number * 99 + 99], bad)]
    with a_sink(tmp_path, slow=0.5, smtputf8=False, keep=False) as sink:
        ended = mailed(tmp_path, lines, sink, connections=4)

    check(ended, good, {**REFUSED, BEYOND_ASCII: NOT_TAKEN})


def test_poison_at_the_head_of_a_list_on_one_line_stops_nobody_behind_it(tmp_path: Path) -> None:
    good = [f"reader{number}@example.com" for number in range(20)]
    with a_sink(tmp_path, slow=0.5) as sink:
        ended = mailed(tmp_path, [*POISON, *good], sink, connections=1)

    check(ended, good, REFUSED)
    check_names(sink.kept, good[0])
