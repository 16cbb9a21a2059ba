"""What the sender that speaks SMTP makes of every word that a server can say, and of its silence."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from roundup.model import Accepted, Deferred, NotOffered, Refused, Reply, Unknown
from roundup.sending import Answered, Asked, Ended, NoWay, Ready
from tests.fakes.driving import Driver, a_message, an_smtp_sender, sent, some_messages
from tests.fakes.servers import Script, Talk, a_server
from tests.sinks import Sink, a_sink


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with a_sink(tmp_path) as running:
        yield running


# SMTP, refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local_part", "outcome"),
    [
        ("x-450", Deferred(reply=Reply(code=450, text="4.2.1 mailbox busy"))),
        ("x-550", Refused(reply=Reply(code=550, text="5.1.1 no such person here"), person_is_gone=True)),
        ("x-571", Deferred(reply=Reply(code=550, text="5.7.1 you may not send here"))),
    ],
)
def test_a_refused_recipient_is_told_as_the_server_said_it_and_the_line_goes_on(
    sink: Sink, local_part: str, outcome: Deferred | Refused
) -> None:
    driver = sent(an_smtp_sender(sink.port, connections=1), a_message(to=f"{local_part}@example.com"), a_message())

    assert [outcome, Accepted] == [driver.outcomes[0][1], type(driver.outcomes[1][1])]
    assert "Ended" not in driver.kinds
    assert sink.copies() == {"ada@example.com": 1}


def refusing(command: str, answer: str) -> Script:
    """A server that refuses the first of a kind of command, and takes everything else."""

    def script(talk: Talk) -> None:
        talk.greet()
        refused = False
        while said := talk.line():
            if said.startswith(command) and not refused:
                refused = True
                talk.say(answer)
            elif said == "DATA":
                talk.say("354 go on")
                talk.message()
                talk.say(answer if command == "." and not refused else "250 2.0.0 taken")
                refused = refused or command == "."
            else:
                talk.say("221 bye" if said == "QUIT" else "250 ok")

    return script


@pytest.mark.parametrize("where", ["MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize(
    ("answer", "elsewhere", "at_mail"),
    [
        ("451 4.3.0 later", Deferred, Deferred),
        ("550 5.1.1 nobody", Refused, Deferred),
        ("550 5.7.1 not you", Deferred, Deferred),
    ],
)
def test_a_refusal_anywhere_is_an_answer_and_the_line_goes_on(
    where: str, answer: str, elsewhere: type, at_mail: type
) -> None:
    with a_server(refusing(where, answer)) as server:
        driver = sent(an_smtp_sender(server.port, connections=1), *some_messages(3))

        expected = at_mail if where == "MAIL" else elsewhere
        assert [expected, Accepted, Accepted] == [type(outcome) for _, outcome in driver.outcomes]
        first = driver.outcomes[0][1]
        assert isinstance(first, Deferred | Refused)
        assert answer == f"{first.reply.code} {first.reply.text}"
        assert 1 == len(server.talks)


# SMTP, broken ----------------------------------------------------------------------------------------------------


def test_a_server_that_closes_the_line_was_not_offered_the_message(sink: Sink) -> None:
    driver = sent(an_smtp_sender(sink.port), a_message(to="x-421@example.com"))

    why = "the line broke before the message was offered: 421 4.3.2 closing the line"
    assert [("x-421@example.com", NotOffered(why=why, over_it=True))] == driver.outcomes
    assert sink.lines() == []


def test_a_line_that_breaks_in_the_middle_of_a_message_is_never_taken_for_acceptance(sink: Sink) -> None:
    # So large that it cannot lie in a buffer when the line breaks: it is still on its way.
    large = a_message(b"\r\n" + (b"x" * 70 + b"\r\n") * 500_000, to="x-drop-before-dot@example.com")
    driver = sent(an_smtp_sender(sink.port), large)

    assert [NotOffered] == [type(outcome) for _, outcome in driver.outcomes]
    assert sink.lines() == []


def test_a_line_that_breaks_after_the_final_dot_leaves_the_message_in_doubt(sink: Sink) -> None:
    driver = sent(an_smtp_sender(sink.port), a_message(to="x-drop-after-dot@example.com"))

    assert [Unknown] == [type(outcome) for _, outcome in driver.outcomes]
    assert sink.copies() == {"x-drop-after-dot@example.com": 1}


def after(step: int, what: str) -> Script:
    """A server that takes `step` steps of a message's way, then says something or goes."""

    def script(talk: Talk) -> None:
        talk.greet()
        for number in range(4):
            if number == step:
                break
            talk.line()
            if number < 3:
                talk.say("354 go on" if number == 2 else "250 ok")
        if step == 3:
            talk.message()
        elif what != "unasked":
            talk.line()
        if what == "reset":
            talk.reset()
        elif what not in ("close", "unasked"):
            talk.say(what)
            talk.line()
        elif what == "unasked":
            talk.say("250 ok")
            talk.line()

    return script


@pytest.mark.parametrize("what", ["close", "reset", "hello?", "199 what", "334 AAAA", "421 4.3.2 closing"])
@pytest.mark.parametrize("step", range(4))
def test_only_a_message_whose_dot_has_gone_is_in_doubt_whatever_breaks_the_line(step: int, what: str) -> None:
    with a_server(after(step, what), lambda talk: talk.be_polite()) as server:
        driver = sent(an_smtp_sender(server.port, connections=1), a_message(), a_message(number=2))

        in_doubt = Deferred if what.startswith("421") else Unknown
        assert isinstance(driver.outcomes[0][1], in_doubt if step == 3 else NotOffered)
        assert 2 == len(driver.outcomes)
        (first, *_) = [event.why for event in driver.events if isinstance(event, Ended)]
        assert first


def test_a_line_that_is_closed_while_it_has_nothing_to_do_hurts_nobody() -> None:
    def goes(talk: Talk) -> None:
        talk.greet()
        talk.say("421 4.4.2 idle for too long")

    with a_server(goes, lambda talk: talk.be_polite()) as server:
        driver = Driver(an_smtp_sender(server.port, connections=1))
        driver.until(Ended)
        assert driver.outcomes == []
        driver.send([a_message()])
        driver.lines.close()

    assert [Accepted] == [type(outcome) for _, outcome in driver.outcomes]


def test_a_server_that_breaks_every_line_is_given_up_and_nothing_follows() -> None:
    def breaks(talk: Talk) -> None:
        talk.greet()
        talk.line()

    with a_server(breaks) as server:
        driver = Driver(an_smtp_sender(server.port))
        driver.send(some_messages(50))
        events = len(driver.events)
        driver.turn(0.2)
        driver.lines.close()

        assert isinstance(driver.events[-1], NoWay)
        assert events == len(driver.events)
        assert 5 == len(server.talks)
    assert {NotOffered} == {type(outcome) for _, outcome in driver.outcomes}


# Pipelining ------------------------------------------------------------------------------------------------------


def test_a_pipelined_envelope_waits_for_no_answer_and_the_next_rides_on_the_message() -> None:
    silent: list[bool] = []

    def script(talk: Talk) -> None:
        talk.greet("PIPELINING")
        for _ in range(3):
            talk.line()
        talk.say("250 ok", "250 ok", "354 go on")
        talk.message()
        # The next envelope is here before the message is answered.
        for _ in range(3):
            talk.line()
        talk.say("250 2.0.0 taken", "250 ok", "250 ok", "354 go on")
        silent.append(talk.is_silent(0.3))
        talk.message()
        talk.say("250 2.0.0 taken")
        talk.line()

    with a_server(script) as server:
        driver = Driver(an_smtp_sender(server.port, connections=1))
        line = driver.until(Ready)
        waiting = deque(some_messages(2))
        driver.give(line, waiting)
        driver.until(Asked)
        driver.give(line, waiting)
        line.release()
        driver.until(Answered)
        while not silent:
            driver.turn(0.05)
        line.release()
        driver.until(Answered)
        driver.lines.close()

    assert [True] == silent
    assert [Accepted, Accepted] == [type(outcome) for _, outcome in driver.outcomes]
    assert [b"20261120.main.0", b"20261120.main.1"] == [each[13:28] for each in server.messages]
    assert ["EHLO", *["MAIL", "RCPT", "DATA"] * 2] == server.commands[:7]


def test_where_pipelining_is_not_offered_each_command_waits() -> None:
    silent: list[bool] = []

    def script(talk: Talk) -> None:
        talk.greet("8BITMIME")
        for answer in ("250 ok", "250 ok", "354 go on"):
            talk.line()
            silent.append(talk.is_silent(0.1))
            talk.say(answer)
        talk.message()
        silent.append(talk.is_silent(0.1))
        talk.say("250 2.0.0 taken")
        talk.envelope()
        talk.message()
        talk.say("250 2.0.0 taken")

    with a_server(script) as server:
        driver = sent(an_smtp_sender(server.port, connections=1), *some_messages(2))

    assert [True] * 4 == silent
    assert [Accepted, Accepted] == [type(outcome) for _, outcome in driver.outcomes]


def test_a_drop_leaves_nothing_behind_on_a_pipelined_line() -> None:
    with a_server(lambda talk: talk.be_polite("PIPELINING")) as server:
        driver = Driver(an_smtp_sender(server.port, connections=1))
        line = driver.until(Ready)
        waiting = deque(some_messages(2))
        driver.give(line, waiting)
        driver.give(line, waiting)
        driver.until(Asked)
        line.drop()
        driver.until(Ended)
        driver.lines.close()

    assert [] == server.messages
    assert [NotOffered, NotOffered] == [type(outcome) for _, outcome in driver.outcomes]
