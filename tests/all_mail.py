"""All the mail that a test made, wherever it lies below a folder, held to the rules of every message (M1 to M29).

Each message alone by `message_rules`; and all of them side by side, because nobody's copy may hold what is another's.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.message_rules import broken_rules

#: A token of ours, as it stands in addresses of the web and of mail; long enough to be nobody's word.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,}")
_ADDRESS = re.compile(r"[^\s<>,;:\"'=()/?&]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A message on the disk."""

    path: Path
    octets: bytes
    address: str
    #: What may be somebody's own in it: addresses, tokens and numbers of any kind.
    marks: frozenset[str]
    #: What is this reader's own for certain: nobody else's copy may have it.
    own: frozenset[str]


def broken_below(folder: Path) -> list[str]:
    """Each rule that a message below `folder` breaks, with the message's place; none if all is well. What a preview
    wrote is left out: nobody gets it, and the newsletter may have no way to leave yet."""
    found = [_read(path) for path in sorted(folder.rglob("*.eml")) if path.name != "issue.eml"]
    alone = [
        f"{each.path.relative_to(folder)}: {rule}"
        for each in found
        if not _is_for_the_editor(each.octets)
        for rule in broken_rules(each.octets, each.address, now=_written(each.path))
    ]
    return alone + [f"{each.path.relative_to(folder)}: {rule}" for each, rule in _mixed_up(found)]


def _is_for_the_editor(octets: bytes) -> bool:
    """Whether it is no issue, but what asks the editor about one, or reports of one: those rules are for bulk mail."""
    asks, reports = b"roundup issues approve ", b"Message-ID: <report-"
    return b"List-Id:" not in octets and (asks in octets.replace(b"=\r\n", b"") or reports in octets)


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _read(path: Path) -> _Found:
    octets = path.read_bytes()
    mail = message_from_bytes(octets, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    address = mail["To"].addresses[0].addr_spec if mail["To"] else ""
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    head = "\n".join(f"{name}: {value}" for name, value in mail.raw_items())
    text = "\n".join([head, *texts])
    marks = {mark.lower() for mark in (*_TOKEN.findall(text), *_ADDRESS.findall(text))}
    own = {address.lower(), *_TOKEN.findall(str(mail["List-Unsubscribe"] or "").lower())}
    own |= {str(mail["Message-ID"] or "").strip(" <>").lower()}
    own -= {""}
    return _Found(path=path, octets=octets, address=address, marks=frozenset(marks), own=frozenset(own))


def _mixed_up(found: Sequence[_Found]) -> Iterable[tuple[_Found, str]]:
    """M4 and M26 over all of them: no number twice but for the same reader, no mark of somebody else."""
    whose: dict[str, set[str]] = {}
    for each in found:
        for mark in each.own:
            whose.setdefault(mark, set()).add(each.address)
    for each in found:
        for mark in sorted(each.marks | each.own):
            others = whose.get(mark, set()) - {each.address}
            if others:
                yield each, f"M26: it has {mark}, which is {', '.join(sorted(others))}'s"
