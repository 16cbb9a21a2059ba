"""Bodies as their generators write them, and the beginning that is left for readers."""

import time

import pytest

from roundup.gathering.bodymarks import unmarked, without_marks
from roundup.gathering.bodytext import RENDERED_CHARACTERS, Markup, render
from roundup.gathering.excerpts import excerpt


def beginning(body: str, markup: Markup = Markup.MARKDOWN) -> str:
    rendered = render(body, markup)
    return excerpt(rendered.teaser or rendered.html)


@pytest.mark.parametrize(
    "marker",
    [
        "<!--more-->", "<!-- more -->", "<!-- MORE -->", "<!--more Read on-->", "<!--- more --->", "{/* more */}",
        "<!-- TEASER_END -->", "<!-- END_TEASER -->", "<!-- PELICAN_END_SUMMARY -->", "<!-- truncate -->",
        "<!-- excerpt-end -->", "<!-- readmore -->", "{{< more >}}", "TEASER_END",
    ],
)  # fmt: skip
def test_every_more_marker_ends_the_teaser(marker: str) -> None:
    assert beginning(f"Before.\n\n{marker}\n\nAfter.") == "Before."


@pytest.mark.parametrize("comment", ["<!-- nothing more -->", "<!-- a note -->", "<!-- moreover -->"])
def test_another_comment_ends_nothing(comment: str) -> None:
    assert beginning(f"Before.\n\n{comment}\n\nAfter.") == "Before. After."


def test_a_file_may_name_its_own_marker() -> None:
    assert render("Before.\n\n***\n\nAfter.", Markup.MARKDOWN, separator="***").teaser.strip() == "<p>Before.</p>"
    assert render("Before.", Markup.MARKDOWN, separator="***").teaser == ""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Text {{ site.x | y: '}' }}here.", "Text here."),
        ("{% raw %}Shown{% endraw %} text.", "Shown text."),
        ("{% comment %}Hidden{% endcomment %}Text.", "Text."),
        ("{{< notice >}}Shown{{< /notice >}} text.", "Shown text."),
        ("{{< figure src=\"a.png\" >}}\n\nText.\n\n{{< gist x y >}}\n\nMore.", "Text. More."),
        ("{{< highlight go >}}x{{< /highlight >}}Text.", "Text."),
        ("[Link](https://a.example){target=_blank} and ![p](/x.png){width=50%} text.", "Link and text."),
        ("## Heading {#id}\n\nText.", "Heading Text."),
        ("1. TOC\n{:toc}\n\nText.", "Text."),
        ("<!-- toc -->\n- [a](#a)\n<!-- tocstop -->\n\nText.", "Text."),
        ("Text^[an inline note] here.", "Text here."),
        ("==Marked== text and a == b.", "Marked text and a == b."),
        ("$$\nx^2\n$$\n\nText.", "Text."),
        ("Look :wave: at 10:30:00 and a:b:c.", "Look at 10:30:00 and a:b:c."),
        ("https://www.youtube.example/watch?v=x\n\nText.", "Text."),
        ("<https://a.example/film>\n\nText, see <https://a.example>.", "Text, see https://a.example."),
        ('<MyTag a="b">Shown</MyTag> and <my-tag/>text, 1 < 2.', "Shown and text, 1 < 2."),
        ("![A](/a.png)\n\n*A caption*\n\nText.", "Text."),
        ("*Not a caption.*\n\nText.", "Not a caption. Text."),
        ("<p class=\"wp-caption-text\">A caption</p>\n\nText.", "Text."),
        ("[text][none] and [ok][yes].\n\n[yes]: https://a.example", "text and ok."),
        ("import the goods, he said.\n\nexport them.", "import the goods, he said. export them."),
        ("~~Old~~ new.", "Old new."),
        ("Text.\n\n    indented code", "Text."),
    ],
)  # fmt: skip
def test_what_only_a_generator_understands_is_gone(body: str, text: str) -> None:
    assert beginning(body) == text


def test_what_is_braces_in_markdown_is_a_program_in_mdx() -> None:
    body = "export default function A() {\n  return 1;\n}\n\n"
    body += 'Text {a.b} and {`x`}<A b={() => 1 > 0} c="}">in</A>.\n\n    indented'
    assert beginning(body, Markup.MDX) == "Text and in. indented"
    assert beginning("Text {a.b}.", Markup.MARKDOWN) == "Text {a.b}."


def test_an_address_that_stands_behind_the_beginning_is_known() -> None:
    body = "See [it][far].\n\n" + "word " * RENDERED_CHARACTERS + "\n\n[far]: https://a.example\n"
    assert beginning(body).startswith("See it.")
    assert 'href="https://a.example"' in render(body, Markup.MARKDOWN).html


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Using `git` and **Git**", "Using git and Git"),
        ("*Moby-Dick* at 170", "Moby-Dick at 170"),
        ("_Emma_ again, snake_case_name, 2*3*4, a * b * c", "Emma again, snake_case_name, 2*3*4, a * b * c"),
        ("A [link](https://a.example 'x') and ![picture](/a.png)", "A link and "),
        ("[Sic] it says [1]", "[Sic] it says [1]"),
        ("Nothing at all", "Nothing at all"),
    ],
)
def test_a_line_of_front_matter_loses_its_marks(text: str, plain: str) -> None:
    assert unmarked(text) == plain


REST = """
Title
=====

:date: 2026

Some *text* with ``code``, :ref:`a role <x>`, :py:func:`~f`, `a link <https://a.example>`_, `other`_, word_ and
**strong** words\\ s [1]_ [#note]_ [CIT2002]_, |who| and snake_case.

.. image:: /a.png
   :alt: A

   A caption.

.. a comment

.. _other: https://a.example

Section
-------

- one
- two
  goes on

1. first

.. epigraph::

   Said the mayor.

An example::

    hidden code

+-----+-----+
| a   | b   |
+-----+-----+

=====  =====
A      B
=====  =====

| verse
| two

----

End.

.. |who| replace:: the mayor
.. [1] A note.
"""


def test_restructured_text_becomes_text() -> None:
    rendered = render(REST, Markup.REST)
    assert rendered.heading == "Title"
    assert excerpt(rendered.html) == (
        "Some text with code, a role, f, a link, other, word and strong wordss, the mayor and snake_case. Section one; "
        "two goes on; first. Said the mayor. An example: verse two End."
    )


@pytest.mark.parametrize(
    "piece",
    [
        "{{", "{%", "{% comment %}", "{% comment %}{% end", "{{< code >}}", "[^a]: ", "^[", "!!! a\n    ", ":::a\n",
        "> [!N]\n", "[[", "[[a|", "$$\n", "<A b={", '<A b="', "{{{{", "export const a\n", "import {", '=== "a"\n    ',
        "<!-- toc -->\n", "* a\n{:", ":a:", "==a", "![a](", "[a][", "<p>", "<em>", "![](a)\n*",
        "<figure class='caption'>", "`", "**a", "_a", "|a|", ":a:`", "`a <", "..\n", "::\n\n ", "<pre><code>", "\\",
        "[a]: ", "<!-- more", "\n\n", "- - ", "[TOC]\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("markup", list(Markup))
def test_no_body_takes_long(piece: str, markup: Markup) -> None:
    body = piece * (RENDERED_CHARACTERS * 3 // len(piece))
    start = time.process_time()
    render(body, markup)
    unmarked(body)
    without_marks(body[:RENDERED_CHARACTERS], is_mdx=True)
    assert time.process_time() - start < 3


def test_the_target_of_a_link_may_stand_where_nothing_is_rendered_any_more() -> None:
    long = "word " * RENDERED_CHARACTERS
    made = render(
        f"We [did][a] [it] [^1].\n\n{long}\n\n[a]: https://a.example\n[it]: https://b.example\n[^1]: No.\n",
        Markup.MARKDOWN,
    )
    assert made.html.startswith('<p>We <a href="https://a.example">did</a> <a href="https://b.example">it</a>')
    assert "No." not in made.html


def test_the_target_of_a_teasers_link_may_stand_after_the_marker() -> None:
    made = render("We [did][a].\n\n<!--more-->\n\nMore.\n\n[a]: https://a.example\n", Markup.MARKDOWN)
    assert made.teaser.strip() == '<p>We <a href="https://a.example">did</a>.</p>'
