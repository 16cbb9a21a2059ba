"""Every rule of the lint finds what it is there for, in an otherwise good mail, and nothing else does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.model import Picture
from roundup.rendering.jinja import JinjaRenderer
from roundup.rendering.lint import RULES, Severity, lint
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

LEAD = a_ranked_piece(a_piece(picture=Picture(url="https://lantern.example/hall.jpg", alt="A hall")))
BESIDE = a_ranked_piece(
    a_piece(
        title="Two towns", link="https://lantern.example/towns/", picture=Picture(url="https://lantern.example/b.png")
    )
)
ISSUE = an_issue(pieces=(LEAD, BESIDE, *numbered_pieces(3)), more=numbered_pieces(3, first=9))
MASTHEAD = replace(a_masthead(blocks=[a_house_block()]), pictures="all")
GOOD = JinjaRenderer(masthead=MASTHEAD, folders=[EMAIL_TEMPLATES]).render(ISSUE, nonce=NONCE).rendered

BUTTON = '<a href="https://x.example/" style="padding:9px;background-color:#112233;color:#ffffff">Press</a>'
#: For each rule a change of the HTML part that breaks it: what stands there, and what is put in its place.
HTML = {
    "doctype": ("<!DOCTYPE html>", ""),
    "language": ('<html lang="en-GB"', '<html lang="English, please"'),
    "direction": ('lang="en-GB" dir="ltr" xmlns', 'lang="en-GB" xmlns'),
    "language-in-body": ('<div class="mail"', '<p>Hello there</p><div class="mail"'),
    "charset": ('<meta charset="utf-8">', ""),
    "title": ("<title>", "<title>A "),
    "viewport": ("width=device-width", "width=600, user-scalable=no"),
    "colour-scheme": ('<meta name="color-scheme" content="light dark">', ""),
    "client-metas": ('<meta name="x-apple-disable-message-reformatting">', ""),
    "forbidden-element": ("</h1>", "</h1><iframe></iframe>"),
    "duplicate-id": ("</h1>", '</h1><p id="a">a</p><p id="a">b</p>'),
    "one-heading": ("</h1>", "</h1><h1>Again</h1>"),
    "depth": ("</h1>", "</h1>" + "<div>" * 120 + "</div>" * 120),
    "control-character": ("Ada Marsh", "Ada\x92 Marsh"),
    "size": ("</html>", "</html><!--" + "x" * 90_000 + "-->"),
    "style-size": ("</style>", "a:hover{color:#112233}" * 900 + "</style>"),
    "leave-link": (f"/u/ru{NONCE}TOKENx", "/u/"),
    "kept-selector": ("</style>", ".byline { color: #112233; }</style>"),
    "important": ("font-size: 32px !important", "font-size: 32px"),
    "at-rule": ("</style>", "@supports (color: red) { p:hover { color: #112233 !important; } }</style>"),
    "media-feature": ("</style>", "@media (hover: hover) { p { color: #112233 !important; } }</style>"),
    "modern-value": ("</h1>", '</h1><p style="width:calc(100% - 2px)">a</p>'),
    "css-url": ("</h1>", '</h1><p style="background:url(https://x.example/a.png)">a</p>'),
    "css-layout": ("</h1>", '</h1><p style="float:left">a</p>'),
    "colour": ("</h1>", '</h1><p style="color:red">a</p>'),
    "font": ("</h1>", '</h1><p style="font-family:Papyrus">a</p>'),
    "small-print": ("</h1>", '</h1><p style="font-size:10px">a</p>'),
    "contrast": ("</h1>", '</h1><p style="color:#999999">a</p>'),
    "link-underline": ("</h1>", '</h1><p>See <a href="https://x.example/" style="text-decoration:none">this</a></p>'),
    "line-height": ("</h1>", '</h1><p style="font-size:16px;line-height:1.1">a</p>'),
    "table-role": ('role="presentation"', ""),
    "table-attributes": ('cellpadding="0"', ""),
    "conditional-comment": ("</html>", "</html><![endif]-->"),
    "pixels-per-inch": ("PixelsPerInch", "PixelsPerFoot"),
    "outlook-width": ('width="600"', 'width="500"'),
    "column-width": ("max-width:600px", "max-width:900px"),
    "outlook-class": ("<!--[if mso]><table ", '<!--[if mso]><table class="x" '),
    "button": ("</h1>", f"</h1>{BUTTON}"),
    "image-text": (' alt=""', ""),
    "image-size": ('width="560"', 'width="100%"'),
    "image-address": ("https://lantern.example/hall.jpg", "http://lantern.example/hall.jpg"),
    "image-format": ("https://lantern.example/hall.jpg", "https://lantern.example/hall.webp"),
    "address": ('href="https://lantern.example/"', 'href="/"'),
    "link-name": ('aria-label="Read more: ', 'title="'),
    "link-host": ("</h1>", '</h1><a href="https://x.example/">bank.example</a>'),
    "preheader": ('<div class="preheader"', '<p lang="en" dir="ltr">First</p><div class="preheader"'),
    "hidden-elements": ("</h1>", "</h1>" + '<p style="display:none">a</p>' * 3),
    "residue": ("Ada Marsh", "{{ author }}"),
}
#: The same of the text part.
TEXT = {
    "text-width": ("Ada Marsh", "Ada " + "Marsh " * 20),
    "text-tags": ("Ada Marsh", "<b>Ada</b>"),
    "text-complete": ("library-2/", "library-2/x"),
    "leave-link": (f"/u/ru{NONCE}TOKENx", "/u/"),
    "control-character": ("Ada Marsh", "Ada \u202e Marsh"),
    "residue": ("Ada Marsh", "{% if"),
}
#: What a change cannot break alone: an icon of another rule goes with it.
WITH = {"outlook-width": {"outlook-width"}, "column-width": {"column-width", "outlook-width"}}


def found(
    html: str = GOOD.html, text: str = GOOD.text, subject: str = GOOD.subject, preheader: str = GOOD.preheader
) -> dict[str, Severity]:
    mail = replace(GOOD, html=html, text=text, subject=subject, preheader=preheader)
    return {each.id: each.severity for each in lint(mail, issue=ISSUE, masthead=MASTHEAD)}


def test_a_good_mail_breaks_none() -> None:
    assert {} == found()


@pytest.mark.parametrize("rule", HTML)
def test_a_rule_of_the_html_part_finds_its_fault_and_no_other_does(rule: str) -> None:
    before, after = HTML[rule]
    assert before in GOOD.html
    assert WITH.get(rule, {rule}) == set(found(html=GOOD.html.replace(before, after)))


@pytest.mark.parametrize("rule", TEXT)
def test_a_rule_of_the_text_part_finds_its_fault_and_no_other_does(rule: str) -> None:
    before, after = TEXT[rule]
    assert before in GOOD.text
    assert {rule} == set(found(text=GOOD.text.replace(before, after)))


def test_the_order_and_the_share_of_the_text_part() -> None:
    one, two = "https://lantern.example/2015/03/library-1/", "https://lantern.example/2015/03/library-2/"
    swapped = GOOD.text.replace(one, "X").replace(two, one).replace("X", two)
    assert {"text-order"} == set(found(text=swapped))
    assert "text-share" in found(text=f"{GOOD.text[:200]}")


@pytest.mark.parametrize("subject", ["", "A\r\nBcc: everybody", "READ ALL OF IT"])
def test_the_subject(subject: str) -> None:
    assert {"subject", "title"} == set(found(subject=subject))


def test_a_preheader_that_says_nothing_more() -> None:
    assert {"preheader-repeats"} == set(found(preheader=GOOD.subject))


def test_a_short_issue_is_only_warned_of() -> None:
    issue = an_issue(pieces=(a_ranked_piece(a_piece(title="Hello", excerpt="Yes.")),))
    mail = JinjaRenderer(masthead=MASTHEAD, folders=[EMAIL_TEMPLATES]).render(issue, nonce=NONCE).rendered
    told = {each.id: each.severity for each in lint(mail, issue=issue, masthead=a_masthead(blocks=[]))}
    assert told.items() <= {"few-words": Severity.WARNING}.items()


def test_every_rule_was_broken_once() -> None:
    elsewhere = {"text-order", "text-share", "subject", "preheader-repeats", "few-words"}
    assert {rule.id for rule in RULES} == {*HTML, *TEXT, *elsewhere}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD.html)), st.text(max_size=12), st.integers(0, 60)), max_size=8))
def test_it_never_raises_whatever_the_mail_is(cuts: list[tuple[int, str, int]]) -> None:
    html = GOOD.html
    for place, put, length in cuts:
        html = html[:place] + put + html[place + length :]
    assert set(found(html=html)) <= {rule.id for rule in RULES}


@settings(deadline=None)
@given(st.text(max_size=300))
def test_it_never_raises_whatever_the_styles_are(css: str) -> None:
    in_sheet = found(html=GOOD.html.replace("</style>", f"{css}</style>"))
    in_attribute = found(html=GOOD.html.replace("</h1>", f'</h1><p style="{css.replace(chr(34), "")}">a</p>'))
    assert {*in_sheet, *in_attribute} <= {rule.id for rule in RULES}
