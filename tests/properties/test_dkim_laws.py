"""Whatever stands in an issue, a letter or a name: what roundup signs, a receiver verifies."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.letters import letter
from roundup.messages import Addressee, stationery
from roundup.model import RenderedIssue
from roundup.sending.dkim import signed
from tests.builders import SECRET, a_letterhead, a_rendered_issue
from tests.properties.test_messages_laws import ADDRESSES, BODIES, HOSTILE, PLACEHOLDER_MARKS
from tests.signatures import signers, verdicts, zone_of

DATE = datetime(2015, 3, 30, 16, 0, tzinfo=UTC)
#: Ed25519 alone: dkimpy's RSA takes a hundred times as long, and what is signed is the same for both.
SIGNERS = signers()[1:]
LETTERHEAD = replace(a_letterhead(), signers=SIGNERS)
ZONE = zone_of(SIGNERS)
LAWS = settings(max_examples=60, deadline=None)
MARKED = st.lists(st.one_of(BODIES, st.sampled_from(PLACEHOLDER_MARKS)), max_size=8).map("".join)

ISSUES = st.builds(
    lambda subject, text, html: a_rendered_issue(subject=subject, text=f"{text}\n", html=f"<p>{html}\n"),
    HOSTILE, MARKED, MARKED,
)  # fmt: skip
READERS = st.builds(lambda name, email: Addressee(email=email, name=name, key=b"ada's  k"), HOSTILE, ADDRESSES)


@LAWS
@given(rendered=ISSUES, addressee=READERS)
def test_every_issue_verifies_and_is_signed_as_its_octets_are(rendered: RenderedIssue, addressee: Addressee) -> None:
    octets = stationery(rendered, LETTERHEAD, SECRET).message(addressee, date=DATE).content
    plain = stationery(rendered, replace(LETTERHEAD, signers=()), SECRET).message(addressee, date=DATE).content

    assert octets == signed(plain, SIGNERS, second=int(DATE.timestamp()))
    assert [True] == verdicts(octets, ZONE)


@LAWS
@given(subject=HOSTILE, text=BODIES)
def test_every_letter_verifies(subject: str, text: str) -> None:
    message = letter(LETTERHEAD, "ada@reader.example", subject, [("plain", text), ("html", text)], number="1", at=DATE)

    assert [True] == verdicts(message.content, ZONE)
