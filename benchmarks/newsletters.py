"""Newsletter directories to measure with: an issue of a wanted size, and a list of a wanted length.

The size is what goes over the wire for one message between 354 and the final dot, headers included. It is reached by
the number of pieces in the content folder and the words of each: three previews tell what an issue, a piece and a word
cost, and a fourth shows that the answer is right within 5 %. So the benchmarks follow the templates as they change.

Everybody on the list has an address of their own, and a name, one in eight outside ASCII. So each copy has its own To,
Message-ID, links, and envelope sender (`bounce_address` is set).
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.processes import Use, measured

#: How far a size may be from what was wanted.
TOLERANCE = 0.05
SECRET = "0123456789abcdef" * 4
COMMAND = (sys.executable, "-m", "roundup")

_NEWSLETTER = """\
[newsletter]
name = "The Daily Lantern"
id = "daily-lantern"
timezone = "Europe/London"
from = "roundup@lantern.example.org"
postal_address = "The Daily Lantern, 1 Example Street, London"
website = "https://lantern.example.org/"
public_url = "https://roundup.lantern.example.org/"
unsubscribe_mailto = "leave@lantern.example.org"
bounce_address = "bounces@lantern.example.org"

[editor]
email = "editor@lantern.example.org"

[[sources]]
folder = "content"
link = "https://lantern.example.org/{year}/{month:02}/{slug}/"
name = "The Lantern"

[selection]
max_age = "7d"
maximum = 100

[schedule]
at = "17:00"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""
_SENTENCE = (
    "the council met again last night and nobody spoke of a bridge that two towns had built with their own hands "
    "before the water came and took what was left of it while we were asleep"
)
_WORDS = tuple(_SENTENCE.split())
_FIRST = ("Ada", "Bo", "Chidi", "Dilys", "Ewan", "Fatima", "Greta", "Zoë")
_LAST = ("Marsh", "Okafor", "Pritchard", "Quayle", "Rahman", "Stone", "Tully", "Unwin", "Vance", "Whitlock", "Young")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """An issue of a certain size."""

    #: As the tables call it: "45 KB".
    name: str
    pieces: int
    words: int
    #: Octets on the wire of the copy that a preview writes.
    octets: int
    #: A folder with issue.eml, issue.html and issue.txt, the reader's token replaced by TOKEN in the latter two.
    folder: Path


def roundup(directory: Path, *args: str, env: Mapping[str, str] | None = None) -> Use:
    """Run the command in a newsletter's directory, in its own process."""
    return measured([*COMMAND, "-C", directory, *args], env=env)


def told(use: Use) -> Any:
    """What a command printed with --json."""
    return json.loads(use.output)


def make(directory: Path, *, pieces: int = 1, words: int = 55) -> Path:
    """A newsletter without a list."""
    directory.mkdir(parents=True)
    secret = directory / ".secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET + "\n", encoding="ascii")
    _write_content(directory, pieces=pieces, words=words)
    write_settings(directory, port=25)
    return directory


def write_settings(
    directory: Path, *, port: int, connections: int = 4, journal: str = "safe", security: str = "none"
) -> None:
    """roundup.toml."""
    way = f'[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "{security}"\nconnections = {connections}\n'
    text = f'{_NEWSLETTER}\n{way}\n[delivery]\njournal = "{journal}"\n'
    (directory / "roundup.toml").write_text(text, encoding="utf-8")


def leave_to_workers(directory: Path, url: str, *, batch: int) -> None:
    """Let a newsletter lie on a server, and workers send it. After `write_settings`."""
    path = directory / "roundup.toml"
    text = path.read_text(encoding="utf-8").replace("[delivery]\n", f"[delivery]\nworkers = true\nbatch = {batch}\n")
    path.write_text(f'{text}\n[store]\nurl = "{url}"\n', encoding="utf-8")


def sign(directory: Path, key: Path) -> None:
    """Let a newsletter sign with one more key, a file elsewhere."""
    with (directory / "roundup.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[dkim]]\nselector = "{key.stem}"\nkey = "{key}"\n')


def _write_content(directory: Path, *, pieces: int, words: int) -> None:
    content = directory / "content"
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
    # Before the instant of today's issue, at whatever hour this runs.
    published = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30)
    for number in range(pieces):
        body = " ".join(_WORDS[(number * 7 + word) % len(_WORDS)] for word in range(words))
        day = (published - timedelta(minutes=number)).isoformat()
        head = f"title: What became of bridge number {number:02}\ndate: {day}\nauthor: Ada Marsh\n"
        (content / f"bridge-{number:02}.md").write_text(f"---\n{head}---\n\n{body}.\n", encoding="utf-8")


def with_issue(directory: Path, to: Path, mail: Mail) -> Path:
    """A copy of a newsletter, `to`, whose next issue has the size of `mail`."""
    shutil.copytree(directory, to)
    _write_content(to, pieces=mail.pieces, words=mail.words)
    return to


def people(count: int) -> Iterator[str]:
    """The lines of a list file, its heading first. One domain, as smtp-source has it: to Postfix more are more work."""
    yield "email,name"
    for number in range(count):
        name = f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}"
        yield f"reader{number}@example.com,{name}"


def write_people(path: Path, count: int) -> Path:
    """A list file. Not subscribers.csv, which every run would read again."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in people(count))
    return path


def with_list(work: Path, count: int) -> Path:
    """A newsletter with so many subscribers, made once and kept in `work`."""
    directory = work / f"list-{count}"
    if not directory.exists():
        make(directory)
        write_people(directory / "people.csv", count)
        roundup(directory, "subscribers", "import", "people.csv").checked()
        (directory / "people.csv").unlink()
    return directory


def sized(work: Path, sizes: Mapping[str, int]) -> dict[str, Mail]:
    """An issue of each wanted size, in octets on the wire. Raises RuntimeError if one cannot be reached."""
    one_word, many_words, more_pieces = (
        _previewed(work, "probe", pieces=pieces, words=words).octets for pieces, words in ((2, 5), (2, 50), (12, 50))
    )
    word = (many_words - one_word) / (2 * 45)
    piece = (more_pieces - many_words) / 10 - 50 * word
    rest = one_word - 2 * (piece + 5 * word)
    return {name: _fitted(work, name, wanted, (rest, piece, word)) for name, wanted in sizes.items()}


def _fitted(work: Path, name: str, wanted: int, costs: tuple[float, float, float]) -> Mail:
    """As few pieces as excerpts of at most 54 words allow (an excerpt holds 55)."""
    rest, piece, word = costs
    pieces = 1
    while rest + pieces * (piece + 54 * word) < wanted:
        pieces += 1
    words = min(54, max(2, round(((wanted - rest) / pieces - piece) / word)))
    mail = _previewed(work, name, pieces=pieces, words=words)
    if abs(mail.octets - wanted) > TOLERANCE * wanted:
        raise RuntimeError(f"{pieces} pieces of {words} words make {mail.octets} octets, not {wanted}")
    return mail


def _previewed(work: Path, name: str, *, pieces: int, words: int) -> Mail:
    directory = work / f"preview-{name.replace(' ', '-')}"
    shutil.rmtree(directory, ignore_errors=True)
    make(directory, pieces=pieces, words=words)
    # At its due time: late in the evening today's issue would be missed, and tomorrow's shown.
    due = datetime.now(ZoneInfo("Europe/London")).strftime("%Y-%m-%dT17:00")
    roundup(directory, "preview", "--out", "out", "--at", due).checked()
    out = directory / "out"
    for file in (out / "issue.html", out / "issue.txt"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"/u/[\w-]{32}", "/u/TOKEN", text), encoding="utf-8")
    octets = len((out / "issue.eml").read_bytes()) + len(b".\r\n")
    return Mail(name=name, pieces=pieces, words=words, octets=octets, folder=out)
