"""The same issue from a file, and from a server by one worker, two and four, reaches the same people with the same
octets, but for the Date."""

import re
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, roundup, started, told
from tests.postgres import the_cluster
from tests.sinks import Sink, a_sink

pytestmark = pytest.mark.long

PEOPLE = [f"reader{number}@example.com,Reader {number}" for number in range(24)]
PORT = re.compile(r"^port = \d+$", re.MULTILINE)


def mails(sink: Sink) -> dict[str, bytes]:
    """What each address got, without its Date."""
    octets = [(sink.kept / f"{number}.eml").read_bytes() for number in range(1, len(sink.lines()) + 1)]
    dateless = [re.sub(rb"^Date: .*\r\n", b"", each, count=1, flags=re.MULTILINE) for each in octets]
    return {address: content for (address, _), content in zip(sink.lines(), dateless, strict=True)}


def moved(directory: Path, folder: Path, *, port: int) -> Path:
    """The newsletter with the same people, on a server, its deliveries left to workers."""
    cluster = the_cluster()
    url = cluster.url(cluster.make_database())
    there = folder / "newsletter"
    shutil.copytree(directory, there)
    assert 0 == roundup(there, "store", "move", url).returncode
    settings = PORT.sub(f"port = {port}", (there / "roundup.toml").read_text(encoding="utf-8"))
    more = f'\n[store]\nurl = "{url}"\n\n[delivery]\nworkers = true\nbatch = 3\n'
    (there / "roundup.toml").write_text(settings + more, encoding="utf-8")
    return there


def test_whoever_sends_it_is_the_same_issue(tmp_path: Path) -> None:
    the_cluster()
    with ExitStack() as stack:
        sinks = []
        for name in ("file", "one", "two", "four"):
            (tmp_path / name).mkdir()
            sinks.append(stack.enter_context(a_sink(tmp_path / name, latency=0.05)))
        directory = a_newsletter(tmp_path, smtp={**sinks[0].smtp, "connections": 2}, subscribers=None)
        (directory / "people.csv").write_text("\n".join(["email,name", *PEOPLE]) + "\n", encoding="utf-8")
        assert 0 == roundup(directory, "subscribers", "import", "people.csv").returncode
        places = [
            moved(directory, tmp_path / name, port=sink.port)
            for name, sink in zip(("one", "two", "four"), sinks[1:], strict=True)
        ]
        reports = [told(roundup(directory, "run", "--now", "--at", DUE, "--json"))]
        for place, count in zip(places, (1, 2, 4), strict=True):
            workers = [stack.enter_context(started(place, "worker")) for _ in range(count)]
            reports.append(told(roundup(place, "run", "--now", "--at", DUE, "--json")))
            for worker in workers:
                worker.send_signal(signal.SIGTERM)
        sent = [mails(sink) for sink in sinks]

    assert [{"accepted": 24}] * 4 == [each["deliveries"] for each in reports]
    assert 1 == len({each["fingerprint"] for each in reports})
    assert 24 == len(sent[0])
    for other in sent[1:]:
        assert sent[0] == other
