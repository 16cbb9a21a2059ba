"""A correction goes to exactly those who have the issue, once, and carries nothing."""

from email import message_from_bytes, policy
from pathlib import Path

from tests.newsletters import DUE, a_newsletter, roundup, told

BRIDGE = "https://lantern.example.org/2026/11/bridge/"
SAID = ("--subject", "A correction", "--intro", "The bridge is forty metres long.\n\nWe said fourteen.")


def mails(directory: Path) -> dict[str, str]:
    """Whom each mail of the outbox goes to, and its text."""
    found = {}
    for path in sorted((directory / "outbox").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        found[f"{mail['To']} {mail['Subject']}"] = str(body.get_content())
        path.unlink()
    return found


def test_a_correction_goes_to_those_who_have_the_issue_and_are_still_there(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    assert "sent" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    assert 2 == len(mails(directory))
    roundup(directory, "subscribers", "remove", "bo@example.net")
    roundup(directory, "subscribers", "add", "cy@example.org")
    shown = roundup(directory, "issues", "correct", "2026-11-20", *SAID, "--piece", BRIDGE)
    assert 0 == shown.returncode, shown.stderr
    assert "forty metres long.\n\nWe said fourteen." in shown.stdout
    assert ["2026-11-20"] == [each["issue"] for each in told(roundup(directory, "issues", "list", "--json"))]
    made = roundup(directory, "issues", "correct", "2026-11-20", *SAID, "--piece", BRIDGE, "--yes")
    assert "The issue of 2026-11-20/correction-1 is written down: the next run sends it to one person." in made.stdout
    assert 0 == roundup(directory, "run").returncode
    ((to, text),) = mails(directory).items()
    assert "ada@example.com" in to
    assert to.endswith("A correction")
    assert text.index("We said fourteen.") < text.index("The bridge that two towns built")
    assert "A library" not in text
    correction, issue = told(roundup(directory, "issues", "list", "--json"))
    assert ("2026-11-20/correction-1", "sent", {"accepted": 1}) == (
        correction["issue"], correction["state"], correction["deliveries"],
    )  # fmt: skip
    assert ("2026-11-20", "sent") == (issue["issue"], issue["state"])
    assert 0 == roundup(directory, "issues", "show", "2026-11-20/correction-1").returncode
    roundup(directory, "run")
    assert {} == mails(directory)


def test_a_correction_of_nothing_is_refused(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path)
    none = roundup(directory, "issues", "correct", "2026-11-20", *SAID, "--yes")
    assert (2, True) == (none.returncode, "There is no issue of 2026-11-20 that was sent." in none.stderr)
    roundup(directory, "run", "--at", DUE)
    unknown = roundup(directory, "issues", "correct", "2026-11-20", *SAID, "--piece", "guid-4711")
    assert (2, True) == (unknown.returncode, "had no piece “guid-4711”" in unknown.stderr)
    assert 2 == roundup(directory, "issues", "show", "2026-11-20/weekend").returncode
