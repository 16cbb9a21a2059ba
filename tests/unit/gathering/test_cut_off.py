"""A feed that is cut off at any octet never gives half a title, half a link or half a date."""

from datetime import UTC

import pytest

from roundup.gathering.feedcontent import FeedContent, FeedDocument
from roundup.gathering.feeddocument import read_document

_ROWS = [(n, f"A title of many words, the {n}th") for n in range(1, 5)]
_RSS_ITEMS = "\n".join(
    f"<item><title>{title} &amp; more</title><link>https://lantern.example/pieces/{n}/</link>"
    f'<guid isPermaLink="false">piece-{n}</guid><pubDate>Fri, 20 Nov 2026 1{n}:00:00 +0000</pubDate>'
    f"<description><![CDATA[<p>The text of {n}, which quotes </item> and <item>.</p>]]></description></item>"
    for n, title in _ROWS
)
# RSS 1.0 closes its channel before its items.
_RDF_ITEMS = "\n".join(
    f'<item rdf:about="https://lantern.example/pieces/{n}/"><title>{title} &amp; more</title>'
    f"<link>https://lantern.example/pieces/{n}/</link><dc:date>2026-11-20T1{n}:00:00Z</dc:date></item>"
    for n, title in _ROWS
)
_ATOM_ENTRIES = "\n".join(
    f'<a:entry><a:id>piece-{n}</a:id><a:title type="html">{title} &amp;amp; more</a:title>'
    f'<a:link href="https://lantern.example/pieces/{n}/"/><a:published>2026-11-20T1{n}:00:00Z</a:published>'
    f"<!-- </a:entry> --><a:summary>The text of {n}.</a:summary></a:entry>"
    for n, title in _ROWS
)
FEEDS = {
    "rss": f'<?xml version="1.0"?><rss version="2.0"><channel><title>The Lantern</title>{_RSS_ITEMS}</channel></rss>\n',
    "rdf": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Lantern</title></channel>'
    + _RDF_ITEMS
    + "</rdf:RDF>\n",
    "atom": f'<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>The Lantern</a:title>{_ATOM_ENTRIES}</a:feed>\n',
    "json": '{"version": "https://jsonfeed.org/version/1.1", "title": "The Lantern", "items": ['
    + ", ".join(
        f'{{"id": "piece-{n}", "url": "https://lantern.example/pieces/{n}/", "title": "{title} & more", '
        f'"date_published": "2026-11-20T1{n}:00:00Z"}}'
        for n, title in _ROWS
    )
    + "]}\n",
}


def _read(body: bytes) -> FeedContent:
    return read_document(FeedDocument(body=body, source="The Lantern", url="https://lantern.example/feed/", zone=UTC))


def _facts(content: FeedContent) -> list[tuple[object, ...]]:
    return [(piece.id, piece.title, piece.link, piece.published) for piece in content.pieces]


@pytest.mark.parametrize("form", FEEDS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_no_cut_yields_half_of_anything(form: str, encoding: str) -> None:
    body = FEEDS[form].encode(encoding)
    whole = _facts(_read(body))
    assert len(whole) == 4
    counts = set()
    for end in range(len(body)):
        content = _read(body[:end])
        assert _facts(content) == whole[: len(content.pieces)], end
        assert content.problem or content.cut_off or len(content.pieces) == 4, end
        counts.add(len(content.pieces))
    # Of XML all that is whole is used; half a JSON is none.
    assert counts == ({0, 4} if form == "json" else {0, 1, 2, 3, 4})
