"""Documents read in real child processes, by readers that go wrong in every way."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.gathering.feeddocument import read_document
from roundup.gathering.parsing import Children
from tests.fakes.readers import NAME, document

FEED = """<rss version="2.0" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"><channel><title>Lantern</title>
<item><title>A lamp</title><link>https://a.example/1</link><pubDate>Mon, 30 Mar 2015 09:00:00 +0200</pubDate>
<author>Ann</author><category>oil</category><slash:comments>3</slash:comments><description>Words.</description>
<enclosure url="https://a.example/1.png" type="image/png"/></item>
<item><title>Dated by the day</title><link>https://a.example/2</link><pubDate>2015-03-30</pubDate></item>
<item><title>No link</title></item></channel></rss>"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at through /proc")


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children(read=NAME, cpu_seconds=0.3)
    yield made
    made.close()


def read(children: Children, body: str, *, seconds: float = 30.0) -> FeedContent:
    return children.read(lambda: document(body), seconds=seconds)


def living() -> set[int]:
    """Every child process of this one, the dead that nobody asked after included."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(number) for task in tasks for number in task.read_text(encoding="ascii").split()}


def is_there(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def until_gone(process: int, *, seconds: float = 5.0) -> bool:
    ends = time.monotonic() + seconds
    while is_there(process) and time.monotonic() < ends:
        time.sleep(0.01)
    return not is_there(process)


def test_a_child_reads_what_this_process_would() -> None:
    given = FeedDocument(body=FEED.encode(), source="Lantern", zone=ZoneInfo("Europe/London"), place="the feed")
    children = Children()
    try:
        content = children.read(lambda: given, seconds=30)
    finally:
        children.close()
    assert content == read_document(given)
    assert [piece.title for piece in content.pieces] == ["A lamp", "Dated by the day"]
    assert content.pieces[0].published is not None
    assert content.pieces[0].published.at == datetime(2015, 3, 30, 7, tzinfo=UTC)
    assert len(content.defects) == 1


def test_one_child_reads_one_document_after_another(children: Children) -> None:
    before = living()
    titles = {read(children, "good").title for _ in range(20)}
    assert len(titles) == 1
    assert living() - before == {int(title) for title in titles}


def test_nothing_is_started_before_there_is_a_document() -> None:
    before = living()
    children = Children(read=NAME)
    assert living() == before
    children.prepare()
    assert len(living() - before) == 1
    for _ in range(9):
        children.prepare()
    assert len(living() - before) == min(4, os.cpu_count() or 1)
    children.close()
    assert living() == before


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("for-ever", "takes more than 0.3 seconds to read, so it was given up"),
        ("hungry", "needs too much memory, so it was not read"),
        ("killed", "broke the program that reads it"),
        ("left", "broke the program that reads it"),
        ("crashed", "broke the program that reads it"),
        ("raised", "broke the program that reads it (LookupError)"),
        ("foreign", "broke the program that reads it"),
        ("endless", "broke the program that reads it"),
    ],
)
def test_a_document_that_breaks_its_reader_is_told_and_hurts_no_other(children: Children, body: str, told: str) -> None:
    before = living()
    content = read(children, body)
    assert content.problem.startswith("https://a.example/feed ")
    assert told in content.problem
    assert not content.is_feed
    assert read(children, "good").is_feed
    assert len(living() - before) == 1, "a dead child was left lying about"


def test_a_reader_that_waits_for_something_is_left_when_the_time_is_over(children: Children) -> None:
    """It takes no seconds of CPU, so that the kernel would let it be."""
    assert read(children, "good").is_feed
    began = time.monotonic()
    content = read(children, "asleep", seconds=0.5)
    assert content.problem == "There was no time left to read it. It is read again at the next reading."
    assert time.monotonic() - began < 2
    assert read(children, "good").is_feed


def test_what_a_library_prints_is_no_answer(children: Children) -> None:
    first, second = read(children, "chatty"), read(children, "good")
    assert first.is_feed
    assert first.title == second.title


def test_a_child_that_has_grown_is_replaced(children: Children) -> None:
    first, second, third = (read(children, body) for body in ("grown", "good", "good"))
    assert first.title != second.title == third.title
    assert not is_there(int(first.title))


def test_a_document_is_not_blamed_for_what_an_earlier_one_did_to_the_child(children: Children) -> None:
    first, second = read(children, "poisoned"), read(children, "good")
    assert second.problem == ""
    assert first.title != second.title


def test_a_child_that_dies_without_work_is_missed_by_nobody(children: Children) -> None:
    first = read(children, "good")
    os.kill(int(first.title), signal.SIGKILL)
    second = read(children, "good")
    assert second.is_feed
    assert second.title != first.title


def test_a_child_that_nobody_wants_any_more_is_ended() -> None:
    children = Children(read=NAME, idle_seconds=0.2)
    first = int(read(children, "good").title)
    assert until_gone(first)
    second = int(read(children, "good").title)
    assert second != first
    assert until_gone(second)


def test_a_child_is_ended_with_the_last_who_could_want_it() -> None:
    children = Children(read=NAME)
    process = int(read(children, "good").title)
    del children
    assert until_gone(process)


def test_no_more_children_than_cores_read_at_once(children: Children) -> None:
    before = living()
    most = 0
    with ThreadPoolExecutor(32) as pool:
        contents = [pool.submit(read, children, "good") for _ in range(300)]
        while not all(each.done() for each in contents):
            most = max(most, len(living() - before))
    assert all(each.result().is_feed for each in contents)
    assert 1 <= most <= min(4, os.cpu_count() or 1)


def test_good_documents_are_unharmed_among_bad_ones(children: Children) -> None:
    bodies = ["good", "killed", "good", "hungry", "good", "for-ever", "good", "foreign"] * 3
    with ThreadPoolExecutor(8) as pool:
        contents = list(pool.map(lambda body: read(children, body), bodies))
    assert [content.is_feed for content in contents] == [body == "good" for body in bodies]


def test_what_making_the_document_raises_is_raised_and_its_turn_is_over(children: Children) -> None:
    def refuse() -> FeedDocument:
        raise FileNotFoundError

    for _ in range(10):
        with pytest.raises(FileNotFoundError):
            children.read(refuse, seconds=5)
    assert read(children, "good").is_feed


def test_without_time_nothing_is_read(children: Children) -> None:
    before = living()
    assert "no time left" in read(children, "good", seconds=0.0).problem
    assert living() == before


def test_a_document_waits_for_its_turn_no_longer_than_its_time(children: Children) -> None:
    asleep = [threading.Thread(target=read, args=(children, "asleep"), kwargs={"seconds": 1.5}) for _ in range(4)]
    for each in asleep:
        each.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert "no time left" in read(children, "good", seconds=0.3).problem
    assert time.monotonic() - began < 1
    for each in asleep:
        each.join()


_PARENT = """
import sys, threading, time
from roundup.gathering.parsing import Children
from tests.fakes.readers import NAME, document
children = Children(read=NAME, cpu_seconds=60)
print(children.read(lambda: document("good"), seconds=20).title, flush=True)
if sys.argv[1] != "good":
    threading.Thread(target=children.read, args=(lambda: document(sys.argv[1]),), kwargs={"seconds": 60}).start()
time.sleep(0.5)
print("at work", flush=True)
if sys.argv[2] == "wait":
    time.sleep(60)
"""


@pytest.mark.parametrize("body", ["good", "for-ever", "asleep"])
def test_a_child_dies_with_a_program_that_is_killed(body: str) -> None:
    """Waiting for work, and in the middle of it: though nobody could tell it."""
    command = [sys.executable, "-c", _PARENT, body, "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert parent.stdout.readline() == b"at work\n"
        assert is_there(child)
        parent.kill()
        parent.wait()
        assert until_gone(child, seconds=2.0)


def test_a_child_dies_with_a_program_that_ends() -> None:
    command = [sys.executable, "-c", _PARENT, "good", "end"]
    done = subprocess.run(command, capture_output=True, cwd=Path(__file__).parents[2], timeout=30, check=True)
    assert until_gone(int(done.stdout.split()[0]), seconds=2.0)
    assert done.stderr == b""


def test_a_child_starts_in_a_fraction_of_a_second() -> None:
    children = Children()
    given = FeedDocument(body=FEED.encode(), source="Lantern", zone=UTC)
    began = time.monotonic()
    assert children.read(lambda: given, seconds=30).is_feed
    children.close()
    assert time.monotonic() - began < 2
