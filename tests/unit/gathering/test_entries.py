"""Small feeds, each with one peculiarity of real ones, and the pieces that come of them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from roundup.gathering.entries import MOST_ENTRIES, read_entries
from roundup.gathering.feedcontent import FeedContent
from roundup.model import Picture, Piece

NEW_YORK = ZoneInfo("America/New_York")
URL = "https://lantern.example/feed/"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "dc": "http://purl.org/dc/elements/1.1/",
        "slash": "http://purl.org/rss/1.0/modules/slash/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "media": "http://search.yahoo.com/mrss/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "t": "http://purl.org/syndication/thread/1.0",
        "atom": "http://www.w3.org/2005/Atom",
    }.items()
)
WORDPRESS = """<item>
    <title>‘It’s a partnership’</title>
    <link>https://lantern.example/2015/03/partnership/</link>
    <comments>https://lantern.example/2015/03/partnership/#comments</comments>
    <pubDate>Mon, 30 Mar 2015 09:00:00 +0000</pubDate>
    <dc:creator><![CDATA[Ada Marsh MP]]></dc:creator><dc:creator><![CDATA[Holt, Eve]]></dc:creator>
    <category><![CDATA[Health]]></category><category><![CDATA[Health]]></category><category>R&amp;D</category>
    <guid isPermaLink="false">https://lantern.example/?p=4711</guid>
    <description><![CDATA[<p>It began in spring [&#8230;]</p>
<p>The post <a href="x">‘It’s a partnership’</a> appeared first on <a href="y">The Lantern</a>.</p>]]></description>
    <content:encoded><![CDATA[<img src="https://pixel.wp.com/b.gif" width="1">
<img src="/a.jpg" alt="Spring">]]></content:encoded>
    <slash:comments>3</slash:comments>
</item>"""


def rss(*items: str, channel: str = "") -> bytes:
    body = "".join(items)
    return (
        f"<rss version='2.0' {NAMESPACES}><channel><title>The Lantern</title>{channel}{body}</channel></rss>".encode()
    )


def item(inside: str = "", *, title: str = "A title", link: str = "https://lantern.example/a", guid: str = "1") -> str:
    parts = {"title": title, "link": link, "guid": guid}
    return "<item>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in parts.items() if text) + inside + "</item>"


def atom(inside: str, feed: str = "") -> bytes:
    entry = f"<entry><title>A title</title><id>tag:1</id>{inside}</entry>"
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><title>The Lantern</title>{feed}{entry}</feed>".encode()


def read(body: bytes, *, url: str = URL, content_type: str = "") -> FeedContent:
    return read_entries(body, source="The Lantern", url=url, zone=NEW_YORK, content_type=content_type)


def only(body: bytes, *, url: str = URL) -> Piece:
    content = read(body, url=url)
    assert content.defects == ()
    assert len(content.pieces) == 1
    return content.pieces[0]


def defect(body: bytes, *, url: str = URL) -> str:
    content = read(body, url=url)
    assert content.pieces == ()
    assert len(content.defects) == 1
    return content.defects[0].what


def test_a_wordpress_entry_is_read_in_full() -> None:
    piece = only(rss(WORDPRESS))
    assert piece.id == "https://lantern.example/?p=4711"
    assert piece.source == "The Lantern"
    assert piece.title == "‘It’s a partnership’"
    assert piece.link == "https://lantern.example/2015/03/partnership/"
    assert piece.authors == ("Ada Marsh MP", "Holt, Eve")
    assert piece.comments == 3
    assert piece.tags == ("Health", "R&D")
    assert piece.excerpt == "It began in spring …"
    assert piece.picture == Picture(url="https://lantern.example/a.jpg", alt="Spring")
    assert piece.published is not None
    assert piece.published.at == datetime(2015, 3, 30, 9, tzinfo=UTC)
    assert piece.published.day is None


def test_an_atom_entry_is_read_in_full() -> None:
    piece = only(
        atom(
            "<link rel='edit' href='https://lantern.example/edit'/><link rel='alternate' href='/a'/>"
            "<link rel='replies' href='/a/comments' xmlns:thr='http://purl.org/syndication/thread/1.0' thr:count='4'/>"
            "<author><name>Ada</name></author><author><name>Eve</name></author>"
            "<updated>2015-03-31T10:00:00Z</updated><published>2015-03-30T10:00:00+01:00</published>"
            "<content type='html'>&lt;p&gt;Body&lt;/p&gt;</content>"
        )
    )
    assert (piece.link, piece.authors, piece.comments, piece.excerpt) == (
        "https://lantern.example/a",
        ("Ada", "Eve"),
        4,
        "Body",
    )
    assert piece.published is not None
    assert piece.published.at == datetime(2015, 3, 30, 9, tzinfo=UTC)


def test_a_feed_that_knows_only_updated_is_dated_by_it() -> None:
    piece = only(atom("<link href='https://lantern.example/a'/><updated>2015-03-31T10:00:00Z</updated>"))
    assert piece.published is not None
    assert piece.published.at == datetime(2015, 3, 31, 10, tzinfo=UTC)


def test_a_date_without_a_zone_is_in_the_sources_zone() -> None:
    piece = only(rss(item("<pubDate>Mon, 30 Mar 2015 09:00:00</pubDate>")))
    assert piece.published is not None
    assert piece.published.at == datetime(2015, 3, 30, 13, tzinfo=UTC)


def test_a_date_without_a_time_is_a_day() -> None:
    piece = only(rss(item("<pubDate>30 Mar 2015</pubDate>")))
    assert piece.published is not None
    assert piece.published.day == date(2015, 3, 30)
    assert piece.published.at == datetime(2015, 3, 30, 4, tzinfo=UTC)


def test_a_form_of_date_that_only_feedparser_knows_is_believed() -> None:
    piece = only(rss(item("<pubDate>Κυρ, 11 Ιούλ 2004 12:00:00 EST</pubDate>")))
    assert piece.published is not None
    assert piece.published.at == datetime(2004, 7, 11, 17, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "Mon, 01 Jan 0001 00:00:00 +0000", "2026-02-30", "{{ post.date }}"])
def test_a_date_that_is_none_is_unknown(text: str) -> None:
    assert only(rss(item(f"<pubDate>{text}</pubDate>"))).published is None


def test_feed_authors_stand_in_for_an_atom_entry_without_any() -> None:
    body = atom("<link href='https://lantern.example/a'/>", feed="<author><name>Editorial</name></author>")
    assert only(body).authors == ("Editorial",)


def test_an_editor_of_an_rss_feed_is_not_the_author_of_its_pieces() -> None:
    channel = "<managingEditor>ed@lantern.example (Ed)</managingEditor>"
    assert only(rss(item(), channel=channel)).authors == ()


def test_feedburners_own_link_is_passed_over_for_the_page() -> None:
    inside = "<feedburner:origLink>https://lantern.example/real</feedburner:origLink>"
    assert only(rss(item(inside, link="http://feedproxy.example/~r/1"))).link == "https://lantern.example/real"


def test_a_guid_that_is_an_address_is_a_link() -> None:
    assert only(rss(item(link="", guid="https://lantern.example/g"))).link == "https://lantern.example/g"


@pytest.mark.parametrize("guid", ["c41042ae-cfb8-4ebb", "4711", "tag:lantern.example,2015:1"])
def test_a_guid_that_is_no_address_is_no_link(guid: str) -> None:
    assert "can't be mailed" in defect(rss(item(link="", guid=guid)))


def test_a_relative_link_is_joined_to_the_feeds_address() -> None:
    assert only(rss(item(link="/Changelog-12/"))).link == "https://lantern.example/Changelog-12/"


def test_a_relative_link_of_a_feed_that_is_a_file_is_joined_to_its_site_or_left_out() -> None:
    channel = "<link>https://lantern.example/</link>"
    assert only(rss(item(link="/a"), channel=channel), url="").link == "https://lantern.example/a"
    assert "Its link '/a' is no web address" in defect(rss(item(link="/a")), url="")


def test_xml_base_is_followed() -> None:
    body = atom("<link href='a'/>").replace(b"<entry>", b"<entry xml:base='/blog/'>")
    assert only(body).link == "https://lantern.example/blog/a"


def test_links_to_the_sites_own_machine_are_kept_and_told_once() -> None:
    items = [item(link=f"http://localhost:2368/{number}", guid=str(number)) for number in range(3)]
    content = read(rss(*items))
    assert len(content.pieces) == 3
    assert ["reader's own machine" in told.what for told in content.defects] == [True]


def test_without_an_id_the_link_is_the_identity() -> None:
    assert only(rss(item(guid="", link="http://www.lantern.example/a/?utm_source=x"))).id == "lantern.example/a"


def test_entries_without_ids_on_one_link_are_told_apart_by_their_titles() -> None:
    content = read(rss(*(item(title=f"News {number}", guid="") for number in range(4))))
    assert len({piece.id for piece in content.pieces}) == 4


def test_one_guid_on_every_entry_identifies_nothing() -> None:
    content = read(rss(*(item(link=f"https://lantern.example/{number}", guid="same") for number in range(4))))
    assert [piece.id for piece in content.pieces] == [f"lantern.example/{number}" for number in range(4)]


def test_of_one_id_twice_the_newest_is_kept() -> None:
    dates = ("Mon, 30 Mar 2015 09:00:00 GMT", "Tue, 31 Mar 2015 09:00:00 GMT", "Sun, 29 Mar 2015 09:00:00 GMT")
    twice = [item(f"<pubDate>{when}</pubDate>", title=when[:3]) for when in dates[:2]]
    others = [item(guid=str(number), link=f"https://lantern.example/{number}") for number in range(2, 6)]
    content = read(rss(*twice, *others))
    assert [piece.title for piece in content.pieces if piece.id == "1"] == ["Tue"]


def test_a_missing_title_is_made_of_the_first_words() -> None:
    text = "One two three four five six seven eight nine ten eleven."
    assert (
        only(rss(item(f"<description>{text}</description>", title=""))).title
        == "One two three four five six seven eight nine ten …"
    )


def test_an_entry_that_says_nothing_is_left_out() -> None:
    assert "neither a title nor a text" in defect(rss(item(title="")))


def test_a_title_alone_is_a_piece() -> None:
    assert only(rss(item())).excerpt == ""


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Internal &lt;Bleeding&gt; Madras", "Internal <Bleeding> Madras"),
        ("&lt;b&gt;Slack&lt;/b&gt; sells", "Slack sells"),
        ("Don&amp;amp;#8217;t", "Don’t"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("<![CDATA[A <em>new</em> start]]>", "A new start"),
        ("Bullet &bull; point", "Bullet • point"),
    ],
)
def test_a_title_is_plain_text(raw: str, title: str) -> None:
    assert only(rss(item(title=raw))).title == title


def test_a_summary_that_is_nothing_but_a_link_gives_way_to_the_content() -> None:
    inside = (
        "<description><![CDATA[<a href='x'>Read more</a>]]></description>"
        "<content:encoded><![CDATA[<p>The real text.</p>]]></content:encoded>"
    )
    assert only(rss(item(inside))).excerpt == "The real text."


@pytest.mark.parametrize(
    "inside",
    [
        "<media:content url='https://lantern.example/p.jpg' medium='image'/>",
        "<media:content url='https://lantern.example/f.mp4' type='video/mp4'/><media:thumbnail url='https://lantern.example/p.jpg'/>",
        "<enclosure url='https://lantern.example/p.jpg' type='image/jpeg' length='1'/>",
        "<description>&lt;img src='//lantern.example/p.jpg'&gt;</description>",
    ],
)
def test_a_picture_is_found_wherever_it_is_offered(inside: str) -> None:
    assert only(rss(item(inside))).picture == Picture(url="https://lantern.example/p.jpg")


def test_comments_count_under_another_prefix() -> None:
    assert only(rss(item("<t:total>7</t:total>"))).comments == 7


def test_comments_count_in_a_feed_that_is_not_well_formed() -> None:
    body = rss(item("<slash:comments>2</slash:comments><atom:link rel='replies' href='r' t:count='5'/>", title="A & B"))
    assert only(body).comments == 5


@pytest.mark.parametrize("said", ["", "<slash:comments></slash:comments>"])
def test_comments_that_nobody_counted_are_unknown(said: str) -> None:
    assert only(rss(item(said))).comments is None


@pytest.mark.parametrize(
    "declared", ["", "<?xml version='1.0' encoding='utf-8'?>", "<?xml version='1.0' encoding='iso-8859-1'?>"]
)
def test_text_that_is_utf_8_is_read_as_utf_8(declared: str) -> None:
    body = declared.encode() + rss(item(title="Größe"))
    content = read(body, content_type="application/rss+xml; charset=iso-8859-1")
    assert content.pieces[0].title == "Größe"


def test_a_declared_windows_1252_is_believed() -> None:
    body = b"<?xml version='1.0' encoding='windows-1252'?>" + rss(item(title="Gr\u00f6\u00dfe \u2019")).decode().encode(
        "cp1252"
    )
    assert read(body, content_type="text/xml; charset=koi8-r").pieces[0].title == "Größe ’"


def test_http_says_the_encoding_that_the_document_does_not() -> None:
    body = rss(item(title="Привет")).decode().encode("koi8-r")
    assert read(body, content_type="application/xml; charset=koi8-r").pieces[0].title == "Привет"


def test_more_entries_than_anyone_reads_are_left_out_and_told() -> None:
    content = read(rss(*(item(guid=str(number), link=f"https://lantern.example/{number}") for number in range(600))))
    assert len(content.pieces) == MOST_ENTRIES
    assert "600 entries" in content.defects[0].what


def test_a_feed_without_entries_is_a_feed() -> None:
    content = read(rss())
    assert content.is_feed
    assert not content.cut_off
    assert (content.pieces, content.title) == ((), "The Lantern")


@pytest.mark.parametrize("body", [b"", b"Not a feed", b"<html><body>Sorry</body></html>", b"\x00\xff", b'{"a": 1}'])
def test_what_is_no_feed_is_known(body: bytes) -> None:
    assert not read(body).is_feed


def test_a_feed_cut_at_any_place_is_never_believed() -> None:
    """F25: half a feed parses well, and its last title may be half a title."""
    second = item(title="Another title", guid="2", link="https://lantern.example/b")
    body = rss(WORDPRESS, second, channel="<link>https://lantern.example/</link>")
    whole = body.index(b"</channel>") + len(b"</channel>")
    for end in range(0, whole, 7):
        content = read(body[:end])
        assert content.cut_off or not content.is_feed, end
    assert not read(body[:whole]).cut_off


def test_an_atom_feed_in_utf_16_is_whole() -> None:
    body = b"\xff\xfe" + atom("<link href='https://lantern.example/a'/>").decode().encode("utf-16-le")
    assert not read(body).cut_off
    assert not read(body[:-20]).pieces or read(body[:-20]).cut_off


def test_octets_that_are_the_name_of_a_file_are_not_opened() -> None:
    assert not read(__file__.encode()).is_feed


def test_an_external_entity_is_not_fetched() -> None:
    body = b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + rss(item(title="A &x; title"))
    assert all("root:" not in piece.title for piece in read(body).pieces)
