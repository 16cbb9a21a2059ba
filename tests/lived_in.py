"""A newsletter such as documents and help speak of: `my-roundup`, with pieces for an issue of 20 November 2026, pieces
for the next one, and Ann Example among its readers."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.newsletters import a_newsletter
from tests.sinks import Sink

_LINK = "https://example.org/2026/11/{slug}/"
_OLD = {"last-week": "What happened last week"}
_NEW = {
    "the-bridge": "The bridge that two towns built",
    "council": "What the council decided",
    "house-notices": "House notices",
}


def a_lived_in_newsletter(folder: Path, sink: Sink | None = None) -> Path:
    """`folder`/my-roundup, before its first issue, with a `people.csv` to take in."""
    made = a_newsletter(
        folder,
        sources=[{"folder": "content", "link": _LINK, "name": "example.org"}],
        subscribers=["ann@example.org,Ann Example", "bo@example.net,Bo"],
        content={f"{slug}.md": _piece(slug, title, "2026-11-20T09:00:00Z") for slug, title in _OLD.items()},
        smtp=sink.smtp if sink is not None else None,
        newsletter={"from": "roundup@example.org", "website": "https://example.org/"},
        schedule={"weekly": "fri"},
    )
    directory = folder / "my-roundup"
    shutil.move(made, directory)
    (directory / "people.csv").write_text("email,name\ncat@example.com,Cat\n", encoding="utf-8")
    return directory


def a_week_later(directory: Path) -> None:
    """New pieces, of twelve hours ago: none of them is later than the last due time, whatever hour it is."""
    written = f"{datetime.now(UTC) - timedelta(hours=12):%Y-%m-%dT%H:%M:%SZ}"
    for slug, title in _NEW.items():
        (directory / "content" / f"{slug}.md").write_text(_piece(slug, title, written), encoding="utf-8")


def _piece(slug: str, title: str, written: str) -> str:
    head = f"title: {json.dumps(title)}\ndate: {written}\npermalink: /2026/11/{slug}/\nauthor: Ada Marsh\n"
    return f"---\n{head}---\n\nIt took an evening.\n"
