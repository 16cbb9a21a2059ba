"""Servers on this machine that answer about comments as Isso, WordPress and a magazine's site do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.sites import listening


@dataclass
class CommentServer:
    """What a server knows. A fake of the protocols, not of our code."""

    port: int = 0
    #: How many comments the page at each path has.
    comments: dict[str, int] = field(default_factory=dict)
    #: WordPress's number of the post at each path.
    posts: dict[str, int] = field(default_factory=dict)
    #: Bodies by path, with their content type: feeds and pages.
    pages: dict[str, bytes] = field(default_factory=dict)
    #: Whether WordPress answers its REST API; many sites shut it.
    rest: bool = True
    #: What is answered in place of JSON; None: JSON.
    garbage: bytes | None = None
    #: A validator that the feed answers 304 to.
    etag: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def isso(self, uris: list[str]) -> bytes:
        """Isso's `POST /count`: numbers in the order of the question, 0 for what it never heard of."""
        return json.dumps([self.comments.get(uri, 0) for uri in uris]).encode()

    def wordpress(self, path: str, query: dict[str, list[str]]) -> bytes | None:
        """WordPress's REST API: `posts?slug=` and `comments?post=`, a hundred at most on a page."""
        if path.endswith("/posts"):
            slugs = query["slug"][0].split(",")
            told = [
                {"id": post, "link": f"{self.address}{at}"}
                for at, post in self.posts.items()
                if at.rstrip("/").rpartition("/")[2] in slugs
            ]
            return json.dumps(told).encode()
        wanted = {int(each) for each in query["post"][0].split(",")}
        size, page = int(query["per_page"][0]), int(query.get("page", ["1"])[0])
        if size > 100:
            return None
        all_of_them = [
            {"post": post} for at, post in self.posts.items() if post in wanted for _ in range(self.comments.get(at, 0))
        ]
        return json.dumps(all_of_them[(page - 1) * size : page * size]).encode()

    def comment_feed(self, at: str) -> bytes:
        """A post's feed of comments: the newest ten."""
        items = "".join("<item><title>By: Bo</title></item>" for _ in range(min(10, self.comments.get(at, 0))))
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'.encode()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """The status and body of an answer."""
        parts = urlsplit(target)
        if self.garbage is not None:
            return 200, self.garbage
        if method == "POST":
            return (200, self.isso(json.loads(body))) if parts.path.endswith("/count") else (404, b"")
        if "/wp-json/" in parts.path:
            told = self.wordpress(parts.path, parse_qs(parts.query)) if self.rest else None
            return (401, b'{"code":"rest_forbidden"}') if told is None else (200, told)
        if parts.path in self.pages:
            return 200, self.pages[parts.path]
        at = parts.path.removesuffix("feed/")
        return (200, self.comment_feed(at)) if parts.path.endswith("/feed/") and at in self.posts else (404, b"")


@contextmanager
def answering(server: CommentServer) -> Iterator[CommentServer]:
    """The server, up."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_same = server.etag != "" and self.headers.get("If-None-Match") == server.etag
            status, told = (304, b"") if is_same else server.answer(self.command, self.path, body)
            self.send_response(status)
            if server.etag:
                self.send_header("ETag", server.etag)
            if not is_same:
                self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            del format, args

    with listening(Answer) as server.port:
        yield server
