import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lxml import etree, html

from roundup.errors import HeldError, SettingsError, TemplateError
from roundup.model import Issue, IssueKey, Picture, Piece, Published, RenderedIssue
from roundup.rendering import HouseBlock, Masthead
from roundup.rendering.jinja import JinjaRenderer
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

Own = Callable[[str, str], Path]


@pytest.fixture
def own(tmp_path: Path) -> Own:
    """Writes a template of the newsletter's own; gives its folder."""

    def write(name: str, content: str) -> Path:
        (tmp_path / name).write_text(content, encoding="utf-8")
        return tmp_path

    return write


def rendered(issue: Issue | None = None, masthead: Masthead | None = None, *folders: Path) -> RenderedIssue:
    renderer = JinjaRenderer(masthead=masthead or a_masthead(), folders=[*folders, EMAIL_TEMPLATES])
    return renderer.render(issue or an_issue(), nonce=NONCE).rendered


def issue_of(*pieces: Piece) -> Issue:
    return an_issue(pieces=tuple(a_ranked_piece(piece) for piece in pieces))


def spoken(mail: RenderedIssue) -> str:
    """The words of the HTML part, as one line."""
    return words(html.fromstring(mail.html))


def words(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


def urls(mail: RenderedIssue) -> tuple[set[str], set[str]]:
    links = {link.get("href", "") for link in html.fromstring(mail.html).iter("a")}
    return links, set(re.findall(r"(?:https?://|mailto:)\S+", mail.text))


class TestWhatAPieceShows:
    def test_a_title_is_a_heading_that_links_to_the_piece(self) -> None:
        page = html.fromstring(rendered(an_issue(of=2)).html)
        assert [(words(link), link.get("href")) for link in page.cssselect("h2 > a")] == [
            ("A library is a place to read, part 1", "https://lantern.example/2015/03/library-1/"),
            ("A library is a place to read, part 2", "https://lantern.example/2015/03/library-2/"),
        ]

    @pytest.mark.parametrize(
        ("authors", "byline"),
        [
            (("Editorial",), "Editorial | 30 March 2015"),
            (("Brid Fenn", "Kate Moor"), "Brid Fenn and Kate Moor | 30 March 2015"),
            (("Ann", "Bea", "Cy"), "Ann, Bea and Cy | 30 March 2015"),
            ((), "30 March 2015"),
        ],
    )
    def test_a_byline_joins_its_authors_in_words(self, authors: tuple[str, ...], byline: str) -> None:
        mail = rendered(issue_of(a_piece(authors=authors)))
        assert byline == words(html.fromstring(mail.html).cssselect("p.byline")[0])
        assert byline in mail.text.split("\n")

    @pytest.mark.parametrize(
        ("comments", "line"),
        [
            (0, "0 Comments | Read more"),
            (1, "1 Comment | Read more"),
            (2, "2 Comments | Read more"),
            (1204, "1,204 Comments | Read more"),
            (None, "Read more"),
        ],
    )
    def test_comments_are_counted_in_words_and_unknown_ones_not_at_all(self, comments: int | None, line: str) -> None:
        mail = rendered(issue_of(a_piece(comments=comments)))
        assert line == words(html.fromstring(mail.html).cssselect("p.onward")[0])
        assert (comments is not None) == ("Comment" in mail.text)

    def test_a_day_without_a_time_is_printed_as_the_sources_own_day(self) -> None:
        midnight = datetime(2015, 2, 5, 23, 30, tzinfo=UTC)
        published = Published(at=midnight, latest=midnight, day=date(2015, 2, 5))
        assert "| 5 February 2015" in spoken(rendered(issue_of(a_piece(published=published))))

    def test_read_more_names_the_piece_for_whoever_hears_it(self) -> None:
        link = html.fromstring(rendered(issue_of(a_piece(title="On “kerbs” & kings"))).html).cssselect("p.onward a")[0]
        assert link.get("aria-label") == "Read more: On “kerbs” & kings"
        assert words(link) == "Read more"

    def test_markup_in_a_title_is_only_text(self) -> None:
        mail = rendered(issue_of(a_piece(title="<script>alert(1)</script> & co", excerpt='"</td></table>"')))
        assert not html.fromstring(mail.html).cssselect("script")
        assert "<script>alert(1)</script> & co" in spoken(mail)
        assert "<script>alert(1)</script> & co" in mail.text

    def test_an_address_is_the_same_ascii_in_both_parts(self) -> None:
        mail = rendered(issue_of(a_piece(link="https://lantern.example/naïve?a=1&b=é x")))
        address = "https://lantern.example/na%C3%AFve?a=1&b=%C3%A9%20x"
        assert all(address in part for part in urls(mail))

    def test_a_cut_excerpt_keeps_its_ellipsis_on_the_line(self) -> None:
        assert "long as\N{NO-BREAK SPACE}…" in rendered(issue_of(a_piece(excerpt="for as long as …"))).html


class TestThePicture:
    def pictures(self, *pieces: Piece) -> list[etree._Element]:
        return html.fromstring(rendered(issue_of(*pieces)).html).cssselect("img")

    def test_the_lead_shows_its_picture_linked_and_described(self) -> None:
        lead = a_piece(picture=Picture(url="https://lantern.example/hall.jpg", alt="The hall"))
        (image,) = self.pictures(lead, a_piece(picture=Picture(url="https://lantern.example/2.jpg")))
        assert tuple(map(image.get, ("src", "alt", "width"))) == ("https://lantern.example/hall.jpg", "The hall", "560")
        assert image.get("height") is None
        assert [lead.link] == [link.get("href") for link in image.iterancestors("a")]

    def test_a_picture_without_a_text_takes_the_title(self) -> None:
        (image,) = self.pictures(a_piece(title="A hall", picture=Picture(url="https://lantern.example/hall.jpg")))
        assert image.get("alt") == "A hall"

    def test_a_picture_over_plain_http_is_dropped(self) -> None:
        assert self.pictures(a_piece(picture=Picture(url="http://lantern.example/hall.jpg"))) == []


class TestTheIssue:
    def test_masthead_pieces_more_appeal_sponsor_and_footer_come_in_this_order_in_both_parts(self) -> None:
        blocks = (
            a_house_block(kind="sponsor", text="Supported by the Trust.", link="https://trust.example/"),
            a_house_block(text="Please join."),
        )
        issue = an_issue(of=2, more=numbered_pieces(2, first=8))
        mail = rendered(issue, a_masthead(blocks=blocks))
        order = ["The Daily Lantern", "Monday 30 March 2015", "part 1", "part 2", "More", "part 8", "part 9"]
        order += [
            "Please join.",
            "Supported by the Trust.",
            "You are receiving this",
            "Unsubscribe",
            "1 Example Street",
        ]
        for part in (spoken(mail), mail.text):
            places = [part.index(each) for each in order if each != "More"]
            assert sorted(places) == places

    def test_both_parts_carry_the_same_addresses(self) -> None:
        blocks = (a_house_block(), a_house_block(kind="sponsor", link="https://trust.example/?a=1&b=2"))
        mail = rendered(an_issue(of=3, more=numbered_pieces(2, first=8)), a_masthead(blocks=blocks))
        in_html, in_text = urls(mail)
        assert in_html == in_text
        assert len(in_html) == 3 + 2 + len(blocks) + len(("website", "leave", "choices"))

    def test_a_house_block_shows_only_within_its_days(self) -> None:
        day = date(2015, 3, 30)
        blocks = (
            a_house_block(text="First day.", first=day),
            a_house_block(text="Last day.", last=day),
            a_house_block(text="Too early.", first=date(2015, 3, 31)),
            a_house_block(text="Too late.", last=date(2015, 3, 29)),
        )
        text = rendered(masthead=a_masthead(blocks=blocks)).text
        assert [block.text in text for block in blocks] == [True, True, False, False]

    @pytest.mark.parametrize(
        ("link", "label"),
        [
            ("https://www.lantern.example/join/?from=mail", "lantern.example/join"),
            ("https://lantern.example/a/very/long/way/to/the/page/about/joining", "lantern.example"),
            ("mailto:join@lantern.example?subject=hello", "join@lantern.example"),
        ],
    )
    def test_a_house_blocks_link_reads_as_print_would_give_it(self, link: str, label: str) -> None:
        page = html.fromstring(rendered(masthead=a_masthead(blocks=(a_house_block(link=link),))).html)
        assert label == words(page.cssselect("a.join")[0])

    def test_a_house_block_may_link_nowhere(self) -> None:
        blocks: tuple[HouseBlock, ...] = (
            a_house_block(link=""),
            a_house_block(kind="sponsor", text="Thanks.", link=""),
        )
        page = html.fromstring(rendered(masthead=a_masthead(blocks=blocks)).html)
        assert page.cssselect(".appeal a, .sponsor a") == []

    def test_a_logo_stands_for_the_name_and_says_it(self) -> None:
        page = html.fromstring(rendered(masthead=a_masthead(logo="https://lantern.example/logo.png")).html)
        (image,) = page.cssselect("h1 img")
        assert (image.get("alt"), image.get("width")) == ("The Daily Lantern", "240")
        assert words(page.cssselect("h1")[0]) == ""

    def test_the_title_is_the_subject_and_the_preheader_comes_first_and_hidden(self) -> None:
        page = html.fromstring(rendered(an_issue(subject="Big & small", preheader="Also: a bridge")).html)
        assert page.findtext("head/title") == "Big & small"
        first = page.cssselect("body > *")[0]
        assert words(first) == "Also: a bridge"
        assert "display:none" in first.get("style", "")

    def test_dates_and_direction_are_the_languages_own(self) -> None:
        french = rendered(masthead=a_masthead(language="fr-FR"))
        assert "lundi 30 mars 2015" in french.text
        assert "30 mars 2015" in spoken(french)
        arabic = html.fromstring(rendered(masthead=a_masthead(language="ar")).html)
        assert {("ar", "rtl")} == {(e.get("lang"), e.get("dir")) for e in (arabic, *arabic.cssselect("body > *"))}

    def test_american_english_keeps_its_commas_but_not_the_serial_one(self) -> None:
        mail = rendered(issue_of(a_piece(authors=("Ann", "Bea", "Cy"))), a_masthead(language="en-US"))
        assert "Monday, March 30, 2015" in mail.text
        assert "Ann, Bea and Cy | March 30, 2015" in mail.text

    def test_a_language_that_nobody_knows_is_a_fault_of_the_settings(self) -> None:
        with pytest.raises(SettingsError, match=r'language = "tlh"'):
            rendered(masthead=a_masthead(language="tlh"))

    def test_an_issue_without_pieces_still_renders(self) -> None:
        assert "Unsubscribe" in rendered(an_issue(of=0)).text

    @pytest.mark.parametrize("of", [1, 8, 20, 30, 60])
    def test_every_length_renders_below_the_clip(self, of: int) -> None:
        assert len(rendered(an_issue(of=of)).html.encode()) <= 95_000

    def test_a_piece_takes_about_thirteen_hundred_bytes(self) -> None:
        short, long = (len(rendered(an_issue(of=of)).html.encode()) for of in (10, 30))
        assert (long - short) / 20 < 1400

    def test_the_same_issue_gives_the_same_octets(self) -> None:
        assert rendered() == rendered()

    def test_the_key_subject_preheader_and_nonce_are_handed_on(self) -> None:
        issue = an_issue(key=IssueKey(day=date(2015, 3, 30), edition="weekly"))
        mail = rendered(issue)
        assert (issue.key, issue.subject, issue.preheader, NONCE) == (
            mail.key,
            mail.subject,
            mail.preheader,
            mail.nonce,
        )


class TestPlaceholders:
    def test_both_parts_hold_the_token_and_the_address_by_name(self) -> None:
        mail = rendered()
        for part in (mail.html, mail.text):
            assert {"TOKEN", "EMAIL"} == set(re.findall(f"ru{NONCE}([A-Z]+)x", part))
            assert f"https://roundup.lantern.example/u/ru{NONCE}TOKENx" in part

    def test_one_may_leave_by_mail(self) -> None:
        mail = rendered(masthead=a_masthead(leave_link="mailto:leave@lantern.example?body=a&subject="))
        assert all(f"mailto:leave@lantern.example?body=a&subject=ru{NONCE}TOKENx" in part for part in urls(mail))

    def test_without_a_place_to_leave_there_is_no_dead_link(self) -> None:
        mail = rendered(masthead=a_masthead(leave_link=""))
        assert "Unsubscribe" not in mail.html + mail.text

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": f"ru{NONCE}TOKENx"},
            {"link": f"https://lantern.example/{NONCE}"},
            {"excerpt": NONCE},
            {"authors": (NONCE,)},
        ],
    )
    def test_content_that_holds_the_nonce_is_held(self, changes: dict[str, str]) -> None:
        with pytest.raises(HeldError, match="2015-03-30 contains its secret mark 3f9a1c2b"):
            rendered(issue_of(replace(a_piece(), **changes)))  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        "footer",
        ["{{ subscriber.email | upper }} {{ leave_link }}", "{{ subscriber.email[:12] }} {{ leave_link }}"],
    )
    def test_a_template_that_changes_a_placeholder_is_told(self, own: Own, footer: str) -> None:
        with pytest.raises(TemplateError, match=r"issue\.html: a placeholder was cut or changed"):
            rendered(None, None, own("footer.html", footer))

    def test_a_template_that_forgets_the_leave_link_is_told(self, own: Own) -> None:
        with pytest.raises(TemplateError, match=r"issue\.txt: the link to leave is missing"):
            rendered(None, None, own("footer.txt", "Bye."))

    def test_a_template_may_greet_by_name(self, own: Own) -> None:
        assert (
            f"Hello ru{NONCE}NAMEx," in rendered(None, None, own("masthead.txt", "Hello {{ subscriber.name }},")).text
        )


class TestANewslettersOwnTemplates:
    def test_one_file_alone_can_be_replaced(self, own: Own) -> None:
        mail = rendered(None, None, own("more.html", "<tr><td>nothing else</td></tr>"))
        assert mail == rendered()
        mail = rendered(an_issue(more=numbered_pieces(1, first=9)), None, own("more.html", "<tr><td>Else</td></tr>"))
        assert "<td>Else</td>" in mail.html

    def test_styles_alone_can_be_replaced(self, own: Own) -> None:
        mail = rendered(None, None, own("styles.css", ".byline { color: #123456; }"))
        assert 'class="byline" style="color:#123456"' in mail.html

    @pytest.mark.parametrize(
        ("content", "line", "what"),
        [
            ("<b>\n{% if %}", 2, "Expected an expression"),
            ("\n\n{{ piece.titel }}", 3, "a piece has no “titel”; it has title, link, byline"),
            ("{{ pieec.title }}", 1, "“pieec” is nothing that a template can show"),
            ("\n{{ 1 // 0 }}", 2, "division"),
            ("\n{{ piece.title + 1 }}", 2, "can only concatenate"),
            ('\n{% include "nosuch.html" %}', 2, r"there is no template nosuch\.html"),
            ("\n{{ ''.__class__.__mro__ }}", 2, "a template may not do this"),
            ("\n{{ range(10 ** 9) }}", 2, "Range too big"),
            ('\n{{ "#fff" | readable_on("#ffffff") }}', 2, "not a six-digit hex colour"),
            ("\n{{ piece.title | shout }}", 2, "No filter named 'shout'"),
            ('\n{% include "piece.html" %}', 2, "includes itself"),
            ("\n{{ lipsum() }}", 2, "“lipsum” is nothing that a template can show"),
            ("\n{{ pieces | random }}", 2, "No filter named 'random'"),
            ("\n{% set _ = more.append(1) %}", 2, "a template may not do this"),
            ("\n{{ 'a' * 99999999999999999 }}", 2, ""),
        ],
    )
    def test_a_broken_template_is_named_with_file_and_line(self, own: Own, content: str, line: int, what: str) -> None:
        folder = own("piece.html", content)
        with pytest.raises(TemplateError, match=rf"^{re.escape(str(folder))}/piece\.html, line {line}: .*{what}"):
            rendered(None, None, folder)

    @pytest.mark.parametrize("content", ["", " \n", "<!-- nothing -->"])
    def test_an_empty_issue_is_told(self, own: Own, content: str) -> None:
        with pytest.raises(TemplateError, match=r"issue\.html"):
            rendered(None, None, own("issue.html", content))

    @pytest.mark.parametrize(
        "css",
        [
            ".name { color: #112233;\n.word { margin: 0; }",
            ".word > p[ { color: #ff0000; }",
            ".word { color #ff0000; }",
            ".x { color: red",
            ".x { color: ; }",
        ],
    )
    @pytest.mark.parametrize("name", ["styles.css", "kept.css"])
    def test_a_style_sheet_that_is_none_is_told_with_its_line(self, own: Own, name: str, css: str) -> None:
        with pytest.raises(TemplateError, match=r"no CSS, and would lose what follows: “\S"):
            rendered(None, None, own(name, css))

    def test_a_template_in_another_encoding_is_named_with_file_and_line(self, tmp_path: Path) -> None:
        (tmp_path / "footer.txt").write_bytes("one\ntwo é".encode("latin-1"))
        with pytest.raises(TemplateError, match=rf"^{tmp_path}/footer\.txt, line 2: the file is not saved as UTF-8\.$"):
            rendered(None, None, tmp_path)

    def test_no_templates_at_all_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(TemplateError, match=r"there is no template issue\.html"):
            JinjaRenderer(masthead=a_masthead(), folders=[tmp_path]).render(an_issue(), nonce=NONCE)
