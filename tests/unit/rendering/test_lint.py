from dataclasses import replace

import pytest

from roundup.model import Issue, Picture, RenderedIssue
from roundup.rendering import Masthead
from roundup.rendering.jinja import JinjaRenderer
from roundup.rendering.lint import Finding, Severity, lint
from tests.builders import (
    EMAIL_TEMPLATES,
    NONCE,
    a_house_block,
    a_masthead,
    a_piece,
    a_ranked_piece,
    an_issue,
    numbered_pieces,
)

Change = tuple[str, str]


def rendered(issue: Issue, masthead: Masthead) -> RenderedIssue:
    return JinjaRenderer(masthead=masthead, folders=[EMAIL_TEMPLATES]).render(issue, nonce=NONCE).rendered


def findings(
    *,
    issue: Issue | None = None,
    masthead: Masthead | None = None,
    html: Change = ("", ""),
    text: Change = ("", ""),
) -> list[Finding]:
    """What is found when in a part of a good mail the first string of a change is replaced by the second."""
    issue, masthead = issue or an_issue(), masthead or a_masthead()
    mail = rendered(issue, masthead)
    assert html[0] in mail.html
    assert text[0] in mail.text
    mail = replace(
        mail,
        html=mail.html.replace(*html) if html[0] else mail.html,
        text=mail.text.replace(*text) if text[0] else mail.text,
    )
    return list(lint(mail, issue=issue, masthead=masthead))


def ids(found: list[Finding], severity: Severity) -> set[str]:
    assert all(finding.severity is severity for finding in found), found
    return {finding.id for finding in found}


def test_the_shipped_templates_break_no_rule() -> None:
    lead = a_ranked_piece(a_piece(picture=Picture(url="https://lantern.example/hall.jpg"), comments=None))
    issue = an_issue(pieces=(lead, *numbered_pieces(20)), more=numbered_pieces(30, first=50))
    blocks = (a_house_block(), a_house_block(kind="sponsor"))
    assert findings(issue=issue, masthead=a_masthead(blocks=blocks, logo="https://lantern.example/logo.png")) == []


@pytest.mark.parametrize(
    ("rule", "part", "change"),
    [
        ("doctype", "html", ("<!DOCTYPE html>", "<!doctype html>")),
        ("forbidden-element", "html", ("</h1>", "</h1><script>1</script>")),
        ("forbidden-element", "html", ("</h1>", "</h1><form></form>")),
        ("forbidden-element", "html", ("<title>", '<link rel="stylesheet" href="https://x.example/"><title>')),
        ("forbidden-element", "html", ("<title>", '<meta http-equiv="Refresh" content="1"><title>')),
        ("forbidden-element", "html", ("<h1", "<h1 onclick='x()'")),
        ("control-character", "html", ("Ada Marsh", "Ada\x92 Marsh")),
        ("control-character", "text", ("Ada Marsh", "Ada \u202e Marsh")),
        ("control-character", "text", ("Ada Marsh", "Ada \U0001ffff Marsh")),
        ("size", "html", ("</html>", "</html><!--" + "x" * 90_000 + "-->")),
        ("leave-link", "html", (f"/u/ru{NONCE}TOKENx", "/u/")),
        ("leave-link", "text", (f"/u/ru{NONCE}TOKENx", "/u/")),
        ("address", "html", ('href="https://lantern.example/"', 'href="/"')),
        ("address", "html", ('href="https://lantern.example/"', 'href="javascript:x()"')),
        ("image-address", "html", ("</h1>", '<img width="9" src="http://lantern.example/a.png" alt=""></h1>')),
        ("residue", "html", ("Ada Marsh", "{{ author }}")),
        ("residue", "html", ("Unsubscribe</a>", "None</a>")),
        ("residue", "text", ("Ada Marsh", "{% if")),
        ("text-tags", "text", ("Ada Marsh", "<b>Ada</b>")),
        ("text-tags", "text", ("Ada Marsh", "Ada&nbsp;Marsh")),
        ("text-complete", "text", ("part 2", "part two")),
        ("text-complete", "text", ("library-2/", "library-2/x")),
    ],
)
def test_a_broken_mail_is_an_error(rule: str, part: str, change: tuple[str, str]) -> None:
    found = findings(html=change) if part == "html" else findings(text=change)
    assert {rule} == ids(found, Severity.ERROR)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("language", ('<html lang="en-GB"', "<html")),
        ("language-in-body", ('<div class="mail"', '<p>x</p><div class="mail"')),
        ("one-heading", ("h1", "h2")),
        ("one-heading", ("</h1>", "</h1><h1>x</h1>")),
        ("size", ("Ada Marsh", "x" * 26_000)),
        ("address", ('href="https://lantern.example/"', 'href="http://lantern.example/"')),
        ("image-text", ("</h1>", '<img width="9" src="https://lantern.example/a.png"></h1>')),
        ("table-role", ('role="presentation"', "")),
        ("link-name", ("aria-label", "data-x")),
        ("link-name", (">The Daily Lantern</a>", "></a>")),
    ],
)
def test_a_mail_that_is_worse_for_some_is_a_warning(rule: str, change: tuple[str, str]) -> None:
    assert {rule} == ids(findings(html=change), Severity.WARNING)


def test_a_leave_link_below_the_clip_is_an_error() -> None:
    found = findings(html=("</html>", "</html><!--" + "é" * 60_000 + "-->"))
    assert {"size"} == ids(found, Severity.ERROR)
    found = findings(html=('<div class="mail"', "<!--" + "é" * 60_000 + '--><div class="mail"'))
    assert {"size", "leave-link"} == ids(found, Severity.ERROR)


def test_a_newsletter_that_nobody_can_leave_is_warned_of() -> None:
    assert {"leave-link"} == ids(findings(masthead=a_masthead(leave_link="")), Severity.WARNING)


def test_a_piece_over_plain_http_is_a_warning() -> None:
    issue = an_issue(pieces=(a_ranked_piece(a_piece(link="http://lantern.example/a/")),))
    assert {"address"} == ids(findings(issue=issue), Severity.WARNING)


@pytest.mark.parametrize(
    "title",
    [
        "Why {{ braces }} are <b>bold</b> &amp; loved",
        "None",
        "A <a href='https://lantern.example/'>long tag in a title that a line cannot hold and so is broken",
        "図書館は本を読むところである" * 9,
        "See https://lantern.example/2015/ for it",
    ],
)
def test_what_a_title_says_is_not_a_templates_fault(title: str) -> None:
    assert findings(issue=an_issue(pieces=(a_ranked_piece(a_piece(title=title)),))) == []


def test_a_finding_is_a_sentence_that_says_where() -> None:
    (finding,) = findings(text=("1 Example Street", "1 Example\x92 Street"))
    assert finding.what == "The text part has the control character U+0092 after “Lantern 1 Example”."
