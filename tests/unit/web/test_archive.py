"""Past issues as pages: as they were mailed, for anybody, and never another."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from roundup.archive import IssueState
from roundup.audience import Audience, Variant
from roundup.model import IssueKey
from roundup.rendering import PLACEHOLDERS
from roundup.rendering.jinja import JinjaRenderer
from roundup.web import House
from tests.builders import EMAIL_TEMPLATES, INSTANT, KEY, NONCE, SECRET, a_frozen_issue, a_masthead, an_issue
from tests.websites import PUBLIC, Website, a_website

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MASTHEAD = replace(a_masthead(), view_link=f"{PUBLIC}v/")


def freeze(site: Website, key: IssueKey = KEY, *, sent: bool = True, with_trams: bool = False) -> None:
    """Freeze an issue as it is rendered, and close it."""
    issue = an_issue(of=3, key=key)
    rendered = JinjaRenderer(masthead=MASTHEAD, folders=[EMAIL_TEMPLATES]).render(issue, nonce=NONCE).rendered
    frozen = replace(a_frozen_issue(issue), rendered=rendered)
    if with_trams:
        part = replace(issue, pieces=issue.pieces[:1])
        trams = JinjaRenderer(masthead=MASTHEAD, folders=[EMAIL_TEMPLATES]).render(part, nonce=NONCE).rendered
        frozen = replace(
            frozen,
            variants=(Variant(choices=(("Trams",),), rendered=trams),),
            audience=Audience(variants={("Trams",): 1}),
        )
    number = site.ledgers.archive.freeze(frozen)
    if sent:
        site.ledgers.archive.close(number, IssueState.SENT, at=INSTANT)


@contextmanager
def an_archive(house: House | None = None) -> Iterator[Website]:
    with a_website("ada@lantern.example", house=house) as site:
        freeze(site)
        yield site


def test_an_issue_is_a_page_that_names_nobody() -> None:
    with an_archive() as site:
        page = site.get(f"/archive/{KEY}")

        assert 200 == page.status
        assert "A library is a place to read" in page.text
        assert NONCE not in page.text
        assert not [name for name in PLACEHOLDERS if f"{NONCE}{name}" in page.text]
        assert "/u/" not in page.text
        assert "You are receiving this because" not in page.text
        assert "Sign up to The Daily Lantern" in page.text


def test_the_page_has_the_links_of_the_mail_but_for_the_readers_own() -> None:
    with an_archive() as site:
        stored = site.ledgers.archive.stored(KEY)
        assert stored is not None
        mailed = set(re.findall(r'href="([^"]+)"', stored.rendered.html))
        own = {link for link in mailed if NONCE in link}
        shown = set(re.findall(r'href="([^"]+)"', site.get(f"/archive/{KEY}").text))

        assert shown == (mailed - own) | {PUBLIC}
        assert 3 == len(own)


def test_it_never_changes_and_may_be_kept() -> None:
    with an_archive() as site:
        first = site.get(f"/archive/{KEY}")
        site.clock.at += timedelta(days=400)
        again = site.get(f"/archive/{KEY}")
        known = site.get(f"/archive/{KEY}", if_none_match=first.headers["etag"])

        assert first.body == again.body
        assert (304, b"", False) == (known.status, known.body, "content-length" in known.headers)
        assert "public, max-age=3600" == first.headers["cache-control"]


@pytest.mark.parametrize("engines", [True, False])
def test_search_engines_find_it_if_the_editor_says_so(engines: bool) -> None:
    with an_archive(House(public_url=PUBLIC, search_engines=engines)) as site:
        found = [
            "noindex" != site.get(path).headers.get("x-robots-tag") for path in (f"/archive/{KEY}", "/archive/", "/")
        ]

        assert [engines, engines, False] == found


def test_the_index_lists_what_was_sent_newest_first() -> None:
    with an_archive() as site:
        for number in range(1, 70):
            freeze(site, IssueKey(day=KEY.day + timedelta(days=number)))
        freeze(site, IssueKey(day=KEY.day + timedelta(days=3), edition="weekly"))
        freeze(site, IssueKey(day=KEY.day + timedelta(days=90)), sent=False)
        page = site.get("/archive/").text
        days = re.findall(r"archive/(\d{4}-\d\d-\d\d)\"", page)
        older = re.search(r"\?before=([\d-]+)", page)

        assert (60, sorted(days, reverse=True)) == (len(days), days)
        assert (KEY.day + timedelta(days=69)).isoformat() == days[0]
        assert older is not None
        rest = re.findall(
            r"href=\"/archive/(\d{4}-\d\d-\d\d(?:/weekly)?)\"", site.get(f"/archive/?{older[0][1:]}").text
        )
        assert 11 == len(rest)
        assert f"{KEY.day + timedelta(days=3)}/weekly" in rest


def test_the_feed_is_atom_and_its_links_lead_to_the_pages() -> None:
    with an_archive() as site:
        answer = site.get("/archive/feed.xml")
        feed = ET.fromstring(answer.body)
        (entry,) = feed.findall("a:entry", ATOM)
        link = entry.find("a:link", ATOM)

        assert "application/atom+xml" in answer.headers["content-type"]
        for name in ("id", "title", "updated"):
            assert feed.findtext(f"a:{name}", namespaces=ATOM)
            assert entry.findtext(f"a:{name}", namespaces=ATOM)
        assert link is not None
        assert f"{PUBLIC}archive/{KEY}" == link.get("href")
        assert 200 == site.get(str(link.get("href")).removeprefix(PUBLIC.rstrip("/"))).status


def test_view_in_browser_shows_each_reader_what_they_have() -> None:
    with a_website("ada@lantern.example") as site:
        freeze(site, with_trams=True)
        whole, part = (site.get(f"/v/{SECRET.view_token(KEY, number)}") for number in (0, 1))
        none = site.get(f"/v/{SECRET.view_token(KEY, 2)}")

        assert (200, 200, 404) == (whole.status, part.status, none.status)
        assert len(part.text) < len(whole.text)
        assert whole.body == site.get(f"/archive/{KEY}").body


def test_with_a_closed_archive_only_who_has_the_mail_opens_it() -> None:
    with an_archive(House(public_url=PUBLIC, archive=False)) as site:
        pages = [site.get(path).status for path in ("/archive/", f"/archive/{KEY}", "/archive/feed.xml")]
        viewed = site.get(f"/v/{SECRET.view_token(KEY, 0)}")

        assert ([404] * 3, 200) == (pages, viewed.status)
        assert "archive/" not in site.get("/").text


def test_what_is_not_sent_yet_or_held_is_shown_to_nobody() -> None:
    with a_website("ada@lantern.example") as site:
        before = site.get(f"/v/{SECRET.view_token(KEY, 0)}")
        freeze(site, sent=False)
        on_its_way = site.get(f"/v/{SECRET.view_token(KEY, 0)}").status
        site.ledgers.archive.hold(KEY, "Held by hand.", instant=INSTANT, at=INSTANT)

        assert (404, "Not yet") == (before.status, before.title)
        assert (200, 404) == (on_its_way, site.get(f"/archive/{KEY}").status)


@pytest.mark.parametrize(
    "path",
    ["/archive/2015-3-30", "/archive/2015-02-30", "/archive/x", "/archive/..%2f..%2froundup.db",
     "/archive/../roundup.toml",
     f"/archive/{KEY}/nothing", f"/archive/{date.max}", "/v/x", f"/v/{KEY}.main.0.x", f"/v/{KEY}.main.0.", "/v/....",
     f"/v/{KEY}.main.-1.{'A' * 20}", "/archive/?before=x", "/archive/feed.xml/"],
)  # fmt: skip
def test_whatever_else_is_asked_for_is_not_there(path: str) -> None:
    with an_archive() as site:
        answer = site.get(path)

        assert answer.status == (200 if "?" in path else 404)
        assert "SQLite" not in answer.text
