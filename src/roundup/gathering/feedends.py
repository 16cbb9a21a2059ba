"""Where a feed's document ends: after its root, or before, in an entry or between two. Pure.

Half a feed parses, and its last title may be half a title: parsers forgive what a reader must not.
"""

import re
from enum import Enum, auto

#: RSS 1.0 closes its channel before its first item.
_RDF = re.compile(rb"<(?:[\w.-]+:)?rdf[\s>]")
_RDF_CLOSED = re.compile(rb"</(?:[\w.-]+:)?rdf\s*>")
_ROOT_CLOSED = re.compile(rb"</(?:[\w.-]+:)?(?:rss|rdf|feed|channel)\s*>")
_ENTRY_CLOSED = re.compile(rb"</(?:[\w.-]+:)?(?:item|entry)\s*>")
_ENTRY_OPENED = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)(?=[\s>])")
#: What only looks like markup: it may quote a feed. One that does not end reaches to the end of the document.
_QUOTED = re.compile(rb"<!\[cdata\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)


class Ending(Enum):
    """Where a document ends."""

    WHOLE = auto()
    BETWEEN_ENTRIES = auto()
    #: The last entry was opened and never closed.
    IN_AN_ENTRY = auto()


def how_it_ends(body: bytes, *, has_entries: bool) -> Ending:
    """Where the document ends. `has_entries`: whether a parser found any."""
    # Without its NULs, UTF-16 and UTF-32 markup reads like ASCII.
    markup = _QUOTED.sub(b"", body.replace(b"\0", b"").lower())
    closed = [match.end() for match in _ENTRY_CLOSED.finditer(markup)]
    last = closed[-1] if closed else 0
    if (_RDF_CLOSED if _RDF.search(markup, 0, 4_000) else _ROOT_CLOSED).search(markup, last):
        return Ending.WHOLE
    if not has_entries:
        return Ending.WHOLE if markup.rstrip().endswith(b"/>") else Ending.BETWEEN_ENTRIES
    return Ending.IN_AN_ENTRY if _ENTRY_OPENED.search(markup, last) else Ending.BETWEEN_ENTRIES
