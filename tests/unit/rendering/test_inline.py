import re
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from roundup.errors import TemplateError
from roundup.rendering.inline import inline
from roundup.rendering.jinja import JinjaRenderer
from tests.builders import EMAIL_TEMPLATES, NONCE, a_masthead, an_issue


def document(css: str = "", body: str = "<p class='a'>Hello</p>", kept: str = "") -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><title>t</title><style>{css}</style>"
        f'<style data-premailer="ignore">{kept}</style></head><body>{body}</body></html>'
    )


def test_a_rule_becomes_a_style_attribute_and_its_block_goes() -> None:
    result = inline(document(".a { color: #ffffff; margin: 0 }"))
    assert '<p class="a" style="color:#ffffff; margin:0">Hello</p>' in result
    assert result.count("<style") == 1


def test_the_document_begins_with_a_doctype_that_no_client_takes_for_quirks_mode() -> None:
    for doctype in ("<!DOCTYPE html>", "<!doctype html>", ""):
        assert inline(document().replace("<!DOCTYPE html>", doctype)).startswith("<!DOCTYPE html>\n<html>")


def test_the_second_block_stays_byte_for_byte_without_its_mark() -> None:
    kept = "\n[data-ogsc] .a { color: #000000 !important; }\n@media (max-width: 480px) {\n.a { x: y !important; }\n}\n"
    result = inline(document(kept=kept))
    assert f"<style>{kept}</style>" in result


def test_important_survives_in_the_first_block() -> None:
    assert "color:#123456 !important" in inline(document(".a { color: #123456 !important }"))


def test_sizes_and_alignments_in_attributes_are_left_to_the_template() -> None:
    body = "<img class='a' width='560'><table class='b' bgcolor='#f5f2ec' align='center'></table>"
    css = ".a { width: 100%; height: auto } .b { background-color: #000000; text-align: left; vertical-align: top }"
    result = inline(document(css, body))
    assert '<img class="a" width="560" style=' in result
    assert re.search('<table class="b" bgcolor="#f5f2ec" align="center" style="[^"]*">', result)


def test_conditional_comments_survive() -> None:
    body = '<!--[if mso]><table width="600"><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->'
    assert body in inline(document(body=body))


def test_placeholders_survive_in_addresses_and_text() -> None:
    mark = "ru3f9a1c2bTOKENx"
    body = (
        f'<a href="https://lantern.example/u/{mark}?a=1&amp;b=2">{mark}</a><a href="mailto:l@x.example?subject={mark}">'
    )
    result = inline(document(body=body))
    assert result.count(mark) == 3
    assert f'href="https://lantern.example/u/{mark}?a=1&amp;b=2"' in result


def test_deep_nesting_loses_nothing() -> None:
    result = inline(document(body="<b>" * 400 + "deep" + "</b>" * 400 + "<p>Unsubscribe</p>"))
    assert result.count("<b>") == 400
    assert "Unsubscribe" in result


def test_nesting_beyond_the_parser_is_refused_rather_than_cut() -> None:
    with pytest.raises(TemplateError, match="nest elements so deeply"):
        inline(document(body="<b>" * 5000 + "<p>Unsubscribe</p>"))


def test_a_selector_that_cannot_be_followed_is_told() -> None:
    with pytest.raises(TemplateError, match=r"styles\.css has a rule that cannot be inlined"):
        inline(document('a[title="x,y"] { color: #000000 }'))


@pytest.mark.parametrize("rule", ["@import", "@IMPORT"])
def test_an_import_is_refused(rule: str) -> None:
    with pytest.raises(TemplateError, match="@import"):
        inline(document(rule + ' url("https://lantern.example/a.css");'))


def test_nothing_is_fetched() -> None:
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Listening) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        link = f'<link rel="stylesheet" href="{address}/l.css">'
        # An escaped at-rule passes the check for @import, and cssutils knows it all the same.
        page = document(f"@\\69mport url({address}/i.css); .a {{ color: #000000 }}").replace(
            "<title>", link + "<title>"
        )
        try:
            inline(page)
        finally:
            server.shutdown()
    assert asked == []


def test_nothing_is_written_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    inline(document(".a { mso-hide: all; color: rgb(0 0 0 / 50%); colour: red } .b { } @font-face { x: y }"))
    assert capfd.readouterr() == ("", "")


def test_many_threads_get_what_one_gets() -> None:
    css = " ".join(f".c{number} {{ margin: {number}px 0; color: #0000{number:02x} }}" for number in range(20))
    pages = [document(css, "".join(f"<p class='c{n}'>{n}</p>" for n in range(part, 20))) for part in range(16)]
    expected = [inline(page) for page in pages]
    with ThreadPoolExecutor(8) as pool:
        assert expected * 4 == list(pool.map(inline, pages * 4))


class TestTheShippedStyles:
    """What the inliner and mail clients can't follow must not be in them."""

    def test_inlined_rules_have_one_class_each_and_nothing_that_the_inliner_gets_wrong(self) -> None:
        renderer = JinjaRenderer(masthead=a_masthead(), folders=[EMAIL_TEMPLATES])
        css = renderer.markup(an_issue(of=1), nonce=NONCE).partition("<style>")[2].partition("</style>")[0]
        for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
            assert re.fullmatch(r"\.[a-z]+", selectors.strip()), selectors
            names = [each.split(":")[0].strip() for each in declarations.split(";") if each.strip()]
            assert len(set(names)) == len(names), selectors
        assert not re.search(r"@|url\(|var\(|calc\(|!important|/\*", css)
        assert all(len(colour) == 7 for colour in re.findall(r"#[0-9a-fA-F]+", css))

    def test_kept_rules_are_important_and_have_no_comments_or_nested_at_rules(self) -> None:
        css = re.sub(
            r"\{[#%].*?[#%]\}", "", (EMAIL_TEMPLATES / "kept.css").read_text(encoding="utf-8"), flags=re.DOTALL
        )
        css = re.sub(r"\{\{.*?\}\}", "#8a1c1c", css)
        for selectors, declarations in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
            wanted = [] if ":root" in selectors else [each for each in declarations.split(";") if each.strip()]
            assert all(each.endswith(" !important") for each in wanted), selectors
        assert "/*" not in css
        assert {"@media (max-width", "@media (prefers-color-scheme"} == set(re.findall(r"@[^:]*", css))
        assert len(css) < 8_192
