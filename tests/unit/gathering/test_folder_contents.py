"""A folder that was read before: only what changed is read again."""

import os
import zlib
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.folder import FolderSource, Habits
from roundup.gathering.folder_contents import Contents, newest_change, packed, row_of, unpacked
from roundup.gathering.folder_files import File, listed
from roundup.model import Bookmark, Defect, Picture, Piece, Reading, Skipped

LONDON = ZoneInfo("Europe/London")
LINK = "https://lantern.example/{slug}/"
HEAD = "---\ntitle: A title\ndate: 2015-03-30\n---\n"


def a_source(
    folder: Path, *, link: str = LINK, zone: str = "Europe/London", habits: Habits | None = None
) -> FolderSource:
    return FolderSource(name="The Lantern", folder=folder, link=link, zone=ZoneInfo(zone), habits=habits)


def a_folder(folder: Path) -> Path:
    """Every kind of result."""
    (folder / "piece.md").write_text(
        "---\ntitle: A ‘title’\ndate: 2015-03-30 09:00\nauthors: [Ada, 'Holt, Eve']\ntags: [a, b]\nimage: /a.png\n"
        "image_alt: A\ncomment_count: 0\n---\nText.",
        encoding="utf-8",
    )
    (folder / "day.md").write_text(HEAD + "Text.", encoding="utf-8")
    (folder / "draft.md").write_text("---\ndraft: true\n---\n", encoding="utf-8")
    (folder / "broken.md").write_text("---\ntitle: 'A\n---\n", encoding="utf-8")
    (folder / "_partial.md").write_text("", encoding="utf-8")
    return folder


def settle(folder: Path) -> None:
    """Something was changed later than all other files, so that they need not be doubted."""
    newest = newest_change(listed(folder, source="s", language="").files)
    later = folder / "later.txt"
    while not later.exists() or later.stat().st_ctime_ns <= newest + 20_000_000:
        later.write_text("", encoding="utf-8")


def rows_of(reading: Reading, source: FolderSource) -> dict[str, str]:
    text = zlib.decompress(reading.bookmark.contents or b"").decode("utf-8")
    assert source.name not in text
    return {row.split("\x1f")[0]: row for row in text.split("\n")[1:]}


def test_a_second_reading_gives_what_the_first_gave(tmp_path: Path) -> None:
    source = a_source(a_folder(tmp_path))
    first = source.read(Bookmark())
    assert (len(first.pieces), len(first.skipped), len(first.defects)) == (2, 2, 1)
    second = source.read(first.bookmark)
    assert second == first
    assert second.bookmark.contents is first.bookmark.contents


def test_an_unchanged_file_is_not_even_opened(tmp_path: Path) -> None:
    """Shown with a row that the file would not give, neither its title nor its digest: what is in it is believed."""
    source = a_source(a_folder(tmp_path))
    settle(tmp_path)
    first = source.read(Bookmark())
    row = rows_of(first, source)["piece.md"]
    fields = row.split("\x1f")
    false = "\x1f".join((*fields[:2], "no digest", *fields[3:])).replace("A ‘title’", "Another title")
    blob = zlib.decompress(first.bookmark.contents or b"").replace(row.encode(), false.encode())
    second = source.read(Bookmark(contents=zlib.compress(blob)))
    assert [piece.title for piece in second.pieces] == ["A title", "Another title"]


def test_what_changed_is_read_again_and_what_went_is_gone(tmp_path: Path) -> None:
    source = a_source(a_folder(tmp_path))
    settle(tmp_path)
    first = source.read(Bookmark())
    (tmp_path / "day.md").write_text(HEAD.replace("A title", "B title") + "Text.", encoding="utf-8")
    (tmp_path / "broken.md").unlink()
    (tmp_path / "new.md").write_text(HEAD, encoding="utf-8")
    second = source.read(first.bookmark)
    assert [piece.title for piece in second.pieces] == ["B title", "A title", "A ‘title’"]
    assert second.defects == ()
    assert second == replace(source.read(Bookmark()), bookmark=second.bookmark)
    assert "broken.md" not in rows_of(second, source)


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path: Path) -> None:
    """`cp -p` and `touch -r` set the time back; the change time tells."""
    source = a_source(a_folder(tmp_path))
    settle(tmp_path)
    first = source.read(Bookmark())
    state = (tmp_path / "day.md").stat()
    (tmp_path / "day.md").write_text(HEAD.replace("A title", "B title") + "Text.", encoding="utf-8")
    os.utime(tmp_path / "day.md", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert [piece.title for piece in source.read(first.bookmark).pieces] == ["B title", "A ‘title’"]


def test_a_file_that_was_only_touched_keeps_its_result(tmp_path: Path) -> None:
    source = a_source(a_folder(tmp_path))
    settle(tmp_path)
    first = source.read(Bookmark())
    os.utime(tmp_path / "day.md", ns=(1, 1))
    settle(tmp_path)
    second = source.read(first.bookmark)
    assert second.pieces == first.pieces
    before, after = rows_of(first, source)["day.md"].split("\x1f"), rows_of(second, source)["day.md"].split("\x1f")
    assert before[1] != after[1]
    assert before[2:] == after[2:]


A = File("a.md", "1 2 3 4", 5_000_000_001)


@pytest.mark.parametrize(
    ("file", "newest", "settled"),
    [
        # Written within a tick of the newest change: it may be written again without another state.
        (A, A.changed, False),
        (A, A.changed + 10_000_000, False),
        (A, A.changed + 10_000_001, True),
        # In whole seconds: the file system's clock is that coarse.
        (File("a.md", "1 2 3 4", 5_000_000_000), 7_000_000_000, False),
        (File("a.md", "1 2 3 4", 5_000_000_000), 7_000_000_001, True),
        (A, 0, False),
    ],
)
def test_a_file_that_may_change_unseen_is_read_again(file: File, newest: int, *, settled: bool) -> None:
    row = row_of(file, "digest", Skipped(where="a.md", because="a draft"), newest=newest)
    assert row is not None
    contents = unpacked(packed(Contents(made_by="x", rows={"a.md": row})), "x")
    found = contents.of_unchanged(file, "s")
    assert (found is not None) is settled
    assert contents.of_same("a.md", "digest", "s") == Skipped(where="a.md", because="a draft")
    assert contents.of_same("a.md", "another", "s") is None
    assert contents.of_same("b.md", "digest", "s") is None


@pytest.mark.parametrize(
    "changed",
    [
        {"link": "https://lantern.example/new/{slug}/"},
        {"zone": "America/New_York"},
        {"habits": Habits(authors={"ada": "Ada Marsh"})},
        {"habits": Habits(language="fr")},
    ],
)
def test_other_settings_read_all_again(tmp_path: Path, changed: dict[str, object]) -> None:
    a_folder(tmp_path)
    settle(tmp_path)
    first = a_source(tmp_path).read(Bookmark())
    other = a_source(tmp_path, **changed)  # type: ignore[arg-type]
    assert other.read(first.bookmark) == other.read(Bookmark())


@pytest.mark.parametrize(
    "blob",
    [
        b"", b"\x00\xff", b"x" * 1000, zlib.compress(b""), zlib.compress(b"\xff\xfe"), zlib.compress(b"[]\n{}"),
        zlib.compress(b"another version\nday.md\x1f1 2 3 4\x1fd\x1fs\x1fa draft"),
    ],
)  # fmt: skip
def test_a_damaged_or_foreign_bookmark_reads_all_again(tmp_path: Path, blob: bytes) -> None:
    source = a_source(a_folder(tmp_path))
    assert source.read(Bookmark(contents=blob)) == source.read(Bookmark())


def test_a_bookmark_that_is_damaged_anywhere_is_no_error(tmp_path: Path) -> None:
    source = a_source(a_folder(tmp_path))
    first = source.read(Bookmark())
    blob = first.bookmark.contents or b""
    for place in range(0, len(blob), 7):
        damaged = blob[:place] + bytes([blob[place] ^ 0x55]) + blob[place + 1 :]
        assert source.read(Bookmark(contents=damaged)).pieces == first.pieces
        assert source.read(Bookmark(contents=blob[:place])).pieces == first.pieces


@pytest.mark.parametrize(
    "told", [("?",), ("s",), ("p", "only a title"), ("p", *["x"] * 11), ("p", "t", "l", "no date", *[""] * 8)]
)
def test_a_row_that_says_nothing_is_no_error(told: tuple[str, ...]) -> None:
    row = "\x1f".join(("a.md", "1 2 3 4", "digest", *told))
    contents = unpacked(packed(Contents(made_by="x", rows={"a.md": row})), "x")
    assert contents.of_unchanged(A, "s") is None


def test_a_path_that_would_break_a_row_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "a\nb.md").write_text(HEAD, encoding="utf-8")
    (tmp_path / "a\x1fb.md").write_text(HEAD, encoding="utf-8")
    source = a_source(tmp_path)
    settle(tmp_path)
    first = source.read(Bookmark())
    assert [piece.id for piece in first.pieces] == ["a\nb.md", "a\x1fb.md"]
    assert source.read(first.bookmark) == first


def test_what_could_not_be_read_is_tried_again(tmp_path: Path) -> None:
    source = a_source(a_folder(tmp_path))
    (tmp_path / "loop.md").symlink_to(tmp_path / "loop.md")
    assert "loop.md" not in rows_of(source.read(Bookmark()), source)


def test_every_field_of_a_piece_is_kept() -> None:
    piece = Piece(
        id="a.md", source="s", title="T", link="https://a.example", published=None, excerpt="E",
        authors=("A", "B, C"), comments=0, tags=("x", "y"),
        picture=Picture(url="https://a.example/a.png", width=8, height=9), language="pt-BR",
    )  # fmt: skip
    row = row_of(A, "digest", piece, newest=0)
    assert row is not None
    assert Contents(made_by="x", rows={"a.md": row}).of_same("a.md", "digest", "s") == piece
    defect = Defect(source="s", where="a.md:3", what="w")
    row = row_of(A, "digest", defect, newest=0)
    assert row is not None
    assert Contents(made_by="x", rows={"a.md": row}).of_same("a.md", "digest", "s") == defect


def test_a_file_that_is_written_again_in_the_same_tick_is_not_missed(tmp_path: Path) -> None:
    """Git's race: the second text has the size, and often the times, of the first one."""
    source = a_source(tmp_path)
    place = tmp_path / "a.md"
    (tmp_path / "old.md").write_text(HEAD, encoding="utf-8")
    for number in range(100):
        place.write_text(HEAD.replace("A title", f"First {number:03}"), encoding="utf-8")
        first = source.read(Bookmark())
        place.write_text(HEAD.replace("A title", f"Other {number:03}"), encoding="utf-8")
        second = source.read(first.bookmark)
        assert [piece.title for piece in second.pieces] == [f"Other {number:03}", "A title"]


def test_a_renamed_file_is_another_piece_and_the_old_one_is_gone(tmp_path: Path) -> None:
    source = a_source(a_folder(tmp_path))
    settle(tmp_path)
    first = source.read(Bookmark())
    (tmp_path / "day.md").rename(tmp_path / "night.md")
    second = source.read(first.bookmark)
    assert [piece.id for piece in second.pieces] == ["night.md", "piece.md"]
    assert second == replace(source.read(Bookmark()), bookmark=second.bookmark)


def test_two_files_that_change_names_change_places(tmp_path: Path) -> None:
    """`mv` keeps the time of what is in a file, but not that of the file itself."""
    source = a_source(a_folder(tmp_path))
    settle(tmp_path)
    first = source.read(Bookmark())
    (tmp_path / "day.md").rename(tmp_path / "other")
    (tmp_path / "piece.md").rename(tmp_path / "day.md")
    (tmp_path / "other").rename(tmp_path / "piece.md")
    second = source.read(first.bookmark)
    assert [(piece.id, piece.title) for piece in second.pieces] == [("day.md", "A ‘title’"), ("piece.md", "A title")]


def test_front_matter_in_a_file_of_its_own_is_read_again_when_it_changes(tmp_path: Path) -> None:
    (tmp_path / "a.rst").write_text("Text.\n", encoding="utf-8")
    (tmp_path / "a.meta").write_text(".. title: One\n.. date: 2015-03-30\n", encoding="utf-8")
    source = a_source(tmp_path)
    settle(tmp_path)
    first = source.read(Bookmark())
    (tmp_path / "a.meta").write_text(".. title: Two\n.. date: 2015-03-30\n", encoding="utf-8")
    second = source.read(first.bookmark)
    assert [piece.title for piece in (*first.pieces, *second.pieces)] == ["One", "Two"]
    (tmp_path / "a.meta").unlink()
    assert source.read(second.bookmark).pieces == ()


def test_a_bookmark_holds_a_few_hundred_octets_for_each_file(tmp_path: Path) -> None:
    for number in range(200):
        words = " ".join(f"{(number * place) % 9973:x}" for place in range(1, 60))
        (tmp_path / f"{number}.md").write_text(HEAD + words, encoding="utf-8")
    contents = a_source(tmp_path).read(Bookmark()).bookmark.contents
    assert contents is not None
    assert len(contents) < 200 * 400
