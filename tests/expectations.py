"""What other people's suites expect of their feeds, as claims about entries: feedparser, gofeed, feed-rs, rss-parser.

An expected value passes the same text pipeline as ours before the two are compared; what a suite does not say is no
claim. Only entries are compared, for a conformance feed of two lines often has no link and so no piece.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from roundup.gathering import dates, entries, jsonfeed
from roundup.gathering.authors import names
from roundup.gathering.cleaning import plain
from roundup.gathering.excerpts import excerpt
from roundup.gathering.feedcontent import Entry
from roundup.gathering.links import absolute

SUITES = ("feedparser", "gofeed", "feed-rs", "rss-parser")
#: What a piece keeps of an entry and a suite says something about.
FIELDS = ("title", "link", "date", "authors", "excerpt")

_HEADER = re.compile(rb"^Header:\s*Content-(Type|Location):\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
_EXPECT = re.compile(rb"Expect:\s*(.+?)\s*-->", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One field of one entry: what a suite expects, and what we have."""

    suite: str
    #: The feed's file within its suite.
    path: str
    number: int
    field: str
    expected: object
    ours: object

    @property
    def agrees(self) -> bool:
        return self.expected == self.ours

    @property
    def key(self) -> tuple[str, str, int, str]:
        return self.suite, self.path, self.number, self.field


def claims(corpus: Path, suite: str) -> Iterator[Claim]:
    """Every claim of a suite."""
    root = corpus / "feeds" / suite
    for feed, expected in _cases(root, suite):
        for number, field, value, ours in _compared(feed, expected, suite):
            path = feed.relative_to(root).as_posix()
            yield Claim(suite=suite, path=path, number=number, field=field, expected=value, ours=ours)


def _cases(root: Path, suite: str) -> Iterator[tuple[Path, Path | None]]:
    """Each feed, and the file that says what is in it; None: the feed itself does."""
    if suite == "feedparser":
        yield from ((path, None) for path in sorted(root.rglob("*.xml")))
    elif suite == "rss-parser":
        feeds = {path.stem: path for path in (root / "test" / "input").iterdir()}
        found = ((feeds.get(path.stem), path) for path in sorted((root / "test" / "output").glob("*.json")))
        yield from ((feed, path) for feed, path in found if feed is not None)
    elif suite == "feed-rs":
        for path in sorted(root.rglob("*.serde.json")):
            names_of_feed = (path.with_name(path.name.replace(".serde.json", suffix)) for suffix in (".xml", ".json"))
            yield from ((feed, path) for feed in names_of_feed if feed.exists())
    else:
        for path in sorted(root.rglob("*.json")):
            stem = path.stem.removesuffix("_expected")
            feed = path.with_name(stem + (".json" if path.stem.endswith("_expected") else ".xml"))
            if feed.exists():
                yield feed, path


def _compared(feed: Path, expected: Path | None, suite: str) -> Iterator[tuple[int, str, object, object]]:
    body = feed.read_bytes()
    said = list(
        _expectations(body)
        if expected is None
        else _rows(json.loads(expected.read_bytes().decode("utf-8", "replace")), suite)
    )
    if not said:
        return
    url, content_type = _headers(body, feed) if expected is None else ("", "")
    found = _entries(body, url, content_type)
    for number, values in said:
        entry = found[number] if number < len(found) else None
        for field, value in values.items():
            normal = _expected_value(field, value, url)
            if normal is not None:
                yield number, field, normal, None if entry is None else _our_value(entry, field)


def _entries(body: bytes, url: str, content_type: str) -> list[Entry]:
    if jsonfeed.looks_like_json(body[:100].lstrip()):
        feed = jsonfeed.parsed(body)
        if feed is None:
            return []
        there, authors = jsonfeed.entries_of(feed, url=url, zone=UTC), jsonfeed.authors_of(feed)
    else:
        found = entries.find(body, url=url, zone=UTC, content_type=content_type)
        if found is None:
            return []
        there, authors = list(found.entries), found.authors
    # The feed's own authors stand for entries without any.
    return [replace(entry, authors=entry.authors or authors) for entry in there]


def _our_value(entry: Entry, field: str) -> object:
    if field == "title":
        return entry.title
    if field == "link":
        return entry.link
    if field == "date":
        return entry.published.at if entry.published else None
    if field == "authors":
        return tuple(entry.authors)
    return next((text for source in entry.texts if (text := excerpt(source))), "")


def _expected_value(field: str, value: object, url: str) -> object:
    """The value as ours would be, had we read it; None: no claim that can be compared."""
    if field == "authors":
        return names(str(name) for name in value) if isinstance(value, list) else None
    if isinstance(value, datetime) or not isinstance(value, str) or not value.strip():
        return value if isinstance(value, datetime) else None
    if field == "date":
        made = dates.published(value, UTC)
        return made.at if made else None
    return absolute(value, url) if field == "link" else plain(value) if field == "title" else excerpt(value)


# feedparser's own files say in a comment what is in them ------------------------------------------------------------


def _headers(body: bytes, feed: Path) -> tuple[str, str]:
    found = {name.lower(): value.decode("ascii", "replace") for name, value in _HEADER.findall(body)}
    where = f"http://127.0.0.1:8097/{feed.relative_to(feed.parents[2]).as_posix()}"
    return found.get(b"location", where), found.get(b"type", "")


def _expectations(body: bytes) -> Iterator[tuple[int, dict[str, object]]]:
    """`Expect: entries[0]['title'] == 'x' and …`: the equations of which one side is a field that we keep."""
    match = _EXPECT.search(body)
    try:
        tree = ast.parse(match[1].decode("utf-8").strip(), mode="eval") if match else None
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq):
            continue
        place = _place(node.left)
        try:
            value = ast.literal_eval(node.comparators[0])
        except (ValueError, TypeError):
            continue
        if place and place[1] == "date" and isinstance(value, tuple):
            year, month, day, hour, minute, second = value[:6]
            yield place[0], {"date": datetime(year, month, day, hour, minute, second, tzinfo=UTC)}
        elif place and place[1] != "date" and isinstance(value, str):
            yield place[0], {place[1]: value}


_KEPT = {
    ("title",): "title",
    ("title_detail", "value"): "title",
    ("link",): "link",
    ("published_parsed",): "date",
    ("description",): "excerpt",
    ("summary",): "excerpt",
}


def _place(node: ast.expr) -> tuple[int, str] | None:
    """The entry's number and our field in `entries[0]['title_detail']['value']` or `entries[0].title`."""
    keys: list[object] = []
    while isinstance(node, ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Attribute):
            keys.insert(0, node.attr)
        else:
            keys.insert(0, node.slice.value if isinstance(node.slice, ast.Constant) else None)
        node = node.value
    if not isinstance(node, ast.Name) or node.id != "entries" or not keys or not isinstance(keys[0], int):
        return None
    field = _KEPT.get(tuple(str(key) for key in keys[1:]))
    return None if field is None else (keys[0], field)


# The others have files of JSON --------------------------------------------------------------------------------------


def _rows(document: Any, suite: str) -> Iterator[tuple[int, dict[str, object]]]:
    feed = document.get("feed", document) if isinstance(document, dict) else {}
    rows = (feed.get("items") or feed.get("entries") or []) if isinstance(feed, dict) else []
    reader = {"gofeed": _of_gofeed, "feed-rs": _of_feed_rs, "rss-parser": _of_rss_parser}[suite]
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            yield number, {field: value for field, value in reader(row).items() if value is not None}


def _of_gofeed(row: dict[str, Any]) -> dict[str, object]:
    people = row.get("authors")
    rows = people if isinstance(people, list) else []
    named = [each["name"] for each in rows if isinstance(each, dict) and each.get("name")]
    when = next((row[key] for key in _GOFEED_DATES if isinstance(row.get(key), str)), None)
    link = row.get("link") or row.get("url")
    text = row.get("description") or row.get("summary")
    return {
        "title": row.get("title"),
        "link": link if isinstance(link, str) else None,
        "date": when,
        "authors": named or None,
        "excerpt": text if isinstance(text, str) else None,
    }


_GOFEED_DATES = ("publishedParsed", "pubDateParsed", "date_published", "updatedParsed", "date_modified")


def _of_feed_rs(row: dict[str, Any]) -> dict[str, object]:
    def content(key: str) -> str | None:
        told = row.get(key)
        return told.get("content") if isinstance(told, dict) else None

    links = [each for each in row.get("links") or [] if each.get("rel") in {None, "alternate"}]
    return {
        "title": content("title"),
        "link": links[0]["href"] if links else None,
        "date": row.get("published") or row.get("updated"),
        "authors": [each["name"] for each in row.get("authors") or [] if each.get("name")] or None,
        "excerpt": content("summary"),
    }


def _of_rss_parser(row: dict[str, Any]) -> dict[str, object]:
    creator = row.get("creator") or row.get("author")
    return {
        "title": row.get("title") if isinstance(row.get("title"), str) else None,
        "link": row.get("link") if isinstance(row.get("link"), str) else None,
        "date": row.get("isoDate"),
        "authors": [creator] if isinstance(creator, str) else None,
        "excerpt": None,
    }
