"""Whatever stands in an issue or a name: parse(build(x)) gives x back, in lines that every server takes."""

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header
from email.utils import parseaddr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roundup.email_address import one_line
from roundup.messages import Addressee, filled, stationery
from roundup.model import Message
from roundup.rendering import placeholder
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
        ".", "..", ".NET ",
    ]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(SHARDS, st.text(max_size=12)), max_size=12).map("".join)
#: Addresses as they may be typed: all that RFC 5321 §4.1.2 allows before the @, quoted strings too.
ADDRESSES = st.one_of(
    st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,40}(\.[a-z0-9-]{1,20})?", fullmatch=True),
    st.from_regex(r'"[a-z.<>@&=\' -]{1,40}"', fullmatch=True),
).map(lambda local: f"{local}@reader.example")
#: Names that begin a line with a dot, at once or after a soft line break.
DOTTED = [".NET", ".", "..", ". .", "." * 150, f"{'x' * 74}.", f"{'x' * 75}.NET", f"{'x' * 74}..{'y' * 80}",
          f"{'.' * 73} ", f"&.{'<.' * 60}", f"{'é.' * 60}", f"{'x' * 74}{'.' * 76}"]  # fmt: skip
#: What a part may hold: anything that UTF-8 can, and no placeholder but ours.
BODIES = HOSTILE.map(lambda text: re.sub(r"[\ud800-\udfff]", "", text))


def a_message(*, name: str = "", subject: str = "S", text: str = "T\n", html: str = "H\n") -> Message:
    rendered = a_rendered_issue(subject=subject, text=text, html=html)
    addressee = Addressee(email="ada@reader.example", name=name, key=b"ada's  k")
    return stationery(rendered, a_letterhead(), SECRET).message(addressee, date=DATE)


def check_lines(message: Message) -> None:
    """No bare CR or LF; header lines of at most 998 octets, encoded ones of at most 76; only ASCII; and nothing for
    a sender to double, for no line begins with a dot (RFC 5321 §4.5.2)."""
    assert message.undotted
    assert not re.search(rb"^\.", message.content, re.MULTILINE)
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


NAME, EMAIL, TOKEN = (placeholder(name, NONCE) for name in ("NAME", "EMAIL", "TOKEN"))


def check_filled(name: str, address: str, *, before: str = "", after: str = "") -> None:
    """A person's copy reads as plain substitution has it, in lines that need nothing doubled."""
    addressee = Addressee(email=address, name=name, key=b"ada's  k")
    both = f"{before}{NAME}{after}{EMAIL}{TOKEN}{NAME}\n"
    rendered = a_rendered_issue(text=both, html=f"<p>{both}")
    html, text = filled(rendered, addressee, SECRET)
    message = stationery(rendered, a_letterhead(), SECRET).message(addressee, date=DATE)

    check_lines(message)
    assert [as_mailed(text), as_mailed(html)] == bodies(message)
    check_to(message, name, address)


def check_to(message: Message, name: str, address: str) -> None:
    """One mailbox: the address to the octet, and before it the name."""
    value = header(message, "To").replace("\r\n", "")
    phrase = value.removesuffix(f"<{address}>")

    assert value in (address, f"{phrase}<{address}>")
    # `parseaddr` reads the name beside an address that it understands in every version.
    assert one_line(name) == ("" if value == address else decoded(parseaddr(f"{phrase}<a@b.example>")[0]))


@LAWS
@given(name=HOSTILE, address=ADDRESSES, before=BODIES, after=BODIES)
@example(name="Ada", address='".ada"@reader.example', before="", after="")
@example(name="", address=f"{'a' * 64}@{'b' * 60}.example", before="", after="")
@example(name=".NET", address='"...."@reader.example', before="\n", after="\n.")
def test_a_copy_reads_as_its_rendering_filled_in(name: str, address: str, before: str, after: str) -> None:
    check_filled(name, address, before=before, after=after)


@pytest.mark.parametrize("dotted", DOTTED)
def test_no_line_begins_with_a_dot_wherever_a_name_or_a_text_is_broken(dotted: str) -> None:
    check_filled(dotted, "ada@reader.example")
    check_filled("Ada", "ada@reader.example", before=dotted, after=f"\n{dotted}")


@LAWS
@given(letters=st.text("x.=é \n", min_size=60, max_size=400))
def test_dots_among_broken_lines_come_back(letters: str) -> None:
    message = a_message(text=letters)

    check_lines(message)
    assert as_mailed(letters) == bodies(message)[0]
