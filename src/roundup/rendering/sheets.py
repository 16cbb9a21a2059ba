"""Whether a style sheet is one. What a parser cannot read it leaves out without a word, and much of what follows with
it: a forgotten brace would cost an issue nearly all its looks. Pure."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import tinycss2  # type: ignore[import-untyped]

_ASIDE = re.compile(r"/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'", re.DOTALL)


@lru_cache(maxsize=32)
def broken(css: str) -> str:
    """The first line of a sheet that is no CSS, without the blanks around it; empty if all is (CSS Syntax 3)."""
    bare = _ASIDE.sub("", css)
    lines = css.splitlines() or [""]
    wrong = next(_wrong(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)), None)
    if wrong is not None:
        return lines[min(wrong, len(lines)) - 1].strip()[:80]
    return lines[-1].strip()[:80] or "}" if bare.count("{") != bare.count("}") else ""


def _wrong(nodes: Sequence[object]) -> Iterator[int]:
    """The lines, from 1, of what is neither a rule nor a declaration."""
    for node in nodes:
        kind, content = getattr(node, "type", ""), getattr(node, "content", None)
        if kind == "error":
            yield int(getattr(node, "source_line", 1))
        elif kind == "qualified-rule":
            declared = tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True)
            yield from (each.source_line for each in declared if each.type != "declaration" or _is_empty(each))
        elif kind == "at-rule" and content is not None and getattr(node, "lower_at_keyword", "") == "media":
            yield from _wrong(tinycss2.parse_rule_list(content, skip_comments=True, skip_whitespace=True))


def _is_empty(declaration: object) -> bool:
    return not tinycss2.serialize(getattr(declaration, "value", [])).strip()
