"""What reading costs, in ratios of one run.

corpus     CPU of reading every feed of the corpus, against `feedparser.parse` with its defaults on the same octets,
           each in a process of its own: what we make of them (`reader`: pieces with excerpts, all texts cleaned), and
           the same through a child process as a run does it (`children`: both processes, with the start of the child)
folder     seconds that the second scan of 10,000 posts takes, of which none changed, against the first
latency    seconds in which 200 feeds are gathered from a server that is 200 ms away, against the delay of one and what
           their reading takes of all cores

A part that can't be measured says why.
"""

import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.newsletters import make
from benchmarks.processes import await_listener, free_port, measured, running
from benchmarks.reading_work import LATENCY

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "feeds"
#: What counts as a large feed, in bytes.
_LARGE = 100_000
_EVERY = "every feed"
_POSTS = 10_000
_FEEDS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was measured in each round, and what is asked of the median of its ratios."""

    what: str
    #: What one round took, and what it is compared with: seconds.
    took: Sequence[float]
    against: Sequence[float]
    #: At most so many times as much; None: nothing is asked.
    most: float | None

    @property
    def ratios(self) -> list[float]:
        """Of each round."""
        return [took / against for took, against in zip(self.took, self.against, strict=True)]

    @property
    def met(self) -> bool | None:
        """Whether the median is what was asked for; None if nothing was."""
        return None if self.most is None else median(self.ratios) <= self.most


@dataclass(slots=True)
class Readings:
    """What was measured, and what could not be."""

    findings: list[Finding] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def measure(work: Path, *, rounds: int, quick: bool, tell: Callable[[str], None]) -> Readings:
    """All of it. `tell` hears of each part."""
    found = Readings()
    for part in (_corpus, _folder, _latency):
        part(found, work, 1 if quick else rounds, quick)
        tell(f"reading: {part.__name__.strip('_')}")
    return found


def _corpus(found: Readings, work: Path, rounds: int, _quick: bool) -> None:
    if not CORPUS.is_dir():
        found.waiting.append(f"corpus: it is not beside the project, at {CORPUS}")
        return
    for name, least, most in ((_EVERY, 0, 1.0), (f"feeds over {_LARGE // 1000} KB", _LARGE, 0.8)):
        listed = work / f"feeds-{least}"
        listed.write_text(_output("feeds", CORPUS, least), encoding="utf-8")
        number = listed.read_text(encoding="utf-8").count("\n")
        ways = ("defaults", "reader", "children")
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(rounds):
            # Nobody is always first.
            for way in ways[turn % 3 :] + ways[: turn % 3]:
                taken[way].append(float(_told(way, listed)["cpu"]))
        found.findings += [
            Finding(
                what=f"corpus: {name} ({number:,}), {way}: CPU against feedparser's defaults",
                took=taken[way],
                against=taken["defaults"],
                # Most files of the corpus are tests of a kilobyte: to hand one over costs as much as to read it.
                most=None if (name, way) == (_EVERY, "children") else most,
            )
            for way in ways[1:]
        ]


def _folder(found: Readings, work: Path, rounds: int, quick: bool) -> None:
    posts = _POSTS // 10 if quick else _POSTS
    folder = work / "posts"
    _write_posts(folder, posts)
    scans = [_told("folder", folder)]
    if scans[0]["rests"]:
        scans += [_told("folder", folder) for _ in range(rounds - 1)]
    shutil.rmtree(folder)
    if not scans[0]["rests"]:
        found.waiting.append("folder: a folder remembers nothing of its files yet, so that each scan reads all")
        return
    if not all(scan["same"] and scan["pieces"] == posts for scan in scans):
        raise RuntimeError("the second scan did not find what the first one had")
    found.findings.append(
        Finding(
            what=f"folder: {posts:,} posts, none changed: second scan against first",
            took=[scan["second"] for scan in scans],
            against=[scan["first"] for scan in scans],
            most=0.05,
        )
    )


def _write_posts(folder: Path, number: int) -> None:
    text = "Nobody had thought of the lamp until it went out, and then everybody did. " * 40
    for each in range(number):
        path = folder / f"{2000 + each % 20}" / f"post-{each}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        day = f"{2000 + each % 20}-{1 + each % 12:02}-{1 + each % 28:02}"
        head = (
            f'---\ntitle: "The lamp, part {each}"\ndate: {day} 09:00:00 +0000\nauthor: Ada Marsh\ntags: [lamps]\n---\n'
        )
        path.write_text(f"{head}\n{text}\n\n## Again\n\n{text}\n", encoding="utf-8")


def _latency(found: Readings, work: Path, rounds: int, _quick: bool) -> None:
    port = free_port()
    body, listed = work / "feed.xml", work / "feeds-alike"
    body.write_bytes(_a_feed())
    listed.write_text(f"{body}\n" * _FEEDS, encoding="utf-8")
    directory = _newsletter(work / "latency", port)
    taken, against = [], []
    with running([sys.executable, "-m", "benchmarks.reading_work", "server", body, str(port)], port=port):
        await_listener(port)
        for _ in range(rounds):
            reading = float(_told("reader", listed)["cpu"])
            told = _told("gathering", directory)
            if told["ok"] != _FEEDS + 1:
                raise RuntimeError(f"only {told['ok']} of {_FEEDS + 1} sources could be read")
            taken.append(float(told["seconds"]))
            against.append(LATENCY + reading / (os.cpu_count() or 1))
    shutil.rmtree(directory)
    found.findings.append(
        Finding(
            what=f"latency: {_FEEDS} feeds of {len(_a_feed()) // 1000} KB, {LATENCY * 1000:.0f} ms away: "
            "against the delay and the CPU of reading over the cores",
            took=taken,
            against=against,
            most=1.5,
        )
    )


def _a_feed() -> bytes:
    """Thirty pieces, each with its summary and its text, as WordPress writes them: about the size of the usual feed."""
    text = "<p>Nobody had thought of the <em>lamp</em> until it went out &amp; then everybody did.</p>\n" * 8
    item = (
        "<item><title>The lamp, part {0}</title><link>https://bench.example/{0}/</link><guid>bench-{0}</guid>"
        "<pubDate>Mon, 30 Mar 2015 09:{1:02}:00 +0000</pubDate><dc:creator>Ada Marsh</dc:creator>"
        "<slash:comments>{0}</slash:comments><category>lamps</category>"
        "<description><![CDATA[{2}]]></description><content:encoded><![CDATA[{3}]]></content:encoded></item>"
    )
    items = "".join(item.format(number, number % 60, text[:300], text) for number in range(30))
    spaces = " ".join(
        f'xmlns:{name}="http://purl.org/{what}/"'
        for name, what in (
            ("dc", "dc/elements/1.1"),
            ("slash", "rss/1.0/modules/slash"),
            ("content", "rss/1.0/modules/content"),
        )
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {spaces}><channel><title>Bench</title>'
    return f"{head}{items}</channel></rss>".encode()


def _newsletter(directory: Path, port: int) -> Path:
    made = make(directory)
    lines = [
        f'[[sources]]\nname = "Feed {number}"\nfeed = "http://127.0.0.1:{port}/{number}"\nallow_private = true\n'
        for number in range(_FEEDS)
    ]
    with (made / "roundup.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n" + "\n".join(lines))
    return made


def _output(*words: object) -> str:
    return measured([sys.executable, "-m", "benchmarks.reading_work", *map(str, words)]).checked().output


def _told(*words: object) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_output(*words))
    return told
