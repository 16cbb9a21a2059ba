#!/usr/bin/env python3
"""Make `feed.xml` (RSS 2.0), `feed.atom` (Atom 1.0) and `feed.json` (JSON Feed 1.1) from the pieces in `content/`.

Run it in the project's environment after any change to a piece, and commit what it writes:

    python examples/magazine/make_feeds.py

`--out DIR` writes them elsewhere. The same pieces always give the same bytes. The feeds are shaped like those of a
WordPress magazine: typographic marks as numeric entities, an excerpt of 55 words that ends in ` [&#8230;]`, a line
about where the piece first appeared, and no word about comments where their number is unknown.
"""

import argparse
import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape, unescape
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

HERE = Path(__file__).resolve().parent
SITE = "https://magazine.example.org/"
NAME = "The Footbridge"
ABOUT = "Politics and public life, on foot"
EXCERPT_WORDS = 55

XML = '<?xml version="1.0" encoding="UTF-8"?>'

#: The marks that WordPress writes as numeric entities.
ENTITIES = str.maketrans({mark: f"&#{ord(mark)};" for mark in "‘’“”–…"})

RSS_NAMESPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "atom": "http://www.w3.org/2005/Atom",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "media": "http://search.yahoo.com/mrss/",
}
ATOM_NAMESPACES = {
    "thr": "http://purl.org/syndication/thread/1.0",
    "media": "http://search.yahoo.com/mrss/",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file of the content folder."""

    title: str
    slug: str
    #: The address by which the magazine's own software knows it; never changes.
    guid: str
    #: Aware, UTC.
    published: datetime
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    #: None: unknown, because the file does not say.
    comments: int | None
    #: The hand-written excerpt; empty when there is none.
    excerpt: str
    #: The address of the picture and what it shows; both empty when there is none.
    image: str
    image_alt: str
    html: str

    @property
    def link(self) -> str:
        """Where it is read. (The month is London's: all pieces are of a winter, when London keeps UTC.)"""
        return f"{SITE}{self.published:%Y/%m}/{self.slug}/"

    @property
    def comments_link(self) -> str:
        """Where it is discussed: WordPress names the form of a piece that nobody has commented on."""
        return self.link + ("#comments" if self.comments else "#respond")

    @property
    def summary(self) -> str:
        """The hand-written excerpt, or the first words of the text."""
        if self.excerpt:
            return self.excerpt
        words = unescape(re.sub(r"<[^>]+>", "", self.html)).split()
        cut = " […]" if len(words) > EXCERPT_WORDS else ""
        return " ".join(words[:EXCERPT_WORDS]) + cut


def read_piece(path: Path) -> Piece:
    """Read a piece from its file: YAML between lines of `---` or TOML between lines of `+++`, then the text."""
    fence, text = path.read_text(encoding="utf-8").split("\n", 1)
    head, body = text.split(f"\n{fence}\n", 1)
    keys = tomllib.loads(head) if fence == "+++" else yaml.safe_load(head)
    return Piece(
        title=keys["title"],
        slug=keys["slug"],
        guid=keys["guid"],
        published=read_date(keys["date"]),
        authors=tuple(keys.get("authors") or [keys["author"]]),
        tags=tuple(keys["tags"]),
        comments=keys.get("comment_count"),
        excerpt=keys.get("excerpt", ""),
        image=keys.get("image", ""),
        image_alt=keys.get("image_alt", ""),
        html=(body if path.suffix == ".html" else MarkdownIt().render(body)).strip(),
    )


def read_date(date: datetime | str) -> datetime:
    """Take a date as YAML and TOML give it; a zone after a blank (`… 21:45:00 +0000`) leaves YAML with a string."""
    return (datetime.fromisoformat(date) if isinstance(date, str) else date).astimezone(UTC)


def text(value: str) -> str:
    """Write plain text as WordPress does, for XML and for HTML."""
    return escape(value).translate(ENTITIES)


def cdata(html: str) -> str:
    """Wrap HTML so that XML leaves it alone."""
    return f"<![CDATA[{html.translate(ENTITIES)}]]>"


def first_appeared(piece: Piece) -> str:
    """The line that many WordPress sites put after each piece in a feed, from the line break before it on."""
    title = f'<a href="{piece.link}">{escape(piece.title)}</a>'
    return f'\n<p>The post {title} appeared first on <a href="{SITE}">{NAME}</a>.</p>\n'


def full_html(piece: Piece) -> str:
    """A piece's HTML with its picture on top, as most themes put it into feeds."""
    if not piece.image:
        return piece.html
    return f'<p><img src="{piece.image}" alt="{escape(piece.image_alt)}" width="1200" height="675"></p>\n{piece.html}'


def media(piece: Piece) -> list[str]:
    """The lines about a piece's picture, the same in both feeds."""
    if not piece.image:
        return []
    return [
        f'<media:content url="{piece.image}" type="image/png" medium="image" width="1200" height="675">',
        f'  <media:description type="plain">{text(piece.image_alt)}</media:description>',
        "</media:content>",
    ]


def rss_item(piece: Piece) -> list[str]:
    """A piece as an RSS item, in WordPress's order."""
    lines = [f"<title>{text(piece.title)}</title>", f"<link>{piece.link}</link>"]
    if piece.comments is not None:
        lines.append(f"<comments>{piece.comments_link}</comments>")
    lines += [f"<dc:creator>{cdata(author)}</dc:creator>" for author in piece.authors]
    lines.append(f"<pubDate>{format_datetime(piece.published)}</pubDate>")
    lines += [f"<category>{cdata(tag)}</category>" for tag in piece.tags]
    lines.append(f'<guid isPermaLink="false">{piece.guid}</guid>')
    lines.append(f"<description>{cdata(f'<p>{escape(piece.summary)}</p>{first_appeared(piece)}')}</description>")
    lines.append(f"<content:encoded>{cdata(full_html(piece) + first_appeared(piece))}</content:encoded>")
    if piece.comments is not None:
        lines.append(f"<wfw:commentRss>{piece.link}feed/</wfw:commentRss>")
        lines.append(f"<slash:comments>{piece.comments}</slash:comments>")
    return ["<item>", *indented(lines + media(piece)), "</item>"]


def atom_entry(piece: Piece) -> list[str]:
    """A piece as an Atom entry, in WordPress's order."""
    lines = [f"<author><name>{text(author)}</name></author>" for author in piece.authors]
    lines += [
        f'<title type="html">{cdata(escape(piece.title))}</title>',
        f'<link rel="alternate" type="text/html" href="{piece.link}"/>',
        f"<id>{piece.guid}</id>",
        f"<updated>{piece.published:%Y-%m-%dT%H:%M:%SZ}</updated>",
        f"<published>{piece.published:%Y-%m-%dT%H:%M:%SZ}</published>",
    ]
    lines += [f'<category scheme="{SITE}" term="{text(tag)}"/>' for tag in piece.tags]
    lines.append(f'<summary type="html">{cdata(f"<p>{escape(piece.summary)}</p>")}</summary>')
    lines.append(f'<content type="html" xml:base="{piece.link}">{cdata(full_html(piece))}</content>')
    if piece.comments is not None:
        replies = f'<link rel="replies" thr:count="{piece.comments}"'
        lines.append(f'{replies} type="text/html" href="{piece.comments_link}"/>')
        lines.append(f'{replies} type="application/atom+xml" href="{piece.link}feed/atom/"/>')
        lines.append(f"<thr:total>{piece.comments}</thr:total>")
    return ["<entry>", *indented(lines + media(piece)), "</entry>"]


def json_item(piece: Piece) -> dict[str, object]:
    """A piece as an item of a JSON Feed; `_comments` is an extension, for the format has no word for them."""
    item: dict[str, object] = {
        "id": piece.guid,
        "url": piece.link,
        "title": piece.title,
        "summary": piece.summary,
        "content_html": full_html(piece),
        "date_published": f"{piece.published:%Y-%m-%dT%H:%M:%SZ}",
        "authors": [{"name": author} for author in piece.authors],
        "tags": list(piece.tags),
    }
    if piece.image:
        item["image"] = piece.image
    if piece.comments is not None:
        item["_comments"] = {"about": f"{SITE}feed/json/", "count": piece.comments}
    return item


def indented(lines: list[str]) -> list[str]:
    """The lines, one step in."""
    return ["  " + line for line in lines]


def declarations(namespaces: dict[str, str]) -> str:
    """The attributes that declare these prefixes."""
    return "".join(f'\n  xmlns:{prefix}="{uri}"' for prefix, uri in namespaces.items())


def rss(pieces: list[Piece]) -> str:
    """The whole RSS feed, newest piece first."""
    channel = [
        f"<title>{NAME}</title>",
        f'<atom:link href="{SITE}feed/" rel="self" type="application/rss+xml"/>',
        f"<link>{SITE}</link>",
        f"<description>{ABOUT}</description>",
        f"<lastBuildDate>{format_datetime(pieces[0].published)}</lastBuildDate>",
        "<language>en-GB</language>",
        "<sy:updatePeriod>hourly</sy:updatePeriod>",
        "<sy:updateFrequency>1</sy:updateFrequency>",
    ]
    channel += [line for piece in pieces for line in rss_item(piece)]
    start = f'<rss version="2.0"{declarations(RSS_NAMESPACES)}>'
    return "\n".join([XML, start, "<channel>", *indented(channel), "</channel>", "</rss>", ""])


def atom(pieces: list[Piece]) -> str:
    """The whole Atom feed, newest piece first."""
    feed = [
        f'<title type="text">{NAME}</title>',
        f'<subtitle type="text">{ABOUT}</subtitle>',
        f"<updated>{pieces[0].published:%Y-%m-%dT%H:%M:%SZ}</updated>",
        f'<link rel="alternate" type="text/html" href="{SITE}"/>',
        f"<id>{SITE}feed/atom/</id>",
        f'<link rel="self" type="application/atom+xml" href="{SITE}feed/atom/"/>',
    ]
    feed += [line for piece in pieces for line in atom_entry(piece)]
    start = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"{declarations(ATOM_NAMESPACES)}>'
    return "\n".join([XML, start, *indented(feed), "</feed>", ""])


def json_feed(pieces: list[Piece]) -> str:
    """The whole JSON Feed, newest piece first."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": NAME,
        "description": ABOUT,
        "home_page_url": SITE,
        "feed_url": f"{SITE}feed/json/",
        "language": "en-GB",
        "items": [json_item(piece) for piece in pieces],
    }
    return json.dumps(feed, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Read the folder and write the feeds."""
    parser = argparse.ArgumentParser(description="Make feed.xml, feed.atom and feed.json from content/.")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write to (default: beside this file)")
    out: Path = parser.parse_args().out
    pieces = [read_piece(path) for path in (HERE / "content").iterdir() if path.suffix in {".md", ".html"}]
    pieces.sort(key=lambda piece: (piece.published, piece.slug), reverse=True)
    (out / "feed.xml").write_text(rss(pieces), encoding="utf-8", newline="\n")
    (out / "feed.atom").write_text(atom(pieces), encoding="utf-8", newline="\n")
    (out / "feed.json").write_text(json_feed(pieces), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
