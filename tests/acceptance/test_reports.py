"""Who is told how a run went: the editor by mail, a file, a webhook, a dead man's switch."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from tests.all_mail import broken_below
from tests.newsletters import DUE, a_newsletter, free_port, roundup
from tests.sinks import Sink, a_sink
from tests.sites import listening
from tests.torture.false_clock import SetClock
from tests.torture.processes import at_work, await_

EDITOR = "editor@lantern.example.org"
FOLDER = [{"folder": "content", "link": "https://lantern.example.org/{slug}/"}]
NO_SOURCE = [{"feed": "feed.xml", "name": "The Lantern"}]
NOW = ("run", "--now", "--at", DUE)


@pytest.fixture(autouse=True)
def all_mail_keeps_the_rules(tmp_path: Path) -> Iterator[None]:
    """All but M5: some mails are dated by a clock that was set, and their files by the machine's."""
    yield
    assert [rule for rule in broken_below(tmp_path) if ": M5: " not in rule] == []


@dataclass
class Hook:
    """A web server that takes whatever it is told."""

    status: int = 204
    port: int = 0
    #: Method, path and body of every request.
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


@contextmanager
def a_hook() -> Iterator[Hook]:
    hook = Hook()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            hook.asked.append((self.command, self.path, body))
            self.send_response(hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    with listening(Answer) as hook.port:
        yield hook


def letters(sink: Sink) -> list[EmailMessage]:
    """What the editor got, in its order."""
    found = []
    for path in sorted(sink.kept.glob("*.eml"), key=lambda each: int(each.stem)):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        if mail["To"] == EDITOR:
            found.append(mail)
    return found


def logged(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / "reports.jsonl").read_text(encoding="utf-8").splitlines()]


def test_what_needs_a_person_is_mailed_to_the_editor_once(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, sources=NO_SOURCE, reports={"mail": "problems"})
        assert [3, 3, 3] == [roundup(directory, *NOW).returncode for _ in range(3)]

        [letter] = letters(sink)
        assert letter["Subject"] == (
            "The Daily Lantern: Held: the issue of Friday 20 November 2026. A person must decide."
        )
        assert "No source could be used" in letter.get_content()
        assert "feed.xml" in letter.get_content()
        # RFC 3834 §5; and it is no bulk mail.
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["List-Id"] is None


def test_a_day_on_which_all_is_well_is_mailed_to_who_asks_for_it(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, reports={"mail": "daily"})
        for _ in range(2):
            assert roundup(directory, *NOW).returncode == 0

        [letter] = letters(sink)
        lines = letter.get_content().splitlines()
        assert lines[0] == "Sent: the issue of Friday 20 November 2026."
        assert "2 subscribers: 2 accepted." in lines
        assert "Read: 1 source with 2 pieces (2 not seen before)." in lines
        assert any(line.startswith("The run took ") for line in lines)
        assert any(line.startswith("The next issue is due on ") for line in lines)


def test_a_day_on_which_all_is_well_is_not_mailed_to_who_wants_to_be_spared(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(tmp_path, smtp=sink.smtp, reports={"mail": "problems"})
        assert roundup(directory, *NOW).returncode == 0

        assert len(sink.lines()) == 2
        assert letters(sink) == []


def test_a_dry_run_tells_nobody(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink, a_hook() as hook:
        reports = {"mail": "daily", "webhook": hook.at("/hook"), "ping": hook.at("/ping"), "log": "reports.jsonl"}
        directory = a_newsletter(tmp_path, smtp=sink.smtp, sources=NO_SOURCE, reports=reports)
        roundup(directory, *NOW, "--dry-run")

        assert (hook.asked, sink.lines()) == ([], [])
        assert not (directory / "reports.jsonl").exists()


def test_a_letter_waits_for_a_mail_server_that_is_down(tmp_path: Path, clock: SetClock) -> None:
    port = free_port()
    smtp = {"host": "127.0.0.1", "port": port, "security": "none"}
    directory = a_newsletter(tmp_path, smtp=smtp, reports={"mail": "problems"})
    clock.set("2026-11-20T17:01:00")
    first = roundup(directory, "run", "--now", env=clock.environment)
    assert first.returncode == 4
    assert "could not be mailed to the editor, and will be tried again" in first.stderr

    with a_sink(tmp_path, port=port) as sink:
        clock.jump(timedelta(minutes=10))
        assert roundup(directory, "run", "--now", env=clock.environment).returncode == 0
        assert roundup(directory, "run", "--now", env=clock.environment).returncode == 0

        [letter] = letters(sink)
        assert "Unfinished" in letter["Subject"]
        assert sorted(sink.copies().values()) == [1, 1, 1]


def test_a_letter_that_is_refused_is_not_offered_for_ever(tmp_path: Path, clock: SetClock) -> None:
    with a_sink(tmp_path) as sink:
        directory = a_newsletter(
            tmp_path, smtp=sink.smtp, sources=NO_SOURCE, reports={"mail": "problems"},
            editor={"email": "x-550-editor@lantern.example.org"},
        )  # fmt: skip
        clock.set("2026-11-20T17:01:00")
        first = roundup(directory, "run", "--now", env=clock.environment)
        clock.jump(timedelta(minutes=10))
        second = roundup(directory, "run", "--now", env=clock.environment)

    assert "refused by the editor's mail server" in first.stderr
    assert "refused by the editor's mail server" not in second.stderr


def test_every_report_is_a_line_in_the_log(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, reports={"log": "reports.jsonl"})
    for _ in range(2):
        roundup(directory, *NOW)

    [told] = logged(directory)
    assert (told["newsletter"], told["state"], told["issue"]) == ("daily-lantern", "sent", "2026-11-20")
    assert told["deliveries"] == {"accepted": 2}
    assert told["sources"] == [{"name": "The Lantern", "state": "ok", "found": 2, "new": 2}]
    assert stat.S_IMODE((directory / "reports.jsonl").stat().st_mode) & 0o007 == 0


def test_a_webhook_gets_what_the_log_gets(tmp_path: Path) -> None:
    with a_hook() as hook:
        reports = {"webhook": hook.at("/hooks/x"), "log": "reports.jsonl"}
        directory = a_newsletter(tmp_path, reports=reports)
        for _ in range(2):
            assert roundup(directory, *NOW).returncode == 0

    [(method, path, body)] = hook.asked
    assert (method, path) == ("POST", "/hooks/x")
    assert json.loads(body) == logged(directory)[0]


def test_a_webhook_that_fails_is_asked_again_and_stops_nothing(tmp_path: Path, clock: SetClock) -> None:
    with a_hook() as hook:
        hook.status = 500
        env = {**clock_at(clock, "2026-11-20T17:01:00"), "ROUNDUP_WEBHOOK": hook.at("/services/T0SECRETB1SECRET")}
        directory = a_newsletter(tmp_path)
        first = roundup(directory, "run", "--now", env=env)
        clock.jump(timedelta(minutes=10))
        hook.status = 200
        second = roundup(directory, "run", "--now", env=env)
        third = roundup(directory, "run", "--now", env=env)

    assert [0, 0, 0] == [each.returncode for each in (first, second, third)]
    assert "The report did not reach 127.0.0.1 ([reports] webhook): it answered 500." in first.stderr
    assert "T0SECRET" not in first.stdout + first.stderr
    assert len(hook.asked) == 2


def clock_at(clock: SetClock, moment: str) -> dict[str, str]:
    clock.set(moment)
    return dict(clock.environment)


@pytest.mark.parametrize(("sources", "path"), [(FOLDER, "/ping/7f3a"), (NO_SOURCE, "/ping/7f3a/fail")])
def test_a_dead_mans_switch_is_pressed_by_every_run(tmp_path: Path, sources: list[dict[str, str]], path: str) -> None:
    with a_hook() as hook:
        directory = a_newsletter(tmp_path, sources=sources, reports={"ping": hook.at("/ping/7f3a")})
        for _ in range(2):
            roundup(directory, *NOW)

    assert [path, path] == hook.paths


def test_a_switch_that_nobody_hears_delays_no_issue(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, reports={"ping": f"http://127.0.0.1:{free_port()}/"})
    done = roundup(directory, *NOW)

    assert done.returncode == 0
    assert "The report did not reach 127.0.0.1 ([reports] ping): Connection refused." in done.stderr
    again = roundup(directory, *NOW, "--quiet")
    assert (0, "", "") == (again.returncode, again.stdout, again.stderr), "a letter from cron every five minutes"


def test_a_switch_is_told_that_no_mail_can_be_sent(tmp_path: Path) -> None:
    with a_hook() as hook:
        smtp = {"host": "127.0.0.1", "port": free_port(), "security": "none"}
        directory = a_newsletter(tmp_path, smtp=smtp, reports={"ping": hook.at("/ping/7f3a")})
        assert roundup(directory, *NOW).returncode == 4

    assert ["/ping/7f3a/fail"] == hook.paths


def test_a_log_that_is_a_pipe_which_nobody_reads_delays_no_issue(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, reports={"log": "reports.jsonl"})
    os.mkfifo(directory / "reports.jsonl")
    done = roundup(directory, *NOW)

    assert done.returncode == 0
    assert "The report could not be written to" in done.stderr


def test_a_log_that_is_read_through_a_pipe_gets_the_line(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, reports={"log": "reports.jsonl"})
    os.mkfifo(directory / "reports.jsonl")
    reader = os.open(directory / "reports.jsonl", os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        assert roundup(directory, *NOW).returncode == 0
        assert "sent" == json.loads(pipe.read())["state"]


def test_a_letter_is_not_waited_for_where_nobody_answers(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        smtp = {"host": "127.0.0.1", "port": mute.getsockname()[1], "security": "none"}
        directory = a_newsletter(tmp_path, smtp=smtp, sources=NO_SOURCE, reports={"mail": "problems"})
        with at_work(directory, *NOW) as run:
            assert run.stderr is not None
            assert run.stderr.readline().startswith("Held: "), "who started it hears first"
            run.terminate()
            _, complaints = run.communicate(timeout=30)
    assert run.returncode == 3
    assert "The report could not be mailed to the editor, and will be tried again" in complaints


def test_whoever_stays_tells_the_same(tmp_path: Path, clock: SetClock) -> None:
    with a_sink(tmp_path) as sink, a_hook() as hook:
        reports = {"mail": "problems", "ping": hook.at("/ping"), "log": "reports.jsonl"}
        directory = a_newsletter(tmp_path, smtp=sink.smtp, sources=NO_SOURCE, reports=reports)
        # The calendar begins with the first run.
        env = clock_at(clock, "2026-11-20T16:00:00")
        roundup(directory, "run", env=env)
        clock.set("2026-11-20T17:00:05")
        with at_work(directory, "schedule", env=env) as resident:
            await_(lambda: "/ping/fail" in hook.paths, resident)
            await_(lambda: bool(letters(sink)), resident)
            resident.terminate()
            assert resident.wait(60) == 0

        [letter] = letters(sink)
        assert letter["Subject"].endswith("A person must decide.")
        assert [told["state"] for told in logged(directory)] == ["held"]


def test_addresses_that_are_none_are_told_with_their_key(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, reports={"webhook": "chat.example.org", "mail": "sometimes"})
    done = roundup(directory, *NOW)
    assert done.returncode == 2
    assert "reports.webhook: write an address that begins with https://" in done.stderr
    assert "reports.mail" in done.stderr

    directory = a_newsletter(tmp_path / "port", reports={"ping": "http://127.0.0.1:99999/x"})
    done = roundup(directory, *NOW)
    assert (done.returncode, "reports.ping: this is no web address" in done.stderr) == (2, True), done.stderr

    directory = a_newsletter(tmp_path / "other")
    done = roundup(directory, *NOW, env={"ROUNDUP_PING": "hc-ping.com/x"})
    assert done.returncode == 2
    assert "ROUNDUP_PING: write an address that begins with https://" in done.stderr
