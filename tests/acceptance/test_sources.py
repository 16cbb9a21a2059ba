"""What `sources list` and `preview` say of each source, and what a person's word on one does."""

from pathlib import Path

import pytest

from tests.newsletters import DUE, PIECES, a_newsletter, a_piece_file, roundup, told

DRAFT = a_piece_file("A draft").replace("title:", "draft: true\ntitle:")
BROKEN = "---\ntitle: [unclosed\n---\nText.\n"
UNCOUNTED = a_piece_file("Not counted").replace("comment_count: 0\n", "")
CONTENT = {**PIECES, "draft.md": DRAFT, "broken.md": BROKEN, "uncounted.md": UNCOUNTED}
GONE = {"feed": "gone.xml", "name": "Gone"}
FOLDER = {"folder": "content", "link": "https://lantern.example.org/{slug}/", "name": "The Lantern"}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return a_newsletter(tmp_path, sources=[FOLDER, GONE], content=CONTENT)


def test_each_source_s_numbers_reasons_and_defects_are_listed(directory: Path) -> None:
    unread = told(roundup(directory, "sources", "list", "--json"))
    assert [None, None] == [source["state"] for source in unread]
    assert "not read yet" in roundup(directory, "sources", "list").stdout
    roundup(directory, "run", "--at", DUE)
    lantern, gone = told(roundup(directory, "sources", "list", "--json"))
    assert ("The Lantern", "ok", 3, 3, 2, 0, "") == (
        lantern["name"], lantern["state"], lantern["found"], lantern["new"], lantern["counted"],
        lantern["more_defects"], lantern["trouble"],
    )  # fmt: skip
    assert [1] == list(lantern["left_out"].values())
    assert ["broken.md:2"] == [defect["where"] for defect in lantern["defects"]]
    assert ("Gone", "failed", None) == (gone["name"], gone["state"], gone["read_well_at"])
    assert "gone.xml. Correct the source's feed" in gone["trouble"]
    details = roundup(directory, "sources", "list", "The Lantern").stdout
    assert all(each in details for each in ("broken.md:2", "1 × ", "known for 2, unknown for 1"))
    assert 2 == roundup(directory, "sources", "list", "Lamp").returncode


def test_the_preview_says_the_same_of_what_it_has_just_read(directory: Path) -> None:
    seen = roundup(directory, "preview", "--at", DUE, "--out", "seen")
    assert all(each in seen.stdout for each in ("The Lantern", "2 of 3", "failed", "broken.md:2"))
    lantern, gone = told(roundup(directory, "preview", "--at", DUE, "--out", "seen", "--json"))["sources"]
    assert (3, 3, 2, [1]) == (lantern["found"], lantern["new"], lantern["counted"], [*lantern["left_out"].values()])
    assert ("failed", []) == (gone["state"], gone["defects"])


def test_a_whole_archive_of_old_pieces_is_a_line_of_the_preview(tmp_path: Path) -> None:
    old = {f"{day:02}.md": a_piece_file(f"Of day {day}", day=f"2026-10-{day:02}") for day in range(1, 31)}
    directory = a_newsletter(tmp_path, content={**PIECES, **old})
    seen = roundup(directory, "preview", "--at", DUE, "--out", "seen").stdout
    assert "30 pieces" in seen
    assert "Of day 7" not in seen
    assert 30 == len(told(roundup(directory, "preview", "--at", DUE, "--out", "seen", "--json"))["left_out"])


def test_of_very_many_defects_a_run_tells_the_first_and_the_number(tmp_path: Path) -> None:
    content = {**PIECES, **{f"broken-{number:02}.md": BROKEN for number in range(25)}}
    directory = a_newsletter(tmp_path, content=content)
    warnings = told(roundup(directory, "run", "--at", DUE, "--json"))["warnings"]
    assert 11 == len(warnings)
    assert "The Lantern: 15 more like these; `roundup sources list 'The Lantern'`." == warnings[-1]
    assert "and 5 more like these" in roundup(directory, "sources", "list", "The Lantern").stdout


def test_a_muted_source_is_told_as_that_and_an_accepted_one_speaks_again(directory: Path) -> None:
    roundup(directory, "run", "--at", DUE)
    assert 0 == roundup(directory, "sources", "mute", "Gone").returncode
    states = [(each["state"], each["trouble"]) for each in told(roundup(directory, "sources", "list", "--json"))]
    assert [("ok", ""), ("muted", "")] == states
    assert 0 == roundup(directory, "sources", "accept", "Gone").returncode
    # What it was muted over is settled; it was never read, and says so.
    assert told(roundup(directory, "sources", "list", "Gone", "--json"))[0]["state"] is None
    assert "not read yet" in roundup(directory, "sources", "list", "Gone").stdout


def a_feed_file(directory: Path, name: str, item: str) -> dict[str, object]:
    """A feed of one piece, as a file of the newsletter; gives it as a source."""
    item = f"<item><title>The bridge</title><pubDate>Fri, 20 Nov 2026 09:00:00 +0000</pubDate>{item}</item>"
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
    directory.mkdir(parents=True, exist_ok=True)
    feed = f'<?xml version="1.0"?><rss version="2.0" {spaces}><channel><title>{name}</title>{item}</channel></rss>'
    (directory / f"{name}.xml").write_text(feed, encoding="utf-8")
    return {"feed": str(directory / f"{name}.xml"), "name": name}


def test_a_piece_of_two_feeds_is_one_with_what_both_know(tmp_path: Path) -> None:
    feeds = tmp_path / "feeds"
    planet = a_feed_file(
        feeds, "planet",
        "<link>http://www.lantern.example.org/bridge?utm_source=planet</link><slash:comments>23</slash:comments>",
    )  # fmt: skip
    main = a_feed_file(
        feeds, "main",
        "<link>https://lantern.example.org/bridge/</link><dc:creator>Ada Marsh</dc:creator>"
        "<description>It took two towns an evening.</description>",
    )  # fmt: skip
    directory = a_newsletter(tmp_path, sources=[planet, main])
    seen = told(roundup(directory, "preview", "--at", DUE, "--out", "seen", "--json"))
    (piece,) = seen["pieces"]
    assert ("main", "https://lantern.example.org/bridge/", ["Ada Marsh"], 23, "It took two towns an evening.") == (
        piece["source"], piece["link"], piece["authors"], piece["comments"], piece["excerpt"],
    )  # fmt: skip
    assert [("planet", "duplicate of “The bridge” from main")] == [
        (each["source"], each["because"]) for each in seen["left_out"]
    ]
    assert "sent" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    assert "nothing-new" == told(roundup(directory, "run", "--at", "2026-11-23T17:00", "--json"))["state"]
