"""The body of a content file, as HTML to make an excerpt of. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from markdown_it import MarkdownIt

from roundup.gathering.bodymarks import without_marks
from roundup.gathering.cleaning import plain
from roundup.gathering.markup import BLOCKS, INLINES
from roundup.gathering.restructured import as_html

#: How much of a body is rendered, in characters: an excerpt is at its beginning, and a site has thousands of files.
RENDERED_CHARACTERS = 8_000


class Markup(StrEnum):
    """How a body is written."""

    MARKDOWN = "markdown"
    #: Markdown with programs in it (Astro, Docusaurus).
    MDX = "mdx"
    HTML = "html"
    REST = "reStructuredText"


_MORE = re.compile(
    # WordPress and Hugo; Nikola; Pelican's summary plugin; Docusaurus; Octopress and others.
    r"<!-{2,3}\s*(?:more\b|read[ _-]?more|teaser_end|end[ _-]teaser|pelican_end_summary|truncate\b|excerpt[ _-]end"
    r"|end[ _-]excerpt|summary[ _-]end)[^>]{0,200}?-{2,3}>"
    r"|\{/\*\s*(?:more|truncate|teaser_end)\s*\*/\}|^\.\.[ \t]+(?:TEASER_END|more)\b.*$|^[ \t]*TEASER_END[ \t]*$"
    r"|\{\{[<%]\s*more\s*[%>]\}\}",
    re.IGNORECASE | re.MULTILINE,
)
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1\s*>", re.IGNORECASE | re.DOTALL)
_PROGRAM = re.compile(r"<pre\b[^>]*>\s*<code\b.*?</pre\s*>", re.IGNORECASE | re.DOTALL)
# A picture with words in italics under it, in its paragraph or the next one.
_CAPTION = re.compile(
    r"<p>\s*(?:<a [^<>]*>\s*)?<img [^<>]*>\s*(?:</a>)?\s*(?:<br ?/?>)?\s*(?:</p>\s*<p>)?\s*"
    r"<em>(?:[^<]|<(?!/?p>|/em>)){1,500}</em>\s*</p>",
    re.IGNORECASE,
)
_CAPTION_CLASS = re.compile(
    r"<(p|div|span|small)\b[^<>]{0,200}class=[\"'][^\"'<>]{0,100}caption[^<>]{0,200}>.{0,1000}?</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)
# A paragraph that is nothing but an address becomes a film, or somebody else's words, in the page.
_LONE_ADDRESS = re.compile(
    r"<p>\s*(?:&quot;|[\"“])?(?:<a [^<>]*>)?https?://[^\s<>]{1,500}?(?:</a>)?(?:&quot;|[\"”])?\s*</p>", re.IGNORECASE
)
_TAG = re.compile(r"</?([A-Za-z][\w.:-]*)(?:\s[^<>]*)?/?>")
# The addresses of `[text][name]` stand at the end of a long text.
_DEFINITION = re.compile(r"^ {0,3}\[(?!\^)[^\]\n]{1,100}\]:[ \t]*\S[^\n]*$", re.MULTILINE)
_DEFINITIONS = 300
_UNDEFINED = re.compile(r"!?\[([^\[\]\n]{1,200})\]\[[^\[\]\n]{0,100}\]")
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# In MDX what is indented is no code, since components hold indented text.
_MDX = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The beginning of a body as HTML."""

    #: The text of the first `h1`, which is the title when the front matter has none; empty if there is none.
    heading: str
    #: What stands before the more-marker, without headings of the first level; empty if there is no marker.
    teaser: str
    #: The beginning of the whole body, without headings of the first level.
    html: str


def render(body: str, markup: Markup, *, separator: str = "") -> Rendered:
    """Renders the beginning of a body. Template tags, which only the site's generator understands, are left out.

    `separator` is the more-marker that the file names itself (Jekyll's `excerpt_separator`); else any generator's is
    looked for.
    """
    end = body.find(separator) if separator else -1
    if end < 0:
        marker = _MORE.search(body)
        end = marker.start() if marker else -1
    whole = _html(body, len(body), markup)
    teaser = _html(body, end, markup) if end >= 0 else ""
    heading = _HEADING.search(whole)
    return Rendered(
        heading=plain(heading[1]) if heading else "",
        teaser=_HEADING.sub(" ", teaser),
        html=_HEADING.sub(" ", whole),
    )


def _html(body: str, end: int, markup: Markup) -> str:
    """The beginning of a text as HTML, at most up to `end`, without programs and captions."""
    beginning = _beginning(body[:end])
    if markup is Markup.REST:
        return as_html(beginning)
    if markup is Markup.HTML:
        return _CAPTION_CLASS.sub(" ", _PROGRAM.sub(" ", without_marks(beginning, is_mdx=False)))
    text = without_marks(_with_definitions(beginning, body), is_mdx=markup is Markup.MDX)
    html = (_MDX if markup is Markup.MDX else _MARKDOWN).render(text)
    html = _CAPTION.sub(" ", _PROGRAM.sub(" ", html)) if "<pre" in html or "<img" in html else html
    html = _LONE_ADDRESS.sub("", html) if "://" in html else html
    if "caption" in html:
        html = _CAPTION_CLASS.sub(" ", html)
    # What looks like a tag in Markdown is one, though browsers know it not: a component, an element of the site's own.
    return _UNDEFINED.sub(r"\1", _TAG.sub(_known, html))


def _beginning(body: str) -> str:
    """The beginning of a text, cut between paragraphs, so that no mark loses its end."""
    if len(body) <= RENDERED_CHARACTERS:
        return body
    paragraph = body.rfind("\n\n", RENDERED_CHARACTERS // 2, RENDERED_CHARACTERS)
    return body[: paragraph if paragraph > 0 else RENDERED_CHARACTERS]


def _with_definitions(beginning: str, body: str) -> str:
    """The beginning with the addresses of links that stand after it, without which their brackets would be text."""
    if len(beginning) == len(body) or "[" not in beginning:
        return beginning
    found = [match[0] for match in _DEFINITION.finditer(body, len(beginning))][:_DEFINITIONS]
    return beginning + "\n\n" + "\n".join(found)


def _known(match: re.Match[str]) -> str:
    """A tag that HTML has; else nothing, or a blank where the element is a block of its own."""
    name = match[1].lower()
    return match[0] if name in BLOCKS or name in INLINES else " "
