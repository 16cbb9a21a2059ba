"""Text from feeds as it is found in the wild, and what is printed of it."""

import pytest

from roundup.gathering.excerpts import clean, excerpt, first_words, plain


def words(count: int) -> str:
    return " ".join(f"w{number}" for number in range(1, count + 1))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ""),
        ("   \n\t ", ""),
        ("Plain words.", "Plain words."),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("One<br>two<br/>three", "One two three"),
        ("<h2>Heading</h2>Text", "Heading Text"),
        ("bold<b>ly</b> gone", "boldly gone"),
        ("a&nbsp;b&#160;c", "a b c"),
        ("<script>alert(1)</script>Text<style>p {}</style>", "Text"),
        ("<figure><img src='a.jpg'><figcaption>Caption</figcaption></figure>Text", "Text"),
        ("<p>Fish &amp; chips</p>", "Fish & chips"),
        ("It&amp;#8217;s twice escaped", "It’s twice escaped"),
        ("&amp;amp;amp;", "&amp;"),
        ("you\x92re \x93in\x94 \x85 there", "you’re “in” … there"),
        ("cafe\u0301", "café"),
        ("a\u202eb\u200bc\ufeffd\u00ade\x00f", "abcdef"),
        ("می\u200cخواهم 👩\u200d🚀", "می\u200cخواهم 👩\u200d🚀"),
        ("if a < b and b > c", "if a < b and b > c"),
        ("Poem\r\nline by line", "Poem line by line"),
        ('Text <a href="https://example.org/?a', "Text"),
        ("&lt;p&gt;Escaped &lt;b&gt;markup&lt;/b&gt;&lt;/p&gt;", "Escaped markup"),
        ("Use the &lt;main&gt; element", "Use the <main> element"),
    ],
)
def test_markup_becomes_one_line_of_text(source: str, expected: str) -> None:
    assert excerpt(source) == expected


def test_fifty_five_words_are_left_alone() -> None:
    assert excerpt(words(55)) == words(55)


def test_the_fifty_sixth_word_is_cut_and_the_cut_is_shown() -> None:
    assert excerpt(words(56)) == words(55) + " …"


@pytest.mark.parametrize("mark", [".", ",", ";", ":", " –", "...", "…"])
def test_a_cut_never_leaves_punctuation_before_its_ellipsis(mark: str) -> None:
    assert excerpt(words(55) + mark + " more") == words(55) + " …"


@pytest.mark.parametrize(
    "tail", ["…", " …", "...", " ...", "....", " […]", " [...]", "[&#8230;]", " (…)", ". […]", "… …"]
)
def test_the_sources_own_ellipsis_is_kept_once(tail: str) -> None:
    assert excerpt("It was cut there" + tail) == "It was cut there …"


@pytest.mark.parametrize(
    "debris",
    [
        '<p>The post <a href="https://a.example">A title. Really?</a> appeared first on <a href="https://a.example">A.</a>.</p>',
        "<p>The post A title first appeared on A.</p>",
        '<a href="https://a.example">Continue reading <span>A title</span> <span>→</span></a>',
        "Continue reading",
        "Read more",
        "Read More »",
        "Read more about A title",
        "Read the rest of this entry »",
        "Read full topic",
        "Weiterlesen",
        "Lire la suite →",
        "続きを読む",
        "»",
        "(more…)",
        "Share this: Facebook Twitter",
        "<small>3 posts - 2 participants</small> <a href='https://a.example'>Read full topic</a>",
        "submitted by /u/someone to /r/news [link] [85 comments]",
    ],
)
def test_what_themes_append_is_dropped(debris: str) -> None:
    assert excerpt(f"<p>It was cold.</p> {debris}") == "It was cold."


def test_debris_after_an_ellipsis_leaves_the_ellipsis() -> None:
    source = "<p>It was [&#8230;]</p>\n<p>The post X appeared first on Y.</p>"
    assert excerpt(source) == "It was …"


@pytest.mark.parametrize(
    "text",
    [
        "Read more books. They are good for you and for those around you.",
        "The post arrived. It was late, and that was all.",
        "Il a dit « bonjour »",
        "They asked for more.",
    ],
)
def test_the_same_words_in_a_sentence_are_somebodys_own(text: str) -> None:
    assert excerpt(text) == text


def test_a_feed_that_says_only_comments_says_nothing() -> None:
    assert excerpt('<a href="https://news.example/item?id=1">Comments</a>') == ""


def test_a_script_without_blanks_is_cut_by_characters() -> None:
    made = excerpt("新聞の見出し" * 200)
    assert made.endswith(" …")
    assert 300 < len(made) <= 352


def test_a_cut_never_parts_a_letter_from_its_accent() -> None:
    made = excerpt("q\u0323" * 1000)
    assert made.removesuffix(" …").endswith("q\u0323")


def test_a_huge_data_address_does_not_leak_into_the_text() -> None:
    assert excerpt('<p>Before</p><img src="data:image/png;base64,' + "A" * 300_000 + '"><p>After</p>') == "Before"


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
    assert plain(source) == expected


def test_a_title_is_at_most_three_hundred_characters() -> None:
    assert len(plain("long " * 1_000_000)) <= 302


def test_lone_surrogates_and_noncharacters_go() -> None:
    assert clean("a\ud800b\ufffec\U0001ffffd") == "abcd"


def test_first_words_show_that_there_are_more() -> None:
    assert first_words("one two three.", 3) == "one two three."
    assert first_words("one two, three", 2) == "one two …"
