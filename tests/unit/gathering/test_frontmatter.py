"""Front matter as generators and people write it."""

import pytest

from roundup.gathering.frontmatter import Form, FrontMatterError, split


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
        ("---\ntitle: A\n", 1, "never ends"),
        ("\n+++\ntitle = 'A'\n", 2, "never ends; close it with +++"),
        ('---\ndate: 2015-03-30\ntitle: "a\n---\n', 3, "in quotes"),
        ("---\na: 1\nb: 2\ntags: [a\n---\n", 4, "broken front matter"),
        ("---\ntitle: A\nauthor: {name: x\n---\n", 3, "broken front matter"),
        ("---\nkeyless\ntitle: a: b\n---\n", 2, "broken front matter"),
        ("---js\n{}\n---\n", 1, "in JavaScript"),
        ('{\n"title": "A",\n"date": x\n}\n', 3, "is not JSON"),
        ('{"a":' * 100_000, 1, "nested too deeply"),
        ('---json\n{"a": 1,}\n---\n', 2, "is not JSON"),
        ("---\n- a\n- b\n---\n", 2, "without keys"),
        ('+++\ntitle = "A"\ndate = \n+++\n', 3, "broken front matter"),
        ('+++\ntitle = "A\n+++\n', 2, "broken front matter"),
        ("---\na: " + "[" * 1500 + "\n---\n", 2, "broken front matter"),
        ("---\n\x00\n---\n", 2, "broken front matter"),
    ],
)
def test_a_fault_is_told_with_its_line(text: str, line: int, told: str) -> None:
    assert fault(text)[0] == line
    assert told in fault(text)[1]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("title: a: b", "a: b"),
        ("title: @x", "@x"),
        ("title: `ls` and its friends", "`ls` and its friends"),
        ("title: *Moby-Dick* at 170", "*Moby-Dick* at 170"),
        ("title: 100% of it: all", "100% of it: all"),
        ("title:\tA\ttab", "A\ttab"),
        ('title: "Quoted" and not', '"Quoted" and not'),
        ("title: 'It's here'", "It's here"),
        ("title: [Sic] it says", "[Sic] it says"),
        ("title: [c#, @x, 'y']", ["c#", "@x", "y"]),
        ("title:\n- a\t\n- b", ["a", "b"]),
        ("title: &x [*x]", "&x [*x]"),
    ],
)
def test_what_can_mean_but_one_thing_is_read_though_it_is_no_yaml(line: str, value: object) -> None:
    made = split(f"---\ndate: 2015-03-30 # kept\n\n# a comment\n{line}\nslug: x\nother: a: b\n---\nBody")
    assert made.values == {"date": "2015-03-30", "title": value, "slug": "x", "other": "a: b"}
    assert made.body == "Body"


@pytest.mark.parametrize(
    ("text", "form", "values"),
    [
        ("---yaml\ntitle: A\n---\nBody", Form.YAML, {"title": "A"}),
        ("-----\ntitle: A\n-----\nBody", Form.YAML, {"title": "A"}),
        ("---toml\ntitle = 'A'\n---\nBody", Form.TOML, {"title": "A"}),
        ('{"title": "A", "tags": ["x"]}\n\nBody', Form.JSON, {"title": "A", "tags": ["x"]}),
        ('{\n  "Title": "A\tB"\n}\nBody', Form.JSON, {"title": "A\tB"}),
        ('{"title": "A"} Body', Form.JSON, {"title": "A"}),
        (';;;\n{"title": "A"}\n;;;\nBody', Form.JSON, {"title": "A"}),
        (';;;\n"title": "A",\n"n": 1,\n;;;\nBody', Form.JSON, {"title": "A", "n": 1}),
        ("Title: A: b\nTags: x,\n  y\n\nBody", Form.LINES, {"title": "A: b", "tags": "x, y"}),
        ("title: 'A'\ntags:\n- x\n- y\n---\nBody", Form.LINES, {"title": "A", "tags": ["x", "y"]}),
        (".. title: A\n.. has_math:\n\nBody", Form.NIKOLA, {"title": "A", "has_math": ""}),
        ("<!--\n.. title: A\n\n.. slug: a\n-->\n\nBody", Form.NIKOLA, {"title": "A", "slug": "a"}),
        ("<!-- .. title: A -->\nBody", Form.NIKOLA, {"title": "A"}),
        ("A\n=\nBody", Form.NONE, {}),
        ("A title\n=======\n\n:tags: x,\n   y\n\nBody", Form.FIELDS, {"title": "A title", "tags": "x, y"}),
        ("=====\n A b\n=====\n:date: 2015\n\nBody", Form.FIELDS, {"title": "A b", "date": "2015"}),
        (":title: A\n\nBody", Form.FIELDS, {"title": "A"}),
        (":tada: We did it.\n\nBody", Form.NONE, {}),
        ("Title: A\n\nBody", Form.LINES, {"title": "A"}),
        ("Note: this is a text.\n\nBody", Form.NONE, {}),
        ("Title: A\nand more of it.\n\nBody", Form.NONE, {}),
        ("---\n\nA text under a line.\n\n---\n\nBody", Form.NONE, {}),
        ("---\nA text\nBody", Form.NONE, {}),
        ("{% include x %}\nBody", Form.NONE, {}),
        ("{{ page.title }}\nBody", Form.NONE, {}),
        ("<!-- a comment -->\nBody", Form.NONE, {}),
        ("", Form.NONE, {}),
        ("Just text\nBody", Form.NONE, {}),
    ],
)  # fmt: skip
def test_the_form_is_known_by_what_the_file_holds(text: str, form: Form, values: dict[str, object]) -> None:
    made = split(text)
    assert (made.form, made.values) == (form, values)
    assert made.body.endswith("Body") or not text
    assert made.form is Form.NONE or "A" not in made.body


def test_the_head_of_a_page_is_front_matter() -> None:
    page = (
        "<!DOCTYPE html>\n<html><head><title>A &amp; B</title>\n<meta name='date' content='2015-03-30 09:00'>\n"
        '<meta content="x, y" name="keywords"><meta property="og:image" content="/a.png"></head>\n<body>Text</body>'
    )
    made = split(page)
    assert made.form is Form.HTML
    assert made.values == {"title": "A &amp; B", "date": "2015-03-30 09:00", "tags": "x, y", "image": "/a.png"}
    assert made.body == page
