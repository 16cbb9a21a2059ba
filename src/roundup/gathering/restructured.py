"""The text of reStructuredText: headings, paragraphs and lists, without directives, roles and references. Pure.

Only what an excerpt needs: docutils would run a program for it, and read files that a text names.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from roundup.gathering.frontmatter_lines import document_title

# Directives, comments, targets; `__ https://…` is the target of a link without a name.
_EXPLICIT = re.compile(r"(?:\.\.|__)(?:\s|$)")
_SUBSTITUTION = re.compile(r"\.\. \|([^|\n]{1,100})\| replace:: *(.*)")
# Directives whose contents are text of the author's.
_SPOKEN = re.compile(r"\.\. (?:epigraph|pull-quote|highlights|compound|container|lead|class)::")
_FIELD = re.compile(r":[A-Za-z][\w .-]{0,40}:(?:\s|$)")
_ROW = re.compile(r"\s*(?:\+[-=+]{3,}|={2,}(?:\s+={2,})+\s*$|\|.*\|\s*$)")
_RULE = re.compile(r"([!-/:-@\[-`{-~])\1{3,}\s*")
_BULLET = re.compile(r"(?:[-*+•]|\(?(?:\d{1,3}|[a-zA-Z]|#)[.)])\s+")
_INLINE = (
    # Roles: `:ref:`text <target>``, and their suffix form.
    (re.compile(r":[\w:+.-]{1,60}:`([^`<]{1,300}?)\s*<[^`<>]{1,300}>`"), r"\1"),
    (re.compile(r":[\w:+.-]{1,60}:`~?([^`]{1,300})`"), r"\1"),
    (re.compile(r"`([^`<]{1,300}?)\s*<[^`<>]{1,500}>`__?"), r"\1"),
    (re.compile(r"`<([^`<>]{1,500})>`__?"), r"\1"),
    (re.compile(r"``([^`]{1,300}(?:`[^`]{1,300}){0,5})``"), r"\1"),
    (re.compile(r"`([^`]{1,300})`_{0,2}"), r"\1"),
    (re.compile(r"\s?\[(?:#[\w-]*|\*|\d{1,4}|[A-Z][\w-]{1,40})\]_\b"), ""),
    (re.compile(r"(?<![\w*])\*\*(?=\S)([^*]{1,500})\*\*(?!\w)"), r"\1"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*]{1,500})\*(?!\w)"), r"\1"),
    (re.compile(r"(?<![\w_])([A-Za-z0-9][\w.-]{0,60}?)__?(?![\w_])"), r"\1"),
)


def as_html(text: str) -> str:
    """The beginning of a reST document as HTML that `excerpts.py` reads: its title as `h1`, paragraphs as `p`."""
    replaced = {match[1]: match[2] for match in _SUBSTITUTION.finditer(text)}
    lines = text.expandtabs(4).split("\n")
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    title, body_start = document_title(lines, start)
    parts = [f"<h1>{escape(_inline(title, replaced))}</h1>"] if title else []
    parts += [_element(block, replaced) for block in _blocks(lines[body_start:])]
    return "\n".join(part for part in parts if part)


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The blocks of text: what directives, comments and literal blocks hold is none."""
    block: list[str] = []
    hidden: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            is_literal = bool(block) and block[-1].endswith("::")
            if block:
                yield block
            block = []
            hidden = 0 if is_literal else hidden
            continue
        if hidden is not None:
            if indent > hidden:
                continue
            hidden = None
        stripped = line.strip()
        if not block and _EXPLICIT.match(stripped):
            hidden = None if _SPOKEN.match(stripped) else indent
        else:
            block.append(stripped)
    if block:
        yield block


def _element(block: Sequence[str], replaced: dict[str, str]) -> str:
    """One block as HTML; empty for what says nothing: a field list, a table, a line across the page."""
    if _FIELD.match(block[0]) or any(_ROW.fullmatch(line) for line in block):
        return ""
    rows = [line for line in block if not _RULE.fullmatch(line)]
    if not rows:
        return ""
    if len(rows) < len(block) and len(rows) == 1:
        return f"<h2>{escape(_inline(rows[0], replaced))}</h2>"
    if _BULLET.match(rows[0]):
        marked = " ".join(f"\n{line}" if _BULLET.match(line) else line for line in rows).strip()
        found = (escape(_inline(_BULLET.sub("", line, count=1), replaced)) for line in marked.split("\n"))
        return "<ul>" + "".join(f"<li>{row}</li>" for row in found) + "</ul>"
    verse = all(line.startswith("| ") or line == "|" for line in rows)
    joined = "\n".join(line[2:] for line in rows) if verse else "\n".join(rows)
    said = _inline(joined, replaced)
    return f"<p>{escape(said.removesuffix('::') + (':' if said.endswith('::') and len(said) > 2 else ''))}</p>"


def _inline(text: str, replaced: dict[str, str]) -> str:
    """A text without the marks of roles, references and emphasis."""
    text = re.sub(r"\|([^|\n]{1,100})\|_{0,2}", lambda match: replaced.get(match[1], match[0]), text)
    for pattern, put in _INLINE:
        text = pattern.sub(put, text)
    return re.sub(r"\\(\s|$)", "", text).replace("\\", "")
