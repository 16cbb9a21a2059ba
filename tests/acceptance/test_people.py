"""The list at the command line: in and out, forgotten without a trace, counted; and the weekly edition."""

import json
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from roundup.tokens import Purpose, Secret
from tests.newsletters import (
    DUE,
    SECRET,
    a_newsletter,
    a_piece_file,
    await_answer,
    free_port,
    roundup,
    rows,
    started,
    told,
)
from tests.unit.test_list_products import EXPORTS

ADA, ZELDA = "ada@example.com", "zelda@example.com"


def listed(directory: Path) -> dict[str, str]:
    return {each["email"]: each["status"] for each in told(roundup(directory, "subscribers", "list", "--json"))}


def test_a_dry_run_tells_everything_and_an_import_does_it(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, subscribers=None)
    (directory / "export.csv").write_bytes((EXPORTS / "substack.csv").read_bytes())
    before = roundup(directory, "subscribers", "import", "export.csv", "--dry-run")

    assert (0, "") == (before.returncode, before.stderr)
    assert "Read as a list of Substack." in before.stdout
    assert "export.csv:6: “perhaps” is no status that roundup knows" in before.stdout
    assert "Nothing was changed (dry run)." in before.stdout
    assert {} == listed(directory)
    done = told(roundup(directory, "subscribers", "import", "export.csv", "--json", "--refused", "refused.csv"))
    assert (["Substack"], 4, 1) == (done["written_by"], done["rows"], done["refused_rows"])
    assert {"active": 2, "left": 1, "removed": 1} == done["new"]
    assert "7f3a@deletion-request.substack.com asked to be deleted there" in (directory / "refused.csv").read_text()
    assert {"active"} == {status for email, status in listed(directory).items() if "Ada" in email or "ömil" in email}


def test_the_list_goes_out_and_comes_back(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, subscribers=None)
    (directory / "all.csv").write_text(
        "email,name,status,cadence,sections\n"
        '=1+1@x.example,\'=SUM(A1),active,weekly,Books\nleft@x.example,Left,left,daily,\np@x.example,"P, 2",paused,,\n'
    )
    roundup(directory, "subscribers", "import", "all.csv")
    for kind in ("csv", "jsonl"):
        assert 0 == roundup(directory, "subscribers", "export", f"out.{kind}").returncode
        (tmp_path / kind).mkdir()
        other = a_newsletter(tmp_path / kind, subscribers=None)
        (other / f"in.{kind}").write_bytes((directory / f"out.{kind}").read_bytes())
        assert 0 == roundup(other, "subscribers", "import", f"in.{kind}").returncode
        again = roundup(other, "subscribers", "export", "--format", kind)

        # Lines end as RFC 4180 has it; the pipe that is read here takes that away.
        assert (directory / f"out.{kind}").read_text(encoding="utf-8") == again.stdout
        assert 0o600 == (directory / f"out.{kind}").stat().st_mode & 0o777
    assert "'=1+1@x.example,'=SUM(A1)," in (directory / "out.csv").read_text()


def test_who_is_forgotten_leaves_no_trace(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, subscribers=[f"{ZELDA},Zelda Quill", "bo@example.net,Bo"])
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    assert 0 == roundup(directory, "run", "--at", DUE).returncode
    person = json.loads(roundup(directory, "subscribers", "export", "--person", ZELDA).stdout)
    assert ("Zelda Quill", ["accepted"]) == (person["name"], [each["state"] for each in person["deliveries"]])
    result = roundup(directory, "subscribers", "forget", ZELDA)

    assert 0 == result.returncode
    assert "subscribers.csv:2: the address still stands here" in result.stderr
    traces = [
        path.name
        for path in directory.glob("roundup.db*")
        if b"zelda@example.com" in path.read_bytes() or b"Zelda Quill" in path.read_bytes()
    ]
    assert [] == traces
    assert ["bo@example.net"] == list(listed(directory))
    # The followed file still has her: nobody brings her back.
    (directory / "subscribers.csv").write_text("email,name\nzelda@example.com,Zelda\nbo@example.net,Bo Field\n")
    roundup(directory, "run", "--at", "2026-11-20T18:00")
    assert ["bo@example.net"] == list(listed(directory))
    assert 2 == roundup(directory, "subscribers", "export", "--person", ZELDA).returncode
    assert "2 accepted" in roundup(directory, "issues", "show", "2026-11-20").stdout


def test_numbers_are_told_in_a_table_and_as_json(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    roundup(directory, "run", "--at", DUE)
    shown = roundup(directory, "subscribers", "stats")
    numbers = told(roundup(directory, "subscribers", "stats", "--weeks", "4", "--json"))

    assert (0, "") == (shown.returncode, shown.stderr)
    assert "On the list: 2 active." in shown.stdout
    assert ({"active": 2}, 4) == (numbers["now"], len(numbers["weeks"]))
    assert {"accepted": 2} == numbers["issues"][0]["deliveries"]


def test_no_address_and_no_token_is_told_by_the_pages(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    roundup(directory, "run", "--at", "2026-11-20T10:00")
    key = rows(directory, "SELECT key FROM subscribers ORDER BY id")[0][0]
    token = Secret(SECRET.encode()).token(key, Purpose.LEAVE)
    port = free_port()
    process = started(directory, "serve", "--port", str(port))
    site = f"http://127.0.0.1:{port}/"
    await_answer(process, site)
    for address in (f"{site}u/{token}", f"{site}u/{token}/preferences", f"{site}u/{token}/nothing"):
        for body in (None, b"x=%ff"):
            with suppress(HTTPError), urlopen(Request(address, body)) as answer:
                assert 200 == answer.status
    process.terminate()
    out, complaints = process.communicate(timeout=20)

    assert "Serving the public pages" in out
    assert token not in out + complaints
    assert ADA not in out + complaints


def test_a_weekly_reader_has_the_week_in_one_mail(tmp_path: Path) -> None:
    directory = a_newsletter(
        tmp_path,
        subscribers=["ada@example.com,Ada,,daily", "wanda@example.net,Wanda,,weekly"],
        content={},
        schedule={"weekly": "fri"},
    )
    text = (directory / "subscribers.csv").read_text().replace("email,name\n", "email,name,status,cadence\n")
    (directory / "subscribers.csv").write_text(text)
    for day in range(16, 21):
        piece = a_piece_file(f"Tram number {day}", day=f"2026-11-{day}")
        (directory / "content" / f"tram-{day}.md").write_text(piece, encoding="utf-8")
        last = roundup(directory, "run", "--at", f"2026-11-{day}T09:30", "--json")
        seen = roundup(directory, "preview", "--weekly", "--out", "week", "--json", "--at", f"2026-11-{day}T16:59")
        last = roundup(directory, "run", "--at", f"2026-11-{day}T17:00", "--json")
        assert 0 == last.returncode, last.stderr
    report = told(last)
    mails = [path.read_text(encoding="utf-8") for path in sorted((directory / "outbox").glob("*.eml"))]
    weekly = [mail for mail in mails if "To: Wanda" in mail]

    assert ("sent", "sent", {"accepted": 1}) == (
        report["state"], report["weekly"]["state"], report["weekly"]["deliveries"],
    )  # fmt: skip
    assert report["weekly"]["fingerprint"] == told(seen)["fingerprint"], "what is previewed is what is sent"
    assert (6, 1) == (len(mails), len(weekly))
    assert all(f"Tram number {day}" in weekly[0] for day in range(16, 21))
    assert "2026-11-20/weekly" in roundup(directory, "issues", "list").stdout
