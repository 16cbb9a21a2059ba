"""“Still talked about”: a piece of an earlier issue, in both parts of the mail, and how its comments have grown."""

from pathlib import Path

from tests.newsletters import DUE, PIECES, a_newsletter, a_piece_file, roundup, told

MONDAY = "2026-11-23T17:00"


def test_a_piece_that_readers_go_on_commenting_on_is_named_again(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, talked_about={"maximum": 2, "growth": 5})
    assert "sent" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    content = directory / "content"
    (content / "bridge.md").write_text(PIECES["bridge.md"].replace("comment_count: 7", "comment_count: 19"), "utf-8")
    (content / "library.md").write_text(PIECES["library.md"].replace("comment_count: 2", "comment_count: 6"), "utf-8")
    (content / "new.md").write_text(a_piece_file("On kerbs", day="2026-11-23"), encoding="utf-8")
    seen = told(roundup(directory, "preview", "--at", MONDAY, "--json", "--out", "seen"))
    assert (["On kerbs"], [("The bridge that two towns built", "2026-11-20", 7, 19)]) == (
        [piece["title"] for piece in seen["pieces"]],
        [(each["title"], each["issue"], each["comments_then"], each["comments"]) for each in seen["talked_about"]],
    )
    html, text = ((directory / "seen" / name).read_text(encoding="utf-8") for name in ("issue.html", "issue.txt"))
    assert html.index("On kerbs") < html.index("Still talked about") < html.index("The bridge that two towns built")
    assert "19 Comments, 12 more since Friday" in html
    assert "The bridge that two towns built\n19 Comments, 12 more since Friday\n" in text
    report = told(roundup(directory, "run", "--at", MONDAY, "--json", "--expect", seen["fingerprint"]))
    assert ("sent", 1) == (report["state"], report["pieces"])
    # It was named, not carried: with no new piece there is no issue.
    assert "nothing-new" == told(roundup(directory, "run", "--at", "2026-11-24T17:00", "--json"))["state"]
