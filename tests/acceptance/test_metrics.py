"""`--metrics`: what a monitor is told by who stays, and by the public pages."""

import re
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.all_mail import broken_below
from tests.newsletters import DUE, a_newsletter, await_answer, free_port, roundup
from tests.torture.false_clock import SetClock
from tests.torture.processes import at_work, await_

Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def numbers(address: str) -> Numbers:
    """What is told, read as Prometheus reads it."""
    with urlopen(address, timeout=10) as answer:
        text = answer.read().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@contextmanager
def pages(directory: Path, *more: str) -> Iterator[str]:
    """`roundup serve`; gives the address of its pages."""
    port = free_port()
    with at_work(directory, "serve", "--port", str(port), *more) as serving:
        await_answer(serving, f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(autouse=True)
def all_mail_keeps_the_rules(tmp_path: Path) -> Iterator[None]:
    """All but M5: some mails are dated by a clock that was set, and their files by the machine's."""
    yield
    assert [rule for rule in broken_below(tmp_path) if ": M5: " not in rule] == []


def test_who_stays_tells_how_the_newsletter_stands(tmp_path: Path, clock: SetClock) -> None:
    directory = a_newsletter(tmp_path, reports={"log": "reports.jsonl"})
    # The calendar begins with the first run.
    clock.set("2026-11-20T16:00:00")
    roundup(directory, "run", env=clock.environment)
    clock.set("2026-11-20T17:00:05")
    port = free_port()
    with at_work(directory, "schedule", "--metrics", str(port), env=clock.environment) as resident:
        await_((directory / "reports.jsonl").exists, resident)
        told = numbers(f"http://127.0.0.1:{port}/metrics")
        resident.terminate()
        assert resident.wait(60) == 0

    main = ("edition", "main")
    assert told["roundup_runs_total", (("state", "sent"),)] == 1
    assert told["roundup_runs_total", (("state", "failed"),)] == 0
    assert told["roundup_last_issue_deliveries", (main, ("state", "accepted"))] == 2
    assert told["roundup_last_issue_deliveries", (main, ("state", "refused"))] == 0
    assert told["roundup_subscribers", (("status", "active"),)] == 2
    assert told["roundup_subscribers", (("status", "left"),)] == 0
    assert told["roundup_source_well", (("source", "The Lantern"),)] == 1
    assert told["roundup_unfinished_deliveries", ()] == 0
    assert told["roundup_held_issues", ()] == 0
    assert told["roundup_database_readable", ()] == 1
    # Friday at 17:00 in London, and Monday.
    assert told["roundup_last_issue_due_timestamp_seconds", (main,)] == 1795194000
    assert told["roundup_next_due_timestamp_seconds", (main,)] == 1795194000 + 3 * 86_400
    assert 0 < told["roundup_last_run_seconds", ()] < 60


def test_a_source_that_is_no_more_is_told_no_longer_once_the_settings_are_read_anew(tmp_path: Path) -> None:
    folder = {"folder": "content", "link": "https://lantern.example.org/{slug}/"}
    sources = [{**folder, "name": "The Lantern"}, {**folder, "name": "The Bridge"}]
    directory = a_newsletter(tmp_path, sources=sources)
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    port = free_port()
    with at_work(directory, "schedule", "--metrics", str(port)) as resident:
        address = f"http://127.0.0.1:{port}/metrics"
        await_answer(resident, address)
        both = sources_told(numbers(address))
        settings = directory / "roundup.toml"
        settings.write_text(
            settings.read_text(encoding="utf-8").replace('name = "The Bridge"', 'name = "The Tower"'), encoding="utf-8"
        )
        resident.send_signal(signal.SIGHUP)
        await_(lambda: sources_told(numbers(address)) == {"The Lantern"}, resident)

    assert both == {"The Lantern", "The Bridge"}


def sources_told(told: Numbers) -> set[str]:
    return {dict(labels)["source"] for name, labels in told if name == "roundup_source_well"}


def test_the_pages_tell_it_at_an_address_of_its_own_and_name_nobody(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    port = free_port()
    with pages(directory, "--metrics", f"127.0.0.1:{port}") as address:
        for _ in range(3):
            with pytest.raises(HTTPError, match="404"):
                urlopen(f"{address}/metrics", timeout=10)
        told = numbers(f"http://127.0.0.1:{port}/metrics")
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()

    assert told["roundup_page_answers_total", (("status", "404"),)] == 3
    assert "roundup_last_run_timestamp_seconds" not in {name for name, _ in told}
    assert told["roundup_page_answers_total", (("status", "200"),)] >= 1
    assert told["roundup_last_issue_deliveries", (("edition", "main"), ("state", "accepted"))] == 2
    assert not re.search(r"@|example\.", text)


def test_only_this_machine_is_told_unless_a_host_is_given(tmp_path: Path) -> None:
    port = free_port()
    with (
        pages(a_newsletter(tmp_path), "--metrics", str(port)),
        closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as another,
    ):
        # Any address of 127/8 is this machine; only 127.0.0.1 is listened on.
        with pytest.raises(ConnectionRefusedError):
            another.connect(("127.0.0.2", port))
        assert numbers(f"http://127.0.0.1:{port}/metrics")


def test_a_newsletter_without_a_database_says_so(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    port = free_port()
    with pages(directory, "--metrics", str(port)):
        assert numbers(f"http://127.0.0.1:{port}/metrics")["roundup_database_readable", ()] == 1
        (directory / "roundup.db").rename(directory / "elsewhere.db")
        told = numbers(f"http://127.0.0.1:{port}/metrics")
        assert told["roundup_database_readable", ()] == 0
        assert "roundup_subscribers" not in {name for name, _ in told}
        (directory / "elsewhere.db").rename(directory / "roundup.db")


def test_a_port_that_is_taken_or_is_none_is_told(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = roundup(directory, "serve", "--port", "0", "--metrics", str(port))
    assert done.returncode == 1
    assert f"The numbers cannot be told on 127.0.0.1:{port}: Address already in use." in done.stderr

    for wrong in ("http", "127.0.0.1", "localhost:99999", "-1"):
        done = roundup(directory, "serve", "--port", "0", "--metrics", wrong)
        assert done.returncode == 2
        assert f"“{wrong}” is no port" in done.stderr
