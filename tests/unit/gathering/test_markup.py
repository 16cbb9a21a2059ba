"""Sources without their tags."""

import pytest

from roundup.gathering.markup import BLOCK, ITEM, LINE, attributes, flat, flat_again, tags


def read(source: str) -> str:
    return " ".join(flat(source).replace(ITEM, " * ").split())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("W<b>o</b>r<wbr>d", "Word"),
        ("<ul><li>One<li>two</ul>", "* One * two"),
        ("<table><tr><td>One</td><td>two</td></tr></table>", "One two"),
        ("a<script>if (1<2) document.write('<p>x</p>')</script>b", "a b"),
        ("a<style>p { color: red }</style>b", "a b"),
        ("a<!-- <p>no</p> -->b", "ab"),
        ("a<!--[if gte mso 9]><xml><x>1</x></xml><![endif]-->b", "ab"),
        ("a<![if !IE]>b<![endif]>", "ab"),
        ("a<?php echo 1 ?>b", "ab"),
        ("<![CDATA[a]]>", "a"),
        ("<![CDATA[<p>a</p>]]&gt;", "a"),
        ("a[b[0]]> <i>c</i>", "a[b[0]]> c"),
        ("<img alt='5 < 6 > 4' src=x>b", "b"),
        ('<a title="a>b" href="x">c</a>', "c"),
        ("<A HREF=x>c</A>", "c"),
        ("<svg viewBox='0 0 1 1'><title>t</title><path d='M0'/></svg>b", "b"),
        ("<math><mi>x</mi></math>", "x"),
        ("<g-emoji class='g'>🚀</g-emoji>", "🚀"),
        ("<ruby>漢<rt>kan<rp>)</ruby>字", "漢字"),
        ("if a < b", "if a &lt; b"),
        ("The <tag> Element", "The &lt;tag> Element"),
        ("<video src=x>b</video>", "b"),
        ("<select><option>1<option>2</select>b", "b"),
        ("<button>Subscribe</button>b", "b"),
    ],
)
def test_tags_go_and_words_stay_as_far_apart_as_they_were(source: str, expected: str) -> None:
    assert expected == read(source)


@pytest.mark.parametrize(
    "aside",
    [
        '<div class="feedflare"><a href="x"><img src="y"></a> Digg</div>',
        "<p class='wp-caption-text'>A caption</p>",
        "<p class=wp-caption-text>A caption",
        "<figure><img src=x><figcaption>A caption</figcaption></figure>",
        '<table><tr><td class="tr-caption">A caption</td></tr></table>',
        '<div class="sharedaddy sd-sharing-enabled"><div><h3>Share:</h3></div><div>x</div></div>',
        '<div style="display: none">A preheader</div>',
        "<div hidden>x</div>",
        '<span class="screen-reader-text">A title</span>',
        '<span class="field field--name-title field--type-string">A title</span>',
        '<sup id="fnref:1"><a href="#fn:1" class="footnote" rel="footnote">1</a></sup>',
        '<sup class="reference">[1]</sup>',
        '<a class="headerlink" href="#x">¶</a>',
        '<nav id="toc"><ul><li>One</ul></nav>',
    ],
)
def test_what_a_class_says_to_be_no_text_is_left_out(aside: str) -> None:
    assert read(f"<div><p>Before</p>{aside}<p>after</p></div>") == "Before after"


@pytest.mark.parametrize(
    "source",
    [
        '<a class="reference external" href="x">word</a>',
        '<p class="captioned">word</p>',
        '<div style="overflow: hidden">word</div>',
        '<a title="The hidden cost" href="x">word</a>',
        '<a title="display: none" href="x">word</a>',
        '<div class="caption">word',
        "<figcaption>word",
    ],
)
def test_what_only_resembles_an_aside_or_never_ends_stays(source: str) -> None:
    assert read(source) == "word"


def test_an_unfinished_beginning_of_a_source_holds_no_half_aside() -> None:
    assert flat('before <div class="caption">half', is_whole=False) == f"before {BLOCK}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a <b> alone", "a <b> alone"),
        ("<i>Ulysses</i>", "Ulysses"),
        ("<p>One</p><p>two<br>three</p>", f"{BLOCK}One{BLOCK}{BLOCK}two{LINE}three{BLOCK}"),
        ("<foo>x</foo>", "<foo>x</foo>"),
        ("<i>a</i> and a lone <b>", "a and a lone <b>"),
    ],
)
def test_only_what_is_closed_is_markup_when_it_was_escaped_twice(text: str, expected: str) -> None:
    assert flat_again(text) == expected


def test_attributes_are_read_with_their_entities() -> None:
    assert attributes("""<a HREF="x?a=1&amp;b" Title='t' href=y>""") == {"href": "x?a=1&b", "title": "t"}


def test_tags_of_a_name_are_found_in_order() -> None:
    assert [tag["src"] for tag in tags("<IMG src=a><image src=no><img\nsrc='b'>", "img")] == ["a", "b"]
