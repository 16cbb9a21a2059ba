"""The page on the look, `docs/look.md`, says what is so: its tables are compared, its examples tried."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from roundup import settings
from roundup.rendering.jinja import JinjaRenderer
from roundup.rendering.views import BlockView, NewsletterView, PieceView, SubscriberView, TalkedAboutView, TitleView
from roundup.words import LANGUAGES
from tests.builders import EMAIL_TEMPLATES, NONCE, a_house_block, a_masthead, an_issue
from tests.newsletters import a_newsletter

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "look.md").read_text(encoding="utf-8")


def row(name: str) -> str:
    """What a table says of a name."""
    return next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("`newsletter`", NewsletterView),
        ("`pieces`", PieceView),
        ("`appeals`, `sponsors`", BlockView),
        ("`subscriber`", SubscriberView),
    ],
)
def test_every_name_that_a_template_sees_is_told(name: str, view: type) -> None:
    told = re.findall(r"`(\w+)`", row(name).removeprefix(f"| {name} |"))
    assert [field.name for field in fields(view)] == told


def test_the_titles_are_told() -> None:
    told = re.findall(r"`(\w+)`", row("`more`, `talked_about`").partition("each:")[2])
    assert {field.name for field in fields(TitleView)} == set(told) - {"comments"}
    assert {field.name for field in fields(TalkedAboutView)} == set(told)


def test_every_template_is_told() -> None:
    told = PAGE[PAGE.index("| file | is |") : PAGE.index("They are [Jinja]")]
    names = set(re.findall(r"`([a-z]+)(?:\.\w+)?`", told))
    assert {path.stem for path in EMAIL_TEMPLATES.iterdir()} == names - {"html", "txt"}


def test_every_key_of_the_look_is_told() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE[: PAGE.index("## Language")], re.MULTILINE)
    assert list(settings.Look.model_fields) == told


def test_the_example_of_settings_is_one(tmp_path: Path) -> None:
    example = re.search(r"```toml\n\[look\]\n(.*?)```", PAGE, re.DOTALL)
    assert example
    directory = a_newsletter(tmp_path)
    path = directory / "roundup.toml"
    path.write_text(path.read_text(encoding="utf-8") + "\n[look]\n" + example[1], encoding="utf-8")
    look = settings.load(directory).look
    assert ("#1d4f8c", "Palatino, Georgia, serif", "all") == (look.accent, look.font, look.pictures)


def test_the_example_of_a_template_is_one(tmp_path: Path) -> None:
    example = re.search(r"```html\n(.*?)```", PAGE, re.DOTALL)
    assert example
    (tmp_path / "sponsor.html").write_text(example[1], encoding="utf-8")
    block = a_house_block(kind="sponsor", text="Paid for by the Trust.", link="https://trust.example/")
    renderer = JinjaRenderer(masthead=a_masthead(blocks=[block]), folders=[tmp_path, EMAIL_TEMPLATES])
    html = renderer.render(an_issue(of=2), nonce=NONCE).rendered.html
    assert "border-top:1px solid #cfcabf" in html.partition("Paid for by the Trust.")[0].rpartition("<td")[2]


def test_the_languages_are_told() -> None:
    assert {"en", *LANGUAGES} == {"en", *re.findall(r"\(`([a-z]{2})`\)", PAGE)}
