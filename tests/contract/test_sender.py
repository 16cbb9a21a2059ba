"""What every Sender promises, on the recording fake, on the outbox and on SMTP; and what comes of lines in numbers."""

import gc
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from roundup.model import Accepted, Message, NotOffered
from roundup.sending import Answered, Asked, Ended, Ready, Sender
from roundup.sending.outbox import OutboxSender
from roundup.sending.singly import NoWayError, offered
from tests.fakes.driving import Driver, a_message, an_smtp_sender, octets_in, sent, some_messages
from tests.fakes.senders import RecordingSender
from tests.fakes.servers import a_server
from tests.newsletters import free_port
from tests.recipes.pile import PileSender, taken_off
from tests.sinks import Sink, a_sink


@dataclass(frozen=True, kw_only=True)
class Way:
    """A sender, and what came through it."""

    sender: Sender
    arrived: Callable[[], list[bytes]]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with a_sink(tmp_path) as running:
        yield running


@pytest.fixture(params=["fake", "outbox", "recipe", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    if request.param == "fake":
        fake = RecordingSender()
        return Way(sender=fake, arrived=lambda: [message.content for message in fake.offered])
    if request.param == "outbox":
        return Way(sender=OutboxSender(tmp_path / "outbox"), arrived=lambda: octets_in(tmp_path / "outbox"))
    if request.param == "recipe":
        pile = tmp_path / "pile"
        return Way(sender=PileSender(pile), arrived=lambda: taken_off(pile))
    running: Sink = request.getfixturevalue("sink")
    return Way(sender=an_smtp_sender(running.port, connections=1), arrived=lambda: octets_in(running.kept))


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
    assert len({event.line for event in driver.events if isinstance(event, Ready)}) <= connections


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
