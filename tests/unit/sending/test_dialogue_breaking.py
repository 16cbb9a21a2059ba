"""One SMTP conversation that breaks, and replies that come in pieces: who is in doubt, and who is not."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.model import Accepted, Deferred, NotOffered, Outcome, Refused, Reply, Unknown
from roundup.sending.dialogue import BrokenLineError, Extensions
from tests.fakes.tables import (
    BOTH,
    CONTENT,
    GO_ON,
    NO_SUCH,
    OK,
    PIPELINED,
    Table,
    a_message,
    envelope,
)

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


def test_a_line_that_we_end_ourselves_is_nobodys_fault() -> None:
    table = Table(PIPELINED)
    table.give(a_message())
    table.envelope_is_taken()
    table.dialogue.broken("the delivery ended", sent=len(table.said), peaceful=True)

    (outcome,) = table.events
    assert isinstance(outcome, NotOffered)
    assert not outcome.over_it
