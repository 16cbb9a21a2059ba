"""Titles, names and texts as sources write them, and the plain text that is printed."""

import pytest

from roundup.gathering.cleaning import clean, decoded, one_line, plain, text_of

EMOJI = "👩\u200d🚀 👩🏽\u200d🔬 ❤\ufe0f\u200d🔥 🏳\ufe0f\u200d🌈"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Internal <Bleeding> Madras", "Internal <Bleeding> Madras"),
        ("The <tag> Element", "The <tag> Element"),
        ("525ft<sup>2</sup>", "525ft2"),
        ("<b>Slack</b> sells", "Slack sells"),
        ('<span class="webrupee">Rs</span> 5', "Rs 5"),
        ("Don&#8217;t", "Don’t"),
        ("Don&amp;#8217;t", "Don’t"),
        ("How to close a &lt;b&gt;", "How to close a <b>"),
        ("&lt;i&gt;Ulysses&lt;/i&gt; again", "Ulysses again"),
        ("Two\r\nlines\tand a tab", "Two lines and a tab"),
        ("R&amp;D", "R&D"),
        ("5 < 6", "5 < 6"),
        ("evil\u202egnp.exe\u2066", "evilgnp.exe"),
        ("Subject\r\nBcc: everyone@example.org", "Subject Bcc: everyone@example.org"),
    ],
)
def test_a_title_loses_tags_of_html_and_nothing_else(source: str, expected: str) -> None:
    assert expected == plain(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<b>W</b>ord", "Word"),
        ("One<br>two", "One two"),
        ("Me <me@example.org> and <https://a.example/>", "Me <me@example.org> and <https://a.example/>"),
        ("I <3 you", "I <3 you"),
        ("a <!-- hidden --> b", "a b"),
        ("<![CDATA[Stocks & shares]]>", "Stocks & shares"),
        ("<o:p>Word's</o:p> own", "Word's own"),
        ("<user>Ann</user> left", "Ann left"),
        ('<lj user="ann"> writes', "writes"),
        ("A <b title='x > y'>bold</b> claim", "A bold claim"),
        ("Caf&eacute; &AMP; bar", "Café & bar"),
        ("AT&T &amp; &notanentity;", "AT&T & &notanentity;"),
        ("?copy=1&section=2&reg=3", "?copy=1&section=2&reg=3"),
        ("Fish &amp chips", "Fish & chips"),
        ("&amp;amp;amp;", "&amp;"),
        ("Cut in a tag <a hre", "Cut in a tag"),
        ("Cut in an entity &#82", "Cut in an entity"),
        ("Cut in an entity &hell", "Cut in an entity"),
        ("{{ page.title }} at home", "at home"),
        ("{% if a %}One{% endif %} {{< ref >}}", "One"),
        ("Cut in a template {{ page.ti", "Cut in a template"),
        ("f(x) { return {} }", "f(x) { return {} }"),
        ("[gallery ids=1,2] After", "After"),
        ("[Update] Not a shortcode", "[Update] Not a shortcode"),
    ],
)
def test_markup_and_what_looks_like_it(source: str, expected: str) -> None:
    assert expected == plain(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("soft\u00adhyphen zero\u200bwidth \ufeffmark", "softhyphen zerowidth mark"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष and ക്\u200c\u0d37", "क्\u200dष and ക്\u200c\u0d37"),
        ("stray\u200d \u200cjoiners\u200d", "stray joiners"),
        (EMOJI, EMOJI),
        ("🚀\u200d end", "🚀 end"),
        ("☂\ufe0e ☂\ufe0f 葛\U000e0100", "☂\ufe0e ☂\ufe0f 葛\U000e0100"),
        (SCOTLAND, SCOTLAND),
        ("tags\U000e0068\U000e0069 that hide words", "tags that hide words"),
        ("it\x92s \x93old\x94", "it’s “old”"),
        ("nul\x00 bell\x07 next\x85line", "nul bell next…line"),
        ("\u3164filler\uffa0", "filler"),
        ("cafe\u0301", "café"),
        ("新聞の\n見出し", "新聞の見出し"),
        ("新聞 の", "新聞 の"),
        ("English\nlines", "English lines"),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_is_out_and_what_shapes_letters_stays(source: str, expected: str) -> None:
    assert expected == plain(source)


def test_an_entity_for_what_cannot_be_seen_is_no_way_in() -> None:
    assert plain("a&#8203;b&shy;c&#x202E;d&zwj;e&#0;f") == "abcdef"


def test_a_title_is_at_most_three_hundred_characters() -> None:
    made = plain("long " * 1_000_000)
    assert len(made) <= 302
    assert made.endswith("long …")


def test_lone_surrogates_and_noncharacters_go() -> None:
    assert clean("a\ud800b\ufffec\U0001ffffd") == "abcd"


def test_cleaning_leaves_tags_and_entities_alone() -> None:
    assert clean("<b> &amp;\n{{ x }}") == "<b> &amp; {{ x }}"


def test_decoding_is_one_step() -> None:
    assert decoded("&amp;lt; &#65; &#x42; &nbsp;&hellip;") == "&lt; A B \xa0…"


def test_neighbouring_blocks_are_apart_until_they_are_one_line() -> None:
    assert one_line(text_of("<p>One</p><ul><li>two</li></ul>")) == "One two"


def test_the_marks_between_blocks_cannot_be_forged() -> None:
    assert text_of("a\fb\x1ec") == "a b c"
