"""What may be wrong with a rendered issue, before anybody gets it (pure).

The shipped templates pass; a newsletter's own templates, and what a feed brings, need not. An *error* is a mail that is
broken, harmful or hard to leave; a *warning* is one that is worse for some readers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from roundup.model import Issue, RenderedIssue
from roundup.rendering import Masthead, budget, placeholder, views

#: From here on an editor is warned, in bytes; `budget.LIMIT` is an error.
LONG = 80_000


class Severity(StrEnum):
    """What a finding means for the issue."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that the rendered issue breaks."""

    #: The rule's own short name, stable: `table-role`.
    id: str
    severity: Severity
    #: A sentence for an editor.
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mail:
    """What the rules look at."""

    html: str
    text: str
    tree: etree._Element
    issue: Issue
    masthead: Masthead
    #: The address where this subscriber leaves; empty when there is none.
    leave: str
    token: str

    def links(self) -> Iterator[etree._Element]:
        return self.tree.iter("a")

    def content(self) -> str:
        """All that people wrote, white space left out: what stands in it is theirs and not a template's fault."""
        pieces = [ranked.shown for ranked in (*self.issue.pieces, *self.issue.more)]
        pieces += [each.piece for each in self.issue.talked_about]
        words = [
            self.issue.subject,
            self.issue.preheader,
            self.issue.intro,
            self.issue.credit.text if self.issue.credit else "",
            self.masthead.name,
            self.masthead.postal_address,
        ]
        words += [word for piece in pieces for word in (piece.title, piece.link, piece.excerpt, *piece.authors)]
        words += [block.text for block in self.masthead.blocks]
        return _squeezed(" ".join(words))


def lint(rendered: RenderedIssue, *, issue: Issue, masthead: Masthead) -> tuple[Finding, ...]:
    """Every rule that `rendered` breaks, in the order of the rules. `issue` is the one that was rendered: after
    shortening, `Fitted.issue`."""
    token = placeholder("TOKEN", rendered.nonce)
    mail = _Mail(
        html=rendered.html,
        text=rendered.text,
        tree=etree.fromstring(rendered.html.encode(), etree.HTMLParser(huge_tree=True, encoding="utf-8")),
        issue=issue,
        masthead=masthead,
        leave=masthead.leave_link and views.address(masthead.leave_link) + token,
        token=token,
    )
    return tuple(finding for rule in _RULES for finding in rule(mail))


def _doctype(mail: _Mail) -> Iterator[Finding]:
    """Without it a mail is laid out in quirks mode (Good Email Code, template)."""
    if not mail.html.startswith("<!DOCTYPE html>"):
        yield _error("doctype", "The HTML part does not begin with <!DOCTYPE html>.")


def _language(mail: _Mail) -> Iterator[Finding]:
    """A screen reader needs both, and clients drop those of `html` (Email Markup Consortium 2025, nos. 1, 2, 6)."""
    elements = [mail.tree, *(child for body in mail.tree.iter("body") for child in body.iterchildren("*"))]
    for element in elements:
        if not element.get("lang") or element.get("dir") not in ("ltr", "rtl", "auto"):
            yield _warning("language", f"<{element.tag}> has no lang or no dir: a screen reader will guess.")


def _one_heading(mail: _Mail) -> Iterator[Finding]:
    """Email Markup Consortium 2025, no. 4."""
    count = len(list(mail.tree.iter("h1")))
    if count != 1:
        yield _warning("one-heading", f"The HTML part has {count} headings of the first rank; it should have one.")


_FORBIDDEN = ("script", "form", "input", "button", "iframe", "object", "embed", "video", "audio", "base", "svg")


def _forbidden(mail: _Mail) -> Iterator[Finding]:
    """Clients remove these, or distrust a mail that has them (caniemail)."""
    for element in mail.tree.iter(*_FORBIDDEN):
        yield _error("forbidden-element", f"The HTML part has a <{element.tag}>, which mail clients remove.")
    for element in mail.tree.iter("link", "meta"):
        if element.get("rel") == "stylesheet" or element.get("http-equiv", "").lower() == "refresh":
            yield _error("forbidden-element", f"The HTML part has a <{element.tag}> that loads something else.")
    for element in mail.tree.iter("*"):
        for name in map(str, element.attrib):
            if name.startswith("on"):
                yield _error("forbidden-element", f"The HTML part has a script in an attribute: {name}.")


_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def _controls(mail: _Mail) -> Iterator[Finding]:
    """One C1 control makes Gmail clip a short mail (email-bugs #41); a bidi override turns what follows round."""
    for part, content in (("HTML", mail.html), ("text", mail.text)):
        found = _CONTROLS.search(content)
        if found:
            before = " ".join(content[max(0, found.start() - 200) : found.start()].split()[-3:])
            yield _error("control-character", f"The {part} part has U+{ord(found[0]):04X} after “{before}”.")


def _size(mail: _Mail) -> Iterator[Finding]:
    """Gmail hides what comes after about 102 KB (email-bugs #41)."""
    size = len(mail.html.encode())
    if size > budget.LIMIT:
        yield _error("size", f"The HTML part has {size:,} bytes; Gmail would hide its end. Lower [selection] maximum.")
    elif size > LONG:
        yield _warning("size", f"The HTML part has {size:,} bytes; Gmail hides the end of a longer one.")


def _leave_link(mail: _Mail) -> Iterator[Finding]:
    """A visible link to leave, in both parts (Gmail and Yahoo sender guidelines 2024), where Gmail shows it."""
    if not mail.leave:
        yield _warning("leave-link", "Nobody can leave: give [newsletter] public_url or unsubscribe_mailto.")
        return
    if not any(link.get("href") == mail.leave for link in mail.links()):
        yield _error("leave-link", "The HTML part has no link to leave.")
    elif len(mail.html[: mail.html.rindex(mail.token)].encode()) > budget.LIMIT:
        yield _error("leave-link", "The link to leave stands so far down that Gmail would hide it.")
    if mail.leave not in mail.text:
        yield _error("leave-link", "The text part has no link to leave.")


def _addresses(mail: _Mail) -> Iterator[Finding]:
    """A mail has no page that a relative address could be relative to."""
    for link in mail.links():
        href = link.get("href", "")
        if href.startswith("http://"):
            yield _warning("address", f"The link {href} is not https: some readers will be warned of it.")
        elif not href.startswith(("https://", "mailto:", "tel:")):
            yield _error("address", f"The link “{_name(link)}” leads to {href!r}, which is no whole https address.")
    for image in mail.tree.iter("img"):
        if not image.get("src", "").startswith(("https://", "cid:")):
            yield _error("address", f"The image {image.get('src', '')!r} is not https; most clients will not show it.")


def _image_texts(mail: _Mail) -> Iterator[Finding]:
    """WCAG 1.1.1, 2.4.4; Email Markup Consortium 2025, nos. 5 and 8."""
    for image in mail.tree.iter("img"):
        if image.get("alt") is None:
            yield _warning(
                "image-text", f'The image {image.get("src", "")!r} has no alt; write alt="" if it says nothing.'
            )


def _table_roles(mail: _Mail) -> Iterator[Finding]:
    """A screen reader reads a table without a role cell by cell (Email Markup Consortium 2025, no. 3)."""
    bare = [table for table in mail.tree.iter("table") if table.get("role") not in ("presentation", "none")]
    if bare:
        yield _warning("table-role", f'Tables without role="presentation": {len(bare)}. A screen reader counts cells.')


_EMPTY_NAMES = ("", "read more", "more", "here", "click here", "learn more")


def _link_names(mail: _Mail) -> Iterator[Finding]:
    """Links are read out in a list of their own, without the text around them (WCAG 2.4.4 and 2.4.9)."""
    for link in mail.links():
        if _name(link).lower() in _EMPTY_NAMES:
            yield _warning(
                "link-name", f"The link to {link.get('href')} is called “{_name(link)}”: say what it is about."
            )


_RESIDUE = ("{{", "}}", "{%", "%}", ">None<", ">undefined<")


def _residue(mail: _Mail) -> Iterator[Finding]:
    """What a template engine leaves where a template is wrong."""
    content = mail.content()
    for mark in _RESIDUE:
        if mark.strip("<>") not in content and (mark in mail.html or mark in mail.text):
            yield _error("residue", f"A template's own mark was left in the mail: {mark}")


def _text_tags(mail: _Mail) -> Iterator[Finding]:
    """The text part is read as it is."""
    content = mail.content()
    for found in re.findall(r"</?[a-z][^<>]*>|&(?:nbsp|amp|lt|gt|quot|#\d+);", mail.text):
        if _squeezed(found) not in content:
            yield _error("text-tags", f"The text part has HTML in it: {found[:60]}")


def _text_complete(mail: _Mail) -> Iterator[Finding]:
    """Both parts say the same (RFC 2046 §5.1.4), or a filter suspects the text part of being a mask."""
    lines = set(mail.text.split("\n"))
    squeezed = _squeezed(mail.text)
    shown = [ranked.shown for ranked in (*mail.issue.pieces, *mail.issue.more)]
    for piece in (*shown, *(each.piece for each in mail.issue.talked_about)):
        if _squeezed(piece.title) not in squeezed:
            yield _error("text-complete", f"The text part lacks the title “{piece.title}”.")
        if views.address(piece.link) not in lines:
            yield _error("text-complete", f"The text part lacks the address {piece.link} on a line of its own.")


_RULES = (
    _doctype,
    _language,
    _one_heading,
    _forbidden,
    _controls,
    _size,
    _leave_link,
    _addresses,
    _image_texts,
    _table_roles,
    _link_names,
    _residue,
    _text_tags,
    _text_complete,
)


def _name(link: etree._Element) -> str:
    """What a link is called when it is read out (Accessible Name and Description Computation 1.2)."""
    images = " ".join(image.get("alt", "") for image in link.iter("img"))
    return " ".join((link.get("aria-label") or f"{''.join(map(str, link.itertext()))} {images}").split())


def _squeezed(words: str) -> str:
    """Without white space: lines are broken between words, and in Chinese anywhere."""
    return "".join(words.split())


def _error(rule: str, what: str) -> Finding:
    return Finding(id=rule, severity=Severity.ERROR, what=what)


def _warning(rule: str, what: str) -> Finding:
    return Finding(id=rule, severity=Severity.WARNING, what=what)
