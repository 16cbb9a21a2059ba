"""The language of a piece, by every word that a source has for it."""

import json
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundup.gathering.feedcontent import FeedDocument
from roundup.gathering.feeddocument import read_document
from roundup.gathering.folder import FolderSource, Habits
from roundup.gathering.languages import of, tag
from roundup.model import Bookmark

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("en", "en"),
        ("EN-us", "en-US"),
        ("en_US", "en-US"),
        ("en_US.UTF-8", "en-US"),
        ("ca_ES@euro", "ca-ES"),
        (" pt-br ", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("sr_Latn", "sr-Latn"),
        ("es-419", "es-419"),
        ("de-CH-1996", "de-CH-1996"),
        ("en-x-Lantern", "en-x-lantern"),
        ("gsw", "gsw"),
        ("eng", "en"),
        ("iw", "he"),
    ],
)
def test_a_tag_is_written_as_bcp_47_has_it(written: str, expected: str) -> None:
    assert expected == tag(written)
    assert expected == tag(expected)


_NONSENSE = (
    "english",
    "en us",
    "en,de",
    "français",
    "рус",
    "ｅｎ",
    "jp",
    "cn",
    "C",
    "POSIX",
    "und",
    "mul",
    "1",
    "-",
    "",
)
_BROKEN = ("en-", "en--US", "en-US-US", "x-default", "i-klingon", 'en"onload="x', "e" * 5_000, "en" + "-abcde" * 99)


@pytest.mark.parametrize("written", [*_NONSENSE, *_BROKEN])
def test_nonsense_is_none(written: str) -> None:
    assert "" == tag(written)


@given(st.text(max_size=30))
def test_a_tag_is_plain_and_stays_what_it_is(written: str) -> None:
    found = tag(written)
    assert found == tag(found)
    assert not found or (found.replace("-", "").isalnum() and found.isascii())


def languages_in(body: str) -> list[str]:
    """The languages of a feed's pieces."""
    content = read_document(
        FeedDocument(body=body.encode(), source="The Lantern", zone=LONDON, url="https://a.example/")
    )
    assert content.is_feed
    return [piece.language for piece in content.pieces]


def rss(*items: str, channel: str = "") -> str:
    made = "".join(
        f"<item{item if item.startswith(' ') else '>' + item}<title>T{n}</title><link>https://a.example/{n}</link>"
        f"<description>A text.</description></item>"
        for n, item in enumerate(items)
    )
    spaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<?xml version="1.0"?><rss version="2.0" {spaces}><channel><title>F</title>{channel}{made}</channel></rss>'


def atom(*entries: str, feed: str = "") -> str:
    made = "".join(
        f'<entry{entry if entry.startswith(" ") else ">" + entry}<id>{n}</id><link href="https://a.example/{n}"/></entry>'
        for n, entry in enumerate(entries)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" {feed}><title>F</title>{made}</feed>'


def test_a_channel_speaks_for_its_items() -> None:
    assert ["en-US", "en-US"] == languages_in(rss("", "", channel="<language>en_us</language>"))
    assert ["fi"] == languages_in(rss("", channel="<dc:language>fi</dc:language>"))


def test_an_item_speaks_for_itself() -> None:
    items = "<dc:language>pt-br</dc:language>", "<language>sv</language>", ' xml:lang="cy">', ""
    assert ["pt-BR", "sv", "cy", "de"] == languages_in(rss(*items, channel="<language>de</language>"))


def test_nonsense_in_an_item_leaves_the_channels_word() -> None:
    channel = "<language>de</language>"
    assert ["de"] == languages_in(rss("<dc:language>english</dc:language>", channel=channel))
    assert [""] == languages_in(rss("<dc:language>english</dc:language>", channel="<language>any language</language>"))


def test_a_feed_that_says_nothing_says_nothing() -> None:
    assert [""] == languages_in(rss(""))
    assert [""] == languages_in(atom("<title>T</title>"))


def test_rss_1_says_it_of_the_channel() -> None:
    body = (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="u"><title>F'
        '</title><dc:language>ja</dc:language></channel><item rdf:about="https://a.example/1"><title>A</title>'
        "<link>https://a.example/1</link></item></rdf:RDF>"
    )
    assert ["ja"] == languages_in(body)


def test_atom_says_it_of_the_feed_the_entry_and_its_texts() -> None:
    entries = (
        "<title>T</title><summary>A</summary>",
        ' xml:lang="fr_CA"><title>T</title><summary>A</summary>',
        '<title>T</title><content xml:lang="es">A</content>',
        '<title>T</title><summary xml:lang="it">A</summary>',
        '<title xml:lang="nl">T</title>',
    )
    assert ["de", "fr-CA", "es", "it", "nl"] == languages_in(atom(*entries, feed='xml:lang="de"'))
    assert [""] == languages_in(atom(entries[0], feed='xml:lang="deutsch!"'))


def test_a_json_feed_says_it_of_the_feed_and_of_the_item() -> None:
    says: list[object] = [None, "fr", 7, ["fr"], "english"]
    items = [
        {"id": str(n), "url": f"https://a.example/{n}", "title": "T", "language": word} for n, word in enumerate(says)
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "language": "en_gb", "items": items}
    assert ["en-GB", "fr", "en-GB", "en-GB", "en-GB"] == languages_in(json.dumps(feed))
    del feed["language"]
    assert ["", "fr", "", "", ""] == languages_in(json.dumps(feed))


@pytest.mark.parametrize(
    ("path", "matter", "expected"),
    [
        ("a.md", {"lang": "fr"}, "fr"),
        ("a.md", {"language": "pt_br"}, "pt-BR"),
        ("a.md", {"locale": "de_AT.UTF-8"}, "de-AT"),
        ("a.fr.md", {}, "fr"),
        ("fr/a.md", {}, "fr"),
        ("_posts/zh_CN/a.md", {}, "zh-CN"),
        ("fr/a.nl.md", {"lang": "cy"}, "cy"),
        ("fr/a.nl.md", {}, "nl"),
        ("a.md", {"language": "python"}, ""),
        ("a.md", {"language": "php"}, ""),
        ("fr/a.md", {"lang": "français"}, "fr"),
        ("a.md", {"lang": ["fr"]}, ""),
        ("news/a.md", {}, ""),
    ],
)
def test_a_file_says_it_in_front_matter_name_or_folder(path: str, matter: dict[str, object], expected: str) -> None:
    assert expected == of(PurePosixPath(path), matter)
    assert (expected or "en-GB") == of(PurePosixPath(path), matter, "en_gb")


def test_a_folders_pieces_have_their_languages_when_they_are_read_and_when_they_are_remembered(tmp_path: Path) -> None:
    for name, more in (("a.md", ""), ("b.md", "lang: en_us\n"), ("c.fr.md", "")):
        text = f"---\ntitle: {name}\ndate: 2026-11-21\n{more}---\n\nA text.\n"
        (tmp_path / name).write_text(text, encoding="utf-8")

    def a_source(language: str) -> FolderSource:
        link = "https://a.example/{slug}/"
        return FolderSource(name="s", folder=tmp_path, link=link, zone=LONDON, habits=Habits(language=language))

    def told(bookmark: Bookmark, language: str) -> dict[str, str]:
        return {piece.id: piece.language for piece in a_source(language).read(bookmark).pieces}

    first = a_source("").read(Bookmark())
    everything = {"a.md": "", "b.md": "en-US", "c.fr.md": "fr"}
    assert everything == told(Bookmark(), "") == told(first.bookmark, "")
    assert {"a.md": "en", "b.md": "en-US"} == told(first.bookmark, "en")
