"""Which numbers in a bounce's text are status codes: readers are struck off for them."""

import pytest

from roundup.bounces.reports import Boxes, read
from roundup.returned import Kind
from roundup.status_codes import said_in
from tests.returned_mail import BOUNCES, LEAVING, a_bounce, a_message

#: As mail servers have written them, with other names: Gmail, Exchange, qmail, Exim, Postfix, IronPort, Domino.
SAID = {
    "550-5.1.1 The email account that you tried to reach does not exist. Please\n550-5.1.1 double-checking": "5.1.1",
    "#550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup ##": "5.1.10",
    "<mail.example.com #5.1.1 smtp;550 5.1.1 <ada@example.com>... User unknown>": "5.1.1",
    "Remote host said: 550 5.2.2 Mailbox full [RCPT_TO]": "5.2.2",
    "Sorry, no mailbox here by that name. (#5.1.1)": "5.1.1",
    "host mx.example.com [192.0.2.1]: 550 5.7.1 Service unavailable; client host [198.51.100.5] blocked": "5.7.1",
    "host mx.example.com[192.0.2.1] said: 550 #5.1.0 Address rejected. (in reply to RCPT TO command)": "5.1.0",
    "554 5.7.1 <ada@example.com>: Recipient address rejected: 5.1.1 is what you get elsewhere": "5.7.1",
    "Diagnostic information: error code 5.4.4, no route": "5.4.4",
    "Mail 5.1.1 of Example Systems says:\n554 5.2.1 disabled.": "5.2.1",
    "550 5.1.1.": "5.1.1",
}
#: What only looks like one.
NOT_SAID = [
    "host 192.0.5.1.1 said: 550 no", "Exim 4.5.7.1 could not deliver", "connect to 5.1.1.10: timed out",
    "550 5.1.1.10 is blocked using bl.example", "host 10.5.1.1[10.5.1.1] refused", "MailServer/5.1.1 ESMTP",
    "Mail Server 5.1.1 at mx.example.com", "version v5.1.1-p4", "since 5.1.2026", "550 (mx 5.1.1a)",
    "450 5.1.1 of neither class",
]  # fmt: skip
QMAIL = """Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
"""


@pytest.mark.parametrize(("text", "code"), SAID.items())
def test_a_servers_code_is_found(text: str, code: str) -> None:
    found = said_in(text)

    assert found is not None
    assert code == found[0]


@pytest.mark.parametrize("text", NOT_SAID)
def test_an_address_or_a_version_is_no_code(text: str) -> None:
    boxes = Boxes(bounces=BOUNCES, leaving=LEAVING)
    prose = a_message("failure notice", QMAIL + text, sender="MAILER-DAEMON@mx.example.net")
    for octets in (prose, a_bounce("", status="5.0.0", said=f"smtp; {text}")):
        report = read(octets, boxes)
        assert (Kind.BOUNCE, "5.0.0") == (report.kind, report.status)
