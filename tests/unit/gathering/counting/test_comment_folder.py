"""Comments as files: counted as readers see them."""

import os
from pathlib import Path

import pytest

from roundup.gathering import Counts
from roundup.gathering.counting.comment_folder import CommentFolder
from tests.builders import a_piece

PIECES = [
    a_piece(id="_posts/2015-03-30-library.md", link="https://lantern.example/library/"),
    a_piece(id="_posts/2015-03-30-bridge.md", link="https://lantern.example/bridge/"),
]
COMMENT = "_id: 6a\n_parent: library\nname: Ada & Bo\nmessage: 'Well *said*: yes'\ndate: 2015-03-31T09:00:00.000Z\n"


def a_folder(base: Path, files: dict[str, str]) -> Path:
    folder = base / "comments"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def counted(folder: Path) -> Counts:
    return CommentFolder(folder, source="The Lantern").count(PIECES)


def test_each_file_of_a_piece_s_folder_is_a_comment(tmp_path: Path) -> None:
    folder = a_folder(
        tmp_path,
        {
            "library/comment-1.yml": COMMENT, "library/comment-2.yml": COMMENT.replace("2015-03-31T09", "1427792400 #"),
            "library/replies/comment-3.json": '{"name": "Bo", "message": "Indeed."}', "library/.hidden.yml": COMMENT,
            "library/notes.txt": "not one", "other/comment-1.yml": COMMENT,
        },
    )  # fmt: skip

    assert Counts(by_id={PIECES[0].id: 3}) == counted(folder)


def test_a_file_may_hold_all_comments_of_a_piece(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, {"2015-03-30-library.yml": "- {name: A}\n- {name: B}\n", "bridge.json": "[]"})

    assert Counts(by_id={PIECES[0].id: 2, PIECES[1].id: 0}) == counted(folder)


@pytest.mark.parametrize(
    "mark", ["hidden: true", "spam: yes", "approved: false", "published: no", "status: pending", "Status: Spam"]
)
def test_what_readers_do_not_see_is_not_counted(tmp_path: Path, mark: str) -> None:
    folder = a_folder(tmp_path, {"library/1.yml": COMMENT, "library/2.yml": f"{COMMENT}{mark}\n"})

    assert {PIECES[0].id: 1} == counted(folder).by_id


@pytest.mark.parametrize("mark", ["hidden: false", "approved: true", "status: approved", "date: 2015-99-99"])
def test_what_they_do_see_is(tmp_path: Path, mark: str) -> None:
    folder = a_folder(tmp_path, {"library/1.yml": f"{COMMENT}{mark}\n"})

    assert {PIECES[0].id: 1} == counted(folder).by_id


def test_a_broken_comment_is_told_and_the_others_count(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, {"library/1.yml": "name: [", "library/2.yml": COMMENT, "library/3.yml": "a text"})
    counts = counted(folder)

    assert {PIECES[0].id: 1} == counts.by_id
    assert [("library/1.yml", "It is no YAML or JSON that can be read, so it was not counted.")] == [
        (each.where, each.what) for each in counts.defects
    ]


def test_a_thread_of_which_nothing_can_be_read_is_unknown(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, {"library/1.yml": "name: ["})

    assert {} == counted(folder).by_id


def test_a_name_that_is_no_text_can_be_told(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, {"library/1.yml": COMMENT})
    (folder / "library" / os.fsdecode(b"\xff.yml")).write_text("name: [", encoding="utf-8")
    (defect,) = counted(folder).defects

    assert defect.where.encode().startswith(b"library/")


def test_aliases_make_no_gigabyte(tmp_path: Path) -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + depth)}: &{chr(98 + depth)} [{','.join(['*' + chr(97 + depth)] * 9)}]\n" for depth in range(9)
    )
    folder = a_folder(tmp_path, {"library/1.yml": bomb})

    assert {PIECES[0].id: 1} == counted(folder).by_id


def test_links_are_not_followed_and_pipes_not_waited_for(tmp_path: Path) -> None:
    folder = a_folder(tmp_path, {"library/1.yml": COMMENT})
    (folder / "library" / "round").symlink_to(folder)
    os.mkfifo(folder / "library" / "2.yml")

    assert Counts(by_id={PIECES[0].id: 1}) == counted(folder)


def test_a_folder_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    (defect,) = counted(tmp_path / "no").defects

    assert ("no", "There is no such folder. Correct `folder` under comments in roundup.toml.") == (
        defect.where, defect.what,
    )  # fmt: skip
