"""What stands round texts in feeds and is none of them. All texts are made up; the forms are real."""

import pytest

from roundup.gathering.debris import Block, joined, without_debris, without_tail
from roundup.gathering.excerpts import excerpt


def kept(*blocks: str, title: str = "", authors: tuple[str, ...] = ()) -> str:
    return without_debris([Block(text) for text in blocks], title=title, authors=authors)[0]


@pytest.mark.parametrize(
    "block",
    [
        "The post A title. Really? appeared first on A.",
        "Der Beitrag Ein Titel erschien zuerst auf Seite.",
        "L’article Un titre est apparu en premier sur Site.",
        "La entrada Un título se publicó primero en Sitio.",
        "O post Um título apareceu primeiro em Sítio.",
        "L'articolo Un titolo proviene da Sito.",
        "Het bericht Een titel verscheen eerst op Site.",
        "Inlägget En rubrik dök först upp på Sida.",
        "Artykuł Tytuł pochodzi z serwisu Serwis.",
        "Запись Заголовок впервые появилась Сайт.",
        "投稿 題名 は サイト に最初に表示されました。",
        "3 posts - 2 participants",
        "Read full topic",
        "submitted by /u/ann to r/news",
        "submitted by /u/ann [link] [85 comments]",
        "[link] [comments]",
        "[link][12 comments]",
        "Article URL: https://a.example/",
        "Comments URL: https://news.example/item?id=1",
        "Points: 12",
        "# Comments: 0",
        "Share this:",
        "Like Loading...",
        "Share on Facebook",
        "Click to share on Twitter (Opens in new window)",
        "Facebook Twitter LinkedIn Email",
        "Teilen mit:",
        "Your browser does not support the video tag.",
        "ADVERTISEMENT",
        "Story continues below advertisement",
        "Photo by Ann Example on Unsplash",
        "p.p1 {margin: 0px; font: 12px Helvetica} span.s1 {letter-spacing: 0px}",
        "@font-face { font-family: Arial; }",
    ],
)
def test_some_blocks_are_debris_wherever_they_stand(block: str) -> None:
    assert kept("It was cold.", block, "It was dark.") == "It was cold. It was dark."
    assert kept("It was cold.", block) == "It was cold."


@pytest.mark.parametrize(
    "block",
    [
        "Read more",
        "READ MORE »",
        "Read more about A title",
        "Read more of this story at Slashdot.",
        "Continue reading A title, vol. 2 →",
        "(more…)",
        "Weiterlesen",
        "En savoir plus",
        "阅读全文",
        "続きを読む",
        "Читать далее",
        "Tags: cold, dark",
        "Filed under Weather",
        "12 comments",
        "No comments yet",
        "Comments",
        "Originally published at a.example on 1 May.",
        "A title was originally published in A Place on Medium, where people are continuing the conversation.",
        "Cross-posted from A.",
        "Sponsored by A Company: use the code COLD.",
        "This episode is sponsored by A Company.",
        "Sponsors: A, B",
        "Learn more about your ad choices. Visit a.example/adchoices",
        "Hosted on Acast. See acast.com/privacy for more information.",
        "Podcast: Play in new window | Download (Duration: 12:00)",
        "Thanks for reading A! Subscribe for free.",
        "Follow us on Twitter for more",
        "Related posts:",
        "© 2026 A",
        "(Visited 12 times, 1 visits today)",
        "https://a.example/picture.jpg?width=3024",
    ],
)
def test_some_blocks_are_debris_at_the_end_and_text_before_it(block: str) -> None:
    assert kept("It was cold.", block) == "It was cold."
    assert kept("It was cold.", block, "»", "Share this:") == "It was cold."
    assert kept("It was cold.", block, "it was dark.") == f"It was cold. {block} it was dark."


@pytest.mark.parametrize(
    "text",
    [
        "Read more books. They are good for you and for those around you.",
        "I want to read more",
        "There is much to see, and more to learn more",
        "The post arrived. It was late, and that was all.",
        "Ulysses was first published in 1922, and is still read.",
        "Tags are useful for sorting.",
        "Related work shows the same.",
        "Copyright law is long.",
        "Il a dit « bonjour »",
        "They asked for more.",
        "Set {a: 1} is not CSS.",
    ],
)
def test_the_same_words_in_a_sentence_are_somebodys_own(text: str) -> None:
    assert kept("It was cold.", text) == f"It was cold. {text}"
    assert without_tail(text) == (text, False)


def test_a_paragraph_that_ends_in_no_mark_gets_one_before_the_next() -> None:
    standfirst = "It was cold and dark and late"
    assert kept(standfirst, "We went home.") == f"{standfirst}. We went home."
    assert kept(standfirst, "and we went home.") == f"{standfirst} and we went home."
    assert kept(standfirst + "!", "We went home.") == f"{standfirst}! We went home."
    assert kept(f"({standfirst}.)", "We went home.") == f"({standfirst}.) We went home."
    assert kept(f"({standfirst})", "We went home.") == f"({standfirst}). We went home."
    assert kept(standfirst) == standfirst
    assert kept("The weather", "It was cold.") == "The weather It was cold."
    assert joined([Block(standfirst), Block("We went home", follows_line=True)]) == f"{standfirst} We went home"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was cold. The post A title appeared first on A.", ("It was cold.", False)),
        ("It was cold […] The post A title appeared first on A.", ("It was cold", True)),
        ("It was cold. Continue reading A title → »", ("It was cold.", False)),
        ("It was cold (more...)", ("It was cold", False)),
        ("It was cold. Read More", ("It was cold.", False)),
        ("It was [...]. Read more", ("It was", True)),
        ("Article URL: https://a.example/ Points: 1 # Comments: 0", ("", False)),
        ("Comments", ("", False)),
        ("Comments on cold", ("Comments on cold", False)),
        ("…", ("", True)),
    ],
)
def test_debris_at_the_end_of_a_line(text: str, expected: tuple[str, bool]) -> None:
    assert without_tail(text) == expected


def test_a_text_does_not_begin_by_saying_its_title_and_author_again() -> None:
    assert (
        kept("A Title", "By Ann Example", "It was cold.", title="A title", authors=("Ann Example",)) == "It was cold."
    )
    assert kept("Ann Example", "It was cold.", authors=("Ann Example",)) == "It was cold."
    assert kept("By Ann Example and Ben von Beispiel", "It was cold.") == "It was cold."
    assert kept("By Ann Example It was cold.", authors=("Ann Example",)) == "It was cold."
    assert kept("A title", title="A title") == ""


def test_what_only_resembles_a_byline_stays() -> None:
    assert kept("By design", "It was cold.") == "By design It was cold."
    assert kept("By Popular Demand", "Cold.", authors=("Ann Example",)) == "By Popular Demand Cold."
    assert (
        kept("By Ann Example's account it was cold.", authors=("Ann Example",))
        == "By Ann Example's account it was cold."
    )


def test_the_beginning_of_a_longer_text_has_no_end_to_look_at() -> None:
    blocks = [Block("It was cold."), Block("Read more")]
    assert without_debris(blocks, is_whole=False) == ("It was cold. Read more", False)


def test_items_of_a_list_are_set_off() -> None:
    items = [Block("We have"), Block("tea", is_item=True), Block("milk.", is_item=True), Block("cake", is_item=True)]
    assert joined(items) == "We have tea; milk. cake"
    assert joined([*items, Block("Come")]) == "We have tea; milk. cake. Come"
    assert joined([]) == ""


FLARE = '<div class="feedflare"><a href="x"><img src="y"/></a></div><img width="1" src="z">'
DRUPAL = (
    '<span class="field field--name-title">A title</span> <div class="field field--name-body"><p>It was cold.</p></div>'
    '<span class="field field--name-uid"><span>ann</span></span>'
    '<span class="field field--name-created">Fri, 05/03</span><a href="x">Read more about A title</a>'
)
DISCOURSE = "<p><small>3 posts - 2 participants</small></p><p><a href='x'>Read full topic</a></p>"
REDDIT = (
    ' &#32; submitted by &#32; <a href="x"> /u/ann </a> &#32; to &#32; <a href="y"> r/cold </a> <br/> '
    '<span><a href="z">[link]</a></span> &#32; <span><a href="c">[comments]</a></span>'
)
HACKER_NEWS = (
    '<p>Article URL: <a href="u">https://a.example/</a></p><p>Comments URL: <a href="c">https://c.example/</a></p>'
    "<p>Points: 1</p><p># Comments: 0</p>"
)
JETPACK = '<div class="sharedaddy"><h3>Share this:</h3><ul><li>Twitter<li>Facebook</ul></div>'
CAPTION = '<table class="tr-caption-container"><tr><td><img src="x"><tr><td class="tr-caption">A lake</td></tr></table>'


@pytest.mark.parametrize("after", [FLARE, DISCOURSE, REDDIT, HACKER_NEWS, JETPACK])
def test_what_well_known_sources_put_after_a_text(after: str) -> None:
    assert excerpt(f"<div><p>It was cold.</p></div>{after}") == "It was cold."
    assert excerpt(after) == ""


def test_what_well_known_sources_put_round_a_text() -> None:
    assert excerpt(DRUPAL) == "It was cold."
    assert excerpt(f"{CAPTION}It was cold.") == "It was cold."
    assert excerpt('<img src="x" width="1024">It was cold. <a href="y">Read More</a>') == "It was cold."


@pytest.mark.parametrize(
    "source", ["Roses are red<br/>\nViolets are blue", "<pre>Roses are red\nViolets are blue</pre>"]
)
def test_the_lines_of_a_poem_are_joined_by_a_blank(source: str) -> None:
    assert excerpt(source) == "Roses are red Violets are blue"
