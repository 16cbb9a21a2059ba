"""What every Sender promises: on the recording fake, on the outbox, on SMTP against a real server, and on every word
that a scripted server can say."""

import gc
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from roundup.model import Accepted, Deferred, Message, NotOffered, Refused, Reply, Unknown
from roundup.sending import Answered, Asked, Ended, NoWay, Ready, Sender
from roundup.sending.opening import Relay
from roundup.sending.outbox import OutboxSender
from roundup.sending.singly import NoWayError, offered
from roundup.sending.smtp import SmtpSender
from tests.estate import PASSWORD, Estate
from tests.fakes.driving import Driver
from tests.fakes.senders import RecordingSender
from tests.fakes.servers import Script, Talk, a_server
from tests.newsletters import free_port
from tests.sinks import Sink, a_sink


@dataclass(frozen=True, kw_only=True)
class Way:
    """A sender, and what came through it."""

    sender: Sender
    arrived: Callable[[], list[bytes]]


def a_message(
    content: bytes = b"Subject: hello\r\n\r\nhello\r\n", *, to: str = "ada@example.com", number: int = 1
) -> Message:
    message_id = f"<20261120.main.{number}@lantern.example.org>"
    return Message(
        envelope_from="bounces+abc@lantern.example.org",
        envelope_to=to,
        message_id=message_id,
        content=f"Message-ID: {message_id}\r\n".encode() + content,
    )


def some_messages(count: int, *, to: str = "ada@example.com") -> list[Message]:
    return [a_message(number=number, to=to) for number in range(count)]


def an_smtp_sender(
    port: int,
    *,
    connections: int = 4,
    messages_per_connection: int = 0,
    security: Literal["starttls", "tls", "none"] = "none",
    username: str = "",
    password: str = "",
    host: str = "127.0.0.1",
) -> SmtpSender:
    relay = Relay(
        host=host, port=port, security=security, username=username, password=password, own_name="lantern.example.org"
    )
    return SmtpSender(relay, connections=connections, messages_per_connection=messages_per_connection)


def octets_in(folder: Path) -> list[bytes]:
    """Every message in a folder, in the order of their coming."""
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with a_sink(tmp_path) as running:
        yield running


@pytest.fixture(params=["fake", "outbox", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    if request.param == "fake":
        fake = RecordingSender()
        return Way(sender=fake, arrived=lambda: [message.content for message in fake.offered])
    if request.param == "outbox":
        return Way(sender=OutboxSender(tmp_path / "outbox"), arrived=lambda: octets_in(tmp_path / "outbox"))
    running: Sink = request.getfixturevalue("sink")
    return Way(sender=an_smtp_sender(running.port, connections=1), arrived=lambda: octets_in(running.kept))


def body_of(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[2]


def sent(sender: Sender, *messages: Message) -> Driver:
    """Offer messages, and take leave."""
    driver = Driver(sender)
    with closing(driver.lines):
        driver.send(messages)
    return driver


# On every way ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"Subject: plain\r\n\r\nhello\r\n",
        b"Subject: dots\r\n\r\n.\r\n..\r\n.hidden\r\na.\r\n.\r\n",
        b"Subject: ends in a lone dot\r\n\r\n.\r\n",
        b"Subject: nothing but its end\r\n\r\n",
        b"Subject: empty lines\r\n\r\n\r\n\r\n.\r\n\r\n",
        b"Subject: the longest line\r\n\r\n" + b"x" * 998 + b"\r\n." + b"y" * 997 + b"\r\n",
        b"Subject: looks like SMTP\r\n\r\nQUIT\r\nRSET\r\nMAIL FROM:<a@example.com>\r\n",
        b"Subject: large\r\n\r\n" + b".line of fifty octets, give or take a few, no more\r\n" * 20_000,
    ],
    ids=lambda content: content[9:].partition(b"\r")[0].decode(),
)
def test_an_accepted_messages_octets_arrive_unchanged(way: Way, content: bytes) -> None:
    message = a_message(content)
    driver = sent(way.sender, message)

    ((_, outcome),) = driver.outcomes
    assert isinstance(outcome, Accepted)
    assert outcome.reply.code == 250
    assert way.arrived() == [message.content]


def test_a_content_that_begins_with_a_dot_arrives_unchanged(way: Way) -> None:
    message = Message(
        envelope_from="a@example.com", envelope_to="b@example.com", message_id="<1@example.com>", content=b".\r\n\r\n"
    )
    sent(way.sender, message)

    assert way.arrived() == [b".\r\n\r\n"]


def test_one_line_takes_many_messages_in_their_order(way: Way) -> None:
    messages = some_messages(20)
    driver = sent(way.sender, *messages)

    assert all(isinstance(outcome, Accepted) for _, outcome in driver.outcomes)
    assert way.arrived() == [message.content for message in messages]


def test_a_line_is_ready_then_asks_then_answers_each_message_once(way: Way) -> None:
    driver = sent(way.sender, *some_messages(5))

    assert ["Ready", *(["Asked", "Answered"] * 5)] == driver.kinds[:11]
    assert set(driver.kinds[11:]) <= {"Ready"}


def test_nothing_arrives_that_was_not_released(way: Way) -> None:
    driver = Driver(way.sender)
    line = driver.until(Ready)
    driver.give(line, deque(some_messages(1)))
    assert line is driver.until(Asked)
    for _ in range(3):
        assert [] == list(driver.turn(0.05))
    driver.lines.close()

    assert [] == way.arrived()


def test_a_line_has_room_for_one_beside_the_one_on_its_way(way: Way) -> None:
    driver = Driver(way.sender)
    line = driver.until(Ready)
    waiting = deque(some_messages(3))
    rooms = [driver.give(line, waiting) for _ in range(3)]
    driver.until(Asked)
    line.release()
    driver.until(Answered)

    assert ([True, True, False], True) == (rooms, line.has_room)
    driver.lines.close()


def test_what_is_dropped_is_not_offered_nor_is_what_stands_behind_it_and_there_is_a_way_on(way: Way) -> None:
    driver = Driver(way.sender)
    line = driver.until(Ready)
    first, second, third = some_messages(3)
    for message in (first, second):
        driver.give(line, deque([message]))
    driver.until(Asked)
    line.drop()
    driver.until(Ended)

    assert [NotOffered, NotOffered] == [type(outcome) for _, outcome in driver.outcomes]
    assert [""] == [event.why for event in driver.events if isinstance(event, Ended)]
    driver.send([third])
    driver.lines.close()
    assert way.arrived() == [third.content]


def test_lines_are_closed_with_messages_on_them(way: Way) -> None:
    driver = Driver(way.sender)
    line = driver.until(Ready)
    waiting = deque(some_messages(2))
    driver.give(line, waiting)
    driver.give(line, waiting)
    driver.until(Asked)
    driver.lines.close()

    assert [] == way.arrived()


def test_lines_that_were_never_used_are_closed(way: Way) -> None:
    way.sender.open().close()
    driver = Driver(way.sender)
    driver.turn(0)
    driver.lines.close()

    assert [] == way.arrived()


def test_a_few_messages_are_offered_one_after_another(way: Way) -> None:
    messages = some_messages(5)

    assert [Accepted] * 5 == [type(outcome) for outcome in offered(way.sender, messages)]
    assert way.arrived() == [message.content for message in messages]


# No way ----------------------------------------------------------------------------------------------------------


def test_an_outbox_that_cannot_be_written_is_no_way(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where a folder should be")
    driver = sent(OutboxSender(tmp_path / "outbox"), a_message())

    assert "outbox cannot be made" in driver.no_way
    assert ["NoWay"] == driver.kinds


def test_a_server_that_is_not_there_is_no_way_and_is_named() -> None:
    port = free_port()
    driver = sent(an_smtp_sender(port), a_message())

    assert driver.no_way.startswith(f"No mail server could be reached at 127.0.0.1:{port}")
    with pytest.raises(NoWayError, match="No mail server could be reached"):
        list(offered(an_smtp_sender(port), [a_message()]))


def test_a_folder_that_becomes_unwritable_is_given_up(tmp_path: Path) -> None:
    driver = Driver(OutboxSender(tmp_path / "outbox"))
    driver.until(Ready)
    (tmp_path / "outbox").rmdir()
    driver.send(some_messages(9))

    assert "cannot be written" in driver.no_way
    assert {NotOffered} == {type(outcome) for _, outcome in driver.outcomes}


@pytest.mark.parametrize("greeting", ["554 5.7.1 not you", "521 no mail here"])
def test_a_server_that_will_never_take_mail_is_asked_once(greeting: str) -> None:
    with a_server(lambda talk: talk.say(greeting)) as server:
        driver = sent(an_smtp_sender(server.port), a_message())

        assert greeting in driver.no_way
        assert 1 == len(server.talks)


@pytest.mark.parametrize("greeting", ["421 4.3.2 too many", "450 4.3.2 later"])
def test_a_server_that_is_busy_is_asked_again(greeting: str) -> None:
    with a_server(lambda talk: talk.say(greeting), lambda talk: talk.be_polite()) as server:
        driver = sent(an_smtp_sender(server.port), a_message())

        assert [Accepted] == [type(outcome) for _, outcome in driver.outcomes]
        assert 2 == len(server.talks)


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


# Many lines ------------------------------------------------------------------------------------------------------


def test_the_first_line_is_opened_alone_until_a_message_was_answered() -> None:
    with a_server(lambda talk: talk.be_polite()) as server:
        driver = Driver(an_smtp_sender(server.port, connections=4))
        line = driver.until(Ready)
        driver.give(line, deque(some_messages(1)))
        driver.until(Asked)
        for _ in range(3):
            driver.turn(0.1)
        alone = len(server.talks)
        line.release()
        driver.until(Answered)
        driver.send(some_messages(1000))
        driver.lines.close()

        assert (1, 4) == (alone, len(server.talks))


@pytest.mark.parametrize("connections", [1, 4])
def test_every_message_arrives_once_over_any_number_of_lines(sink: Sink, connections: int) -> None:
    messages = some_messages(60)
    driver = sent(an_smtp_sender(sink.port, connections=connections), *messages)

    assert sorted(octets_in(sink.kept)) == sorted(message.content for message in messages)
    assert 60 == len(driver.outcomes)
    assert (
        connections >= len({event.line for event in driver.events if isinstance(event, Ready)}) >= min(2, connections)
    )


def test_a_few_messages_are_offered_once_each_though_more_lines_would_be_opened(tmp_path: Path) -> None:
    messages = some_messages(10)
    with a_sink(tmp_path, latency=0.1) as slow:
        outcomes = list(offered(an_smtp_sender(slow.port, connections=8), messages))

        assert [Accepted] * 10 == [type(outcome) for outcome in outcomes]
        assert [message.message_id for message in messages] == [number for _, number in slow.lines()]


@pytest.mark.parametrize("extensions", [[], ["PIPELINING"]])
def test_no_line_carries_more_messages_than_it_may(extensions: list[str]) -> None:
    with a_server(lambda talk: talk.be_polite(*extensions)) as server:
        sender = an_smtp_sender(server.port, connections=2, messages_per_connection=3)
        driver = sent(sender, *some_messages(10))

        assert [Accepted] * 10 == [type(outcome) for _, outcome in driver.outcomes]
        assert 10 == len(server.messages)
        assert max(len(talk.messages) for talk in server.talks) <= 3
        assert {""} == {event.why for event in driver.events if isinstance(event, Ended)}


def test_lines_are_left_with_a_quit() -> None:
    with a_server(lambda talk: talk.be_polite()) as server:
        sent(an_smtp_sender(server.port, connections=1), a_message())

    assert "QUIT" == server.commands[-1]


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_lines_may_be_closed_while_they_are_being_opened(seconds: float) -> None:
    with a_server(lambda talk: talk.be_polite()) as server:
        for _ in range(10 if not seconds else 1):
            lines = an_smtp_sender(server.port).open()
            lines.turn(0)
            time.sleep(seconds)
            lines.close()
        # The server's side ends only when ours has let go.
        deadline = time.monotonic() + 10
        gc.disable()
        try:
            while server.busy and time.monotonic() < deadline:
                time.sleep(0.02)
            assert 0 == server.busy
        finally:
            gc.enable()

    assert [] == server.messages


# TLS and AUTH ----------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """The estate, whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(estate.certificate))
    return estate


def at_the_estate(
    estate: Estate, security: Literal["starttls", "tls"], *, password: str = PASSWORD, host: str = "localhost"
) -> SmtpSender:
    port = estate.submission_port if security == "starttls" else estate.tls_port
    return an_smtp_sender(port, security=security, username="roundup", password=password, host=host, connections=3)


@pytest.mark.estate
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_speaks_tls_and_logs_in_at_postfix(trusted: Estate, security: Literal["starttls", "tls"]) -> None:
    address = f"tls-{security}@example.com"
    large = a_message(
        b"Subject: large\r\n\r\n" + b"a line of some fifty octets, give or take a few\r\n" * 20_000, to=address
    )
    driver = sent(at_the_estate(trusted, security), *some_messages(20, to=address), large)

    assert [Accepted] * 21 == [type(outcome) for _, outcome in driver.outcomes]
    mailbox = trusted.mailbox(address)
    assert 21 == len(mailbox)
    # Postfix adds headers of its own.
    assert 1 == sum(body_of(each) == body_of(large.content) for each in mailbox)


@pytest.mark.estate
def test_postfix_takes_pipelined_messages_once_each(estate: Estate) -> None:
    messages = [a_message(number=number, to=f"pipelined-{number % 5}@example.com") for number in range(100)]
    driver = sent(an_smtp_sender(estate.plain_port, connections=4), *messages)

    assert [Accepted] * 100 == [type(outcome) for _, outcome in driver.outcomes]
    arrived = [octets for number in range(5) for octets in estate.mailbox(f"pipelined-{number}@example.com")]
    ids = Counter(
        message.message_id for message in messages for octets in arrived if message.message_id.encode() in octets
    )
    assert {message.message_id: 1 for message in messages} == ids
    assert {b"hello\r\n"} == {body_of(octets) for octets in arrived}


@pytest.mark.estate
def test_postfix_refuses_one_of_many_and_the_others_arrive(estate: Estate) -> None:
    messages = some_messages(20, to="others@example.com")
    messages[7] = a_message(to="nobody@elsewhere.invalid", number=7)
    messages[8] = a_message(to="no body@example.com", number=8)
    driver = sent(an_smtp_sender(estate.plain_port, connections=1), *messages)
    refused = [to for to, outcome in driver.outcomes if not isinstance(outcome, Accepted)]

    assert "no body@example.com" in refused
    assert "others@example.com" not in refused
    assert 18 == len(estate.mailbox("others@example.com"))


@pytest.mark.estate
def test_a_wrong_password_is_tried_once_and_said(trusted: Estate) -> None:
    log = trusted.root / "postfix.log"
    before = log.read_text(encoding="utf-8").count("authentication failed")
    driver = sent(at_the_estate(trusted, "starttls", password="wrong"), a_message())

    assert "refused the login of roundup" in driver.no_way
    assert before + 1 == log.read_text(encoding="utf-8").count("authentication failed")


@pytest.mark.estate
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    estate: Estate, security: Literal["starttls", "tls"]
) -> None:
    driver = sent(at_the_estate(estate, security), a_message(to="untrusted@example.com"))

    assert "has no certificate that can be trusted" in driver.no_way
    assert [] == estate.mailbox("untrusted@example.com")


def test_where_starttls_is_stripped_neither_password_nor_mail_is_sent() -> None:
    with a_server(lambda talk: talk.be_polite("AUTH PLAIN LOGIN")) as server:
        driver = sent(
            an_smtp_sender(server.port, security="starttls", username="roundup", password="secret"), a_message()
        )

        assert "does not offer what [smtp] asks for" in driver.no_way
        assert not {"AUTH", "MAIL"} & set(server.commands)
