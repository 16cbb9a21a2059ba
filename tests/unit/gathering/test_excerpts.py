"""Text from feeds as it is found in the wild, and what is printed of it."""

import pytest

from roundup.gathering.excerpts import excerpt


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


def test_leading_markup_however_long_does_not_hide_the_text() -> None:
    assert excerpt('<div class="x">' * 5_000 + "It was cold.") == "It was cold."


def test_only_as_much_is_read_as_an_excerpt_needs() -> None:
    assert excerpt(f"<p>{words(200)}</p>" + "<script>" * 100_000) == words(55) + " …"


def test_what_a_text_says_of_itself_first_is_not_said_twice() -> None:
    source = "<h1>A title</h1><p>By Ann Example</p><p>It was cold.</p>"
    assert excerpt(source, title="A title", authors=["Ann Example"]) == "It was cold."


def test_a_text_that_is_only_its_title_has_no_excerpt() -> None:
    assert excerpt("<p>A title.</p>", title="A Title") == ""


def test_items_of_a_list_read_as_one() -> None:
    assert excerpt("<p>New:</p><ul><li>tea<li><p>cake</p></ul><p>Come!</p>") == "New: tea; cake. Come!"


def test_a_handwritten_excerpt_keeps_its_sense() -> None:
    assert excerpt("Is it cold?\nIt is … and dark!") == "Is it cold? It is … and dark!"


def test_an_empty_line_ends_a_paragraph() -> None:
    standfirst = "It was cold and dark and late"
    assert excerpt(f"{standfirst}<br><br>We went home.") == f"{standfirst}. We went home."
    assert excerpt(f"{standfirst}<br>We went home.") == f"{standfirst} We went home."


@pytest.mark.parametrize(
    "text",
    [
        "The entry to the mine first appeared on maps in 1820. Miners still use it.",
        "The story of the two-headed calf first appeared in our pages a century ago. Nobody believed it.",
        "Text here. The post Horn first appeared on the hill on Monday. Then things happened.",
        "I would not continue reading at your peril.",
    ],
)
def test_a_sentence_with_the_words_of_debris_stays(text: str) -> None:
    assert text == excerpt(text)


@pytest.mark.parametrize(
    "tail",
    [
        "[…] Continue reading → U.S. trade", "Continue reading St. Mary's Church",
        "Continue reading “What now? A plan”", "Read more at Example.com",
        "The article “What? Now!” first appeared on Example.com.",
    ],
)  # fmt: skip
def test_debris_with_dots_in_it_goes(tail: str) -> None:
    assert excerpt(f"Some words. {tail}") in {"Some words.", "Some words …"}
