"""An owner's counts, as owners write them."""

from pathlib import Path

import pytest

from roundup.gathering import Counts
from roundup.gathering.counting.counts_file import CountsFile
from roundup.gathering.fetching import Fetcher
from tests.builders import a_piece

PIECES = [
    a_piece(id="1", link="https://lantern.example/library/"),
    a_piece(id="2", link="https://lantern.example/bridge/"),
    a_piece(id="3", link="https://lantern.example/council/"),
]


def counted(folder: Path, text: str | bytes, *, name: str = "counts.csv") -> Counts:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return CountsFile(file, source="The Lantern", fetcher=Fetcher(user_agent="test")).count(PIECES)


@pytest.mark.parametrize(
    "text",
    [
        "url,count\nhttps://lantern.example/library/,12\n/bridge/,0\n",
        "https://lantern.example/library/,12\n/bridge,0",
        "Count;Address\r\n12;library\r\n0;bridge\r\n",
        "\ufeffslug\tcomment count\tnote\nlibrary\t12\tx\nbridge\t0\n\n",
        'link,comments\n"https://lantern.example/library/"," 12 "\n"bridge",0\n',
        '{"/library/": 12, "/bridge/": 0}',
        '{"counts": {"library": "12", "bridge": {"count": 0}}}',
        '[{"url": "/library/", "count": 12}, {"url": "/bridge/", "comments": 0}]',
        '{"posts": [{"slug": "library", "commentCount": 12}, {"slug": "bridge", "total": 0}]}',
        '[["library", 12], ["bridge", 0]]',
        '{"1": 12, "2": 0}',
    ],
)
def test_the_forms_that_owners_write(tmp_path: Path, text: str) -> None:
    assert Counts(by_id={"1": 12, "2": 0}) == counted(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("url,count\nlibrary,many\n", "counts.csv:2", "“many” is no number of comments."),
        ("library,1\nbridge,-4\n", "counts.csv:2", "“-4” is no number of comments."),
        ("library,1\nbridge\n", "counts.csv:2", "“” is no number of comments."),
        ('{"library": true}', "counts.csv:library", "“True” is no number of comments."),
        ('[{"url": "library", "count": 1.5}]', "counts.csv:entry 1", "“1.5” is no number of comments."),
        ('[{"count": 3}]', "counts.csv:entry 1", "No address."),
        ("title,votes\na,1\n", None, None),
        ("a;b\nc;d\n", "counts.csv", "Its first line must name the columns, such as url,count."),
        ('{"a": 1', "counts.csv", "It is no whole JSON: line 1, expecting ',' delimiter."),
        (
            '{\n"a": 1,}',
            "counts.csv",
            "It is no whole JSON: line 2, expecting property name enclosed in double quotes.",
        ),
        (b"a,1\nb\xff,2\n", "counts.csv", "It is not written in UTF-8 (line 2); save it as UTF-8."),
        ("[" * 100_000, "counts.csv", "It is no JSON that can be read."),
    ],
)
def test_what_cannot_be_used_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, where: str | None, what: str | None
) -> None:
    defects = counted(tmp_path, text).defects
    if what is not None:
        assert [("The Lantern", where, what)] == [(each.source, each.where, each.what) for each in defects]
    else:
        assert len(defects) == 1


def test_a_bad_line_spoils_no_other(tmp_path: Path) -> None:
    bad = "".join(f"x{number},?\n" for number in range(9))
    counts = counted(tmp_path, f"url,count\n{bad}library,12\n")

    assert {"1": 12} == counts.by_id
    assert "counts.csv:2" == counts.defects[0].where
    assert "4 more lines hold no number that can be used." == counts.defects[-1].what


def test_a_file_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    counts = CountsFile(tmp_path / "no.csv", source="s", fetcher=Fetcher(user_agent="test")).count(PIECES)
    (defect,) = counts.defects

    assert ("no.csv", "There is no such file. Correct `file` under comments in roundup.toml.") == (
        defect.where, defect.what,
    )  # fmt: skip


def test_an_empty_file_counts_nothing(tmp_path: Path) -> None:
    assert Counts() == counted(tmp_path, "")
    assert Counts() == counted(tmp_path, "{}")
