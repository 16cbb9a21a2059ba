"""What is wrong is told with its file and line, nothing is lost, and nobody ever sees a traceback."""

from pathlib import Path

from tests.newsletters import DUE, a_newsletter, roundup, rows, told

RUN = ("run", "--now", "--at", DUE)


def test_all_wrong_settings_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, selection={"maximun": 3, "max_age": "soon"}, schedule={"at": "25:00"})
    result = roundup(directory, *RUN)
    assert result.returncode == 2
    lines = (directory / "roundup.toml").read_text(encoding="utf-8").splitlines()
    for key, said in (("maximun", "did you mean maximum?"), ("max_age", '"24h"'), ("at", '"17:00"')):
        number = next(number for number, line in enumerate(lines, start=1) if line.startswith(f"{key} ="))
        told_line = next(line for line in result.stderr.splitlines() if f"roundup.toml:{number}: " in line)
        assert said in told_line
    assert not (directory / "roundup.db").exists()


def test_a_broken_template_holds_the_issue_and_names_file_and_line(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    folder = directory / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "piece.html").write_text("<tr><td>\n{{ piece.titel }}\n</td></tr>\n", encoding="utf-8")
    for command in (RUN, ("preview", "--out", str(tmp_path / "looked"), "--at", DUE)):
        result = roundup(directory, *command)
        assert result.returncode == 3
        assert f"{folder / 'piece.html'}, line 2" in result.stderr
        assert "Traceback" not in result.stderr
    (folder / "piece.html").unlink()
    assert told(roundup(directory, *RUN, "--json"))["state"] == "sent"


def test_an_own_template_is_used_in_place_of_the_shipped_one(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    folder = directory / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "sponsor.txt").write_text("ignored: there is no sponsor\n", encoding="utf-8")
    (folder / "piece.txt").write_text("OWN {{ piece.title }}\n{{ piece.link }}\n", encoding="utf-8")
    assert roundup(directory, *RUN).returncode == 0
    assert "OWN A library is a place to read" in next((directory / "outbox").glob("*.eml")).read_text(encoding="utf-8")


def test_a_bad_row_of_the_list_is_told_with_its_line_and_the_others_are_mailed(tmp_path: Path) -> None:
    people = ("ada@example.com,Ada", "not an address,Bo", "cy@example.net,Cy,activ", "di@example.net,Di,,hourly")
    directory = a_newsletter(tmp_path, subscribers=people)
    result = roundup(directory, *RUN)
    assert result.returncode == 0
    for line, said in ((3, "not an address"), (4, "activ"), (5, "hourly")):
        assert any(f"subscribers.csv:{line}: " in told and said in told for told in result.stdout.splitlines())
    assert [("ada@example.com", "active"), ("cy@example.net", "removed")] == rows(
        directory, "select email, status from subscribers order by email"
    )
    assert len(list((directory / "outbox").glob("*.eml"))) == 1


def test_a_list_that_cannot_be_read_holds_the_issue_and_changes_nobody(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, *RUN).returncode == 0
    before = rows(directory, "select * from subscribers")
    (directory / "subscribers.csv").write_text("name,telephone\nAda,1\n", encoding="utf-8")
    result = roundup(directory, "run", "--now", "--at", "2026-11-23T17:00")
    assert result.returncode == 3
    assert "subscribers.csv:1: " in result.stderr
    assert before == rows(directory, "select * from subscribers")


def test_a_list_that_would_take_away_too_many_holds_until_it_is_imported_by_hand(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, subscribers=[f"reader{number}@example.com," for number in range(20)])
    assert roundup(directory, *RUN).returncode == 0
    (directory / "subscribers.csv").write_text("email\nreader1@example.com\n", encoding="utf-8")
    held = roundup(directory, "run", "--now", "--at", "2026-11-23T17:00")
    assert held.returncode == 3
    assert "19 of 20" in held.stderr
    assert [(20,)] == rows(directory, "select count(*) from subscribers where status = 'active'")
    assert roundup(directory, "subscribers", "import", str(directory / "subscribers.csv")).returncode == 0
    assert [(1,)] == rows(directory, "select count(*) from subscribers where status = 'active'")


def test_over_smtp_nobody_is_mailed_who_could_not_leave(tmp_path: Path) -> None:
    directory = a_newsletter(
        tmp_path,
        smtp={"host": "127.0.0.1", "port": 9, "security": "none"},
        newsletter={"public_url": "", "bounce_address": "bounces@lantern.example.org"},
    )
    path = directory / "roundup.toml"
    settings = path.read_text(encoding="utf-8")
    path.write_text(
        "\n".join(line for line in settings.splitlines() if "unsubscribe_mailto" not in line), encoding="utf-8"
    )
    result = roundup(directory, *RUN)
    assert result.returncode == 2
    assert "public_url" in result.stderr
    assert "unsubscribe_mailto" in result.stderr


def test_at_is_refused_where_it_could_reach_real_people(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, smtp={"host": "smtp.example.org"})
    result = roundup(directory, *RUN)
    assert result.returncode == 2
    assert "--at" in result.stderr


def test_a_missing_secret_a_readable_one_and_a_missing_directory_are_told(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    (directory / ".secret").chmod(0o644)
    readable = roundup(directory, *RUN)
    (directory / ".secret").unlink()
    missing = roundup(directory, *RUN)
    nowhere = roundup(tmp_path / "nowhere", *RUN)
    assert [2, 2, 2] == [readable.returncode, missing.returncode, nowhere.returncode]
    assert "chmod 600" in readable.stderr
    assert "roundup init" in missing.stderr
    assert "roundup init" in nowhere.stderr


def test_a_missing_password_is_told_and_only_where_mail_would_go(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, smtp={"host": "127.0.0.1", "port": 9, "security": "none", "username": "me"})
    result = roundup(directory, *RUN)
    assert result.returncode == 2
    assert "ROUNDUP_SMTP_PASSWORD" in result.stderr
    assert roundup(directory, "preview", "--out", str(tmp_path / "looked"), "--at", DUE).returncode == 0
    assert roundup(directory, "run", "--dry-run").returncode == 0
