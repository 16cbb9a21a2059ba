"""The mail that asks the editor: what it says, and that any mail program shows it."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from roundup.archive import IssueRecord, IssueState, StoredIssue
from roundup.consulting import Consulting
from roundup.model import WEEKLY_EDITION, IssueId, Message
from roundup.proposals import Approval, Proposal
from roundup.words import of, speaking
from tests.builders import INSTANT, KEY, SECRET, a_letterhead, a_rendered_issue

RULE = Approval(editor="editor@lantern.example", deadline=timedelta(hours=4))
TOLD = {
    "pieces": [{"rank": 1, "title": "Über die Brücke\u2028", "link": "https://lantern.example/" + "b" * 300}],
    "left_out": [{}, {}],
}
RECORD = IssueRecord(
    id=IssueId(1), key=KEY, state=IssueState.AWAITING, instant=INSTANT, looked_at=INSTANT,
    subject="Über die Brücke, und mehr", fingerprint="ab" * 32,
)  # fmt: skip
PROPOSAL = Proposal(
    stored=StoredIssue(record=RECORD, rendered=a_rendered_issue(), told=TOLD),
    digest="", carries=frozenset(), proposed_at=INSTANT, prepared_at=INSTANT,
)  # fmt: skip


def message(proposal: Proposal = PROPOSAL, *, rule: Approval = RULE, public_url: str = "https://r.example/") -> Message:
    consulting = Consulting(rule=rule, letterhead=a_letterhead(public_url=public_url), secret=SECRET)
    return consulting.message(proposal, at=INSTANT)


def parsed(made: Message) -> EmailMessage:
    mail = message_from_bytes(made.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert [] == mail.defects
    return mail


def test_it_is_a_plain_mail_to_the_editor_and_no_issue() -> None:
    made = message()
    mail = parsed(made)

    assert ("editor@lantern.example", "bounces@lantern.example") == (made.envelope_to, made.envelope_from)
    assert "To approve: Über die Brücke, und mehr" == mail["Subject"]
    assert ("text/plain", "auto-generated") == (mail.get_content_type(), mail["Auto-Submitted"])
    assert [] == [name for name in mail if name.startswith("List-")]
    assert all(len(line) <= 998 and line.isascii() for line in made.content.split(b"\r\n"))
    assert made.content.count(b"\n") == made.content.count(b"\r\n")


def test_a_rendering_is_one_mail_and_another_is_another() -> None:
    other = replace(PROPOSAL, stored=replace(PROPOSAL.stored, record=replace(RECORD, fingerprint="cd" * 32)))

    assert message().message_id == message().message_id != message(other).message_id


def test_without_public_pages_it_has_a_command_alone() -> None:
    text = parsed(message(public_url="")).get_content().replace("\r\n", "\n")

    assert "http" not in text.replace("https://lantern.example/", "")
    assert f"where roundup runs:\nroundup issues approve {KEY} --expect {'ab' * 32}\n" in text


def test_it_says_what_happens_when_nobody_answers_and_which_edition_it_is() -> None:
    weekly = replace(RECORD, key=replace(KEY, edition=WEEKLY_EDITION))
    proposal = replace(PROPOSAL, stored=replace(PROPOSAL.stored, record=weekly))
    text = parsed(message(proposal, rule=replace(RULE, sends=True))).get_content()

    assert "(weekly) of The Daily Lantern waits for your approval." in text
    assert "then it is sent as it is stored." in text
    assert "2 left out." in text
    assert f"approve {KEY}/weekly --expect" in text


def test_it_speaks_the_newsletters_language() -> None:
    with speaking(of("ar")):
        mail = parsed(message())

    assert str(mail["Subject"]).startswith("للموافقة: ")
    assert "ينتظر حتى" in mail.get_content()


def test_what_could_be_asked_about_only_after_the_deadline_waits_from_then_on() -> None:
    late = replace(PROPOSAL, proposed_at=INSTANT + timedelta(hours=5))

    assert INSTANT + timedelta(hours=4) == RULE.ends(replace(PROPOSAL, proposed_at=INSTANT + timedelta(hours=3)))
    assert INSTANT + timedelta(hours=9) == RULE.ends(late)
    assert (False, True) == (RULE.is_over(late, INSTANT + timedelta(hours=8)), RULE.is_over(late, RULE.ends(late)))
