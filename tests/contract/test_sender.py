"""What every Sender promises, on the outbox and on SMTP against a real server."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from roundup.model import Accepted, Deferred, Message, NotOffered, Refused, Reply, Unknown
from roundup.sending import LineError, Sender
from roundup.sending.outbox import OutboxSender
from roundup.sending.pacing import Pacer
from roundup.sending.smtp import Relay, SmtpSender
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


def an_smtp_sender(port: int, *, connections: int = 4, rate: float = 0) -> SmtpSender:
    relay = Relay(
        host="127.0.0.1", port=port, security="none", username="", password="", own_name="lantern.example.org"
    )
    return SmtpSender(relay, connections=connections, pacer=Pacer(rate))


def octets_in(folder: Path) -> list[bytes]:
    """Every message in a folder, in the order of their coming."""
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with a_sink(tmp_path) as running:
        yield running


@pytest.fixture(params=["outbox", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    if request.param == "outbox":
        return Way(sender=OutboxSender(tmp_path / "outbox"), arrived=lambda: octets_in(tmp_path / "outbox"))
    running: Sink = request.getfixturevalue("sink")
    return Way(sender=an_smtp_sender(running.port), arrived=lambda: octets_in(running.kept))


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
    line = way.sender.connect()
    outcome = line.offer(message)
    line.close()

    assert isinstance(outcome, Accepted)
    assert outcome.reply.code == 250
    assert way.arrived() == [message.content]


def test_a_content_that_begins_with_a_dot_arrives_unchanged(way: Way) -> None:
    message = Message(
        envelope_from="a@example.com", envelope_to="b@example.com", message_id="<1@example.com>", content=b".\r\n\r\n"
    )
    line = way.sender.connect()
    assert isinstance(line.offer(message), Accepted)
    line.close()

    assert way.arrived() == [b".\r\n\r\n"]


def test_one_line_takes_many_messages_in_their_order(way: Way) -> None:
    messages = [a_message(number=number) for number in range(20)]
    line = way.sender.connect()
    outcomes = [line.offer(message) for message in messages]
    line.close()

    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert way.arrived() == [message.content for message in messages]


def test_as_many_lines_as_it_says_work_side_by_side(way: Way) -> None:
    messages = [[a_message(number=10 * line + each) for each in range(10)] for line in range(way.sender.connections)]

    def work(own: list[Message]) -> None:
        line = way.sender.connect()
        for message in own:
            line.offer(message)
        line.close()

    threads = [threading.Thread(target=work, args=[own]) for own in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(way.arrived()) == sorted(message.content for own in messages for message in own)


def test_a_line_may_be_closed_twice(way: Way) -> None:
    line = way.sender.connect()
    line.close()
    line.close()

    assert way.arrived() == []


def test_a_closed_line_takes_no_message_and_says_so(sink: Sink) -> None:
    line = an_smtp_sender(sink.port).connect()
    line.close()

    assert isinstance(line.offer(a_message()), NotOffered)
    assert sink.lines() == []


def test_an_outbox_that_cannot_be_written_is_a_line_error(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where a folder should be")

    with pytest.raises(LineError, match=r"The outbox .*outbox cannot be made"):
        OutboxSender(tmp_path / "outbox").connect()


def test_a_server_that_is_not_there_is_a_line_error_that_names_it() -> None:
    port = free_port()

    with pytest.raises(LineError, match=rf"No mail server could be reached at 127\.0\.0\.1:{port}"):
        an_smtp_sender(port).connect()


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
    line = an_smtp_sender(sink.port).connect()

    assert line.offer(a_message(to=f"{local_part}@example.com")) == outcome
    assert isinstance(line.offer(a_message(number=2)), Accepted)
    line.close()
    assert sink.copies() == {"ada@example.com": 1}


def test_a_server_that_closes_the_line_was_not_offered_the_message(sink: Sink) -> None:
    line = an_smtp_sender(sink.port).connect()
    outcome = line.offer(a_message(to="x-421@example.com"))
    line.close()

    assert outcome == NotOffered(why="the mail server closed the line: 421 4.3.2 closing the line", over_it=True)
    assert sink.lines() == []


def test_a_line_that_breaks_in_the_middle_of_a_message_is_never_taken_for_acceptance(sink: Sink) -> None:
    line = an_smtp_sender(sink.port).connect()
    # So large that it cannot lie in a buffer when the line breaks: it is still on its way.
    outcome = line.offer(a_message(b"\r\n" + (b"x" * 70 + b"\r\n") * 500_000, to="x-drop-before-dot@example.com"))
    line.close()

    assert isinstance(outcome, NotOffered)
    assert sink.lines() == []


def test_a_line_that_breaks_after_the_final_dot_leaves_the_message_in_doubt(sink: Sink) -> None:
    line = an_smtp_sender(sink.port).connect()
    outcome = line.offer(a_message(to="x-drop-after-dot@example.com"))
    line.close()

    assert isinstance(outcome, Unknown)
    assert sink.copies() == {"x-drop-after-dot@example.com": 1}
