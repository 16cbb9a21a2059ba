"""Looking changes nothing, and what was looked at is what is sent."""

import email
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.newsletters import DUE, a_newsletter, a_piece_file, dump, roundup, told, write_subscribers

#: The headers and the octets that are a subscriber's own, or the day's.
OWN_HEADERS = {"date", "to", "message-id", "list-unsubscribe"}


def files(directory: Path) -> dict[str, str]:
    """Every file of a newsletter but its database, by its digest."""
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.name.startswith("roundup.db")
    }


def without_own(octets: bytes, *own: str) -> tuple[list[tuple[str, str]], list[str]]:
    """A message without what is its subscriber's own: the other headers, and each part with own values blanked."""
    message = email.message_from_bytes(octets)
    headers = [(name, value) for name, value in message.items() if name.lower() not in OWN_HEADERS]
    parts = []
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            text = re.sub(r"/u/[\w-]{32}", "/u/TOKEN", payload.decode())
            for value in own:
                text = text.replace(value, "OWN")
            parts.append(text)
    return headers, parts


@pytest.mark.parametrize(
    "look",
    [
        ("preview", "--at", "2026-11-23T17:00", "--out", "seen"),
        ("run", "--dry-run", "--now"),
        ("test-send", "new@example.org"),
    ],
    ids=lambda look: str(look[0]) + (" --dry-run" if "--dry-run" in look else ""),
)
def test_looking_leaves_the_database_and_every_file_as_they_were(tmp_path: Path, look: tuple[str, ...]) -> None:
    directory = a_newsletter(tmp_path)
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    (directory / "content" / "new.md").write_text(a_piece_file("A new one", day="2026-11-23"), encoding="utf-8")
    write_subscribers(directory, ("ada@example.com,Ada Marsh", "bo@example.net,Bo", "cy@example.org,Cy"))
    before = dump(directory), files(directory)
    out = tmp_path / "looked"
    result = roundup(directory, *look, *(["--out", str(out)] if look[0] == "preview" else []))
    assert (0, "") == (result.returncode, result.stderr)
    mailed = {name for name in files(directory) if name.startswith("outbox/")} - set(before[1])
    assert len(mailed) == (1 if look[0] == "test-send" and "accepted" in result.stdout else 0)
    assert before == (dump(directory), {name: value for name, value in files(directory).items() if name not in mailed})
    assert not list(directory.glob("roundup.db-*")), "no -wal or -shm file may stay behind"


def test_looking_before_the_first_run_makes_no_database(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    before = files(directory)
    assert roundup(directory, "preview", "--out", str(tmp_path / "looked"), "--at", DUE).returncode == 0
    assert roundup(directory, "run", "--dry-run").returncode == 0
    assert roundup(directory, "subscribers", "list").returncode == 0
    assert before == files(directory)
    assert not (directory / "roundup.db").exists()


def test_run_sends_what_preview_wrote_but_for_what_is_the_subscribers_own(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    out = tmp_path / "looked"
    assert roundup(directory, "preview", "--out", str(out), "--at", DUE).returncode == 0
    assert roundup(directory, "run", "--now", "--at", DUE).returncode == 0
    previewed = without_own((out / "issue.eml").read_bytes(), "editor@lantern.example.org")
    sent = sorted((directory / "outbox").glob("*.eml"))
    assert len(sent) == 2
    for path, address in zip(sorted(sent, key=_address_of), ("ada@example.com", "bo@example.net"), strict=True):
        assert previewed == without_own(path.read_bytes(), address)
    html = (out / "issue.html").read_text(encoding="utf-8")
    part = email.message_from_bytes((out / "issue.eml").read_bytes()).get_payload(1)
    assert not isinstance(part, str)
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    assert html.split() == decoded.decode().split()


def _address_of(path: Path) -> str:
    return str(email.message_from_bytes(path.read_bytes())["To"]).rpartition("<")[2]


def test_the_fingerprint_of_the_preview_is_that_of_the_send_and_another_is_refused(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    seen = told(roundup(directory, "preview", "--json", "--out", str(tmp_path / "looked"), "--at", DUE))
    refused = roundup(directory, "run", "--now", "--at", DUE, "--expect", "0" * 64)
    assert refused.returncode == 3
    assert seen["fingerprint"] in refused.stderr
    sent = roundup(directory, "run", "--now", "--at", DUE, "--expect", seen["fingerprint"], "--json")
    assert (0, "sent", seen["fingerprint"]) == (sent.returncode, told(sent)["state"], told(sent)["fingerprint"])


def test_a_test_mails_link_changes_nothing_and_the_preview_is_addressed_to_the_editor(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    out = tmp_path / "looked"
    roundup(directory, "preview", "--out", str(out), "--at", DUE)
    message = email.message_from_bytes((out / "issue.eml").read_bytes())
    assert message["To"] == "editor@lantern.example.org"


def test_an_explanation_has_the_fields_of_the_contract(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, selection={"maximum": 1})
    out = tmp_path / "looked"
    roundup(directory, "preview", "--out", str(out), "--at", DUE)
    explained = json.loads((out / "explain.json").read_text(encoding="utf-8"))
    assert {"order", "fingerprint", "subject", "preheader", "pieces", "left_out", "older", "sources"} <= set(explained)
    fields = {"id", "source", "title", "link", "authors", "published", "comments", "excerpt", "comment_hours", "pinned"}
    assert fields | {"rank", "why"} == set(explained["pieces"][0])
    assert fields | {"because", "kind"} == set(explained["left_out"][0])
    assert explained["left_out"][0]["because"] == "more"
    told = {"name", "state", "found", "defects"} | {"new", "left_out", "counted"}
    assert told == set(explained["sources"][0])


def test_with_nothing_new_a_preview_ends_well_and_no_old_issue_stays_in_the_folder(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    out = tmp_path / "looked"
    roundup(directory, "preview", "--out", str(out), "--at", DUE)
    roundup(directory, "run", "--now", "--at", DUE)
    result = roundup(directory, "preview", "--out", str(out), "--at", "2026-11-23T16:00")
    assert result.returncode == 0
    assert "Nothing new" in result.stdout
    assert ["explain.json"] == [path.name for path in out.iterdir()]
