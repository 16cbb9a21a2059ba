"""Front matter as generators and people write it."""

import pytest

from roundup.gathering.frontmatter import FrontMatterError, split


def fault(text: str) -> tuple[int, str]:
    with pytest.raises(FrontMatterError) as caught:
        split(text)
    return caught.value.line, str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "---\nTitle: A\n---\nBody\n",
        "\ufeff---\r\nTitle: A\r\n---\r\nBody\r\n",
        "\n\n---  \ntitle: A\n...\nBody\n",
        '+++\ntitle = "A"\n+++\nBody\n',
    ],
)
def test_every_fence_is_found(text: str) -> None:
    made = split(text)
    assert made.values == {"title": "A"}
    assert made.body == "Body\n"


def test_the_body_knows_its_first_line() -> None:
    assert split("\n---\ntitle: A\n---\nBody").body_line == 5


def test_scalars_of_yaml_stay_as_they_were_written() -> None:
    made = split("---\ntitle: on\ndate: 2014-1-2\ntime: 12:30\nn: 007\nno: NO\nlist: [1, a]\n---\n")
    assert made.values == {
        "title": "on",
        "date": "2014-1-2",
        "time": "12:30",
        "n": "007",
        "no": "NO",
        "list": ["1", "a"],
    }


def test_empty_front_matter_is_no_fault() -> None:
    assert split("---\n---\nBody").values == {}


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("Just text", 1, "has no front matter"),
        ("\n\nJust text", 3, "has no front matter"),
        ("", 1, "has no front matter"),
        ("---\ntitle: A\n", 1, "never ends"),
        ("---\ndate: 2015-03-30\ntitle: a: b\n---\n", 3, "in quotes"),
        ("---\na: 1\nb: 2\ntags: [a\n---\n", 4, "broken front matter"),
        ("---\ntitle: @x\n---\n", 2, "broken front matter"),
        ("---\n- a\n- b\n---\n", 2, "without keys"),
        ("---\na: &x [*x]\n---\n", 2, "broken front matter"),
        ('+++\ntitle = "A"\ndate = \n+++\n', 3, "broken front matter"),
        ('+++\ntitle = "A\n+++\n', 2, "broken front matter"),
        ("---\na: " + "[" * 1500 + "\n---\n", 2, "broken front matter"),
        ("---\n\x00\n---\n", 2, "broken front matter"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, told: str) -> None:
    assert fault(text)[0] == line
    assert told in fault(text)[1]
