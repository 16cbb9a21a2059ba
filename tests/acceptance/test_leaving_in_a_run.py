"""Who leaves between the freeze and their turn gets nothing: the pages and the sender at work, on both engines."""

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from roundup.tokens import Purpose, Secret
from tests.newsletters import DUE, SECRET, a_newsletter, free_port, roundup, rows, served, started
from tests.postgres import the_cluster
from tests.sinks import a_sink

PEOPLE = [f"reader{number:03}@example.com" for number in range(400)]
#: A message takes a thirtieth of a second on each of two lines: the last half of the list waits for seconds.
LATENCY, LINES = 0.03, 2


def one_click(site: str, token: str) -> int:
    """RFC 8058's POST, by a bare client."""
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
    connection.request(
        "POST", f"/u/{token}", "List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}
    )
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("engine", ["SQLite", "PostgreSQL"])
def test_who_leaves_while_others_are_mailed_is_not_mailed(tmp_path: Path, engine: str) -> None:
    cluster = the_cluster() if engine == "PostgreSQL" else None
    name = cluster.make_database() if cluster else ""
    url = cluster.url(name) if cluster else "sqlite:///roundup.db"
    with a_sink(tmp_path, keep=False, latency=LATENCY) as sink:
        directory = a_newsletter(
            tmp_path, smtp={**sink.smtp, "connections": LINES}, subscribers=PEOPLE, store={"url": url},
        )  # fmt: skip
        assert 0 == roundup(directory, "run", "--at", "2026-11-20T10:00").returncode
        query = "SELECT email, key FROM subscribers ORDER BY id"
        keys = dict(cluster.run(query, name) if cluster else rows(directory, query))
        token = Secret(SECRET.encode()).tokens(Purpose.LEAVE)
        with served(directory, free_port()) as site:
            run = started(directory, "run", "--at", DUE)
            deadline = time.monotonic() + 60
            while not sink.copies():
                assert time.monotonic() < deadline
                time.sleep(0.01)
            leaving = PEOPLE[-100:]
            assert {200} == {one_click(site, token(bytes(keys[email]))) for email in leaving}
            told, complaints = run.communicate(timeout=120)
        assert 0 == run.returncode, complaints
        mailed = sink.copies()

    assert not mailed.keys() & set(leaving)
    assert set(PEOPLE[:-100]) == set(mailed)
    assert {1} == set(mailed.values())
    assert "300 accepted" in told
    assert "100 withdrawn" in told
