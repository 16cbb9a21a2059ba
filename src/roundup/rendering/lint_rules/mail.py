"""What the rules look at: a rendered issue, taken apart once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import tinycss2  # type: ignore[import-untyped]
from lxml import etree

from roundup.model import Issue
from roundup.rendering import Masthead

_PIXELS = re.compile(r"(\d+(?:\.\d+)?)px")


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A CSS declaration as it stands."""

    name: str
    value: str
    is_important: bool


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A rule of a `<style>` block that stays in the mail."""

    selector: str
    declared: Sequence[Declared]
    #: The at-rule around it, `media (max-width: 480px)`; empty when there is none.
    within: str


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A mail."""

    html: str
    text: str
    subject: str
    preheader: str
    nonce: str
    tree: etree._Element
    issue: Issue
    masthead: Masthead
    #: The address where this subscriber leaves; empty when there is none.
    leave: str
    token: str

    def links(self) -> Iterator[etree._Element]:
        """Every link."""
        return self.tree.iter("a")

    @cached_property
    def body(self) -> etree._Element | None:
        """None: there is none."""
        return next(self.tree.iter("body"), None)

    @cached_property
    def seen(self) -> str:
        """The words that are displayed."""
        told: list[str] = []
        for element in self.body.iter("*") if self.body is not None else ():
            if not is_hidden(element):
                told.append(element.text or "")
            parent = element.getparent()
            if element is not self.body and parent is not None and not is_hidden(parent):
                told.append(element.tail or "")
        return " ".join(" ".join(told).split())

    @cached_property
    def styles(self) -> str:
        """The text of all style blocks."""
        return "\n".join(each.text or "" for each in self.tree.iter("style"))

    @cached_property
    def at_rules(self) -> Sequence[str]:
        """The names of every at-rule, `media`; one within another is called `media media`."""
        return [name for name, _, _ in _walk(self.styles, "") if name]

    @cached_property
    def kept(self) -> Sequence[Kept]:
        """The rules that stay in style blocks."""
        return [
            Kept(selector=selector, declared=declared, within=within)
            for _, within, rule in _walk(self.styles, "")
            if rule is not None
            for selector, declared in [rule]
        ]

    @cached_property
    def declared(self) -> Sequence[tuple[etree._Element, Mapping[str, str]]]:
        """Every element with a `style` attribute, and what that declares."""
        return [
            (element, {each.name: each.value for each in declarations(element.get("style", ""))})
            for element in self.tree.iter("*")
            if element.get("style")
        ]

    @cached_property
    def _styles(self) -> Mapping[etree._Element, Mapping[str, str]]:
        return dict(self.declared)

    def style(self, element: etree._Element) -> Mapping[str, str]:
        """What an element's own `style` attribute declares."""
        return self._styles.get(element, {})

    @cached_property
    def written(self) -> str:
        """All that people wrote, white space left out: what stands in it is theirs and not a template's fault."""
        pieces = [ranked.shown for ranked in (*self.issue.pieces, *self.issue.more)]
        pieces += [each.piece for each in self.issue.talked_about]
        words = [self.issue.subject, self.issue.preheader, self.issue.intro]
        words += [self.issue.credit.text if self.issue.credit else "", self.masthead.name, self.masthead.postal_address]
        words += [word for piece in pieces for word in (piece.title, piece.link, piece.excerpt, *piece.authors)]
        words += [piece.picture.alt for piece in pieces if piece.picture]
        words += [block.text for block in self.masthead.blocks]
        return squeezed(" ".join(words))


@lru_cache(maxsize=8192)
def declarations(style: str) -> Sequence[Declared]:
    """What a `style` attribute or a rule's body declares. An issue has the same few again and again, and so has the
    next one."""
    return tuple(
        Declared(name=each.lower_name, value=tinycss2.serialize(each.value).strip(), is_important=bool(each.important))
        for each in tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True)
        if each.type == "declaration"
    )


def pixels(value: str) -> float | None:
    """A length in CSS pixels; None for any other."""
    match = _PIXELS.fullmatch(value)
    return float(match[1]) if match else None


def squeezed(words: str) -> str:
    """Without white space: lines are broken between words, and in Chinese anywhere."""
    return "".join(words.split())


def text_of(element: etree._Element) -> str:
    """The words in an element."""
    return " ".join("".join(map(str, element.itertext())).split())


def is_hidden(element: etree._Element) -> bool:
    """Whether an element, or one around it, is not displayed."""
    return any("display:none" in squeezed(each.get("style", "")) for each in (element, *element.iterancestors()))


def _walk(css: str, within: str) -> Iterator[tuple[str, str, tuple[str, Sequence[Declared]] | None]]:
    """The rules of a style sheet: at-rules by their names, and other rules with what is around them."""
    for node in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if node.type == "qualified-rule":
            selector = tinycss2.serialize(node.prelude).strip()
            yield "", within, (selector, declarations(tinycss2.serialize(node.content)))
        elif node.type == "at-rule":
            name = f"{within.partition(' ')[0]} {node.lower_at_keyword}".strip()
            yield name, within, None
            # Gmail follows none within another: one level is all there is to see.
            if node.content is not None and not within:
                inner = f"{node.lower_at_keyword} {tinycss2.serialize(node.prelude).strip()}"
                yield from _walk(tinycss2.serialize(node.content), inner)
