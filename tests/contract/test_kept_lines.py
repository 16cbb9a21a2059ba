"""Lines kept from one batch of messages to the next: opened once, closed when there is nothing to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from roundup.model import Accepted
from roundup.sending import NoWay, Ready
from roundup.sending.kept import KeptSender
from tests.fakes.driving import Driver, an_smtp_sender, some_messages
from tests.newsletters import free_port
from tests.sinks import Sink, a_sink


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with a_sink(tmp_path, transcript=True) as running:
        yield running


def greetings(sink: Sink) -> int:
    return sum(each.upper().startswith("EHLO") for each in sink.heard())


def test_a_second_batch_goes_along_the_lines_of_the_first(sink: Sink) -> None:
    sender = KeptSender(an_smtp_sender(sink.port, connections=3))
    for _ in range(3):
        driver = Driver(sender)
        assert [Accepted] * 20 == [type(each) for each in driver.send(some_messages(20))]
        driver.lines.close()
    opened = greetings(sink)
    sender.leave()

    assert 60 == len(sink.lines())
    assert 1 <= opened <= 3
    assert opened == greetings(sink)


def test_who_left_opens_anew(sink: Sink) -> None:
    sender = KeptSender(an_smtp_sender(sink.port, connections=1))
    for _ in range(2):
        Driver(sender).send(some_messages(1))
        sender.leave()

    assert 2 == greetings(sink)
    sender.leave()


def test_lines_that_the_next_hop_has_closed_meanwhile_are_told_of_to_nobody(tmp_path: Path) -> None:
    port = free_port()
    sender = KeptSender(an_smtp_sender(port, connections=1))
    with a_sink(tmp_path, port=port):
        driver = Driver(sender)
        driver.send(some_messages(1))
        driver.lines.close()
    (tmp_path / "later").mkdir()
    with a_sink(tmp_path / "later", port=port) as again:
        driver = Driver(sender)
        assert not any(isinstance(each, Ready) for each in driver.turn(0))
        assert [Accepted] == [type(each) for each in driver.send(some_messages(1))]
        assert 1 == len(again.lines())
    sender.leave()


def test_where_there_was_no_way_the_next_batch_tries_again(tmp_path: Path) -> None:
    port = free_port()
    sender = KeptSender(an_smtp_sender(port, connections=1))
    driver = Driver(sender)
    driver.send(some_messages(1))
    assert any(isinstance(each, NoWay) for each in driver.events)
    driver.lines.close()
    with a_sink(tmp_path, port=port) as sink:
        assert [Accepted] == [type(each) for each in Driver(sender).send(some_messages(1))]
        assert 1 == len(sink.lines())
    sender.leave()
