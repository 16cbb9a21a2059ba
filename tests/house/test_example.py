"""The shipped example: its feeds are its folder's, its issue holds what its README says, and nothing in it is real."""

import re
import struct
import subprocess
import sys
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from roundup import settings
from roundup.gathering.feedcontent import FeedDocument
from roundup.gathering.feeddocument import read_document
from roundup.gathering.folder import FolderSource
from roundup.model import Bookmark, Cadence, Piece, Status
from roundup.ranking import Ranking, rank
from tests.lists import read_list

ROOT = Path(__file__).resolve().parents[2]
MAGAZINE = ROOT / "examples" / "magazine"
LONDON = ZoneInfo("Europe/London")
ISSUE = datetime(2026, 11, 20, 17, tzinfo=LONDON)

#: Title and comments in the order of the issue; the last two stand under "More".
IN_THE_ISSUE = [
    ("‘We are not asking for the moon’: inside the depot dispute", 17),
    ("Half a promise on social care is no promise at all", 9),
    ("Repairs first: why the next housing programme should begin with the homes we already have", 4),
    ("The town hall that opened its books", 46),
    ("The pylon and the parish", 3),
    ("Devolution without a bus is only a map", None),
    ("The shelf life of an idea", 0),
    ("Letter from the Marlpit estate", 1),
    ("The school that kept its music teacher", 2),
    ("A party should read its own minutes", 0),
]
TOO_OLD = {("The last counter in the high street", 5), ("Who checks the machine that checks the claimant?", 11)}


def in_the_folder() -> list[Piece]:
    source = settings.load(MAGAZINE).sources[0]
    assert source.link is not None
    reading = FolderSource(name="it", folder=MAGAZINE / "content", link=source.link, zone=LONDON).read(Bookmark())
    assert (reading.failure, reading.defects) == (None, ())
    return list(reading.pieces)


def in_the_feed(name: str) -> list[Piece]:
    content = read_document(FeedDocument(body=(MAGAZINE / name).read_bytes(), source="it", zone=LONDON))
    assert not content.problem
    assert not content.defects
    return list(content.pieces)


def told(pieces: list[Piece]) -> dict[str, tuple[object, ...]]:
    """What a reader sees of each piece, by its link."""
    return {
        piece.link: (
            piece.title, piece.published, piece.authors, piece.comments, piece.tags, piece.excerpt,
            piece.picture and piece.picture.url,
        )
        for piece in pieces
    }  # fmt: skip


def test_the_feeds_are_made_from_the_folder_byte_for_byte(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(MAGAZINE / "make_feeds.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.atom", "feed.json", "feed.xml"]
    for made in tmp_path.iterdir():
        assert made.read_bytes() == (MAGAZINE / made.name).read_bytes(), f"{made.name}: run make_feeds.py"


def test_there_are_twelve_pieces() -> None:
    assert len([path for path in (MAGAZINE / "content").iterdir() if path.suffix in {".md", ".html"}]) == 12
    assert len(in_the_folder()) == 12


@pytest.mark.parametrize("feed", ["feed.xml", "feed.atom", "feed.json"])
def test_a_feed_tells_the_same_of_each_piece_as_the_folder(feed: str) -> None:
    assert told(in_the_feed(feed)) == told(in_the_folder())


def test_ten_pieces_are_young_enough_and_come_in_the_order_that_the_readme_promises() -> None:
    shipped = settings.load(MAGAZINE)
    oldest = ISSUE - shipped.selection.max_age
    dated = [(piece, piece.published) for piece in in_the_folder() if piece.published]
    young = [(piece, published) for piece, published in dated if oldest <= published.at <= ISSUE]
    ranked = rank(young, ranking=Ranking(), instant=ISSUE)

    assert [(each.piece.title, each.piece.comments) for each in ranked] == IN_THE_ISSUE
    assert {(piece.title, piece.comments) for piece, published in dated if published.at < oldest} == TOO_OLD
    assert len(IN_THE_ISSUE) == shipped.selection.maximum + 2


def test_the_pieces_show_every_case() -> None:
    pieces = in_the_folder()
    heads = [path.read_text(encoding="utf-8") for path in (MAGAZINE / "content").iterdir()]

    assert sorted({len(piece.authors) for piece in pieces}) == [1, 2, 3]
    assert ("Editorial",) in {piece.authors for piece in pieces}
    assert max(len(piece.title) for piece in pieces) >= 75
    assert len([head for head in heads if head.startswith("+++\n")]) == 2
    assert len([head for head in heads if re.search(r"^excerpt: ", head, re.MULTILINE)]) == 1
    # All but the hand-written excerpt were cut, at 55 words.
    cut = [piece.excerpt for piece in pieces if piece.excerpt.endswith(" …")]
    assert [len(excerpt.removesuffix(" …").split()) for excerpt in cut] == [55] * 11


def test_every_picture_is_there_at_its_size_and_light_enough_to_mail() -> None:
    wanted = {urlsplit(piece.picture.url).path for piece in in_the_folder() if piece.picture}
    assert len(wanted) == 5
    for path in wanted:
        picture = MAGAZINE / path.lstrip("/")
        content = picture.read_bytes()
        assert content.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack(">II", content[16:24]) == (1200, 675)
        assert len(content) <= 60 * 1024
        assert picture.with_suffix(".svg").is_file()


def test_every_picture_says_what_it_shows() -> None:
    assert all(piece.picture.alt for piece in in_the_folder() if piece.picture)


def test_the_settings_can_be_read_and_their_house_words_are_shown_on_the_issues_day() -> None:
    shipped = settings.load(MAGAZINE)

    assert shipped.ranking.doubling == timedelta(hours=4)
    assert (shipped.schedule.at, shipped.newsletter.zone) == (ISSUE.time(), LONDON)
    assert ISSUE.weekday() in shipped.schedule.weekdays
    for house in [*shipped.appeal, *shipped.sponsor]:
        assert house.first is not None
        assert house.last is not None
        assert house.first <= ISSUE.date() <= house.last
    assert len(shipped.appeal) == len(shipped.sponsor) == 1


def test_the_commented_out_feed_in_the_settings_can_be_switched_on(tmp_path: Path) -> None:
    content = (MAGAZINE / "roundup.toml").read_text(encoding="utf-8")
    block = re.search(r"(?:^# \[\[sources\]\]\n(?:^# .*\n)+)", content, re.MULTILINE)
    assert block is not None
    switched_on = re.sub(r"^# ", "", block[0], flags=re.MULTILINE)
    (tmp_path / "roundup.toml").write_text(content.replace(block[0], switched_on), encoding="utf-8")

    assert [source.feed for source in settings.load(tmp_path).sources] == [None, "feed.xml"]


def test_the_subscribers_can_be_read() -> None:
    name = "subscribers.csv"
    rows = read_list((MAGAZINE / name).read_bytes(), name=name, headed=True)

    assert (len(rows.rows), rows.bad) == (12, [])
    assert len({row.email.lower() for row in rows.rows}) == 12
    assert [row.status for row in rows.rows].count(Status.LEFT) == 1
    assert [row.cadence for row in rows.rows].count(Cadence.WEEKLY) == 1
    assert [row.name for row in rows.rows].count("") == 1
    assert any(not row.name.isascii() for row in rows.rows)


def test_the_sample_list_shows_every_status_and_every_cadence() -> None:
    name = "subscribers.example.csv"
    rows = read_list((ROOT / name).read_bytes(), name=name)

    assert not rows.bad
    assert not [row for row in rows.rows if row.unknown_status]
    assert {row.status for row in rows.rows} == {*Status, None}
    assert {row.cadence for row in rows.rows} == set(Cadence)
    assert any(len(row.sections or ()) > 1 for row in rows.rows)


def test_every_address_in_the_example_is_on_a_reserved_domain() -> None:
    reserved = re.compile(r"(?:^|\.)example\.(?:org|com|net)$")
    files = [path for kind in ("content/*", "*.toml", "*.csv") for path in MAGAZINE.glob(kind)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*files, ROOT / "subscribers.example.csv"])
    hosts = {host.lower() for host in re.findall(r"(?:https?://|[\w.+-]@)([\w.-]*\w)", text)}

    assert "magazine.example.org" in hosts
    assert [host for host in sorted(hosts) if not reserved.search(host)] == []


def test_the_settings_are_toml_that_any_reader_takes() -> None:
    assert set(tomllib.loads((MAGAZINE / "roundup.toml").read_text(encoding="utf-8"))) == {
        "newsletter", "editor", "sources", "selection", "ranking", "schedule", "look", "appeal", "sponsor", "smtp",
        "delivery", "store",
    }  # fmt: skip
