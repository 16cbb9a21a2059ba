"""The daily job with its ledgers on a real PostgreSQL server, by the installed command."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, free_port, roundup, started, told
from tests.postgres import PASSWORD, Cluster, a_cluster, the_cluster
from tests.sinks import Sink, a_sink

FIRST, AGAIN = ("run", "--now", "--at", DUE), ("run", "--at", DUE)


def people(count: int) -> list[str]:
    return [f"reader{number}@example.com" for number in range(count)]


def when(process: "subprocess.Popen[str]", reached: Callable[[], bool]) -> None:
    """Wait until something has come about while a run goes on."""
    deadline = time.monotonic() + 60
    while not reached():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, complaints = process.communicate(timeout=60)
    return process.returncode, out, complaints


def test_the_whole_job_on_a_server(cluster: Cluster, name: str, tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=None, store={"url": cluster.url(name)})
        (directory / "more.csv").write_text(
            "email,name\ncy@example.org,Cy\nada@example.com,Ada Marsh\n", encoding="utf-8"
        )
        before = roundup(directory, "preview", "--out", "seen", "--at", DUE)
        assert (0, "") == (before.returncode, before.stderr)
        assert [] == cluster.run("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", name), "looking makes nothing"
        assert roundup(directory, "subscribers", "import", "more.csv").returncode == 0
        rehearsed = roundup(directory, *FIRST, "--dry-run", "--json")
        sent = roundup(directory, *FIRST, "--json")
        again = roundup(directory, *AGAIN)

    assert (0, "") == (sent.returncode, sent.stderr)
    assert told(rehearsed)["fingerprint"] == told(sent)["fingerprint"]
    assert {"accepted": 2} == told(sent)["deliveries"]
    assert again.stdout.startswith("Already sent")
    assert {"ada@example.com": 1, "cy@example.org": 1} == sink.copies()
    listed = told(roundup(directory, "subscribers", "list", "--json"))
    assert [("ada@example.com", True), ("cy@example.org", True)] == [(row["email"], row["mailable"]) for row in listed]
    assert ["sent"] == [row["state"] for row in told(roundup(directory, "issues", "list", "--json"))]
    assert not list(directory.glob("roundup.db*"))


def test_of_six_runs_at_once_one_sends(cluster: Cluster, name: str, tmp_path: Path) -> None:
    with a_sink(tmp_path, latency=0.25) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, subscribers=people(60), store={"url": cluster.url(name)})
        results = [ended(process) for process in [started(directory, *FIRST) for _ in range(6)]]

    assert [(0, "")] * 6 == [(code, complaints) for code, _, complaints in results]
    heads = [said.partition(":")[0] for _, said, _ in results]
    assert heads.count("Sent") == 1
    assert set(heads) <= {"Sent", "Running", "Already sent"}
    assert dict.fromkeys(people(60), 1) == sink.copies()


def test_after_a_kill_the_next_run_goes_on(cluster: Cluster, name: str, tmp_path: Path) -> None:
    lines = 4
    with a_sink(tmp_path, latency=0.1) as sink:
        smtp = {**sink.smtp, "connections": lines}
        directory = a_newsletter(tmp_path, smtp=smtp, subscribers=people(80), store={"url": cluster.url(name)})
        process = started(directory, *FIRST)
        when(process, lambda: len(sink.lines()) >= 20)
        os.kill(process.pid, signal.SIGKILL)
        ended(process)
        end = roundup(directory, *AGAIN, "--json")

    assert (0, "sent") == (end.returncode, told(end)["state"]), end.stderr
    assert set(people(80)) == set(sink.copies())
    assert sink.copies().total() - 80 <= told(end)["resent"] <= lines


def _stop_and_see(cluster: Cluster, process: "subprocess.Popen[str]", sink: Sink) -> tuple[int, str]:
    when(process, lambda: len(sink.lines()) >= 20)
    cluster.stop(number=signal.SIGQUIT)
    code, _, complaints = ended(process)
    return code, complaints


def test_a_server_that_dies_in_the_middle_ends_the_run_and_the_next_completes_it(
    cluster: Cluster, tmp_path: Path
) -> None:
    del cluster  # Asked for its skip; this test kills one of its own.
    lines = 4
    with a_cluster() as mortal, a_sink(tmp_path, latency=0.1) as sink:
        url = mortal.url(mortal.make_database())
        smtp = {**sink.smtp, "connections": lines}
        directory = a_newsletter(tmp_path, smtp=smtp, subscribers=people(80), store={"url": url})
        code, complaints = _stop_and_see(mortal, started(directory, *FIRST), sink)
        had = sink.copies().total()
        meanwhile = roundup(directory, *AGAIN)
        mortal.start()
        end = roundup(directory, *AGAIN, "--json")

    assert code == 1
    # Whichever line noticed first: that the server is gone, or that the lock is.
    assert re.search(r"The connection .*was lost", complaints)
    assert "run the command again: it goes on where this one stopped." in complaints.lower()
    assert "Traceback" not in complaints
    assert had < 80
    assert (1, True) == (meanwhile.returncode, "cannot be reached: " in meanwhile.stderr)
    assert (0, "sent") == (end.returncode, told(end)["state"]), end.stderr
    assert set(people(80)) == set(sink.copies())
    assert sink.copies().total() - 80 <= told(end)["resent"] <= lines


@pytest.mark.parametrize("command", [FIRST, (*FIRST, "--dry-run"), ("preview", "--out", "seen"), ("issues", "list")])
def test_a_server_that_is_not_there_is_told_in_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    the_cluster()
    url = f"postgresql://roundup@127.0.0.1:{free_port()}/news"
    result = roundup(a_newsletter(tmp_path, store={"url": url}), *command)

    assert result.returncode == 1
    assert "The PostgreSQL database news on 127.0.0.1 (port " in result.stderr
    assert "Is the server running, and does [store] url (or ROUNDUP_DATABASE_URL) name it rightly?" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_password_comes_from_the_environment_and_shows_nowhere(cluster: Cluster, name: str, tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, store={"url": cluster.tcp_url(name)})
    refused = roundup(directory, *FIRST)
    whole = roundup(directory, *FIRST, env={"ROUNDUP_DATABASE_URL": cluster.tcp_url(name, password=PASSWORD)})
    alone = roundup(directory, *AGAIN, env={"PGPASSWORD": PASSWORD})
    wrong = roundup(directory, *AGAIN, env={"PGPASSWORD": "hunter2"})

    assert [1, 0, 0, 1] == [each.returncode for each in (refused, whole, alone, wrong)]
    assert "ROUNDUP_DATABASE_URL (the whole address), PGPASSWORD or ~/.pgpass" in refused.stderr
    assert alone.stdout.startswith("Already sent")
    for result in (refused, whole, alone, wrong):
        assert PASSWORD not in result.stdout + result.stderr
        assert "hunter2" not in result.stdout + result.stderr


def test_a_password_in_the_settings_is_refused(tmp_path: Path) -> None:
    url = "postgresql://roundup:hunter2@127.0.0.1/news"
    result = roundup(a_newsletter(tmp_path, store={"url": url}), *FIRST)

    assert result.returncode == 2
    assert "store.url: a password does not belong here" in result.stderr
    assert "hunter2" not in result.stderr


def test_without_the_driver_the_command_that_installs_it_is_told(tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "psycopg"
    absent.mkdir(parents=True)
    (absent / "__init__.py").write_text('raise ImportError("no pq wrapper available")\n', encoding="ascii")
    directory = a_newsletter(tmp_path, store={"url": "postgresql://roundup@127.0.0.1/news"})
    path = os.pathsep.join([str(absent.parent), os.environ.get("PYTHONPATH", "")])
    result = roundup(directory, *FIRST, env={"PYTHONPATH": path})

    assert result.returncode == 2
    assert 'pip install "roundup-digest[postgresql]"' in result.stderr


def test_moving_to_an_empty_server_without_the_rows_is_held(cluster: Cluster, name: str, tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, *FIRST).returncode == 0
    moved = {"ROUNDUP_DATABASE_URL": cluster.url(name)}
    for command in (("run", "--now", "--at", "2026-11-23T17:00"), ("subscribers", "list")):
        result = roundup(directory, *command, env=moved)
        assert result.returncode == 3
        assert "this newsletter has had a database before" in result.stderr
    assert [] == cluster.run("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", name)


def test_leaving_the_server_for_a_new_file_is_held(cluster: Cluster, name: str, tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, *FIRST, env={"ROUNDUP_DATABASE_URL": cluster.url(name)}).returncode == 0
    result = roundup(directory, *AGAIN)

    assert result.returncode == 3
    assert "this newsletter has had a database before" in result.stderr
    assert not (directory / "roundup.db").exists()
