"""The editor's word on one issue: what it does to the preview and to the mail, by hand and by command."""

import html
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from tests.newsletters import DUE, a_newsletter, a_piece_file, roundup, told

BRIDGE = "https://lantern.example.org/2026/11/bridge/"
LIBRARY = "https://lantern.example.org/2026/11/library/"
KERBS = "https://lantern.example.org/2026/11/kerbs/"
CONTENT = {
    "library.md": a_piece_file("A library is a place to read", comments=2),
    "bridge.md": a_piece_file("The bridge that two towns built", comments=7),
    "kerbs.md": a_piece_file("On kerbs", comments=0),
    "old.md": a_piece_file("Of last month", day="2026-10-20"),
}
APPEAL = {"text": "Our journalism is paid for by its readers.", "from": "2027-01-01"}
SPONSOR = {"text": "With the support of the Weir Company."}


EVERYTHING: dict[str, Any] = {"content": CONTENT, "appeal": [APPEAL], "sponsor": [SPONSOR]}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return a_newsletter(tmp_path, **EVERYTHING)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> "Seen":
    """The issue without a word of the editor's."""
    return looked_at(a_newsletter(tmp_path_factory.mktemp("untouched"), **EVERYTHING))


def write_word(directory: Path, text: str) -> None:
    (directory / "issues").mkdir(exist_ok=True)
    (directory / "issues" / "2026-11-20.toml").write_text(text, encoding="utf-8")


def word_of(directory: Path) -> str:
    return (directory / "issues" / "2026-11-20.toml").read_text(encoding="utf-8")


def looked_at(directory: Path) -> "Seen":
    """The preview."""
    result = roundup(directory, "preview", "--at", DUE, "--out", "seen")
    assert 0 == result.returncode, result.stderr
    out = directory / "seen"
    explained = json.loads((out / "explain.json").read_text(encoding="utf-8"))
    html_part, text_part = ((out / name).read_text(encoding="utf-8") for name in ("issue.html", "issue.txt"))
    return Seen(subject=explained["subject"], html=html_part, text=text_part, explained=explained)


def mailed(directory: Path) -> "Seen":
    """A mail that was delivered."""
    assert "sent" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]
    file = next(iter((directory / "outbox").glob("*.eml")))
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    return Seen(subject=str(mail["Subject"]), html=parts["text/html"], text=parts["text/plain"].replace("\r\n", "\n"))


def titles(directory: Path) -> list[str]:
    return [piece["title"] for piece in looked_at(directory).explained["pieces"]]


# What it does ----------------------------------------------------------------------------------------------------


def test_without_a_word_the_order_is_the_products(directory: Path) -> None:
    assert ["The bridge that two towns built", "A library is a place to read", "On kerbs"] == titles(directory)


ACTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pin": (f'pin = ["{KERBS}", "{LIBRARY}"]', ("pieces", "pin", KERBS, LIBRARY)),
    "exclude": (f'exclude = ["{BRIDGE}"]', ("pieces", "exclude", BRIDGE)),
    "retitle": (f'[piece."{BRIDGE}"]\ntitle = "Two towns & a bridge"',
                ("pieces", "edit", BRIDGE, "--title", "Two towns & a bridge")),
    "excerpt": ('[piece."bridge.md"]\nexcerpt = "It stands, for now."',
                ("pieces", "edit", "bridge.md", "--excerpt", "It stands, for now.")),
    "picture": (f'[piece."{BRIDGE}"]\npicture = "https://lantern.example.org/b.jpg"\nalt = "The bridge"',
                ("pieces", "edit", BRIDGE, "--picture", "https://lantern.example.org/b.jpg", "--alt", "The bridge")),
    "subject": ('subject = "The day the council blinked"',
                ("pieces", "edit", "--subject", "The day the council blinked")),
    "preheader": ('preheader = "And a bridge"', ("pieces", "edit", "--preheader", "And a bridge")),
    "intro": ('intro = """Good evening.\n\nA short one today."""',
              ("pieces", "edit", "--intro", "Good evening.\n\nA short one today.")),
    "item": ('[[item]]\ntitle = "Listen: our podcast"\nlink = "https://lantern.example.org/podcast/12/"',
             ("pieces", "add", "https://lantern.example.org/podcast/12/", "--title", "Listen: our podcast")),
    "appeal": ("appeal = true", ("pieces", "edit", "--appeal")),
    "credit": ('[credit]\ntext = "Today with Marlow Books."\nlink = "https://marlow.example/"',
               ("pieces", "edit", "--credit", "Today with Marlow Books.", "--credit-link", "https://marlow.example/")),
    "sponsor": ("sponsor = false", ("pieces", "edit", "--no-sponsor")),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What there is to be seen of an issue; of a mail that was delivered there is no explanation."""

    subject: str
    html: str
    text: str
    explained: dict[str, Any] = field(default_factory=dict)

    def in_order(self, *words: str) -> bool:
        """Whether both parts have these words, in this order."""
        body = self.html.partition("</head>")[2]
        in_html = [body.find(f">{html.escape(word, quote=False)}") for word in words]
        in_text = [self.text.find(word) for word in words]
        return all(sorted(places) == places and -1 not in places for places in (in_html, in_text))

    def told(self, key: str, name: str) -> list[Any] | None:
        """A field of each piece, as the explanation has it; None in a mail."""
        return [each[name] for each in self.explained[key]] if self.explained else None


#: Whether readers see what the editor said.
CHECKS: dict[str, Callable[[Seen], bool]] = {
    "pin": lambda seen: (
        seen.in_order("On kerbs", "A library is a place", "The bridge that two")
        and seen.told("pieces", "pinned") in (None, [True, True, False])
    ),
    "exclude": lambda seen: (
        "two towns built" not in seen.html + seen.text
        and "excluded by the editor" in (seen.told("left_out", "because") or ["excluded by the editor"])
    ),
    "retitle": lambda seen: (
        seen.in_order("Two towns & a bridge", "A library is a place")
        and "two towns built" not in seen.html + seen.text + seen.subject
    ),
    "excerpt": lambda seen: seen.in_order("The bridge that two", "It stands, for now.", "A library is a place"),
    "picture": lambda seen: 'src="https://lantern.example.org/b.jpg" alt="The bridge"' in seen.html,
    "subject": lambda seen: seen.subject == "The day the council blinked",
    "preheader": lambda seen: ">And a bridge" in seen.html,
    "intro": lambda seen: seen.in_order("Good evening.", "A short one today.", "The bridge that two"),
    "item": lambda seen: (
        seen.in_order("On kerbs", "Listen: our podcast")
        and "https://lantern.example.org/podcast/12/" in seen.text
        and (seen.told("pieces", "title") or ["Listen: our podcast"])[-1] == "Listen: our podcast"
    ),
    "appeal": lambda seen: seen.in_order("Our journalism is paid for by its readers."),
    "credit": lambda seen: (
        seen.in_order("Today with Marlow Books.")
        and "https://marlow.example/" in seen.html
        and "https://marlow.example/\n" in seen.text
        and "Weir Company" not in seen.html + seen.text
    ),
    "sponsor": lambda seen: "Weir Company" not in seen.html + seen.text,
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("by", ["hand", "command"])
def test_each_action_shows_in_the_preview_and_in_the_mail(
    directory: Path, untouched: Seen, action: str, by: str
) -> None:
    written, command = ACTIONS[action]
    if by == "hand":
        write_word(directory, written + "\n")
    else:
        result = roundup(directory, *command, "--at", DUE)
        assert 0 == result.returncode, result.stderr
        assert "issues/2026-11-20.toml" in result.stdout
    assert not CHECKS[action](untouched)
    assert CHECKS[action](looked_at(directory))
    assert CHECKS[action](mailed(directory))


def test_the_preview_of_a_word_is_what_is_sent(directory: Path) -> None:
    write_word(directory, "\n".join(written for written, _ in ACTIONS.values() if not written.startswith("[")))
    fingerprint = looked_at(directory).explained["fingerprint"]
    expected = ("run", "--at", DUE, "--expect", fingerprint, "--json")
    write_word(directory, word_of(directory).replace("blinked", "winked"))
    assert 3 == roundup(directory, *expected).returncode
    write_word(directory, word_of(directory).replace("winked", "blinked"))
    assert "sent" == told(roundup(directory, *expected))["state"]


def test_an_excluded_piece_is_in_no_later_issue(directory: Path) -> None:
    roundup(directory, "pieces", "exclude", BRIDGE, "--at", DUE)
    mailed(directory)
    assert "nothing-new" == told(roundup(directory, "run", "--at", "2026-11-23T17:00", "--json"))["state"]


def test_a_piece_that_is_too_old_comes_in_when_it_is_pinned(directory: Path) -> None:
    roundup(directory, "pieces", "pin", "old.md", "--at", DUE)
    assert "Of last month" == titles(directory)[0]


# Commands keep what is written ------------------------------------------------------------------------------------


def test_commands_keep_comments_and_take_back_what_they_said(directory: Path) -> None:
    write_word(directory, f'# For Friday.\nsubject = "Mine"  # keep\n\n[piece."{KERBS}"]\ntitle = "Kerbs"\n')
    for command in (
        ("pin", KERBS), ("pin", LIBRARY), ("pin", LIBRARY, "--place", "1"), ("exclude", BRIDGE),
        ("edit", "--intro", "Good evening."),
        ("edit", "--credit", "With B.", "--subject", "Mine"), ("add", "https://a.example/", "--title", "A"),
    ):  # fmt: skip
        assert 0 == roundup(directory, "pieces", *command, "--at", DUE).returncode
    word = word_of(directory)
    assert "# For Friday.\n" in word
    assert 'subject = "Mine"  # keep' in word
    assert ["A library is a place to read", "Kerbs", "A"] == titles(directory)
    for command in (
        ("pin", KERBS, LIBRARY, "--off"), ("exclude", BRIDGE, "--off"), ("edit", "--intro", ""),
        ("edit", "--credit", ""),
        ("add", "https://a.example", "--off"), ("edit", KERBS, "--title", ""),
    ):  # fmt: skip
        assert 0 == roundup(directory, "pieces", *command, "--at", DUE).returncode
    assert ["The bridge that two towns built", "A library is a place to read", "On kerbs"] == titles(directory)
    assert "Mine" == looked_at(directory).subject


def test_the_list_has_every_piece_with_its_place_or_why_it_is_out(directory: Path) -> None:
    rows = told(roundup(directory, "pieces", "list", "--json", "--at", DUE))
    assert [1, 2, 3, None] == [row["rank"] for row in rows]
    assert "older than max_age (24h)" == rows[-1]["because"]
    shown = roundup(directory, "pieces", "list", "--at", DUE).stdout
    assert "The issue of 2026-11-20" in shown
    assert "On kerbs" in shown


def test_a_frozen_issue_takes_no_word_any_more(directory: Path) -> None:
    mailed(directory)
    late = roundup(directory, "pieces", "pin", KERBS, "--issue", "2026-11-20", "--at", DUE)
    assert (2, True) == (late.returncode, "The issue of 2026-11-20 is frozen" in late.stderr)


# Mistakes --------------------------------------------------------------------------------------------------------

WHERE = "issues/2026-11-20.toml"
MISTAKES = {
    "an unknown piece": (
        'pin = ["https://lantern.example.org/2026/11/brigde/"]',
        f"/2026/11/brigde/”. The nearest is {BRIDGE} (“The bridge that two towns built”).",
    ),
    "nothing near": ('exclude = ["x"]', f"{WHERE}:1: no piece of this issue is called “x”. `roundup pieces list`"),
    "in a later line": (f'pin = [\n  "{KERBS}",\n  "guid-4711",\n]', f"{WHERE}:3: no piece of this issue is called"),
    "unparsable": ('subject = "Mine', f"{WHERE}: "),
    "one place for two": (f'pin = ["{KERBS}", "kerbs.md"]', f"{WHERE}:1: “On kerbs” is pinned twice."),
    "pinned and excluded": (f'pin = ["{KERBS}"]\nexclude = ["kerbs.md"]', f"{WHERE}:1: “On kerbs” is pinned and"),
    "an unknown key": ('subjet = "x"', f"{WHERE}:1: subjet: is not a key that roundup knows; did you mean subject?"),
    "a wrong type": ("pin = 4", f"{WHERE}:1: pin: write a list"),
    "an item without a link": ('[[item]]\ntitle = "A"', f"{WHERE}:1: item[1].link: is missing"),
    "an item that leads nowhere": ('[[item]]\ntitle = "A"\nlink = "podcast"', f"{WHERE}:3: item[1].link: write an"),
    "what a source has": (
        f'[[item]]\ntitle = "A"\nlink = "{KERBS}"',
        f"{WHERE}:1: a source has this piece, “On kerbs”. Pin or edit that instead.",
    ),
    "added twice": (
        '[[item]]\ntitle = "A"\nlink = "https://a.example/"\n[[item]]\ntitle = "B"\nlink = "http://a.example"',
        f"{WHERE}:4: http://a.example is added twice.",
    ),
    "an address that is none": ('[[item]]\ntitle = "A"\nlink = "https://[x/"', f"{WHERE}:3: item[1].link: this is no"),
    "brackets without end": ("pin = " + "[" * 5000, f"{WHERE}: "),
    "two lines of subject": ('subject = """a\nb"""', f"{WHERE}:1: subject: write it on one line"),
    "an edit of nothing": ('[piece."none"]\ntitle = "A"', f"{WHERE}:1: no piece of this issue is called “none”."),
    "an edit that says nothing": (f'[piece."{KERBS}"]', f"{WHERE}:1: piece.{KERBS}: say what to change"),
    "a picture nobody sees": (f'[piece."{KERBS}"]\npicture = "http://a.example/a.jpg"', "begins with https://"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_and_no_mail(directory: Path, mistake: str) -> None:
    written, sentence = MISTAKES[mistake]
    write_word(directory, written + "\n")
    for command in (("preview", "--at", DUE, "--out", "seen"), ("run", "--at", DUE)):
        result = roundup(directory, *command)
        assert 3 == result.returncode
        assert sentence in result.stderr
        assert "Traceback" not in result.stderr
    assert not (directory / "outbox").exists()
    (directory / "issues" / "2026-11-20.toml").unlink()
    assert "sent" == told(roundup(directory, "run", "--at", DUE, "--json"))["state"]


@pytest.mark.parametrize(
    ("command", "code", "sentence"),
    [
        (("pin", "guid-4711"), 3, "no piece of this issue is called “guid-4711”"),
        (("edit", KERBS), 2, "Of a piece say --title"),
        (("edit",), 2, "Name the piece, or say something of the issue"),
        (("add", "https://a.example/"), 2, "Give it a --title."),
        (("add", "podcast", "--title", "A"), 3, "item[1].link: write an address"),
        (("edit", "--subject", "x" * 121), 3, "subject: "),
        (("list", "--issue", "friday"), 2, "“friday” is no issue"),
    ],
)
def test_a_command_that_is_wrong_changes_nothing(
    directory: Path, command: tuple[str, ...], code: int, sentence: str
) -> None:
    result = roundup(directory, "pieces", *command, "--at", DUE)
    assert (code, True) == (result.returncode, sentence in result.stderr)
    assert not (directory / WHERE).exists()


def test_a_file_that_cannot_be_parsed_is_not_written_over(directory: Path) -> None:
    write_word(directory, "subject = \n")
    assert 3 == roundup(directory, "pieces", "pin", KERBS, "--at", DUE).returncode
    assert "subject = \n" == word_of(directory)


def test_a_piece_is_taken_back_and_moved_whatever_it_is_called(directory: Path) -> None:
    write_word(directory, 'pin = ["library.md", "kerbs.md"]\n[piece."kerbs.md"]\ntitle = "Kerbs"\n')
    for command in (("pin", KERBS, "--place", "1"), ("edit", KERBS, "--excerpt", "Short."), ("pin", LIBRARY, "--off")):
        assert 0 == roundup(directory, "pieces", *command, "--at", DUE).returncode
    assert f'pin = ["{KERBS}"]' in word_of(directory)
    assert 1 == word_of(directory).count("[piece.")
    never = roundup(directory, "pieces", "pin", BRIDGE, "--off", "--at", DUE)
    assert (3, True) == (never.returncode, "is not in pin: there is nothing to take back" in never.stderr)


def test_a_file_that_no_issue_is_called_by_holds_all(directory: Path) -> None:
    (directory / "issues").mkdir()
    (directory / "issues" / "20-11-2026.toml").write_text('subject = "Mine"\n', encoding="utf-8")
    held = roundup(directory, "run", "--at", DUE)
    assert (3, True) == (held.returncode, "issues/20-11-2026.toml: its name is no issue's." in held.stderr)
    assert not (directory / "outbox").exists()


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_is_no_file_is_told_and_not_waited_for(directory: Path, kind: str) -> None:
    (directory / "issues").mkdir()
    if kind == "pipe":
        os.mkfifo(directory / WHERE)
    else:
        (directory / WHERE).symlink_to("nowhere")
    held = roundup(directory, "run", "--at", DUE, timeout=60)
    assert (3, True) == (held.returncode, f"{WHERE}: it is " in held.stderr)


def test_a_link_and_its_rights_stay(directory: Path) -> None:
    own = directory / "friday.txt"
    own.write_text('subject = "Mine"\n', encoding="utf-8")
    own.chmod(0o600)
    (directory / "issues").mkdir()
    (directory / WHERE).symlink_to(own)
    assert 0 == roundup(directory, "pieces", "pin", KERBS, "--at", DUE).returncode
    assert (directory / WHERE).is_symlink()
    assert (0o600, True) == (own.stat().st_mode & 0o777, KERBS in own.read_text(encoding="utf-8"))


def test_the_list_is_there_to_mend_the_word_by(directory: Path) -> None:
    write_word(directory, 'pin = ["guid-4711"]\n')
    listed = roundup(directory, "pieces", "list", "--json", "--at", DUE)
    assert (3, 4) == (listed.returncode, len(told(listed)))
    assert "no piece of this issue is called “guid-4711”" in listed.stderr
