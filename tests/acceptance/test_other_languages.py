"""A newsletter in another language: no English word in any mail, page, reason or report, and Arabic from the right."""

import email
import email.policy
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tests.newsletters import DUE, THE_DAY, a_newsletter, free_port, roundup, served

LANGUAGES = ("fr", "de", "es", "ar")
#: What stands in every language as it is: commands, settings, files and names. Their words are no English.
_AS_IT_IS = re.compile(
    r"`[^`]*`|\[\w+\]( \w+)?|https?://\S+|mailto:\S+|\S+@\S+|\w*[/.]\w[\w./-]*|[0-9a-f]{32,}|\w+ = \S+|--[\w-]+"
    r"|max_age|allow_private"
)
_WORD = re.compile(r"[^\W\d_]+")
#: Names that the tests' newsletter has of its own.
NAMES = {"ada", "bo", "marsh", "bib", "pont", "quot", "europe", "london", "xyz"}
PIECES = {
    "bib.md": f"---\ntitle: Bib\ndate: {THE_DAY}T09:00Z\nauthor: [Ada, Bo]\ncomment_count: 1\n---\n\nBib.\n",
    "pont.md": f"---\ntitle: Pont\ndate: {THE_DAY}\nauthor: Ada Marsh\ncomment_count: 7\n---\n\nPont pont.\n",
    "quot.md": f"---\ntitle: Quot\ndate: {THE_DAY}T10:00:00Z\n---\n\nQuot quot.\n",
    "ante.md": "---\ntitle: Quot bib\ndate: 2026-11-01\n---\n\nQuot.\n",
    "post.md": "---\ntitle: Pont bib\ndate: 2026-11-29\n---\n\nQuot.\n",
    "xyz.md": f"---\ntitle: Xyz\ndate: {THE_DAY}\ndraft: true\n---\n\nXyz.\n",
    "undated.md": "---\ntitle: Pont xyz\n---\n\nXyz.\n",
    "broken.md": "---\ntitle: [Xyz\n---\n\nXyz.\n",
}


@cache
def english(language: str) -> frozenset[str]:
    """Every word that roundup says in English, and not in `language`."""
    with resources.files("roundup.words").joinpath(f"{language}.po").open("rb") as file:
        catalogue = read_po(BytesIO(file.read()), locale=language)
    ours: set[str] = set()
    theirs: set[str] = set()
    for message in catalogue:
        for sentence in (message.id,) if isinstance(message.id, str) else message.id:
            ours |= words(re.sub(r"\{[^{}]*\}", " ", sentence))
        for sentence in (message.string,) if isinstance(message.string, str) else message.string or ():
            theirs |= words(re.sub(r"\{[^{}]*\}", " ", sentence))
    return frozenset(ours - theirs - NAMES)


def words(text: str) -> set[str]:
    """Its words, small, without what stands in every language as it is."""
    return {word for word in map(str.lower, _WORD.findall(_AS_IT_IS.sub(" ", text))) if len(word) > 1}


def english_in(text: str, language: str) -> set[str]:
    """The English words in a text that should have none."""
    return words(text) & english(language)


class _Texts(HTMLParser):
    """What people read or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self._silent += tag == "style"
        self.told += [attributes[name] or "" for name in ("alt", "title", "aria-label") if name in attributes]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.told.append(data)


def read(html: str) -> _Texts:
    page = _Texts()
    page.feed(html)
    return page


def mails(directory: Path) -> Iterator[tuple[str, str, str]]:
    """Subject, text and HTML of what lies in the outbox."""
    for path in sorted((directory / "outbox").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
        assert plain is not None
        assert html is not None
        yield str(message["Subject"]), plain.get_content(), html.get_content()


def a_foreign_newsletter(folder: Path, language: str, **more: object) -> Path:
    tables = {
        "newsletter": {"language": language, "name": "Bib", "postal_address": "Bib Marsh, London, Europe"},
        "selection": {"maximum": 2},
        **more,
    }
    return a_newsletter(
        folder,
        sources=[{"folder": "content", "link": "https://bib.example.org/{year}/{slug}/", "name": "Bib"}],
        content=PIECES,
        subscribers=[
            "ada@example.com,Ada Marsh",
            "bo@example.net,Bo",
            "xyz",
            "xyz@example.com,Xyz,quot",
            "bib@example.com,Bib,left",
            "quot@example.com,Quot,paused",
            "pont@example.com,Pont,,weekly",
        ],
        **tables,  # type: ignore[arg-type]
    )


def said(directory: Path, *command: str) -> str:
    """All that a command says."""
    result = roundup(directory, *command)
    assert "Traceback" not in result.stderr
    assert result.stdout + result.stderr
    return result.stdout + result.stderr


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_days_work_has_no_english_word(tmp_path: Path, language: str) -> None:
    directory = a_foreign_newsletter(
        tmp_path, language, appeal=[{"text": "Quot bib?", "link": "https://bib.example.org/"}]
    )
    commands: Sequence[Sequence[str]] = (
        ["preview", "--out", "preview", "--at", DUE],
        ["pieces", "list", "--at", DUE],
        ["run", "--now", "--dry-run", "--at", DUE],
        ["run", "--now", "--at", DUE],
        ["run", "--now", "--at", DUE],
        ["run", "--at", f"{THE_DAY}T18:00"],
        ["issues", "list"],
        ["issues", "show", THE_DAY],
        ["issues", "show", THE_DAY, "--failed"],
        ["issues", "hold", "2026-11-23"],
        ["run", "--at", "2026-11-23T17:00"],
        ["issues", "release", "2026-11-23"],
        ["sources", "list"],
        ["sources", "list", "Bib"],
        ["subscribers", "list"],
        ["subscribers", "import", "subscribers.csv", "--dry-run"],
        ["subscribers", "remove", "ada@example.com"],
    )
    for command in commands:
        assert set() == english_in(said(directory, *command), language), command

    found = list(mails(directory))
    assert 2 == len(found)
    for subject, text, html in found:
        assert set() == english_in(f"{subject}\n{text}\n{' '.join(read(html).told)}", language)
    explained = json.loads((directory / "preview" / "explain.json").read_text(encoding="utf-8"))
    reasons = [each["why"] for each in explained["pieces"]] + [each["because"] for each in explained["left_out"]]
    reasons += [defect["what"] for source in explained["sources"] for defect in source["defects"]]
    reasons += [reason for source in explained["sources"] for reason in source["left_out"]]
    assert len(reasons) > 7
    assert set() == english_in("\n".join(reason for reason in reasons if reason != "more"), language)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("templates/email/footer.html", "{{ nonsense }}"),
        ("templates/email/footer.html", "<tr><td></td></tr>"),
        (f"issues/{THE_DAY}.toml", 'pin = ["nonsense"]'),
        (f"issues/{THE_DAY}.toml", "pin = nonsense"),
        (f"issues/{THE_DAY}.toml", 'intro = ""\nnonsense = 1\nappeal = "?"'),
        ("subscribers.csv", "nonsense"),
        ("subscribers.csv", "email\n"),
    ],
)
def test_what_holds_an_issue_is_told_without_an_english_word(
    tmp_path: Path, language: str, path: str, content: str
) -> None:
    directory = a_foreign_newsletter(tmp_path, language)
    (directory / path).parent.mkdir(parents=True, exist_ok=True)
    (directory / path).write_text(content, encoding="utf-8")
    told = said(directory, "run", "--now", "--at", DUE)
    assert set() == english_in(re.sub("nonsense|leave_link|appeal", " ", told), language), told


def test_sources_that_cannot_be_read_are_told_without_an_english_word(tmp_path: Path, language: str) -> None:
    sources: list[dict[str, object]] = [
        {"feed": "bib.xml", "name": "Bib"},
        {"feed": "pont.xml", "name": "Pont"},
        {"feed": f"http://127.0.0.1:{free_port()}/", "name": "Quot", "allow_private": True},
        {"folder": "xyz", "name": "Xyz", "link": "https://bib.example.org/{slug}/"},
    ]
    directory = a_newsletter(tmp_path, sources=sources, newsletter={"language": language, "name": "Bib"})
    (directory / "bib.xml").write_text("<html><body>Xyz</body></html>", encoding="utf-8")
    told = said(directory, "run", "--now", "--at", DUE) + said(directory, "sources", "list")
    assert set() == english_in(told, language), told


def test_wrong_settings_are_told_without_an_english_word(tmp_path: Path, language: str) -> None:
    directory = a_foreign_newsletter(
        tmp_path,
        language,
        look={"accent": "xyz", "font": "Xyz", "logoo": "xyz"},
        schedule={"at": "xyz", "days": ["xyz"]},
    )
    told = said(directory, "run")
    told = re.sub(r"\b(look|schedule)\.\w+|'\w+'", " ", told)
    assert set() == english_in(told, language), told


def test_the_public_pages_have_no_english_word(tmp_path: Path, language: str) -> None:
    directory = a_foreign_newsletter(tmp_path, language)
    assert said(directory, "run", "--now", "--at", DUE)
    link = re.search(r"/u/(\S{32})", next(mails(directory))[1])
    assert link
    with served(directory, free_port()) as address:
        pages = [("GET", ""), ("GET", "nowhere"), ("GET", "u/xyz"), ("GET", f"u/{link[1]}"), ("POST", f"u/{link[1]}")]
        for method, path in pages:
            page = read(fetched(f"{address}{path}", method))
            assert set() == english_in(" ".join(page.told), language), path
            assert (language, "rtl" if language == "ar" else "ltr") == tuple(
                page.tags[0][1][name] for name in ("lang", "dir")
            )


def fetched(address: str, method: str) -> str:
    request = urllib.request.Request(address, method=method, data=b"" if method == "POST" else None)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.read().decode())


def test_an_arabic_issue_reads_from_the_right_everywhere(tmp_path: Path) -> None:
    directory = a_foreign_newsletter(tmp_path, "ar")
    arabic = (
        f"---\ntitle: الجسر الذي بنته مدينتان\ndate: {THE_DAY}T11:00:00Z\nauthor: ليلى\n---\n\nبُني الجسر في عام واحد.\n"
    )
    (directory / "content" / "arabic.md").write_text(arabic, encoding="utf-8")
    assert said(directory, "run", "--now", "--at", DUE)
    for _, text, html in mails(directory):
        tags = read(html).tags
        assert ("ar", "rtl") == (tags[0][1]["lang"], tags[0][1]["dir"])
        # A piece in Latin letters says that it goes the other way; nothing else does.
        other = {tag for tag, attributes in tags if attributes.get("dir") == "ltr"}
        assert {"h2", "p"} <= other <= {"h2", "p", "li", "span"}
        assert "letter-spacing" not in html.partition("<body")[2]
        assert "italic" not in html.partition("<body")[2]
        latin = {word for word in words(text) if word.isascii()}
        assert latin <= NAMES, latin - NAMES
