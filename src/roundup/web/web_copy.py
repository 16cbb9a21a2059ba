"""An issue as a page for anybody: what was mailed, without whoever it was mailed to.

What names a subscriber goes: the sentence that does, and the links that carry their token; in place of the first of
these stands the one to sign up. The rest stays as it is and never changes.
"""

from dataclasses import dataclass

from lxml import etree
from lxml import html as parser

from roundup.model import RenderedIssue
from roundup.rendering import PLACEHOLDERS, placeholder


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What stands where the link to leave stood."""

    link: str
    label: str


def web_copy(rendered: RenderedIssue, *, invitation: Invitation | None) -> bytes:
    """The page."""
    marks = tuple(placeholder(name, rendered.nonce) for name in PLACEHOLDERS)
    tree = parser.document_fromstring(rendered.html)
    links = [each for each in tree.iter("a") if _has(each.get("href", ""), marks)]
    if links and invitation is not None:
        first = links.pop(0)
        for child in [*first]:
            first.remove(child)
        first.set("href", invitation.link)
        first.text = invitation.label
        # Between the links of a line stand dots.
        first.tail = ""
    for link in links:
        if (parent := link.getparent()) is not None:
            parent.remove(link)
    for element in [*tree.iter("*")]:
        if _has("".join(_texts(element)), marks):
            _drop_paragraph(element)
    content = etree.tostring(tree, method="html", encoding="unicode", doctype="<!DOCTYPE html>")
    for mark in marks:
        # Where a newsletter's own template puts one in a place of its own.
        content = content.replace(mark, "")
    return content.encode()


def _has(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)


def _texts(element: etree._Element) -> list[str]:
    """The texts that stand in an element itself."""
    return [element.text or "", *(child.tail or "" for child in element)]


def _drop_paragraph(element: etree._Element) -> None:
    """Take the paragraph out in which an element stands; in none, its own texts alone."""
    block: etree._Element | None = element
    while block is not None and block.tag not in {"p", "li"}:
        block = block.getparent()
    parent = None if block is None else block.getparent()
    if block is not None and parent is not None:
        parent.remove(block)
        return
    element.text = ""
    for child in element:
        child.tail = ""
