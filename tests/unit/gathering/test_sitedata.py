"""What a site's data files say of its authors."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.folder import FolderSource, Habits
from roundup.gathering.sitedata import SiteData, site_data
from roundup.model import Bookmark, Reading

HEAD = "---\ntitle: A\ndate: 2015-03-30\nauthor: {author}\n---\nText.\n"


def read(folder: Path, bookmark: Bookmark | None = None, *, authors: dict[str, str] | None = None) -> Reading:
    source = FolderSource(
        name="s",
        folder=folder,
        link="https://lantern.example/{slug}/",
        zone=ZoneInfo("Europe/London"),
        habits=Habits(authors=authors or {}),
    )
    return source.read(bookmark or Bookmark())


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("_data/authors.yml", "gray:\n  name: John Gray\n  email: gray@lantern.example\n"),
        ("_data/authors.yaml", "gray: John Gray\n"),
        ("data/authors.toml", '[gray]\nname = "John Gray"\n'),
        ("_data/authors.json", '{"gray": {"display_name": "John Gray"}}'),
        ("blog/.authors.yml", "authors:\n  Gray:\n    name: John Gray\n    avatar: /a.png\n"),
        ("authors.yml", "gray:\n  name: John Gray\n  title: The editor\n"),
    ],
)
def test_a_word_is_printed_as_the_name_that_the_site_says(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, "a.md", HEAD.format(author="gray"))
    write(tmp_path, name, text)
    reading = read(tmp_path)
    assert [piece.authors for piece in reading.pieces] == [("John Gray",)]
    assert reading.defects == ()


def test_the_editor_goes_before_the_site(tmp_path: Path) -> None:
    write(tmp_path, "a.md", HEAD.format(author="[gray, ada]"))
    write(tmp_path, "_data/authors.yml", "gray: John Gray\nada: Ada Marsh\n")
    assert read(tmp_path, authors={"GRAY": "J. Gray"}).pieces[0].authors == ("J. Gray", "Ada Marsh")


def test_a_data_file_that_changed_reads_all_again(tmp_path: Path) -> None:
    write(tmp_path, "a.md", HEAD.format(author="gray"))
    first = read(tmp_path)
    write(tmp_path, "_data/authors.yml", "gray: John Gray\n")
    second = read(tmp_path, first.bookmark)
    write(tmp_path, "_data/authors.yml", "gray: J. Gray\n")
    third = read(tmp_path, second.bookmark)
    (tmp_path / "_data/authors.yml").unlink()
    fourth = read(tmp_path, third.bookmark)
    found = [reading.pieces[0].authors for reading in (first, second, third, fourth)]
    assert found == [("gray",), ("John Gray",), ("J. Gray",), ("gray",)]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("_data/authors.yml", "gray: John\nada: [", "_data/authors.yml:2"),
        ("_data/authors.json", "{\n", "_data/authors.json:2"),
        ("data/authors.toml", "x\n", "data/authors.toml:1"),
        ("authors.yml", "x" * 100_001, "authors.yml:1"),
    ],
)
def test_a_data_file_that_is_broken_is_told_and_the_pieces_go_on(
    tmp_path: Path, name: str, text: str, where: str
) -> None:
    write(tmp_path, "a.md", HEAD.format(author="gray"))
    write(tmp_path, name, text)
    reading = read(tmp_path)
    assert [piece.authors for piece in reading.pieces] == [("gray",)]
    assert [defect.where for defect in reading.defects] == [where]
    assert "authors are printed as the pieces write them" in reading.defects[0].what
    assert "front matter" not in reading.defects[0].what


def test_a_data_file_of_any_other_shape_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, "_data/authors.yml", "gray: [a, b]\nada: {email: a@b.example}\n'': Nobody\neve:\n")
    assert site_data(tmp_path, "s").authors == {}
    assert site_data(tmp_path, "s").defects == ()


def test_a_data_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, "secret.yml", "gray: A secret\n")
    write(tmp_path, "content/a.md", HEAD.format(author="gray"))
    (tmp_path / "content" / "authors.yml").symlink_to(tmp_path / "secret.yml")
    assert read(tmp_path / "content").pieces[0].authors == ("gray",)


@pytest.mark.parametrize(("name", "text"), [("authors.yml", "- name: Ada\n"), ("authors.json", '[{"name": "Ada"}]')])
def test_a_list_of_people_says_nothing(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, name, text)
    assert site_data(tmp_path, "s") == SiteData()
