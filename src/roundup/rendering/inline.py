"""CSS rules in, `style` attributes out: many mail clients obey nothing else. The only file that knows premailer.

A document brings two `<style>` blocks. The first is worked into the elements and removed. The second, marked
`data-premailer="ignore"`, stays as it is: media queries, hover, dark mode, each declaration `!important`, since it has
to win against the attributes.

premailer is asleep (last change in 2021) and its defaults do harm: they strip `!important` from media queries, write
`height="auto"`, drop the doctype, fetch what a stylesheet imports, and cut a deep document short without a word. Each
setting below answers one of these.
"""

import logging
import os
import threading

# premailer reads this when it is imported. Its one cache of 128 entries serves three functions and thrashes as soon
# as two templates alternate.
os.environ.setdefault("PREMAILER_CACHE_MAXSIZE", "4096")

import cssutils  # type: ignore[import-untyped]
import cssutils.util  # type: ignore[import-untyped]
from lxml import etree
from premailer import Premailer  # type: ignore[import-untyped]

from roundup.errors import TemplateError
from roundup.rendering.sheets import broken
from roundup.words import borrowed, say

# cssutils writes to stderr through a handler of its own, about every property it does not know (mso-*).
cssutils.log.setLevel(logging.CRITICAL)
# premailer's allow_network does not reach cssutils, which follows @import over http and file by itself, for ever.
cssutils.util._defaultFetcher = lambda _url: None  # noqa: SLF001
# #ffffff must not become #fff: IBM Notes misreads it (premailer #114).
cssutils.ser.prefs.minimizeColorHash = False

#: cssutils' serialiser is global state, and premailer's author warns that it is not thread-safe (premailer #218).
_ONE_AT_A_TIME = threading.Lock()

_OPTIONS = {
    "strip_important": False,
    "disable_validation": True,
    "allow_network": False,
    "keep_style_tags": False,
    "align_floating_images": False,
    "remove_classes": False,
}

#: What premailer makes of a sheet: its rules (specificity, selector, declarations), and what is no plain rule.
_Rules = tuple[list[tuple[tuple[int, ...], str, str]], list[object]]
_TAKEN_APART: dict[tuple[str, int], _Rules] = {}
_MOST_SHEETS = 32


class _Premailer(Premailer):  # type: ignore[misc]  # premailer has no types
    """premailer without what it does besides, and with a memory for style sheets."""

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> _Rules:
        """A sheet taken apart, once: an issue that is too long is rendered several times with the same one, and to
        write each of its rules out again is half of what a later call costs. Nobody changes what comes out."""
        key = css_body, ruleset_index
        if key not in _TAKEN_APART:
            if len(_TAKEN_APART) >= _MOST_SHEETS:
                _TAKEN_APART.clear()
            _TAKEN_APART[key] = super()._parse_style_rules(css_body, ruleset_index)
        return _TAKEN_APART[key]

    def _style_to_basic_html_attributes(self, *_args: object, **_more: object) -> None:
        """Sizes and alignments in attributes are the template's own: it knows what Outlook needs. To tell premailer so
        for each attribute (`disable_basic_attributes`) would cost a tenth of the whole."""


def inline(document: str) -> str:
    """`document` with its first `<style>` block worked into `style` attributes, starting with `<!DOCTYPE html>`.

    The same document always gives the same octets. Raises `TemplateError` when the templates' CSS cannot be
    followed, imports anything, or when elements are nested more deeply than the parser goes (about 2,000)."""
    root = _parsed(document)
    with _ONE_AT_A_TIME:
        tree = _inlined(root)
    # premailer loses a doctype that it did not expect, and without one a mail is laid out in quirks mode
    # (premailer #156).
    return etree.tostring(tree, method="html", encoding="unicode", doctype="<!DOCTYPE html>") + "\n"


def _parsed(document: str) -> etree._Element:
    # Without huge_tree the parser drops the rest of a document that is 256 deep, the unsubscribe link with it.
    parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")
    root = etree.fromstring(document.encode(), parser) if document.strip() else None
    if root is None:
        raise TemplateError(say("issue.html is empty. Fill it, or delete it to have the shipped one."))
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise TemplateError(
            say(
                "The email's templates nest elements so deeply that the rest of the mail would be lost. Look "
                "for a tag that is opened in a loop and never closed."
            )
        )
    for style in root.iter("style"):
        if "@import" in (style.text or "").lower():
            raise TemplateError(
                say(
                    "The email's stylesheet has an @import, which no mail client follows. Copy the rules "
                    "into styles.css."
                )
            )
        wrong = broken(style.text or "")
        if wrong:
            raise TemplateError(
                say(
                    "styles.css or kept.css has something that is no CSS, and would lose what follows: “{line}”. "
                    "Look for a brace, a colon or a semicolon that is missing there or before.",
                    line=wrong,
                )
            )
    return root


def _inlined(root: etree._Element) -> etree._ElementTree:
    try:
        tree: etree._ElementTree = _Premailer(root, **_OPTIONS).transform()
    except (AttributeError, LookupError, SyntaxError, TypeError, ValueError) as error:
        # cssselect raises SyntaxErrors for a selector; cssutils and premailer whatever comes.
        raise TemplateError(
            say("The email's stylesheet styles.css has a rule that cannot be inlined: {error}", error=borrowed(error))
        ) from error
    return tree
