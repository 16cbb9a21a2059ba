"""What a Markdown body holds that only its generator understands, or that is no beginning of a text. Pure.

Everything here is measured on the sites of Jekyll, Hugo, Zola, Eleventy, Astro, MkDocs, Docusaurus, Hexo and Pelican.
All patterns are bounded: they are tried on files that anybody may have written.
"""

import re

#: What hides its contents: programs, comments, drawings, pictures.
_SILENT = "highlight|comment|mermaid|math|katex|gist|figure|picture|gallery|code|codeblock|raw_html|schema"
_BLOCKS = re.compile(
    rf"\{{%-?\s*(?P<tag>{_SILENT})\b.{{0,500}}?%\}}.{{0,20000}}?\{{%-?\s*end_?(?P=tag)\s*-?%\}}"
    rf"|\{{\{{[<%]\s*(?P<code>{_SILENT})\b[^{{}}]{{0,500}}(?<!/)[%>]\}}\}}"
    r".{0,20000}?\{\{[<%]\s*/\s*(?P=code)\s*[%>]\}\}",
    re.DOTALL,
)
_BLOCK_END = re.compile(r"\{%-?\s*end|\{\{[<%]\s*/")
# A tag that a text shows as code goes with the code's signs.
_SHOWN = re.compile(r"`[ \t]*(?:\{%[^`\n]{0,300}?%\}|\{\{[^`\n]{0,300}?\}\})+[ \t]*`")
_TAGS = re.compile(
    r"\{%.{0,1000}?%\}|\{\{.{0,1000}?\}\}|\{#.{0,1000}?#\}"
    # Pelican's and Octopress's bare tags were the same; MDX's comments.
    r"|\{/\*.{0,2000}?\*/\}",
    re.DOTALL,
)
# Kramdown's `{: .lead}` and `{::options /}`, and what others write after a heading, a picture or a link: `{.lead}`.
_ATTRIBUTES = re.compile(r"\{:{1,2}[^}\n]{0,300}\}|[ \t]*\{[ \t]*[.#][^{}\n]{0,200}\}|(?<=[)\]])\{[^{}\n]{0,200}\}")
_CONTENTS = re.compile(
    r"^[ \t]*(?:(?:[*+-]|1\.)[ \t]+[^\n]{0,40}\n[ \t]*\{:[ \t]*toc[^}\n]{0,60}\}"
    r"|\\?\[TOC\\?\]|\[\[_?TOC_?\]\]"
    r"|@\[toc\][^\n]{0,80}|\{\{?TOC\}?\}|__TOC__"
    r"|<!--[ \t]*toc[ \t]*-->.{0,5000}?<!--[ \t]*(?:/toc|tocstop)[ \t]*-->)[ \t]*$",
    re.MULTILINE | re.IGNORECASE | re.DOTALL,
)
_NOTE = re.compile(
    r"^ {0,3}\[\^[^\]\s]{1,60}\]:[^\n]*(?:\n(?!\s*\n)(?! {0,3}\[)[^\n]+)*(?:\n+(?: {4}|\t)[^\n]+)*", re.MULTILINE
)
_NOTE_MARK = re.compile(r"\[\^[^\]\n]{1,60}\]|\^\[[^\]\n]{1,500}\]")
# MkDocs: `!!! note "Title"` with what is indented under it; Docusaurus and VuePress: `:::note` to `:::`.
_ADMONITION = re.compile(
    r"^[ \t]*(?:!!!|\?\?\?\+?)[ \t]*[\w-]+[^\n]{0,200}(?:\n(?:[ \t]*(?=\n)|(?: {4}|\t)[^\n]*))*"
    r"|^[ \t]*:{3,}[ \t]*[\w\[{-][^\n]{0,200}\n.{0,5000}?^[ \t]*:{3,}[ \t]*$"
    # GitHub's: `> [!NOTE]` and the quotation that it heads.
    r"|^ {0,3}>[ \t]*\[!\w{2,20}\][^\n]*(?:\n {0,3}>[^\n]*)*",
    re.MULTILINE | re.DOTALL,
)
_WIKI_PICTURE = re.compile(r"!\[\[[^\[\]\n]{1,300}\]\]")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,200}\|)?([^\[\]|\n]{1,200})\]\](?!\()")
# MkDocs: `=== "Tab"` heads what is indented under it; the text in it is the piece's.
_TAB = re.compile(r"^[ \t]*===[!+]?[ \t]+\"[^\"\n]{0,100}\"[ \t]*\n((?:[ \t]*\n|(?: {4}|\t)[^\n]*\n?)*)", re.MULTILINE)
_INDENT = re.compile(r"^(?: {4}|\t)", re.MULTILINE)
_TASK = re.compile(r"^([ \t]*[*+-][ \t]+)\[[ xX]\][ \t]+", re.MULTILINE)
_MARKED = re.compile(r"(?<![=\w])==(?=\S)([^=\n]{1,300})(?<=\S)==(?![=\w])")
_FORMULA = re.compile(r"^[ \t]*\$\$.{0,5000}?\$\$[ \t]*$", re.MULTILINE | re.DOTALL)
# GitHub's names of pictures, which a site shows as such: `:wave:`.
_EMOJI = re.compile(r"(?:[ \t]|(?<![\w:`])):(?:[+-]1|[a-z][a-z0-9_]{1,30}):(?![\w:])")
# A program's statement, which may go over lines, up to an empty one.
_IMPORT = re.compile(
    r"^import\s(?:[^;\n]{0,200}\sfrom\s)?\s*[\"'][^\"'\n]{1,300}[\"'];?[ \t]*$"
    r"|^import\s+\{[^{}]{0,1000}\}\s+from\s+[\"'][^\"'\n]{1,300}[\"'];?[ \t]*$"
    r"|^export\s[^;\n]{0,300}\sfrom\s+[\"'][^\"'\n]{1,300}[\"'];?[ \t]*$",
    re.MULTILINE,
)
_EXPORT = re.compile(
    r"^export\s+(?:const|let|var|function|default|async|class)\b[^\n]*(?:\n(?!\s*\n)[^\n]+)*", re.MULTILINE
)
_BRACES = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,500}\}){0,500}\}){0,500}\}"
_EXPRESSION = re.compile(_BRACES)
# A component's tag, whose attributes may hold a `>`: `<Chart onClick={() => show()} />`.
_COMPONENT = re.compile(
    rf"</?[A-Z][\w.]{{0,60}}(?:[^<>{{}}\"']|\"[^\"]{{0,1000}}\"|'[^']{{0,1000}}'|{_BRACES}){{0,200}}>"
)
_SILENT_COMPONENT = re.compile(
    r"<(Figure|Image|Picture|Chart|Code|CodeBlock|Mermaid|Tweet|YouTube|Video|Caption)\b[^<>]{0,1000}(?<!/)>"
    r".{0,5000}?</\1\s*>",
    re.DOTALL,
)
_INLINE = re.compile(r"[`*_\[]")
_PICTURE = re.compile(r"!\[[^\[\]\n]{0,300}\]\([^()\s]{0,500}[^()\n]{0,200}\)")
_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\([^()\s]{1,500}(?:\s[^()\n]{0,200})?\)")
_CODE = re.compile(r"(?<!`)`([^`\n]{1,300})`(?!`)")
_STRONG = re.compile(
    r"(?<![\w*])\*\*(?=\S)([^*\n]{1,500}?)(?<=\S)\*\*(?!\w)|(?<![\w_])__(?=\S)([^_\n]{1,500}?)(?<=\S)__(?![\w_])"
)
_EMPHASIS = re.compile(
    r"(?<![\w*])\*(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s*])\*(?![\w*])"
    r"|(?<![\w_])_(?=[^\s_])([^_\n]{1,500}?)(?<=[^\s_])_(?![\w_])"
)


def without_marks(text: str, *, is_mdx: bool) -> str:
    """A Markdown text without template tags, attributes, tables of contents, footnotes, admonitions and programs.

    `is_mdx`: its braces are expressions, and its `export` lines a program.
    """
    if "{" in text or "TOC" in text or "toc" in text:
        text = _CONTENTS.sub("", text)
        # A tag that is never closed must not be looked for from each that opens.
        text = _BLOCKS.sub("", text) if _BLOCK_END.search(text) else text
        text = _TAGS.sub("", _SHOWN.sub("", text))
        text = _ATTRIBUTES.sub("", text)
    if "[^" in text or "^[" in text:
        text = _NOTE_MARK.sub("", _NOTE.sub("", text))
    if "!!!" in text or "???" in text or ":::" in text or "[!" in text:
        text = _ADMONITION.sub("", text)
    if '=== "' in text:
        text = _TAB.sub(lambda match: "\n" + _INDENT.sub("", match[1]), text)
    if "[[" in text:
        text = _WIKI_LINK.sub(r"\1", _WIKI_PICTURE.sub("", text))
    if "$$" in text:
        text = _FORMULA.sub("", text)
    if "import" in text or "export" in text:
        text = _IMPORT.sub("", text)
    text = _without_programs(text) if is_mdx else text
    return _EMOJI.sub("", _MARKED.sub(r"\1", _TASK.sub(r"\1", text)))


def unmarked(text: str) -> str:
    """One line of Markdown as plain text: what stands in front matter as a title, or an excerpt."""
    if not _INLINE.search(text):
        return text
    text = _PICTURE.sub("", text)
    text = _LINK.sub(r"\1", text)
    for mark in (_CODE, _STRONG, _EMPHASIS):
        text = mark.sub(lambda match: next(group for group in match.groups() if group is not None), text)
    return text


def _without_programs(text: str) -> str:
    """MDX without exports, expressions and components; what stands between a component's tags stays."""
    return _EXPRESSION.sub("", _COMPONENT.sub("", _SILENT_COMPONENT.sub("", _EXPORT.sub("", text))))
