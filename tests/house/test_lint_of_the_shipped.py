"""What ships gives the lint nothing to say: the example's issue, and the templates in every language and look."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest

from roundup import settings
from roundup.gathering.folder import FolderSource
from roundup.model import Bookmark, Credit, Issue, IssueKey, Picture, RankedPiece, TalkedAbout
from roundup.ranking import Ranking, rank
from roundup.rendering import Masthead
from roundup.rendering.jinja import JinjaRenderer
from roundup.rendering.lint import Finding, lint
from roundup.subjects import Patterns, preheader, subject
from roundup.words import LANGUAGES
from tests.builders import EMAIL_TEMPLATES, NONCE, a_house_block, a_masthead, a_piece, an_issue, numbered_pieces

MAGAZINE = Path(__file__).resolve().parents[2] / "examples" / "magazine"
LONDON = ZoneInfo("Europe/London")
DUE = datetime(2026, 11, 20, 17, tzinfo=LONDON)
HALL = Picture(url="https://lantern.example/hall.jpg", alt="A hall", width=800, height=500)

Pictures = Literal["lead", "all", "none"]
EVERY_LOOK: tuple[Pictures, ...] = ("lead", "all", "none")


def found(issue: Issue, masthead: Masthead) -> tuple[Finding, ...]:
    fitted = JinjaRenderer(masthead=masthead, folders=[EMAIL_TEMPLATES]).render(issue, nonce=NONCE)
    return lint(fitted.rendered, issue=fitted.issue, masthead=masthead)


def pictured(each: RankedPiece, section: str) -> RankedPiece:
    return replace(each, piece=replace(each.piece, picture=HALL), section=section)


@pytest.mark.parametrize("pictures", EVERY_LOOK)
def test_the_examples_issue(pictures: Pictures) -> None:
    shipped = settings.load(MAGAZINE)
    link = shipped.sources[0].link
    assert link is not None
    pieces = FolderSource(name="it", folder=MAGAZINE / "content", link=link, zone=LONDON).read(Bookmark()).pieces
    dated = [(piece, piece.published) for piece in pieces if piece.published]
    ranked = rank(dated, ranking=Ranking(), instant=DUE)
    patterns = Patterns(newsletter=shipped.newsletter.name, language=shipped.newsletter.language)
    issue = an_issue(
        key=IssueKey(day=DUE.date()),
        subject=subject(ranked, patterns, DUE.date()),
        preheader=preheader(ranked, patterns, DUE.date()),
        pieces=tuple(ranked[:8]),
        more=tuple(ranked[8:]),
    )
    masthead = a_masthead(
        name=shipped.newsletter.name,
        postal_address=shipped.newsletter.postal_address,
        website=shipped.newsletter.website,
        accent=shipped.look.accent,
        blocks=[a_house_block(text=each.text, link=each.link) for each in (*shipped.appeal, *shipped.sponsor)],
    )
    assert len(ranked) == 12
    assert found(issue, replace(masthead, pictures=pictures)) == ()


@pytest.mark.parametrize("pictures", EVERY_LOOK)
@pytest.mark.parametrize("language", ["en-GB", *LANGUAGES, "ja", "he"])
def test_the_templates_with_all_that_they_can_show(language: str, pictures: Pictures) -> None:
    pieces = numbered_pieces(8)
    sections = ("", "", "Town", "Town", "Town", "County", "County", "County")
    talked = TalkedAbout(piece=a_piece(link="https://lantern.example/old/"), day=date(2015, 3, 27), comments_then=1)
    issue = replace(
        an_issue(pieces=tuple(map(pictured, pieces, sections)), more=numbered_pieces(9, first=50)),
        intro="Dear reader,\n\nthis is a long week.",
        talked_about=(talked,),
        credit=Credit(text="This issue is paid for by a shop.", link="https://shop.example/?a=1&b=2"),
    )
    masthead = a_masthead(language=language, blocks=[a_house_block()], logo="https://lantern.example/logo.png")
    assert found(issue, replace(masthead, pictures=pictures)) == ()


@pytest.mark.parametrize("accent", ["#ffffff", "#000000", "#f2c400", "#808080"])
def test_the_templates_in_every_accent(accent: str) -> None:
    assert found(an_issue(), a_masthead(accent=accent, blocks=[a_house_block()])) == ()


@pytest.mark.parametrize("of", [1, 2, 20, 40])
def test_the_templates_at_every_length(of: int) -> None:
    assert found(an_issue(of), a_masthead()) == ()
