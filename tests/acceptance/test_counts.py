"""Comments are counted again when an issue is prepared, wherever they are counted."""

from pathlib import Path
from typing import Any

import pytest

from tests.comment_servers import CommentServer, answering
from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup, told

MORNING = "2026-11-20T10:00"
SLASH = 'xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'


def a_feed(**comments: int) -> bytes:
    """A WordPress feed of two pieces."""
    items = "".join(
        f"<item><title>On {name}</title><link>https://lantern.example.org/2026/11/{name}/</link>"
        f'<guid isPermaLink="false">https://lantern.example.org/?p={number}</guid>'
        f"<pubDate>Fri, 20 Nov 2026 0{number}:00:00 +0000</pubDate><slash:comments>{count}</slash:comments></item>"
        for number, (name, count) in enumerate(comments.items(), start=1)
    )
    return f'<?xml version="1.0"?><rss version="2.0" {SLASH}><channel><title>L</title>{items}</channel></rss>'.encode()


def prepared(directory: Path) -> dict[str, Any]:
    """The comments that the issue's pieces have, by title, in their order."""
    seen = told(roundup(directory, "preview", "--at", DUE, "--out", "seen", "--json"))
    return {piece["title"]: piece["comments"] for piece in seen["pieces"]}


def test_a_304_hides_no_new_comments_from_the_issue(tmp_path: Path) -> None:
    # WordPress's ETag and Last-Modified are of the newest piece: with a new comment both stay what they were.
    with answering(CommentServer(etag='"of the newest piece"')) as server:
        server.pages["/feed/"] = a_feed(library=0, bridge=0)
        source = {"feed": f"{server.address}/feed/", "name": "Lantern", "allow_private": True}
        directory = a_newsletter(tmp_path, sources=[source])
        assert "not-due" == told(roundup(directory, "run", "--at", MORNING, "--json"))["state"]
        server.pages["/feed/"] = a_feed(library=40, bridge=3)
        assert "not-due" == told(roundup(directory, "run", "--at", "2026-11-20T12:00", "--json"))["state"]
        before = told(roundup(directory, "sources", "list", "--json"))[0]
        assert {"On library": 40, "On bridge": 3} == prepared(directory)
        assert ["On library", "On bridge"] == list(prepared(directory)), "and they rank it first"
        assert (2, 2) == (before["found"], before["counted"])
        assert "sent" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]


FILES = {
    "library.md": a_piece_file("On library").replace("comment_count: 0\n", ""),
    "bridge.md": a_piece_file("On bridge").replace("comment_count: 0\n", ""),
}
FOLDER = {"folder": "content", "link": "https://lantern.example.org/{slug}/", "name": "The Lantern"}


@pytest.mark.parametrize("kind", ["file", "folder", "isso", "wordpress", "pages"])
def test_a_source_says_where_else_its_comments_are_counted(tmp_path: Path, kind: str) -> None:
    page = b'<script type="application/ld+json">{"@type": "Article", "commentCount": 7}</script>'
    server = CommentServer(comments={"/library/": 7}, posts={"/library/": 5, "/bridge/": 6}, pages={"/library/": page})
    with answering(server):
        value: object = {"file": "counts.csv", "folder": "comments", "pages": True}.get(kind, f"{server.address}/")
        folder = {**FOLDER, "link": f"{server.address}/{{slug}}/", "allow_private": True, "comments": {kind: value}}
        directory = a_newsletter(tmp_path, sources=[folder], content=FILES)
        (directory / "counts.csv").write_text("url,count\n/library/,7\n", encoding="utf-8")
        (directory / "comments" / "library").mkdir(parents=True)
        for number in range(7):
            (directory / "comments" / "library" / f"{number}.yml").write_text("name: Bo\n", encoding="utf-8")
        counts = prepared(directory)
        assert ["On library", 7] == [next(iter(counts)), counts["On library"]]
        # Isso and WordPress know that there are none; where nothing is said, nothing is known.
        assert (0 if kind in {"isso", "wordpress"} else None) == counts["On bridge"]


def test_what_cannot_be_asked_costs_a_warning_and_the_last_known_number_stays(tmp_path: Path) -> None:
    folder = {**FOLDER, "comments": {"file": "counts.csv"}}
    directory = a_newsletter(tmp_path, sources=[folder], content=FILES)
    assert "nothing-new" != told(roundup(directory, "run", "--at", MORNING, "--json"))["state"]
    (directory / "counts.csv").write_text("url,count\n/library/,7\n/bridge/,many\n", encoding="utf-8")
    warnings = told(roundup(directory, "run", "--at", DUE, "--json"))["warnings"]
    assert ["The Lantern: counts.csv:3: “many” is no number of comments."] == warnings
    (directory / "counts.csv").unlink()
    again = told(roundup(directory, "run", "--at", "2026-11-23T17:00", "--json"))
    assert "nothing-new" == again["state"]
    assert 1 == told(roundup(directory, "sources", "list", "--json"))[0]["counted"]


def test_settings_of_comments_say_what_is_wrong(tmp_path: Path) -> None:
    directory = a_newsletter(tmp_path, sources=[{**FOLDER, "comments": {}}])
    wrong = roundup(directory, "preview", "--out", "seen")
    assert 2 == wrong.returncode
    assert "say where comments are counted: file, folder, isso, wordpress or pages" in wrong.stderr
    directory = a_newsletter(tmp_path / "b", sources=[{**FOLDER, "comments": {"disqus": "x"}}])
    assert "disqus" in roundup(directory, "preview", "--out", "seen").stderr
