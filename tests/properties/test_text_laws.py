"""Laws of the text that is printed, whatever a source holds: titles, names, tags and excerpts."""

import re
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from roundup.gathering.cleaning import clean, plain
from roundup.gathering.cutting import CUT, cut_at, shortened
from roundup.gathering.excerpts import excerpt

QUICK = settings(max_examples=150, deadline=None)

TELLING = [
    "<p>", "</p>", "<b>", "</b>", "<br>", "<li>", "<!--", "-->", "<script>", "</script>", "<svg>", "<![CDATA[", "]]>",
    "<figcaption>", "</figcaption>", '<div class="caption">', '<a title="', "'>", "<foo>", "</foo>", "<o:p>", "< ", "<",
    "&amp;", "&amp;lt;", "&lt;", "b&gt;", "&lt;/b&gt;", "&#8203;", "&#x202e;", "&#0;", "&#146;", "&", "&nbsp", ";",
    "{{", "}}", "{%", "%}", "[gallery", "]", "[…]", "...", "…", ".", "»", "«", "漢字", "\n", "ไทย",
    "\u200b", "\u200c", "\u200d", "\u00ad", "\u202e", "\ufeff", "\ufe0f", "🚀", "👩", "🇫", "🇷", "क", "\u094d", "\u0301",
    "\U000e0061", "\ufffe", "\ud800", "\x00", "\x0c", "\x1e", "\x1f", "\x85", "\x92", " ", "word ", "Word ",
]  # fmt: skip
DEBRIS = [
    "Read more", "Continue reading X", "Share this:", "The post X appeared first on Y.", "By Ann Example", "Points: 1",
    "p {color: red}", "(more…)", "3 posts - 2 participants", "[link] [comments]", "Tags: a", "https://a.example/ ",
]  # fmt: skip
WITHOUT_DEBRIS = st.lists(st.one_of(st.sampled_from(TELLING), st.text(max_size=8)), max_size=30).map("".join)
TEXTS = st.lists(st.one_of(st.sampled_from(TELLING + DEBRIS), st.text(max_size=8)), max_size=30).map("".join)
# Words in which nothing is markup, an entity, a shape of debris or a mark that is trimmed before an ellipsis.
WORDS = st.lists(st.text(alphabet="abcdefghijklmnopéß", min_size=1, max_size=12), min_size=1, max_size=90)
UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffd]")


def is_settled(text: str) -> bool:
    """Whether nothing in a text looks like markup any more, as the subject of a text may: a title on `<b>`."""
    return not re.search(r"[<>&{}\[\]]", text)


@QUICK
@given(source=TEXTS)
@example(source="&amp;lt;b&amp;gt;x&amp;lt;/b&amp;gt;")
@example(source="{{{% x")
def test_nothing_invisible_no_control_and_one_line(source: str) -> None:
    for made in (plain(source), excerpt(source), clean(source)):
        assert made == " ".join(made.split())
        assert not UNSEEN.search(made)
        assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in made)
        assert unicodedata.is_normalized("NFC", made)
    assert "{{" not in plain(source) + "\n" + excerpt(source)


@QUICK
@given(source=TEXTS)
def test_no_text_is_longer_than_its_limit(source: str) -> None:
    assert len(plain(source * 20).removesuffix(CUT)) <= 300
    made = excerpt(source * 20).removesuffix(CUT)
    assert len(made) <= 700
    assert len(made.split()) <= 55


@QUICK
@given(source=WITHOUT_DEBRIS)
def test_cleaning_again_changes_nothing(source: str) -> None:
    """Except where the text is about markup, or about debris: what stood in blocks stands in one line."""
    assert clean(clean(source)) == clean(source)
    title, short = plain(source), excerpt(source)
    if is_settled(title):
        assert plain(title) == title
    if is_settled(short):
        assert excerpt(short) == short


@QUICK
@given(words=WORDS)
def test_an_excerpt_of_text_without_debris_is_its_beginning(words: list[str]) -> None:
    source = " ".join(words)
    made = excerpt(source)
    kept = made.removesuffix(CUT).split()
    assert words[: len(kept)] == kept
    assert (made == source) == (len(words) <= 55 and len(source) <= 700)


@QUICK
@given(words=WORDS, data=st.data())
def test_inline_tags_change_no_word_and_blocks_glue_none(words: list[str], data: st.DataObject) -> None:
    torn = []
    for word in words:
        at = data.draw(st.integers(0, len(word)))
        torn.append(f"{word[:at]}<b class='x'>{word[at:]}</b>")
    expected = plain(" ".join(words))
    assert expected == plain(" ".join(torn))
    assert expected == plain("".join(f"<td>{word}</td>" for word in torn))


@QUICK
@given(words=WORDS)
def test_markup_round_a_text_is_no_part_of_it(words: list[str]) -> None:
    source = " ".join(words)
    marked = f"<!-- x --><div class='y'><script>a < b</script><p>{source}</p><style>p {{}}</style></div>"
    assert excerpt(marked) == excerpt(source)


@QUICK
@given(text=TEXTS, limit=st.integers(1, 60))
def test_a_cut_text_is_a_beginning_and_one_ellipsis(text: str, limit: int) -> None:
    line = clean(text)
    made = cut_at(line, limit)
    assert len(made.removesuffix(CUT)) <= limit
    assert line.startswith(made.removesuffix(CUT))
    assert made in {line, ""} or made.endswith(CUT)
    assert not shortened(line, goes_on=True).endswith((". …", "… …", ", …"))


HOSTILE = {
    "nested": "<", "elements": "<div>", "formatting": "<b>", "unclosed attributes": '<a ="', "comments": "<!--",
    "captions": '<p class="caption">x', "figures": "<figcaption>", "hidden": '<div style="display:none">',
    "classes": "<a class=x ", "elements unknown": "<foo>x", "escaped twice": "&amp;amp;", "escaped tags": "&lt;b&gt;",
    "escaped ends": "&lt;/b&gt;", "half entities": "&#", "brackets": "[[[[", "shortcodes": "[caption ",
    "templates": "{{", "templates open": "{% {", "more": "Read more ", "footers": "The post x appeared first on y. ",
    "points": "....… ", "ellipses": "[…]", "breaks": "<br>", "items": "<li>x", "styles": "a{b:c}",
    "styles and text": "p {a: b} {% Points: 1",
    "bylines": "By Ann Example<br>", "ideographs": "漢\n", "joiners": "\u200d", "accents": "e\u0301\u0323",
    "flags": "\U0001f1e6", "blanks": "\n \n",
}  # fmt: skip


def seconds(work: Callable[[], object]) -> float:
    """The least processor time of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_costs_no_more_than_its_length(name: str) -> None:
    """Eight times the length, at most eight times the time; half as much again for the clock, and a floor of 10 ms."""
    part = HOSTILE[name]
    short, long = part * (125_000 // len(part)), part * (1_000_000 // len(part))
    for read in (excerpt, plain):
        limit = max(seconds(lambda read=read: read(short)) * 12, 0.01)  # type: ignore[misc]
        assert seconds(lambda read=read: read(long)) <= limit  # type: ignore[misc]
        assert seconds(lambda read=read: read(long)) < 1  # type: ignore[misc]
