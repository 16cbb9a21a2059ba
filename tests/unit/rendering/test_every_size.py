"""An issue of any size and with any titles is whole, light enough, and says the same in both parts."""

import re

import pytest
from lxml import etree

from roundup.model import Issue, RankedPiece
from roundup.rendering.budget import LIMIT
from roundup.rendering.jinja import JinjaRenderer
from roundup.rendering.lint import Severity, lint
from roundup.rendering.views import address
from tests.builders import EMAIL_TEMPLATES, NONCE, a_house_block, a_masthead, a_piece, a_ranked_piece, an_issue

MASTHEAD = a_masthead(blocks=(a_house_block(), a_house_block(kind="sponsor", link="https://trust.example/")))
SIZES = (0, 1, 2, 8, 20, 35, 60)
TITLES = {
    "plain": "A library is a place to read, part {number}",
    "long": "A title that does not end " * 11 + "with number {number}",
    "from the right": "الجسر الذي بنته مدينتان {number}",
    "emoji": "🎉 A party 👩‍👩‍👧‍👦 for {number} 🇬🇧",
    "tags": "<b>Bold</b> & <i>brave</i>, part {number}",
    "entities": "It &amp;#8217;s &lt;so&gt; {number}",
    "one word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4 + "{number}",
    "chinese": "图书馆是读书的地方" * 20 + "{number}",
}


def pieces(count: int, title: str, *, excerpt: str) -> tuple[RankedPiece, ...]:
    return tuple(
        a_ranked_piece(
            a_piece(
                id=str(number),
                title=title.format(number=number),
                link=f"https://lantern.example/{number}/?a=1&b=é",
                excerpt=excerpt,
            )
        )
        for number in range(1, count + 1)
    )


def links(html: str) -> list[str]:
    """Every address that the HTML part leads to, in order, each once."""
    tree = etree.fromstring(html.encode(), etree.HTMLParser(encoding="utf-8"))
    return list(dict.fromkeys(str(link.get("href")) for link in tree.iter("a")))


def addresses(text: str) -> list[str]:
    """Every address that stands alone on a line of the text part, in order, each once."""
    return list(dict.fromkeys(line for line in text.split("\n") if re.fullmatch(r"(https?://|mailto:)\S+", line)))


@pytest.mark.parametrize(
    "excerpt", ["", "It took a report of ninety pages to say so, and an evening of debate to file it …" * 4]
)
@pytest.mark.parametrize("kind", TITLES)
@pytest.mark.parametrize("count", SIZES)
def test_an_issue_of_any_size_keeps_the_rules(count: int, kind: str, excerpt: str) -> None:
    issue: Issue = an_issue(pieces=pieces(count, TITLES[kind], excerpt=excerpt))
    fitted = JinjaRenderer(masthead=MASTHEAD, folders=[EMAIL_TEMPLATES]).render(issue, nonce=NONCE)
    rendered = fitted.rendered

    found = lint(rendered, issue=fitted.issue, masthead=MASTHEAD)
    assert [] == [each for each in found if each.severity is Severity.ERROR]
    assert len(rendered.html.encode()) <= LIMIT
    assert set(links(rendered.html)) == set(addresses(rendered.text))
    ours = [address(each.piece.link) for each in (*fitted.issue.pieces, *fitted.issue.more)]
    assert count == len(ours)
    assert ours == [each for each in links(rendered.html) if each in ours]
    assert ours == [each for each in addresses(rendered.text) if each in ours]
