"""The mail server: reached, its certificate verified, the login taken, and what it offers. No message is offered."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from roundup.checking import Area, Finding, Looked
from roundup.checking.catalogue import finding
from roundup.sending.dialogue import Extensions
from roundup.sending.opening import OpeningError, Relay, Trust, open_line
from roundup.words import figures, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the mail server is asked about."""

    relay: Relay
    #: It is on this machine, so that nothing need be encrypted.
    local: bool
    #: Gives the octets of the largest message of the issue due next, once they are known; 0: nobody can say.
    largest: Callable[[], int] = lambda: 0


def look(asked: Asked) -> Iterator[Looked]:
    """Open a line as a delivery would, and close it."""
    relay = asked.relay
    where = f"{relay.host}:{relay.port}"
    try:
        opened = open_line(relay, Trust())
    except OpeningError as error:
        yield Looked(area=Area.MAIL_SERVER, findings=[finding("smtp", str(error))])
        return
    # RFC 5321 §4.1.1.10: whoever goes says so.
    with opened.sock, suppress(OSError):
        opened.sock.sendall(b"QUIT\r\n")
    seen = [where, say("TLS verified") if relay.security != "none" else say("not encrypted")]
    seen += [say("login taken")] if relay.username else []
    yield Looked(area=Area.MAIL_SERVER, findings=[*_open(asked), *_offered(asked, opened.extensions)], seen=seen)


def _open(asked: Asked) -> Iterator[Finding]:
    if asked.relay.security == "none" and not asked.local:
        yield finding(
            "smtp-open",
            say(
                "Mail and the password travel to {host} unencrypted, so anybody on the way can read them: set [smtp] "
                "security to “starttls” or “tls”.",
                host=asked.relay.host,
            ),
        )


def _offered(asked: Asked, extensions: Extensions) -> Iterator[Finding]:
    """RFC 1870 (SIZE), RFC 2920 (PIPELINING), RFC 6531 (SMTPUTF8). What we write needs no 8BITMIME."""
    largest = asked.largest() if extensions.most_octets else 0
    if largest > extensions.most_octets:
        yield finding(
            "smtp-size",
            say(
                "The issue due next has {octets} octets, and {host} takes no message with more than {most}: set "
                "[selection] maximum lower, or have its limit raised.",
                octets=figures(largest),
                host=asked.relay.host,
                most=figures(extensions.most_octets),
            ),
        )
    if not extensions.utf8:
        yield finding(
            "smtp-utf8",
            say(
                "{host} takes no addresses with letters outside ASCII (SMTPUTF8): readers with such an address are "
                "refused, and listed by `roundup issues show --failed`.",
                host=asked.relay.host,
            ),
        )
    if not extensions.pipelining:
        yield finding(
            "smtp-pipelining",
            say(
                "{host} does not know PIPELINING, so that each message costs four round trips in place of one: a large "
                "list takes longer.",
                host=asked.relay.host,
            ),
        )


def outbox(folder: Path) -> Iterator[Finding]:
    """A folder for .eml files in place of a mail server."""
    there = folder if folder.exists() else folder.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        yield finding(
            "outbox",
            say("Nothing can be written to the outbox {folder}: mend [smtp] outbox, or the folder.", folder=folder),
        )
