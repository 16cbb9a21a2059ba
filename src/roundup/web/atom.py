"""The feed of past issues (RFC 4287)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from roundup.archive import IssueRecord
from roundup.rendering import Masthead

_NAMES = "http://www.w3.org/2005/Atom"


def atom(masthead: Masthead, records: Sequence[IssueRecord], *, home: str) -> bytes:
    """The feed of these issues. `home`: where the public pages are, ending in a slash."""
    feed = ET.Element("feed", {"xmlns": _NAMES, "xml:lang": masthead.language})
    latest = max((_out(record) for record in records), default=datetime(2000, 1, 1, tzinfo=UTC))
    _tell(feed, title=masthead.name, id=f"{home}archive/", updated=_stamp(latest))
    _tell(ET.SubElement(feed, "author"), name=masthead.name)
    ET.SubElement(feed, "link", {"rel": "self", "href": f"{home}archive/feed.xml"})
    ET.SubElement(feed, "link", {"rel": "alternate", "href": f"{home}archive/"})
    for record in records:
        entry = ET.SubElement(feed, "entry")
        link, when = f"{home}archive/{record.key}", _stamp(_out(record))
        _tell(entry, title=record.subject, id=link, updated=when, published=when, summary=record.preheader)
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": link})
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True))


def _tell(element: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(element, name).text = text


def _out(record: IssueRecord) -> datetime:
    """When an issue went out."""
    return record.frozen_at or record.instant


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
