"""Bodies of content files as HTML."""

from roundup.gathering.bodytext import RENDERED_CHARACTERS, render


def test_the_target_of_a_link_may_stand_where_nothing_is_rendered_any_more() -> None:
    long = "word " * RENDERED_CHARACTERS
    made = render(
        f"We [did][a] [it] [^1].\n\n{long}\n\n[a]: https://a.example\n[it]: https://b.example\n[^1]: No.\n",
        is_markdown=True,
    )
    assert made.html.startswith('<p>We <a href="https://a.example">did</a> <a href="https://b.example">it</a>')
    assert "No." not in made.html


def test_the_target_of_a_teasers_link_may_stand_after_the_marker() -> None:
    made = render("We [did][a].\n\n<!--more-->\n\nMore.\n\n[a]: https://a.example\n", is_markdown=True)
    assert made.teaser.strip() == '<p>We <a href="https://a.example">did</a>.</p>'
