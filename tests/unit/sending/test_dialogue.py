"""One SMTP conversation against scripted replies, pipelined and not: what is said, and when."""

import pytest

from roundup.model import Deferred, Outcome, Refused, Reply
from roundup.sending.dialogue import Extensions
from tests.fakes.tables import (
    BOTH,
    BUSY,
    CONTENT,
    GO_ON,
    GONE,
    NO_SUCH,
    OK,
    PIPELINED,
    TAKEN,
    WAIT,
    Table,
    a_message,
    envelope,
)

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
