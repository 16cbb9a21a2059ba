"""The magazine that roundup was made for, told in three ways: a WordPress feed, an Atom feed, a folder of files.

The same pieces make the same issue to the last octet, in every order. The magazine gives days without a time: the
folder says just that, and the feeds say what it means, local midnight.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from email.utils import format_datetime
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.newsletters import a_newsletter, roundup

LONDON = ZoneInfo("Europe/London")
MOMENT = "2015-03-30T18:00"

#: What a source is called in roundup.toml, and its files by name.
Telling = tuple[Mapping[str, str], Mapping[str, str]]
#: The word by which the orders call it; title, authors, date, comments.
Row = tuple[str, list[str], date, int]
MAGAZINE: dict[str, Row] = {
    "five": ("Five years of Progress", ["Richard Angell"], date(2015, 3, 30), 2),
    "letting": ("Letting it go: power in public service", ["Reema Patel"], date(2015, 3, 23), 0),
    "community": ("A community approach to public service reform", ["Callum Anderson"], date(2015, 3, 23), 0),
    "politics": ("The politics of empowerment and ‘let it go’", ["Noah Sin"], date(2015, 3, 23), 0),
    "great": ("Great leaders foster great public services", ["Sonia Sodha"], date(2015, 2, 24), 0),
    "better": (
        "A better way is possible: developing a dialogue about reform in social work",
        ["Brid Featherstone", "Kate Morris"], date(2015, 2, 11), 2,
    ),
    "think": ("Think differently about the state", ["Editorial"], date(2015, 2, 10), 1),
    "aspiration": ("Aspiration is the key", ["Editorial"], date(2015, 2, 6), 3),
    "partnership": (
        "‘It’s a partnership between clinician and service user’",
        ["Liz Kendall MP", "Steve Reed MP"], date(2015, 2, 6), 0,
    ),
    "change": ("‘Change or get out of the way’", ["Liz Kendall MP", "Steve Reed MP"], date(2015, 2, 5), 3),
}  # fmt: skip

OF_23_MARCH = ["community", "letting", "politics"]
BY_DATE = ["five", *OF_23_MARCH, "great", "better", "think", "aspiration", "partnership", "change"]
#: The settings of each order, and the order (worked by hand in tests/unit/test_ranking.py).
ORDERS: dict[str, tuple[Mapping[str, str], list[str]]] = {
    "newest": ({"order": "newest"}, BY_DATE),
    "most-commented": (
        {"order": "most-commented"},
        ["aspiration", "change", "five", "better", "think", *OF_23_MARCH, "great", "partnership"],
    ),
    "hot at 4 h": ({"order": "hot", "doubling": "4h"}, BY_DATE),
    "hot at 240 h": (
        {"order": "hot", "doubling": "240h"},
        ["five", *OF_23_MARCH, "better", "aspiration", "change", "great", "think", "partnership"],
    ),
}


def body_of(title: str) -> str:
    return f"What “{title}” says, in a sentence or two & no more. It ends here."


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=LONDON)


# Three ways of telling -------------------------------------------------------------------------------------------


def as_rss(word: str, row: Row) -> str:
    title, authors, day, comments = row
    link = f"https://magazine.example/{word}/"
    creators = "".join(f"<dc:creator><![CDATA[{author}]]></dc:creator>" for author in authors)
    return f"""<item><title>{escape(title)}</title><link>{link}</link><comments>{link}#comments</comments>
      <pubDate>{format_datetime(midnight(day))}</pubDate>{creators}<guid isPermaLink="false">{link}?p=1</guid>
      <description><![CDATA[<p>{escape(body_of(title))}</p>]]></description>
      <wfw:commentRss>{link}feed/</wfw:commentRss><slash:comments>{comments}</slash:comments></item>"""


def rss() -> Telling:
    items = "\n".join(as_rss(word, row) for word, row in MAGAZINE.items())
    feed = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"
      xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
      xmlns:wfw="http://wellformedweb.org/CommentAPI/"><channel><title>Magazine</title>
      <link>https://magazine.example/</link><description>d</description>{items}</channel></rss>"""
    return {"feed": "feed.xml"}, {"feed.xml": feed}


def as_atom(word: str, row: Row) -> str:
    title, authors, day, comments = row
    link = f"https://magazine.example/{word}/"
    at = midnight(day).isoformat()
    names = "".join(f"<author><name>{escape(author)}</name></author>" for author in authors)
    return f"""<entry><title type="text">{escape(title)}</title><id>tag:magazine.example,2015:{word}</id>
      <link rel="alternate" href="{link}"/><published>{at}</published><updated>{at}</updated>{names}
      <summary type="html">{escape(f"<p>{escape(body_of(title))}</p>")}</summary>
      <link rel="replies" href="{link}#comments" thr:count="{comments}"/><thr:total>{comments}</thr:total></entry>"""


def atom() -> Telling:
    entries = "\n".join(as_atom(word, row) for word, row in reversed(MAGAZINE.items()))
    feed = f"""<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"
      xmlns:thr="http://purl.org/syndication/thread/1.0"><title>Magazine</title><id>tag:magazine.example,2015:feed</id>
      <updated>2015-03-30T00:00:00+01:00</updated><link href="https://magazine.example/"/>{entries}</feed>"""
    return {"feed": "feed.atom"}, {"feed.atom": feed}


def as_json(word: str, row: Row) -> dict[str, object]:
    title, authors, day, comments = row
    return {
        "id": word,
        "url": f"https://magazine.example/{word}/",
        "title": title,
        "content_text": body_of(title),
        "date_published": midnight(day).isoformat(),
        "authors": [{"name": author} for author in authors],
        "_comments": {"count": comments},
    }


def json_feed() -> Telling:
    items = [as_json(word, row) for word, row in reversed(MAGAZINE.items())]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Magazine", "items": items}
    return {"feed": "feed.json"}, {"feed.json": json.dumps(feed)}


def as_file(row: Row) -> str:
    title, authors, day, comments = row
    head = {"title": title, "authors": authors, "comment_count": comments}
    lines = "\n".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items())
    return f"---\n{lines}\ndate: {day}\n---\n\n{body_of(title)}\n"


def folder_of_files() -> Telling:
    source = {"folder": "content", "link": "https://magazine.example/{slug}/"}
    return source, {f"content/{word}.md": as_file(row) for word, row in MAGAZINE.items()}


WAYS = {"rss": rss, "atom": atom, "json": json_feed, "folder": folder_of_files}


def previewed(folder: Path, way: str, ranking: Mapping[str, str]) -> tuple[list[str], bytes, list[dict[str, Any]]]:
    """The order of an issue, its HTML, and its pieces as explain.json has them."""
    source, files = WAYS[way]()
    selection = {"max_age": "60d"}
    directory = a_newsletter(
        folder, sources=[{"name": "Magazine", **source}], content={}, selection=selection, ranking=ranking
    )
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8")
    out = directory / "out"
    result = roundup(directory, "preview", "--out", str(out), "--at", MOMENT)
    assert (0, "") == (result.returncode, result.stderr)
    pieces = json.loads((out / "explain.json").read_text(encoding="utf-8"))["pieces"]
    words = [piece["link"].removeprefix("https://magazine.example/").rstrip("/") for piece in pieces]
    return words, (out / "issue.html").read_bytes(), pieces


@pytest.mark.parametrize("order", ORDERS)
def test_three_ways_of_telling_make_one_issue(tmp_path: Path, order: str) -> None:
    ranking, expected = ORDERS[order]
    issues = {way: previewed(tmp_path / way, way, ranking) for way in WAYS}

    assert dict.fromkeys(WAYS, expected) == {way: words for way, (words, _, _) in issues.items()}
    assert 1 == len({html for _, html, _ in issues.values()})


def test_the_pieces_are_told_as_the_magazine_has_them(tmp_path: Path) -> None:
    _, html, pieces = previewed(tmp_path, "folder", {"order": "newest"})

    assert [(title, authors, f"{midnight(day).isoformat()}", comments) for title, authors, day, comments in rows()] == [
        (piece["title"], piece["authors"], piece["published"], piece["comments"]) for piece in pieces
    ]
    assert "‘Change or get out of the way’" in html.decode()
    assert "23 March 2015" in html.decode()


def rows() -> list[Row]:
    return [MAGAZINE[word] for word in BY_DATE]
