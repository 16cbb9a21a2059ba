"""One SMTP conversation against scripted replies, pipelined and not."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.model import Accepted, Deferred, Message, NotOffered, Outcome, Refused, Reply, Unknown
from roundup.sending.dialogue import BrokenLineError, Dialogue, Extensions

CONTENT = b"Subject: hello\r\n\r\nhello\r\n"
OK = b"250 2.0.0 ok\r\n"
GO_ON = b"354 go on\r\n"
PIPELINED, PLAIN = Extensions(pipelining=True), Extensions()
BOTH = pytest.mark.parametrize("extensions", [PIPELINED, PLAIN], ids=["pipelined", "plain"])
TAKEN = Accepted(reply=Reply(code=250, text="2.0.0 ok"))


def a_message(to: str = "ada@example.com", content: bytes = CONTENT) -> Message:
    return Message(
        envelope_from="b+1@lantern.example", envelope_to=to, message_id="<1@lantern.example>", content=content
    )


def envelope(to: str = "ada@example.com") -> bytes:
    """What is said before a message's octets, in one."""
    return f"MAIL FROM:<b+1@lantern.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode()


class Table:
    """A dialogue, all that was said in it, and all that came of it. Whatever it says goes out at once."""

    def __init__(self, extensions: Extensions = PLAIN) -> None:
        self.said = b""
        self.events: list[Outcome | str] = []
        self.dialogue = Dialogue(
            extensions,
            asked=lambda: self.events.append("asked"),
            answered=self.events.append,
            idle=lambda: self.events.append("idle"),
        )

    def give(self, *messages: Message) -> bytes:
        return self._out(b"".join(self.dialogue.give(message) for message in messages))

    def release(self) -> bytes:
        return self._out(self.dialogue.release())

    def hear(self, *replies: bytes) -> bytes:
        return self._out(b"".join(self.dialogue.hear(reply, sent=len(self.said)) for reply in replies))

    def envelope_is_taken(self) -> None:
        """The next hop takes the envelope, however it was said, and asks for the octets."""
        self.hear(OK)
        self.hear(OK)
        self.hear(GO_ON)
        assert "asked" == self.events.pop()

    def _out(self, octets: bytes) -> bytes:
        self.said += octets
        return octets

    def broken(self, *, sent: int | None = None) -> list[Outcome | str]:
        """What breaking off answers, when so many octets of what was said had gone."""
        before = len(self.events)
        self.dialogue.broken("it is gone", sent=len(self.said) if sent is None else sent)
        return self.events[before:]


# One message, two messages ---------------------------------------------------------------------------------------


def test_one_command_at_a_time_where_pipelining_is_not_offered() -> None:
    table = Table()

    assert b"MAIL FROM:<b+1@lantern.example>\r\n" == table.give(a_message())
    assert b"RCPT TO:<ada@example.com>\r\n" == table.hear(OK)
    assert b"DATA\r\n" == table.hear(OK)
    assert (b"", ["asked"]) == (table.hear(GO_ON), table.events)
    assert CONTENT + b".\r\n" == table.release()
    assert (b"", ["asked", TAKEN, "idle"]) == (table.hear(OK), table.events)


def test_a_pipelined_envelope_is_one_write() -> None:
    table = Table(PIPELINED)

    assert envelope() == table.give(a_message())
    assert (b"", ["asked"]) == (table.hear(OK + OK + GO_ON), table.events)
    assert CONTENT + b".\r\n" == table.release()
    table.hear(OK)
    assert ["asked", TAKEN, "idle"] == table.events


def test_one_write_carries_the_octets_the_dot_and_the_next_envelope() -> None:
    table = Table(PIPELINED)
    table.give(a_message())
    table.envelope_is_taken()
    assert b"" == table.give(a_message("bo@example.com"))

    assert CONTENT + b".\r\n" + envelope("bo@example.com") == table.release()
    assert b"" == table.hear(OK + OK + OK + GO_ON)
    # The second message's octets wait until they are released.
    assert [TAKEN, "asked"] == table.events
    assert CONTENT + b".\r\n" == table.release()


def test_an_envelope_that_is_given_after_the_release_goes_out_at_once() -> None:
    table = Table(PIPELINED)
    table.give(a_message())
    table.envelope_is_taken()
    table.release()

    assert envelope("bo@example.com") == table.give(a_message("bo@example.com"))


def test_without_pipelining_the_next_envelope_waits_for_the_answer() -> None:
    table = Table()
    table.give(a_message(), a_message("bo@example.com"))
    table.envelope_is_taken()

    assert CONTENT + b".\r\n" == table.release()
    assert b"MAIL FROM:<b+1@lantern.example>\r\n" == table.hear(OK)
    assert [TAKEN] == table.events


@BOTH
def test_no_octets_go_before_they_are_released(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message(), a_message("bo@example.com"))
    for _ in range(2):
        table.envelope_is_taken()
        assert table.said.count(CONTENT) == len([each for each in table.events if each == TAKEN])
        table.release()
        table.hear(OK)

    assert [TAKEN, TAKEN, "idle"] == table.events
    assert 2 == table.said.count(CONTENT)


@BOTH
def test_it_has_room_for_two(extensions: Extensions) -> None:
    table = Table(extensions)
    rooms = [table.dialogue.has_room]
    for _ in range(2):
        table.give(a_message())
        rooms.append(table.dialogue.has_room)
    table.envelope_is_taken()
    table.release()
    table.hear(OK)

    assert [True, True, False, True] == [*rooms, table.dialogue.has_room]


@BOTH
def test_it_knows_how_long_to_be_patient(extensions: Extensions) -> None:
    table = Table(extensions)
    seen = [table.dialogue.patience]
    table.give(a_message())
    seen.append(table.dialogue.patience)
    for reply in (OK, OK, GO_ON):
        table.hear(reply)
        seen.append(table.dialogue.patience)
    table.release()
    seen.append(table.dialogue.patience)
    table.hear(OK)

    # RFC 5321 §4.5.3.2: MAIL, RCPT, DATA, nothing while we are asked, the final dot.
    assert [0, 300, 300, 120, 0, 600, 0] == [*seen, table.dialogue.patience]


# Refusals --------------------------------------------------------------------------------------------------------

NO_SUCH = b"550 5.1.1 nobody\r\n"
GONE = Refused(reply=Reply(code=550, text="5.1.1 nobody"), person_is_gone=True)
BUSY = b"450 4.2.1 busy\r\n"
WAIT = Deferred(reply=Reply(code=450, text="4.2.1 busy"))


@pytest.mark.parametrize(("reply", "outcome"), [(NO_SUCH, GONE), (BUSY, WAIT)])
def test_who_is_refused_without_pipelining_costs_an_rset(reply: bytes, outcome: Outcome) -> None:
    table = Table()
    table.give(a_message(), a_message("bo@example.com"))
    table.hear(OK)

    assert b"RSET\r\n" == table.hear(reply)
    assert [outcome] == table.events
    assert b"MAIL FROM:<b+1@lantern.example>\r\n" == table.hear(OK)


def test_who_is_refused_in_a_group_is_told_after_the_answer_to_data() -> None:
    table = Table(PIPELINED)
    table.give(a_message(), a_message("bo@example.com"))

    assert b"" == table.hear(OK + NO_SUCH)
    assert [] == table.events
    assert b"RSET\r\n" + envelope("bo@example.com") == table.hear(b"503 5.5.1 no valid recipients\r\n")
    assert [GONE] == table.events
    table.hear(OK)
    table.envelope_is_taken()


def test_a_354_in_spite_of_a_refused_recipient_is_answered_by_a_dot_alone() -> None:
    table = Table(PIPELINED)
    table.give(a_message(), a_message("bo@example.com"))

    # RFC 2920 §3.1.
    assert b".\r\nRSET\r\n" + envelope("bo@example.com") == table.hear(OK + NO_SUCH + GO_ON)
    assert [GONE] == table.events
    # Whatever is said of the empty message, nobody has it.
    table.hear(b"554 5.5.1 no valid recipients\r\n" + OK)
    table.envelope_is_taken()
    assert CONTENT not in table.said


@pytest.mark.parametrize("answer", [NO_SUCH, BUSY])
def test_the_next_one_may_be_refused_while_the_present_one_is_taken(answer: bytes) -> None:
    table = Table(PIPELINED)
    table.give(a_message(), a_message("bo@example.com"))
    table.envelope_is_taken()
    table.release()

    assert b"RSET\r\n" == table.hear(OK + OK + answer + b"503 5.5.1 need RCPT\r\n")
    assert [TAKEN, GONE if answer == NO_SUCH else WAIT, "idle"] == table.events


@BOTH
@pytest.mark.parametrize("reply", [b"550 5.1.1 who are you\r\n", b"553 no\r\n", b"550 5.7.1 not you\r\n"])
def test_a_refused_envelope_sender_is_about_us(extensions: Extensions, reply: bytes) -> None:
    table = Table(extensions)
    table.give(a_message())
    table.hear(reply)
    if extensions.pipelining:
        table.hear(b"503 5.5.1 need MAIL\r\n", b"503 5.5.1 need RCPT\r\n")

    assert ["Deferred", "idle"] == [each if isinstance(each, str) else type(each).__name__ for each in table.events]
    assert table.said.endswith(b"RSET\r\n")


@BOTH
def test_data_may_be_refused(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message())
    table.hear(OK)
    table.hear(OK)

    assert b"RSET\r\n" == table.hear(b"451 4.3.0 no room\r\n")
    assert [Deferred(reply=Reply(code=451, text="4.3.0 no room")), "idle"] == table.events


@BOTH
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (b"554 5.6.0 not like that\r\n", Refused(reply=Reply(code=554, text="5.6.0 not like that"))),
        (b"550 5.7.1 spam\r\n", Deferred(reply=Reply(code=550, text="5.7.1 spam"))),
        (b"451 4.3.0 later\r\n", Deferred(reply=Reply(code=451, text="4.3.0 later"))),
    ],
)
def test_a_message_may_be_refused_at_its_dot_and_the_line_goes_on(
    extensions: Extensions, reply: bytes, outcome: Outcome
) -> None:
    table = Table(extensions)
    table.give(a_message(), a_message("bo@example.com"))
    table.envelope_is_taken()
    table.release()
    table.hear(reply)

    assert [outcome] == table.events
    table.envelope_is_taken()
    assert b"RSET" not in table.said


# What nobody can go on from --------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("said", [b"250 ok\r\n", b"421 4.4.2 idle for too long\r\n", b"550 5.7.1 go away\r\n"])
def test_whatever_is_said_unasked_breaks_the_line(extensions: Extensions, said: bytes) -> None:
    table = Table(extensions)
    with pytest.raises(BrokenLineError, match="unasked"):
        table.hear(said)


@BOTH
def test_whatever_is_said_between_the_354_and_the_octets_breaks_the_line(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message())
    table.envelope_is_taken()
    with pytest.raises(BrokenLineError):
        table.hear(b"550 5.7.1 too slow\r\n")

    assert [NotOffered] == [type(each) for each in table.broken()]


@BOTH
def test_an_answer_before_the_dot_has_gone_is_no_answer_to_the_message(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message())
    table.envelope_is_taken()
    half = len(table.said) + 5
    table.release()
    with pytest.raises(BrokenLineError):
        table.dialogue.hear(OK, sent=half)

    assert [NotOffered] == [type(each) for each in table.broken(sent=half)]


@BOTH
@pytest.mark.parametrize("replies", range(4))
@pytest.mark.parametrize(
    "garbage", [b"what?\r\n", b"\r\n", b"25 ok\r\n", b"250ok\r\n", b"HTTP/1.1 400 Bad Request\r\n", b"\xff\xfe\x00\r\n",
                b"199 hm\r\n", b"000 hm\r\n", b"600 hm\r\n", b"999 hm\r\n", b"354 hm\r\n" * 4, b"334 hm\r\n"]
)  # fmt: skip
def test_what_is_no_answer_breaks_the_line(extensions: Extensions, replies: int, garbage: bytes) -> None:
    table = Table(extensions)
    table.give(a_message())
    for reply in [OK, OK, GO_ON][:replies]:
        table.hear(reply)
    if replies == 3:
        table.release()
    table.events.clear()
    with pytest.raises(BrokenLineError):
        # One that asks for the octets at the right place is no garbage; the next one is.
        table.hear(garbage)

    answers = [type(each) for each in table.broken()]
    assert [Unknown if replies == 3 else NotOffered] == answers


@BOTH
def test_a_250_to_data_breaks_the_line(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message())
    table.hear(OK)
    table.hear(OK)
    with pytest.raises(BrokenLineError, match="unexpected answer: 250"):
        table.hear(OK)


@pytest.mark.parametrize("octets", [b"2" * 70_000, b"250-more\r\n" * 8_000, b"250 " + b"x" * 70_000])
def test_a_reply_without_an_end_breaks_the_line(octets: bytes) -> None:
    table = Table()
    table.give(a_message())
    with pytest.raises(BrokenLineError, match="no end"):
        table.hear(octets)


@BOTH
@pytest.mark.parametrize(("place", "over_it"), [(0, False), (1, True), (2, True)])
def test_a_421_breaks_the_line_wherever_it_comes(extensions: Extensions, place: int, *, over_it: bool) -> None:
    table = Table(extensions)
    table.give(a_message(), a_message("bo@example.com"))
    for reply in [OK, OK, GO_ON][:place]:
        table.hear(reply)
    with pytest.raises(BrokenLineError, match=r"^421 4\.3\.2 closing"):
        table.hear(b"421 4.3.2 closing\r\n")
    answers = table.broken()

    assert [NotOffered, NotOffered] == [type(each) for each in answers]
    # Whoever stands behind never has to wait for it; nor has the first, if not even its sender was taken.
    flags = [isinstance(each, NotOffered) and each.over_it for each in answers]
    assert [over_it, False] == flags


@BOTH
def test_a_421_to_the_dot_answers_the_message_and_breaks_the_line(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message(), a_message("bo@example.com"))
    table.envelope_is_taken()
    table.release()
    with pytest.raises(BrokenLineError, match=r"^421"):
        table.hear(b"421 4.3.2 closing\r\n")

    assert [Deferred(reply=Reply(code=421, text="4.3.2 closing"))] == table.events
    assert [NotOffered] == [type(each) for each in table.broken()]


def test_a_refused_rset_breaks_the_line() -> None:
    table = Table()
    table.give(a_message())
    table.hear(OK)
    table.hear(NO_SUCH)
    with pytest.raises(BrokenLineError, match="refused RSET"):
        table.hear(b"502 5.5.1 what?\r\n")


# Breaking off ----------------------------------------------------------------------------------------------------


@BOTH
def test_only_whose_final_dot_may_have_gone_is_in_doubt(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message(), a_message("bo@example.com"))
    table.envelope_is_taken()
    begin = len(table.said)
    table.release()
    end = begin + len(CONTENT) + 3

    for sent in range(begin, len(table.said) + 1):
        again = Table(extensions)
        again.give(a_message(), a_message("bo@example.com"))
        again.envelope_is_taken()
        again.release()
        first, second = again.broken(sent=sent)
        assert isinstance(first, Unknown if sent >= end else NotOffered)
        assert second == NotOffered(why="the line broke before the message was offered: it is gone")


@BOTH
def test_a_line_that_breaks_before_it_was_said_who_it_is_for_is_nobodys_fault(extensions: Extensions) -> None:
    table = Table(extensions)
    assert [] == table.broken()
    table.give(a_message())

    assert [NotOffered(why="the line broke before the message was offered: it is gone")] == table.broken(sent=0)


@BOTH
def test_a_line_that_breaks_over_a_recipient_says_so(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message(), a_message("bo@example.com"))
    table.hear(OK)
    why = "the line broke before the message was offered: it is gone"

    assert [NotOffered(why=why, over_it=True), NotOffered(why=why)] == table.broken()


@BOTH
def test_what_was_answered_is_not_answered_again(extensions: Extensions) -> None:
    table = Table(extensions)
    table.give(a_message())
    table.envelope_is_taken()
    table.release()
    table.hear(OK)

    assert [] == table.broken()


# Extensions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extensions", "content", "to", "expected"),
    [
        (Extensions(), "é".encode(), "ada@example.com", b""),
        (Extensions(size=True), b"abc", "ada@example.com", b" SIZE=3"),
        (Extensions(eight_bit=True), b"abc", "ada@example.com", b""),
        (Extensions(eight_bit=True), "é".encode(), "ada@example.com", b" BODY=8BITMIME"),
        (Extensions(utf8=True), b"abc", "ada@example.com", b""),
        (Extensions(utf8=True), b"abc", "ädä@example.com", b" SMTPUTF8"),
        (Extensions(utf8=True, eight_bit=True, size=True), "é".encode(), "ädä@example.com",
         b" SIZE=2 BODY=8BITMIME SMTPUTF8"),
    ],
)  # fmt: skip
def test_what_was_announced_is_used_where_it_is_needed(
    extensions: Extensions, content: bytes, to: str, expected: bytes
) -> None:
    table = Table(extensions)

    assert b"MAIL FROM:<b+1@lantern.example>" + expected + b"\r\n" == table.give(a_message(to, content))
    assert f"RCPT TO:<{to}>\r\n".encode() == table.hear(OK)


@BOTH
def test_an_address_beyond_ascii_is_not_offered_to_who_does_not_know_it(extensions: Extensions) -> None:
    table = Table(extensions)

    assert b"" == table.give(a_message("ädä@example.com"))
    first, second = table.events
    assert isinstance(first, Refused)
    assert (550, False, "idle") == (first.reply.code, first.person_is_gone, second)
    assert table.give(a_message()).startswith(b"MAIL")


@pytest.mark.parametrize("octets", [10, 11])
def test_an_issue_that_is_too_large_is_not_offered(octets: int) -> None:
    table = Table(Extensions(size=True, most_octets=10))
    table.give(a_message(content=b"x" * octets))

    assert ([] if octets == 10 else ["idle"]) == table.events[1:]
    assert (octets == 11) == any(isinstance(each, Deferred) and each.reply.code == 552 for each in table.events)


def test_who_cannot_be_offered_anything_keeps_nobody_waiting() -> None:
    table = Table(PIPELINED)
    table.give(a_message(), a_message("ädä@example.com"))
    table.envelope_is_taken()

    assert CONTENT + b".\r\n" == table.release()
    table.hear(OK)
    assert [TAKEN, "Refused", "idle"] == [
        type(each).__name__ if isinstance(each, Refused) else each for each in table.events
    ]
    assert envelope() == table.give(a_message())


# Dots ------------------------------------------------------------------------------------------------------------


def unstuffed(octets: bytes) -> bytes:
    """As a server reads it (RFC 5321 §4.5.2)."""
    lines = octets.split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


@settings(max_examples=200)
@given(lines=st.lists(st.sampled_from([b"", b".", b"..", b"a", b".a", b"a.", b"...b"]), max_size=8))
def test_a_foreign_contents_dots_come_through(lines: Sequence[bytes]) -> None:
    content = b"\r\n".join([*lines, b""])
    table = Table()
    table.give(a_message(content=content))
    table.envelope_is_taken()
    said = table.release()

    assert said.endswith(b".\r\n")
    stuffed = said[:-3]
    assert b"\r\n.\r\n" not in b"\r\n" + stuffed
    assert unstuffed(stuffed) == content
    # What counts as its end is its end on the wire.
    assert [Unknown] == [type(each) for each in table.broken()]


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_stuffed_message_is_in_doubt_only_when_its_own_dot_may_have_gone(missing: int) -> None:
    table = Table()
    table.give(a_message(content=b".\r\n.a\r\n"))
    table.envelope_is_taken()
    table.release()

    assert [NotOffered] == [type(each) for each in table.broken(sent=len(table.said) - missing)]


# However the octets come -----------------------------------------------------------------------------------------

LONG = b"250-2.1.5 first\r\n250-2.1.5 second\r\n250 2.1.5 last\r\n"
#: What a next hop says to two messages, of which the first is taken and the second is not.
TO_TWO = [
    [LONG, OK, b"354-end it\r\n354 with a dot\r\n"],
    [b"250-2.0.0 it is\r\n250 queued\r\n", LONG, b"550-5.1.1 nobody\r\n550 5.1.1 here\r\n", b"503 5.5.1 no\r\n", OK],
]


def conversation(cuts: Sequence[int]) -> tuple[list[Outcome | str], bytes]:
    """What comes of a pipelined conversation whose replies are cut into pieces at `cuts`."""
    table = Table(PIPELINED)
    table.give(a_message(), a_message("bo@example.com"))
    for number, replies in enumerate(TO_TWO):
        octets = b"".join(replies)
        # The answer to RSET comes only when that was said.
        ends = sorted({min(cut, len(octets)) for cut in cuts} | {0, len(octets)})
        pieces = [octets[start:end] for start, end in pairwise(ends)]
        if number:
            table.release()
        table.hear(*pieces)
    return table.events, table.said


def test_several_replies_in_one_read_are_several_replies() -> None:
    events, said = conversation([])
    no = Refused(reply=Reply(code=550, text="5.1.1 nobody 5.1.1 here"), person_is_gone=True)

    assert ["asked", Accepted(reply=Reply(code=250, text="2.0.0 it is queued")), no, "idle"] == events
    assert envelope() + CONTENT + b".\r\n" + envelope("bo@example.com") + b"RSET\r\n" == said


def test_an_octet_at_a_time_is_the_same() -> None:
    assert conversation([]) == conversation(range(1000))


@given(cuts=st.lists(st.integers(0, 200), max_size=10))
def test_wherever_it_is_cut_it_is_the_same(cuts: Sequence[int]) -> None:
    assert conversation([]) == conversation(cuts)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_bare_line_feed_ends_a_reply_too(end: bytes) -> None:
    table = Table()
    table.give(a_message())

    assert table.hear(b"250 ok" + end).startswith(b"RCPT")
    assert table.hear(b"250" + end).startswith(b"DATA")
