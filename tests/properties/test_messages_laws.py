"""Whatever stands in an issue or a name: parse(build(x)) gives x back, in lines that every server takes."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header
from email.utils import parseaddr

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.messages import Addressee, stationery
from roundup.model import Message
from roundup.subscribers import one_line
from tests.builders import NONCE, SECRET, a_letterhead, a_rendered_issue

DATE = datetime(2015, 3, 30, 16, 0, tzinfo=UTC)
LAWS = settings(max_examples=300, deadline=None)
PLACEHOLDER_MARKS = [f"ru{NONCE}NAMEx", f"ru{NONCE}EMAILx", f"ru{NONCE}TOKENx"]
#: What breaks headers, quoted-printable and SMTP, between ordinary words.
SHARDS = st.sampled_from(
    [
        "word ", "=?utf-8?q?a=0D=0ABcc:_b?=", "=?utf-8?b?", "?=", "\r\n", "\r", "\n", "\n.\n", "From ", " ", "\t", "=",
        "=0A", "\x00", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u200d", "\u202e", "🙂", "é", "e\u0301", "漢" * 30,
        "x" * 100, '"', "\\", "<", ">", ",", ";", "(", ")", "@", ":", "&", "'", "\xa0", "\ufeff", "\ud800",
    ]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(SHARDS, st.text(max_size=12)), max_size=12).map("".join)
#: What a part may hold: anything that UTF-8 can, and no placeholder but ours.
BODIES = HOSTILE.map(lambda text: re.sub(r"[\ud800-\udfff]", "", text))


def a_message(*, name: str = "", subject: str = "S", text: str = "T\n", html: str = "H\n") -> Message:
    rendered = a_rendered_issue(subject=subject, text=text, html=html)
    addressee = Addressee(email="ada@reader.example", name=name, key=b"ada's  k")
    return stationery(rendered, a_letterhead(), SECRET).message(addressee, date=DATE)


def check_lines(message: Message) -> None:
    """No bare CR or LF; header lines of at most 998 octets, encoded ones of at most 76; only ASCII."""
    assert message.content.isascii()
    assert message.content.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", message.content)
    head, _, body = message.content.partition(b"\r\n\r\n")
    assert max(len(line) for line in head.split(b"\r\n")) <= 998
    assert max(len(line) for line in body.split(b"\r\n")) <= 76
    names = re.findall(rb"^[A-Za-z-]+(?=:)", head, re.MULTILINE)
    assert 13 == len(names) == len(set(names))


def decoded(header: str) -> str:
    parts = decode_header(header.replace("\r\n", ""))
    return "".join(part if isinstance(part, str) else part.decode(charset or "ascii") for part, charset in parts)


def header(message: Message, name: str) -> str:
    head = message.content.partition(b"\r\n\r\n")[0].decode()
    found = re.search(rf"^{name}:([^\r\n]*(?:\r\n[ ][^\r\n]*)*)", head, re.MULTILINE)
    assert found is not None
    return found[1].removeprefix(" ")


@LAWS
@given(subject=HOSTILE)
def test_a_subject_comes_back(subject: str) -> None:
    message = a_message(subject=subject)

    check_lines(message)
    assert one_line(subject) == decoded(header(message, "Subject"))


@LAWS
@given(name=HOSTILE)
def test_a_name_comes_back_beside_its_address(name: str) -> None:
    message = a_message(name=name)
    shown, address = parseaddr(header(message, "To").replace("\r\n", ""))

    check_lines(message)
    assert (one_line(name), "ada@reader.example") == (decoded(shown), address)


@LAWS
@given(text=BODIES, html=BODIES)
def test_both_parts_come_back_but_for_their_line_ends(text: str, html: str) -> None:
    message = a_message(text=text, html=html)

    check_lines(message)
    assert [as_mailed(text), as_mailed(html)] == bodies(message)


def bodies(message: Message) -> list[str]:
    """What each part holds, decoded, its line ends as they came."""
    parts = email.message_from_bytes(message.content, policy=email.policy.default).iter_parts()
    octets = [part.get_payload(decode=True) for part in parts]
    return [each.decode() for each in octets if isinstance(each, bytes)]


def as_mailed(text: str) -> str:
    """With the line ends of mail, the last line ended."""
    return "\r\n".join(re.split(r"\r\n|\r|\n", text.removesuffix("\n"))) + "\r\n"


@LAWS
@given(pieces=st.lists(BODIES, min_size=1, max_size=5), marks=st.lists(st.sampled_from(PLACEHOLDER_MARKS), max_size=5))
def test_placeholders_are_filled_wherever_they_stand(pieces: list[str], marks: list[str]) -> None:
    mixed = [each for pair in zip(pieces, [*marks, *[""] * 5], strict=False) for each in pair]
    message = a_message(text="".join(mixed) + "\n", name="Ada Marsh")
    text = bodies(message)[0]

    check_lines(message)
    assert f"ru{NONCE}" not in text
    assert "".join(mixed).count(PLACEHOLDER_MARKS[0]) <= text.count("Ada Marsh")
