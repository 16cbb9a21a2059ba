"""The body of a content file, as HTML to make an excerpt of. Pure."""

import re
from dataclasses import dataclass

from markdown_it import MarkdownIt

from roundup.gathering.cleaning import plain

#: How much of a body is rendered, in characters: an excerpt is at its beginning, and a site has thousands of files.
RENDERED_CHARACTERS = 8_000

_MORE = re.compile(r"<!--\s*more\b.{0,200}?-->", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1\s*>", re.IGNORECASE | re.DOTALL)
# What a generator would have replaced: Liquid and Nunjucks, Hugo's shortcodes, Kramdown's attributes, footnote marks,
# and the imports of MDX.
_UNRENDERED = re.compile(
    r"\{%.{0,1000}?%\}|\{\{.{0,1000}?\}\}|^\{:[^}\n]{0,200}\}\s*$|\{:[^}\n]{0,200}\}|\[\^[^\]\s]{1,60}\]:?"
    r"|^(?:import|export)\s.{0,300}?(?:\bfrom\s+)?[\"'][^\"'\n]*[\"'];?\s*$",
    re.MULTILINE | re.DOTALL,
)
# A link's target, away from the link (CommonMark §4.7); `[^1]:` is a footnote.
_TARGET = re.compile(r"^ {0,3}\[(?!\^)[^\]\n]{1,200}\]:[ \t]*\S[^\n]*$", re.MULTILINE)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The beginning of a body as HTML."""

    #: The text of the first `h1`, which is the title when the front matter has none; empty if there is none.
    heading: str
    #: What stands before the more-marker, without headings of the first level; empty if there is no marker.
    teaser: str
    #: The beginning of the whole body, without headings of the first level.
    html: str


def render(body: str, *, is_markdown: bool) -> Rendered:
    """Renders the beginning of a body. Template tags, which only the site's generator understands, are left out."""
    marker = _MORE.search(body)
    whole = _html(body, len(body), is_markdown=is_markdown)
    teaser = _html(body, marker.start(), is_markdown=is_markdown) if marker else ""
    heading = _HEADING.search(whole)
    return Rendered(
        heading=plain(heading[1]) if heading else "",
        teaser=_HEADING.sub(" ", teaser),
        html=_HEADING.sub(" ", whole),
    )


def _html(body: str, end: int, *, is_markdown: bool) -> str:
    """The beginning of a body as HTML, at most up to `end`; cut between paragraphs, so that no mark loses its end.

    The targets of Markdown's links may stand at the end of the file: `[word][1]` is a link only with them.
    """
    if end > RENDERED_CHARACTERS:
        paragraph = body.rfind("\n\n", RENDERED_CHARACTERS // 2, RENDERED_CHARACTERS)
        end = paragraph if paragraph > 0 else RENDERED_CHARACTERS
    text = _UNRENDERED.sub("", body[:end])
    if not is_markdown:
        return text
    targets: list[str] = _TARGET.findall(body, end) if end < len(body) and "[" in text else []
    made: str = _MARKDOWN.render("\n".join([text, "", *targets]) if targets else text)
    return made
