"""Content folders as generators and people keep them."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering import Source
from roundup.gathering.folder import FolderSource
from roundup.model import Bookmark, Picture, Piece, Reading, Skipped

LINK = "https://lantern.example/{year}/{month:02}/{slug}/"
HEAD = "title: A title\ndate: 2015-03-30\n"


def a_source(folder: Path, link: str = LINK) -> Source:
    return FolderSource(name="The Lantern", folder=folder, link=link, zone=ZoneInfo("Europe/London"))


def read(folder: Path, link: str = LINK) -> Reading:
    reading = a_source(folder, link).read(Bookmark())
    assert reading.failure is None
    assert reading.whole
    return reading


def write(folder: Path, matter: str, body: str = "Some text.\n", name: str = "a-piece.md") -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"---\n{matter}---\n{body}", encoding="utf-8")


def only(folder: Path, link: str = LINK) -> Piece:
    reading = read(folder, link)
    assert reading.defects == ()
    assert len(reading.pieces) == 1
    return reading.pieces[0]


def test_a_file_is_read_in_full(tmp_path: Path) -> None:
    matter = (
        "Title: ‘It’s a partnership’\nDate: 2015-03-30 09:00:00 +0100\nauthors:\n- Ada Marsh\n- name: Holt, Eve\n"
        "tags: [Health, Care]\ncategories: Health, Wales\nimage: /spring.jpg\nimage_alt: Spring\ncomment_count: 3\n"
        "comments: true\nexcerpt: By *hand* […]\n"
    )
    write(tmp_path, matter, name="2015/2015-03-30-partnership.md")
    piece = only(tmp_path)
    assert piece == Piece(
        id="2015/2015-03-30-partnership.md",
        source="The Lantern",
        title="‘It’s a partnership’",
        link="https://lantern.example/2015/03/partnership/",
        published=piece.published,
        excerpt="By hand …",
        authors=("Ada Marsh", "Holt, Eve"),
        comments=3,
        tags=("Health", "Care", "Wales"),
        picture=Picture(url="https://lantern.example/spring.jpg", alt="Spring"),
    )
    assert piece.published is not None
    assert piece.published.at == datetime(2015, 3, 30, 8, tzinfo=UTC)


def test_toml_is_read_with_its_own_dates(tmp_path: Path) -> None:
    text = '+++\ntitle = "A title"\ndate = 2015-03-30T09:00:00-04:00\ndraft = false\nauthor = "Ada"\n+++\nText.'
    (tmp_path / "a.markdown").write_text(text, encoding="utf-8")
    piece = only(tmp_path)
    assert piece.published is not None
    assert piece.published.at == datetime(2015, 3, 30, 13, tzinfo=UTC)
    assert piece.authors == ("Ada",)


@pytest.mark.parametrize("key", ["title", "author", "tags", "description", "slug", "comments", "image"])
def test_a_number_with_more_digits_than_python_prints_is_nothing(tmp_path: Path, key: str) -> None:
    rest = "" if key == "title" else 'title = "A title"\n'
    (tmp_path / "a.md").write_text(f"+++\n{rest}{key} = 0x{'f' * 5000}\ndate = 2015-03-30\n+++\n# A title\n\nText.")
    assert only(tmp_path).title == "A title"


def test_an_html_file_is_a_piece_too(tmp_path: Path) -> None:
    write(tmp_path, HEAD, "<h1>Head</h1><p>*Not* Markdown.</p>", name="a.htm")
    assert only(tmp_path).excerpt == "*Not* Markdown."


@pytest.mark.parametrize(
    ("matter", "instant", "day"),
    [
        ("date: 2015-03-30\n", datetime(2015, 3, 29, 23, tzinfo=UTC), date(2015, 3, 30)),
        ("date: '2015-03-30'\n", datetime(2015, 3, 29, 23, tzinfo=UTC), date(2015, 3, 30)),
        ("date: 2015-03-30 09:00\n", datetime(2015, 3, 30, 8, tzinfo=UTC), None),
        ("date: 2015-03-30\ntime: 09:00\n", datetime(2015, 3, 30, 8, tzinfo=UTC), None),
        ("date: 30 March 2015 9:00 AM\n", datetime(2015, 3, 30, 8, tzinfo=UTC), None),
        ("pubDate: 2015-03-30T09:00:00Z\n", datetime(2015, 3, 30, 9, tzinfo=UTC), None),
        ("published: true\n", datetime(2015, 4, 1, 23, tzinfo=UTC), date(2015, 4, 2)),
        ("", datetime(2015, 4, 1, 23, tzinfo=UTC), date(2015, 4, 2)),
    ],
)
def test_a_date_is_found_in_every_form(tmp_path: Path, matter: str, instant: datetime, day: date | None) -> None:
    write(tmp_path, "title: A\n" + matter, name="2015-04-02-a.md")
    published = only(tmp_path).published
    assert published is not None
    assert (published.at, published.day) == (instant, day)


def test_a_date_is_found_in_the_folders_names(tmp_path: Path) -> None:
    write(tmp_path, "title: A\n", name="2015/04/02/a/index.md")
    piece = only(tmp_path)
    assert piece.published is not None
    assert piece.published.day == date(2015, 4, 2)
    assert piece.link == "https://lantern.example/2015/04/a/"


@pytest.mark.parametrize(
    ("matter", "link"),
    [
        ("", "https://lantern.example/2015/03/a-piece/"),
        ("slug: other\n", "https://lantern.example/2015/03/other/"),
        ("permalink: /own/path/\n", "https://lantern.example/own/path/"),
        ("url: https://lantern.example/own\n", "https://lantern.example/own"),
        ("permalink: /:year/:title/\n", "https://lantern.example/2015/a-piece/"),
        ("permalink: /:year/:unknown/\n", "https://lantern.example/2015/03/a-piece/"),
        ("permalink: /{{ slug }}/\n", "https://lantern.example/a-piece/"),
        ("permalink: /{{ page.date | date }}/\n", "https://lantern.example/2015/03/a-piece/"),
        ("permalink: own/page.html\n", "https://lantern.example/own/page.html"),
        ("url: /:section/:title/\n", "https://lantern.example/a-title/"),
        ("link: https://elsewhere.example/what-it-is-about\n", "https://lantern.example/2015/03/a-piece/"),
        ("path: files/x\n", "https://lantern.example/2015/03/a-piece/"),
        ("path: /gatsby/x\n", "https://lantern.example/gatsby/x"),
        ("slug: /gatsby/x/\n", "https://lantern.example/gatsby/x/"),
        ("permalink: pretty\n", "https://lantern.example/2015/03/a-piece/"),
        ("permalink: /\n", "https://lantern.example/2015/03/a-piece/"),
        ("slug: /\n", "https://lantern.example/2015/03/a-piece/"),
        ("url: //elsewhere.example/x\n", "https://lantern.example/2015/03/a-piece/"),
        ("url: https://lantern.example.elsewhere.example/x\n", "https://lantern.example/2015/03/a-piece/"),
        ("link: javascript://x/%0aalert(1)\n", "https://lantern.example/2015/03/a-piece/"),
    ],
)
def test_the_link_is_the_files_own_or_the_patterns(tmp_path: Path, matter: str, link: str) -> None:
    write(tmp_path, HEAD + matter)
    assert only(tmp_path).link == link


@pytest.mark.parametrize(
    ("matter", "authors"),
    [
        ("author: Ada Marsh\n", ("Ada Marsh",)),
        ("author: NARUSE, Yui\n", ("NARUSE, Yui",)),
        ("by: Ada\n", ("Ada",)),
        ("author:\n  name: Ada\n  email: ada@example.org\n", ("Ada",)),
        ("authors: [Ada, Eve]\n", ("Ada", "Eve")),
        ("authors:\n- name: Ada\n- Eve (eve@example.org)\n", ("Ada", "Eve")),
        ("author: ~\nauthors: []\n", ()),
    ],
)
def test_authors_are_found_in_every_form(tmp_path: Path, matter: str, authors: tuple[str, ...]) -> None:
    write(tmp_path, HEAD + matter)
    assert only(tmp_path).authors == authors


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("First.\n\nSecond.\n\n<!--more-->\n\nThird.", "First. Second."),
        ("First.\n\n<!-- MORE -->\n\nThird.", "First."),
        ("<!--more-->\n\nThird.", "Third."),
        ("# Heading\n\nText with **marks** and a [link](https://example.org).", "Text with marks and a link."),
        ("{% include x.html %}\n\nText{{ site.name }} here.{: .lead}\n\n{{< figure src='x' >}}", "Text here."),
        ("import Chart from '../chart.jsx';\n\nText.", "Text."),
        ("Text.[^1]\n\n[^1]: A note", "Text."),
        ("| a | b |\n|---|---|\n| c | d |\n", "a b c d"),
    ],
)
def test_an_excerpt_is_made_of_the_body(tmp_path: Path, body: str, excerpt: str) -> None:
    write(tmp_path, HEAD, body)
    assert only(tmp_path).excerpt == excerpt


def test_the_first_heading_stands_in_for_a_title_and_leaves_the_excerpt(tmp_path: Path) -> None:
    write(tmp_path, "date: 2015-03-30\n", "# A *new* start\n\nText.")
    piece = only(tmp_path)
    assert (piece.title, piece.excerpt) == ("A new start", "Text.")


@pytest.mark.parametrize(
    ("matter", "because"),
    [
        ("draft: true\n", "a draft"), ("draft: on\n", "a draft"), ("published: no\n", "a draft"),
        ("status: draft\n", "a draft"), ("status: Hidden\n", "private or hidden"),
        ("status: private\n", "private or hidden"), ("private: true\n", "private or hidden"),
        ("unlisted: true\n", "private or hidden"), ("permalink: false\n", "private or hidden"),
        ("build:\n  render: never\n", "private or hidden"), ("headless: true\n", "private or hidden"),
        ("eleventyExcludeFromCollections: true\n", "private or hidden"),
        ("redirect_to: /elsewhere/\n", "a redirect"), ("layout: redirect\n", "a redirect"),
        ("redirect_to:\n- /elsewhere/\n", "a redirect"), ("layout: author\n", "a section page"),
        ("type: page\n", "a section page"), ("template: layouts/tag.html\n", "a section page"),
        ("lastmod: 2015-03-30\ndate: '{{ .Date }}'\n", "a template"),
    ],
)  # fmt: skip
def test_what_is_not_for_readers_is_skipped_with_the_reason(tmp_path: Path, matter: str, because: str) -> None:
    write(tmp_path, HEAD + matter)
    reading = read(tmp_path)
    assert (reading.pieces, reading.defects) == ((), ())
    assert reading.skipped == (Skipped(where="a-piece.md", because=because),)


@pytest.mark.parametrize("matter", ["redirect: false\n", "draft: false\n", "published: true\n", "status: publish\n"])
def test_flags_that_say_no_skip_nothing(tmp_path: Path, matter: str) -> None:
    write(tmp_path, HEAD + matter)
    assert only(tmp_path).title == "A title"


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("_index.md", "a section page"), ("_partial.md", "private or hidden"), ("_drafts/a.md", "a draft"),
        ("drafts/a.md", "a draft"), ("Drafts/deep/a.md", "a draft"),
    ],
)  # fmt: skip
def test_names_that_are_no_pieces_are_skipped_with_the_reason(tmp_path: Path, name: str, because: str) -> None:
    write(tmp_path, HEAD, name=name)
    reading = read(tmp_path)
    assert (reading.pieces, reading.defects) == ((), ())
    assert reading.skipped == (Skipped(where=name, because=because),)


def test_a_hidden_folder_is_skipped_as_one(tmp_path: Path) -> None:
    for name in ("_site/a.html", "_site/b.html", "sub/_includes/c.md"):
        write(tmp_path, HEAD, name=name)
    skipped = read(tmp_path).skipped
    assert [(each.where, each.because) for each in skipped] == [
        ("_site/", "private or hidden"),
        ("sub/_includes/", "private or hidden"),
    ]


@pytest.mark.parametrize("name", [".git/a.md", "node_modules/a/a.md", ".a.md", "picture.svg", "a.md~"])
def test_what_is_no_content_is_not_even_mentioned(tmp_path: Path, name: str) -> None:
    write(tmp_path, HEAD, name=name)
    reading = read(tmp_path)
    assert (reading.pieces, reading.defects, reading.skipped) == ((), (), ())


@pytest.mark.parametrize(
    ("name", "content", "because"),
    [
        ("README.md", "# A project\n\nText.", "no title and no date"),
        ("LICENSE.md", "Text.", "no title and no date"),
        ("empty.md", "", "no title and no date"),
        ("2015-03-30-notes.txt", "Text.", "no title and no date"),
        ("2015-03-30-notes.rst", "Text.", "no title and no date"),
        ("about.md", "---\ntitle: About us\n---\n", "a section page"),
        ("legal.md", "---\ntitle: Who we are\nlayout: page\n---\n", "a section page"),
    ],
)
def test_a_file_that_was_never_meant_as_a_piece_is_no_defect(
    tmp_path: Path, name: str, content: str, because: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    reading = read(tmp_path)
    assert (reading.pieces, reading.defects) == ((), ())
    assert reading.skipped == (Skipped(where=name, because=because),)


def test_jekylls_own_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path, HEAD, name="_posts/2015-03-30-a.md")
    assert only(tmp_path).id == "_posts/2015-03-30-a.md"


@pytest.mark.parametrize(
    ("content", "where", "told"),
    [
        (b"---\ntitle: 'a: b\n---\n", "bad.md:2", "in quotes"),
        (b"---\ntitle: A\n", "bad.md:1", "never ends"),
        (b"---\ntitle: A\n---\nText", "bad.md", "has no date"),
        (b"---\ntitle: A\ndate: 08-02-21\n---\nText", "bad.md", "has the date '08-02-21', which can't be read"),
        (b"---\ndate: 2015-03-30\n---\n", "bad.md", "neither a title nor a text"),
        (b"---\ntitle: A\n\ndate: caf\xe9\n---\n", "bad.md:4", "not written in UTF-8"),
        (b"x" * 5_000_001, "bad.md", "larger than"),
    ],
)
def test_a_bad_file_is_told_and_the_others_go_on(tmp_path: Path, content: bytes, where: str, told: str) -> None:
    write(tmp_path, HEAD, name="good.md")
    (tmp_path / "bad.md").write_bytes(content)
    reading = read(tmp_path)
    assert [piece.id for piece in reading.pieces] == ["good.md"]
    assert [defect.where for defect in reading.defects] == [where]
    assert told in reading.defects[0].what


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret", tmp_path / "content"
    write(secret, HEAD, name="secret.md")
    write(folder, HEAD, name="a.md")
    (folder / "out.md").symlink_to(secret / "secret.md")
    (folder / "in.md").symlink_to(folder / "a.md")
    (folder / "away").symlink_to(secret)
    (folder / "loop").symlink_to(folder)
    reading = read(folder)
    assert [piece.id for piece in reading.pieces] == ["a.md", "in.md"]
    assert [defect.where for defect in reading.defects] == ["out.md"]
    assert "leads out of the folder" in reading.defects[0].what


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path.joinpath("caf\udce9.md")
    file.write_text("---\n" + HEAD + "---\n", encoding="utf-8")
    assert "Rename it" in read(tmp_path).defects[0].what


def test_pieces_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b.md", "a.md", "sub/c.md", "sub/2/d.md"):
        write(tmp_path, HEAD, name=name)
    assert [piece.id for piece in read(tmp_path).pieces] == ["a.md", "b.md", "sub/c.md", "sub/2/d.md"]


def test_a_folder_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "nowhere", tmp_path / "file"):
        reading = a_source(folder).read(Bookmark())
        assert "There is no folder" in (reading.failure or "")


def test_a_folder_never_asks_the_web(tmp_path: Path) -> None:
    assert not a_source(tmp_path).is_gone("https://lantern.example/a")


def test_a_pattern_that_gives_no_address_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"names \{name\}, which is unknown"):
        a_source(tmp_path, "https://lantern.example/{name}/")


def test_a_path_in_the_pattern_is_the_files_path_without_its_suffix(tmp_path: Path) -> None:
    write(tmp_path, HEAD, name="news/a b.md")
    assert only(tmp_path, "https://lantern.example/{path}/").link == "https://lantern.example/news/a%20b/"
