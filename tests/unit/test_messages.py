"""The octets of a message: its headers, what is a subscriber's own, and the fingerprint."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest

from roundup.messages import Addressee, Letterhead, Stationery, filled, fingerprint, stationery
from roundup.model import IssueKey, Message, RenderedIssue
from roundup.rendering import placeholder
from roundup.tokens import Purpose
from tests.builders import KEY, LONDON, NONCE, SECRET, a_letterhead, a_rendered_issue

DATE = datetime(2015, 3, 30, 16, 0, 5, tzinfo=UTC)
ADA = Addressee(email="ada@reader.example", name="Ada Marsh", key=b"ada's  k")


def a_message(
    addressee: Addressee = ADA, *, rendered: RenderedIssue | None = None, letterhead: Letterhead | None = None
) -> Message:
    return stationery(rendered or a_rendered_issue(), letterhead or a_letterhead(), SECRET).message(
        addressee, date=DATE
    )


def parsed(message: Message) -> EmailMessage:
    return email.message_from_bytes(message.content, policy=email.policy.default)


def raw_header(message: Message, name: str) -> str:
    """A header as it stands in the octets, unfolded and not decoded."""
    head = message.content.partition(b"\r\n\r\n")[0].decode("ascii")
    found = re.search(rf"^{name}:([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)", head, re.MULTILINE)
    assert found is not None
    return found[1].replace("\r\n", "").removeprefix(" ")


def decoded(text: str) -> str:
    """Encoded-words decoded once, as RFC 2047 §6.2 has it: the space between two of them is none. `email`'s newer
    parser shows it in display names, and decodes what it has decoded again."""
    parts = decode_header(text)
    return "".join(part if isinstance(part, str) else part.decode(charset or "ascii") for part, charset in parts)


def longest_line(octets: bytes) -> int:
    return max(len(line) for line in octets.split(b"\r\n"))


def head_and_body(message: Message) -> tuple[bytes, bytes]:
    head, _, body = message.content.partition(b"\r\n\r\n")
    return head, body


def parts_of(message: Message) -> list[tuple[str, str]]:
    """The type and the text of each part, with the line ends that it was rendered with."""
    return [
        (part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in parsed(message).iter_parts()
    ]


def test_a_message_has_these_headers_and_no_others() -> None:
    names = [
        "From", "Subject", "List-Id", "Auto-Submitted", "Precedence", "X-Auto-Response-Suppress", "MIME-Version",
        "Content-Type", "Date", "To", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
    ]  # fmt: skip

    assert names == parsed(a_message()).keys()
    with_reply = parsed(a_message(letterhead=a_letterhead(reply_to="editor@lantern.example")))
    assert "editor@lantern.example" == with_reply["Reply-To"]


def test_the_headers_say_who_when_and_what() -> None:
    message = parsed(a_message())

    assert '"The Daily Lantern" <daily-lantern.lantern.example>' == message["List-Id"]
    assert "The Daily Lantern <roundup@lantern.example>" == message["From"]
    assert "Ada Marsh <ada@reader.example>" == message["To"]
    assert "What a library is for" == message["Subject"]
    assert "Mon, 30 Mar 2015 17:00:05 +0100" == message["Date"]
    assert ("auto-generated", "bulk", "All") == (
        message["Auto-Submitted"], message["Precedence"], message["X-Auto-Response-Suppress"],
    )  # fmt: skip


def test_text_comes_before_html_and_both_read_as_they_were_rendered() -> None:
    token = SECRET.token(ADA.key, Purpose.LEAVE)

    assert [
        ("text/plain", f"To Ada Marsh, ada@reader.example, {token}\n"),
        ("text/html", f"<!DOCTYPE html><p>Dear Ada Marsh, {token}</p>\n"),
    ] == parts_of(a_message())


def test_what_is_shown_is_what_is_mailed() -> None:
    rendered = a_rendered_issue()
    html_part, text_part = filled(rendered, ADA, SECRET)

    assert [text_part, html_part] == [text for _, text in parts_of(a_message(rendered=rendered))]


def test_a_name_is_escaped_in_html_and_plain_in_text() -> None:
    (_, text), (_, html) = parts_of(a_message(replace(ADA, name='<b>"A" & co')))

    assert 'To <b>"A" & co,' in text
    assert "Dear &lt;b&gt;&quot;A&quot; &amp; co," in html


def test_the_same_arguments_give_the_same_octets() -> None:
    assert a_message() == a_message()


def test_a_retry_differs_in_nothing_but_its_date() -> None:
    paper = stationery(a_rendered_issue(), a_letterhead(), SECRET)
    first = paper.message(ADA, date=DATE)
    second = paper.message(ADA, date=datetime(2015, 3, 30, 17, 0, tzinfo=UTC))
    lines = zip(first.content.split(b"\r\n"), second.content.split(b"\r\n"), strict=True)

    assert [b"Date"] == [before[:4] for before, after in lines if before != after]
    assert first.message_id == second.message_id


def date_header(paper: Stationery, at: datetime) -> str:
    return str(parsed(paper.message(ADA, date=at))["Date"])


def test_a_date_is_each_seconds_own_and_in_the_newsletters_zone() -> None:
    # One o'clock in the night comes twice when summer time ends: the wall clocks agree, and the offsets do not.
    rendered = a_rendered_issue()
    london, utc = stationery(rendered, a_letterhead(), SECRET), stationery(rendered, a_letterhead(zone=UTC), SECRET)
    first = datetime(2015, 10, 25, 0, 30, tzinfo=UTC)
    second, later = first + timedelta(hours=1), first + timedelta(milliseconds=999)

    assert "Sun, 25 Oct 2015 01:30:00 +0100" == date_header(london, first) == date_header(london, later)
    assert "Sun, 25 Oct 2015 01:30:00 +0000" == date_header(london, second) == date_header(utc, second)
    assert "Sun, 25 Oct 2015 01:30:00 +0000" == date_header(
        london, datetime(2015, 10, 25, 1, 30, tzinfo=LONDON, fold=1)
    )


def test_each_person_and_issue_has_a_message_id_of_its_own() -> None:
    tomorrow = a_rendered_issue(key=IssueKey(day=date(2015, 3, 31)))
    ids = {a_message().message_id, a_message(replace(ADA, key=b"another!")).message_id}
    ids.add(a_message(rendered=tomorrow).message_id)

    assert 3 == len(ids)
    assert all(re.fullmatch(r"<2015033[01]\.main\.[0-9a-f]{24}@lantern\.example>", each) for each in ids)


def test_a_long_line_between_two_placeholders_is_broken_as_smtp_wants_it() -> None:
    # binascii.b2a_qp breaks a text without line ends of its own with bare LFs, which servers refuse or repair.
    mark = placeholder("NAME", NONCE)
    message = a_message(rendered=a_rendered_issue(text=f"{mark} {'word ' * 40}{mark}\n"))

    assert not re.search(rb"(?<!\r)\n", message.content)
    assert longest_line(head_and_body(message)[1]) <= 76


# Names and subjects ----------------------------------------------------------------------------------------------

HOSTILE = {
    "CRLF": ("Ada\r\nBcc: all@reader.example", "Ada Bcc: all@reader.example"),
    "NUL": ("Ada\x00Marsh", "Ada Marsh"),
    "line separator": ("Ada\u2028Bcc: x@y.example", "Ada Bcc: x@y.example"),
    "emoji": ("Ada 🙂👩‍👩‍👧 Marsh", "Ada 🙂👩 👩 👧 Marsh"),  # a joiner is no letter: the family is shown one by one
    "300 letters": ("Ä" * 300, "Ä" * 300),
    "300 in one word": ("a" * 300, "a" * 300),
    "specials": ('"Marsh, Ada" <ada@evil.example>', '"Marsh, Ada" <ada@evil.example>'),
    "backslashes": ('Ada \\"\\', 'Ada \\"\\'),
    "an encoded word": ("=?utf-8?q?a=0D=0ABcc:_b@c.example?=", "=?utf-8?q?a=0D=0ABcc:_b@c.example?="),
    "half an encoded word": ("x =?utf-8?b? y", "x =?utf-8?b? y"),
    "right to left": ("\u202eadA", "adA"),
    "surrogate": ("Ada \ud800", "Ada"),
    "only spaces": (" \t ", ""),
}


@pytest.mark.parametrize(("given", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_a_name_reaches_its_header_as_text_and_nothing_else(given: str, shown: str) -> None:
    message = a_message(replace(ADA, name=given))
    name, address = parseaddr(raw_header(message, "To"))

    assert (shown, "ada@reader.example") == (decoded(name), address)
    assert 13 == len(parsed(message).keys())


@pytest.mark.parametrize(("given", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_a_subject_reaches_its_header_as_text_and_nothing_else(given: str, shown: str) -> None:
    message = a_message(rendered=a_rendered_issue(subject=given))

    assert shown == decoded(raw_header(message, "Subject"))
    assert 13 == len(parsed(message).keys())


@pytest.mark.parametrize("subject", ["word " * 60, "Wörter " * 60, "x" * 900, "…" * 300])
def test_long_subjects_are_folded(subject: str) -> None:
    message = a_message(rendered=a_rendered_issue(subject=subject))

    assert subject.strip() == decoded(raw_header(message, "Subject"))
    folded = head_and_body(message)[0].partition(b"Subject: ")[2].partition(b"\r\nList-Id")[0]
    assert longest_line(b"Subject: " + folded) <= 78


def test_a_long_address_is_not_encoded() -> None:
    address = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.example"
    message = a_message(replace(ADA, email=address, name="Ädä"))

    assert address == parsed(message)["To"].addresses[0].addr_spec
    assert f"<{address}>".encode() in message.content


def test_a_long_address_without_a_name_has_a_line_to_itself() -> None:
    address = f"{'a' * 64}@{'b' * 60}.example"

    assert address == raw_header(a_message(replace(ADA, email=address, name="")), "To")


@pytest.mark.parametrize("name", ["", "Ada Marsh", "Zoë", "Marsh, Ada"])
def test_an_address_is_written_as_it_is_given(name: str) -> None:
    to = raw_header(a_message(replace(ADA, email='".ada"@reader.example', name=name)), "To")

    assert '".ada"@reader.example' == to.rpartition(" ")[2].strip("<>")


@pytest.mark.parametrize("name", ["", "Ada Marsh", "Zoë"])
def test_an_address_beyond_ascii_stands_in_its_header_as_it_is_given(name: str) -> None:
    message = a_message(replace(ADA, email="jörg.用户@reader.example", name=name))
    [to] = re.findall(r"^To:[^\n]*(?:\n [^\n]*)*", message.content.decode(), re.MULTILINE)

    assert "jörg.用户@reader.example" == message.envelope_to
    assert "jörg.用户@reader.example" == to.rpartition(" ")[2].strip("<>\r")


@pytest.mark.parametrize("name", ["", "Ada Marsh", "Zoë"])
@pytest.mark.parametrize(
    "address",
    ["ada", "ada@x\r\nBcc: bo@y.example", "ada@x.example> <bo@y.example", "ä\x85Bcc: bo@x.example", "ä b@x.example",
     "ä@y.example> <bo@x.example"],
)  # fmt: skip
def test_what_is_no_address_reaches_no_header(name: str, address: str) -> None:
    with pytest.raises((ValueError, HeaderParseError)):
        a_message(replace(ADA, email=address, name=name))


# Leaving ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [10, 58, 76, 200, 900])
def test_list_unsubscribe_is_never_encoded_whatever_its_length(length: int) -> None:
    # `email` turns one over 58 characters into an encoded-word, which Gmail ignores (cpython #85725).
    url = f"https://lantern.example/{'p' * length}/"
    message = a_message(letterhead=a_letterhead(public_url=url))
    token = SECRET.token(ADA.key, Purpose.LEAVE)
    mailto = f"mailto:leave@lantern.example?subject=unsubscribe%20{token}"

    assert f"<{url}u/{token}>, <{mailto}>" == raw_header(message, "List-Unsubscribe")
    assert "List-Unsubscribe=One-Click" == raw_header(message, "List-Unsubscribe-Post")
    assert longest_line(message.content) <= 998


def test_without_a_page_there_is_no_one_click() -> None:
    message = parsed(a_message(letterhead=a_letterhead(public_url="")))

    assert message["List-Unsubscribe"].startswith("<mailto:leave@lantern.example?subject=unsubscribe%20")
    assert "List-Unsubscribe-Post" not in message


def test_without_any_way_out_there_is_no_such_header() -> None:
    message = parsed(a_message(letterhead=a_letterhead(public_url="", unsubscribe_mailto="")))

    assert "List-Unsubscribe" not in message


@pytest.mark.parametrize(
    ("public_url", "mailto", "link"),
    [
        ("https://l.example/", "leave@l.example", "https://l.example/u/"),
        ("", "leave@l.example", "mailto:leave@l.example?subject=unsubscribe%20"),
        ("", "", ""),
    ],
)
def test_the_link_in_the_mail_leads_to_the_page_or_to_a_mail(public_url: str, mailto: str, link: str) -> None:
    assert link == a_letterhead(public_url=public_url, unsubscribe_mailto=mailto).leave_link


def test_a_test_mails_token_is_marked_as_one() -> None:
    message = a_message(replace(ADA, purpose=Purpose.TEST))
    token = raw_header(message, "List-Unsubscribe").partition("/u/")[2].partition(">")[0]

    assert (ADA.key, Purpose.TEST) == SECRET.read_token(token)


@pytest.mark.parametrize(
    ("name", "list_id"),
    [
        ('The "Daily" \\ Lantern', '"The Daily  Lantern" <daily-lantern.lantern.example>'),
        ("Die Tägliche Laterne", "<daily-lantern.lantern.example>"),
        ("L" * 60, "<daily-lantern.lantern.example>"),
    ],
)
def test_a_list_id_is_plain_text_or_has_no_phrase(name: str, list_id: str) -> None:
    assert list_id == raw_header(a_message(letterhead=a_letterhead(name=name)), "List-Id")


def test_the_envelope_is_signed_where_bounces_are_read_and_the_senders_own_elsewhere() -> None:
    assert re.fullmatch(r"bounces\+[a-z2-7]{36}@lantern\.example", a_message().envelope_from)
    plain = a_message(letterhead=a_letterhead(bounce_address=""))
    assert ("roundup@lantern.example", "ada@reader.example") == (plain.envelope_from, plain.envelope_to)


# The fingerprint -------------------------------------------------------------------------------------------------


def with_nonce(nonce: str) -> RenderedIssue:
    old = a_rendered_issue()
    return replace(old, nonce=nonce, html=old.html.replace(NONCE, nonce), text=old.text.replace(NONCE, nonce))


def test_a_fingerprint_is_64_hex_digits_and_stable_under_the_nonce() -> None:
    first = fingerprint(a_rendered_issue(), a_letterhead())

    assert re.fullmatch("[0-9a-f]{64}", first)
    assert first == fingerprint(with_nonce("00c0ffee"), a_letterhead())


def test_a_fingerprint_does_not_depend_on_the_day_or_on_what_nobody_sees() -> None:
    unseen = a_letterhead(public_url="https://x.example/", unsubscribe_mailto="", bounce_address="", id="other")
    other_day = a_rendered_issue(key=replace(KEY, day=date(2016, 1, 1)))

    assert fingerprint(a_rendered_issue(), a_letterhead()) == fingerprint(other_day, unseen)


RENDERED = a_rendered_issue()
VISIBLE = {
    "subject": (replace(RENDERED, subject="Another"), a_letterhead()),
    "preheader": (replace(RENDERED, preheader="Another"), a_letterhead()),
    "html": (replace(RENDERED, html=RENDERED.html + " "), a_letterhead()),
    "text": (replace(RENDERED, text=RENDERED.text + " "), a_letterhead()),
    "a placeholder": (
        replace(RENDERED, text=RENDERED.text.replace(placeholder("NAME", NONCE), placeholder("EMAIL", NONCE))),
        a_letterhead(),
    ),
    "sender": (RENDERED, a_letterhead(sender="other@lantern.example")),
    "name": (RENDERED, a_letterhead(name="Another")),
    "reply to": (RENDERED, a_letterhead(reply_to="editor@lantern.example")),
    "moved between fields": (replace(RENDERED, subject="What", preheader=f" a library{RENDERED.preheader}"),
                             a_letterhead()),
}  # fmt: skip


@pytest.mark.parametrize(("rendered", "letterhead"), VISIBLE.values(), ids=VISIBLE)
def test_any_visible_change_changes_the_fingerprint(rendered: RenderedIssue, letterhead: Letterhead) -> None:
    assert fingerprint(a_rendered_issue(), a_letterhead()) != fingerprint(rendered, letterhead)
