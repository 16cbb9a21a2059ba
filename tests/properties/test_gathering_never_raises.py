"""Whatever a source holds, gathering gives a reading, and whatever a text holds, an excerpt can be mailed."""

import re
import unicodedata
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundup.gathering import dates
from roundup.gathering.authors import names
from roundup.gathering.cleaning import plain
from roundup.gathering.entries import read_entries
from roundup.gathering.excerpts import excerpt
from roundup.gathering.feed import FeedPlace, FeedSource
from roundup.gathering.fetching import Fetcher
from roundup.gathering.folder import FolderSource
from roundup.gathering.links import absolute
from roundup.identity import normal_link
from roundup.model import Bookmark, Reading

LONDON = ZoneInfo("Europe/London")
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

PIECES_OF_FEEDS = [
    "<?xml version='1.0' encoding='utf-16'?>", "<rss version='2.0'>", "<channel>", "<item>", "<title>", "</title>",
    "<link>https://a.example/1</link>", "<link href='x' rel='replies' thr:count='9'/>", "<guid>1</guid>", "&#x110000;",
    "<pubDate>Mon, 30 Mar 2015 09:00:00 GMT</pubDate>", "<pubDate>2026-02-30</pubDate>", "<description>", "&bull;",
    "</description>", "</item>", "</channel>", "</rss>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>",
    "<updated>9999-12-31T23:59:59Z</updated>", "<author><name>A (a@b.example)</name></author>", "</entry>", "</feed>",
    "<![CDATA[", "]]>", "<!--", "-->", "&amp;lt;b&amp;gt;", "<media:content url='//x' width='9'/>", "<dc:creator/>",
    "<!DOCTYPE r [<!ENTITY a 'b'>]>", "&a;", "<content type='xhtml'><div>", "xml:base='http://[/'", "\ufeff", "\ud7ff",
    "<category term='x'/>", "\x00", "<slash:comments>\u0665</slash:comments>", "&#xD800;", "<source>",
    "<html>", "<textinput>", "<image>",
]  # fmt: skip
PIECES_OF_FILES = [
    "---\n", "+++\n", "title: A\n", "title = 'A'\n", "date: 2015-03-30\n", "date = 2015-03-30\n", "date: [a\n", "\t",
    "authors:\n- name: A\n- [b]\n", "author: {name: {a: b}}\n", "tags: {a: b}\n", "image: {src: [1]}\n",
    "slug: ../..\n", 'slug: "\\ud800"\n',
    "time: 99:99\n", "&a ", "*a\n", "? [x]\n: y\n", "permalink: //\n", "url: http://[\n", "<!--more-->", "# H\n",
    "```\n",
    "{% x %}", "{{", "}}", "[^1]", "| a |\n|---|\n", "> > > ", "- - - ", "![](", "<h1>", "</h1>", "![a][b]\n\n[b]: <\n",
    "comment_count: -1\n", "date: 0001-01-01\n", "date: 9998-12-31\n", "\ufeff", "\x00", "\x85", "&#0;", "<a href='",
    "title: a: b\n", "tags: [a\n", '{"title": "A", ', '"date": 1}', ";;;\n", ".. title: A\n", ".. date: 2015\n",
    "<!--\n",
    "-->\n", "A\n===\n", ":date: 2015-03-30\n", ":`", "`_", "|x|", ".. |x| replace:: |x|\n", "::\n\n  ", ".. note::\n",
    "!!! note\n    ", ":::a\n", "> [!N]\n", "[TOC]\n", "[[", "]]", "* TOC\n{:toc}\n", "$$\n", "<A b={", "/>",
    "import {\n",
    "export const a = {\n", "permalink: /:title/:x/\n", "path: /:\n", "lang: fr\n", "date: {created: [a]}\n",
    "<html><head><title>", "<meta name=date content='x'>", "[a]: b\n", "[a][b]", "excerpt_separator: a\n", "more -->",
    "=== \"a\"\n    ", "slug: /a/b\n", "extra: {title: [b]}\n", "category: [[a], b]\n",
]  # fmt: skip
PIECES_OF_TEXTS = [
    "<p>", "</p>", "<b>", "</b>", "<script>", "</script>", "<!--", "-->", "<br/>", "&amp;", "&lt;", "&gt;", "&#8230;",
    "&nbsp;",
    "…", "...", ".", "[…]", "[...]", "Read more", "Continue reading X", "The post X appeared first on Y.", "»", "«",
    "word ", "word " * 60, "漢字" * 200, "\u202e", "\u200b", "\u0301", "\u200d", "\x92", "\ud800", " ",
    "\n", "<", ">", "'", '"',
    "&",
    "Share this:", "(more…)", "<img src=x>", "&amp;lt;i&amp;gt;", "</i>", "<Bleeding>", "\u0085", "\ufffe", "  ",
]  # fmt: skip


def mixed(pieces: list[str]) -> st.SearchStrategy[str]:
    """Texts that are made of telling pieces, with anything between them."""
    return st.lists(st.one_of(st.sampled_from(pieces), st.text(max_size=20)), max_size=30).map("".join)


def a_feed(path: Path) -> FeedSource:
    return FeedSource(name="s", place=FeedPlace(location=path, zone=LONDON), fetcher=Fetcher(user_agent="t"))


@QUICK
@given(
    body=st.one_of(st.binary(max_size=300), mixed(PIECES_OF_FEEDS).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_octets_give_a_reading_of_a_feed(tmp_path: Path, body: bytes) -> None:
    file = tmp_path / "feed.xml"
    file.write_bytes(body)
    reading = a_feed(file).read(Bookmark())
    assert isinstance(reading, Reading)
    assert reading.failure is None or reading.pieces == ()
    for piece in reading.pieces:
        assert piece.title
        assert piece.id
        assert piece.link.startswith(("http://", "https://"))
        assert "\n" not in piece.title + piece.excerpt + "".join(piece.authors)
        assert piece.published is None or piece.published.at.tzinfo is UTC


@QUICK
@given(
    body=st.one_of(st.binary(max_size=300), mixed(PIECES_OF_FILES).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_octets_give_a_reading_of_a_folder(tmp_path: Path, body: bytes) -> None:
    link = "https://lantern.example/{year}/{slug}/"
    (tmp_path / "a.md").write_bytes(b"---\ndate: 2015-03-30\n" + body)
    (tmp_path / "b.html").write_bytes(body)
    for name in ("2015-03-30-d.mdx", "2015-03-30-e.rst", "2015-03-30-f.txt", "2015-03-30-g.md", "2015-03-30-h.html"):
        (tmp_path / name).write_bytes(body)
    (tmp_path / "c.md").write_bytes(b"---\ntitle: A\ndate: 2015-03-30\n---\n" + body)
    source = FolderSource(name="s", folder=tmp_path, link=link, zone=LONDON)
    reading = source.read(Bookmark())
    assert reading.failure is None
    assert len(reading.pieces) + len(reading.defects) + len(reading.skipped) == 8
    assert source.read(reading.bookmark) == reading
    assert all(piece.link.startswith(("http://", "https://")) and piece.title for piece in reading.pieces)


@QUICK
@given(
    body=st.one_of(st.binary(max_size=300), mixed(PIECES_OF_FILES).map(lambda text: text.encode("utf-8", "replace")))
)
def test_any_octets_may_stand_in_a_sites_data_and_beside_a_file(tmp_path: Path, body: bytes) -> None:
    for name in ("authors.yml", "authors.json", "authors.toml", "2015-03-30-a.meta"):
        (tmp_path / name).write_bytes(body)
    (tmp_path / "2015-03-30-a.rst").write_text("Text.", encoding="utf-8")
    (tmp_path / "b.md").write_text("---\ntitle: A\ndate: 2015-03-30\nauthor: title\n---\n", encoding="utf-8")
    source = FolderSource(name="s", folder=tmp_path, link="https://lantern.example/{slug}/", zone=LONDON)
    reading = source.read(Bookmark())
    assert reading.failure is None
    assert "b.md" in {piece.id for piece in reading.pieces}
    assert source.read(reading.bookmark) == reading


@QUICK
@given(source=mixed(PIECES_OF_TEXTS))
def test_an_excerpt_can_be_mailed(source: str) -> None:
    made = excerpt(source)
    assert len(made.removesuffix(" …").split()) <= 55
    assert len(made) <= 702
    assert made == " ".join(made.split())
    assert not re.search(r"(?:…|\.\.\.|\.)\s*…$", made)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in made)
    assert made == unicodedata.normalize("NFC", made)


@QUICK
@given(texts=st.lists(st.text(alphabet=st.characters(categories=["L", "N", "Zs"]), max_size=30), max_size=20))
def test_no_tag_of_a_document_is_left_in_its_excerpt(texts: list[str]) -> None:
    source = "".join(f"<p class='x'>{text}<br><a href='https://a.example'><b>{text}</b></a></p>" for text in texts)
    made = excerpt(source)
    assert "<" not in made
    assert excerpt(made) == made


@QUICK
@given(source=mixed(PIECES_OF_TEXTS))
def test_a_title_is_one_line_of_plain_text(source: str) -> None:
    made = plain(source)
    assert made == " ".join(made.split())
    assert len(made) <= 302
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in made)
    assert all("\n" not in name for name in names([source]))


@QUICK
@given(
    text=st.one_of(
        st.text(max_size=60), st.from_regex(r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,4}[-/. ][0-9]{1,4}[ T:0-9+Z-]{0,12}")
    )
)
def test_any_text_is_a_date_or_none(text: str) -> None:
    made = dates.published(text, LONDON)
    assert made is None or made.at <= made.latest
    assert made is None or dates.is_known_form(text)


@QUICK
@given(link=st.text(max_size=60), base=st.sampled_from(["", "https://a.example/b/"]))
def test_any_text_is_a_web_address_or_none(link: str, base: str) -> None:
    made = absolute(link, base)
    if made is not None:
        assert not re.search(r"[\s\"<>]", made)
        assert normal_link(made)


@QUICK
@given(body=st.binary(max_size=200), content_type=st.text(max_size=40))
def test_any_content_type_is_survived(body: bytes, content_type: str) -> None:
    read = read_entries(body, source="s", url="https://a.example/feed", zone=LONDON, content_type=content_type)
    assert all(piece.source == "s" for piece in read.pieces)
