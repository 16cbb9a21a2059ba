"""A mailbox on a server, by IMAP. The only file that knows imap-tools.

Sources: RFC 3501 (IMAP4rev1), RFC 6851 (MOVE), RFC 4315 (UIDPLUS). Messages are looked at with BODY.PEEK, so that none
is marked as read. The library's own `move`, `delete` and `flag` end with EXPUNGE, which also deletes what somebody else
marked as deleted; here it is MOVE, or UID EXPUNGE of exactly our messages, or they stay where they are.
"""

import hashlib
import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from imap_tools import BaseMailBox, ImapToolsError, MailBox, MailBoxStartTls, MailBoxUnencrypted

from roundup.mailboxes import MOST_OCTETS, OWN_FOLDER, MailboxError
from roundup.words import borrowed, say

#: Seconds to wait for one answer of the server.
_PATIENCE_SECONDS = 20.0
#: So many messages are moved by one command, whose line must not be too long.
_AT_ONCE = 200
#: Months as IMAP writes them (RFC 3501 §9, date-month), whatever the machine's language.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: What may stand in a quoted string of a search (RFC 3501 §4.3).
_SEARCHABLE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where the mailbox is, and who asks for it."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"


class ImapMailbox:
    """Implements `roundup.mailboxes.Mailbox`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @contextmanager
    def open(self) -> Iterator["OpenImapMailbox"]:
        """See `Mailbox`."""
        with _told(self._server):
            box = self._box()
        try:
            with _told(self._server):
                self._log_in(box)
                validity = box.folder.status(self._server.folder, ["UIDVALIDITY"])["UIDVALIDITY"]
                # What a server can do it says in full only to whom it knows (RFC 3501 §6.1.1).
                can = str(box.client.capability()[1][0], "ascii", "replace").upper().split()
            yield OpenImapMailbox(box, self._server, validity, frozenset(can))
        finally:
            with suppress(imaplib.IMAP4.error, ImapToolsError, OSError):
                box.logout()

    def _log_in(self, box: BaseMailBox) -> None:
        server = self._server
        # LOGIN takes no other letters (RFC 3501 §6.2.3).
        plain = server.username.isascii() and server.password.isascii()
        log_in = box.login if plain else box.login_utf8
        log_in(server.username, server.password, initial_folder=server.folder)

    def _box(self) -> BaseMailBox:
        server = self._server
        if server.security == "none":
            return MailBoxUnencrypted(server.host, server.port, timeout=_PATIENCE_SECONDS)
        kind = MailBox if server.security == "tls" else MailBoxStartTls
        context = ssl.create_default_context()
        return kind(server.host, server.port, timeout=_PATIENCE_SECONDS, ssl_context=context)


class OpenImapMailbox:
    """Implements `roundup.mailboxes.OpenMailbox`. A message's name is its UIDVALIDITY and its UID (RFC 3501 §2.3.1.1),
    behind what tells this mailbox from others: another message never has them."""

    def __init__(self, box: BaseMailBox, server: Server, validity: int, can: frozenset[str]) -> None:
        self._box = box
        self._server = server
        whose = hashlib.sha256(f"{server.username} {server.host} {server.folder}".encode()).hexdigest()
        self._prefix = f"{whose[:12]}.{validity}."
        self._capabilities = can

    def waiting(self) -> Sequence[str]:
        """See `OpenMailbox`."""
        with _told(self._server):
            return [self._prefix + number for number in self._search("UNDELETED")]

    def read(self, name: str) -> bytes | None:
        """See `OpenMailbox`."""
        with _told(self._server):
            return self._fetch(self._number(name))

    def put_away(self, names: Sequence[str]) -> None:
        """See `OpenMailbox`."""
        numbers = [number for number in map(self._number, names) if number]
        if not numbers:
            return
        with _told(self._server):
            own = self._own_folder(makes=True)
            for at in range(0, len(numbers), _AT_ONCE):
                self._move(",".join(numbers[at : at + _AT_ONCE]), own)

    def clear(self, before: datetime) -> int:
        """See `OpenMailbox`. IMAP searches by whole days (RFC 3501 §6.4.4), so it may be kept a day longer."""
        with _told(self._server):
            own = self._own_folder(makes=False)
            if not own or not self._can("UIDPLUS"):
                return 0
            self._box.folder.set(own)
            try:
                old = self._search(f"BEFORE {before.day}-{_MONTHS[before.month - 1]}-{before.year}")
                for at in range(0, len(old), _AT_ONCE):
                    self._delete(",".join(old[at : at + _AT_ONCE]))
            finally:
                self._box.folder.set(self._server.folder)
            return len(old)

    def find(self, message_id: str) -> bytes | None:
        """See `OpenMailbox`."""
        if not _SEARCHABLE.fullmatch(message_id):
            return None
        with _told(self._server):
            for folder in (self._server.folder, self._own_folder(makes=False)):
                if not folder:
                    continue
                self._box.folder.set(folder)
                try:
                    found = self._search(f'HEADER Message-ID "{message_id}"')
                    if found:
                        return self._fetch(found[-1])
                finally:
                    self._box.folder.set(self._server.folder)
        return None

    def _number(self, name: str) -> str:
        """The UID that a name stands for; empty if it is of another time of this folder."""
        number = name.removeprefix(self._prefix)
        return number if name.startswith(self._prefix) and number.isdecimal() else ""

    def _search(self, criteria: str) -> list[str]:
        return sorted(self._box.uids(criteria, charset=None), key=int)

    def _fetch(self, number: str) -> bytes | None:
        if not number:
            return None
        answers = self._do("FETCH", number, f"(BODY.PEEK[]<0.{MOST_OCTETS}>)")
        return next((bytes(each[1]) for each in answers if isinstance(each, tuple)), None)

    def _move(self, numbers: str, folder: str) -> None:
        quoted = f'"{folder}"'
        if self._can("MOVE"):
            self._do("MOVE", numbers, quoted)
        elif self._can("UIDPLUS"):
            self._do("COPY", numbers, quoted)
            self._delete(numbers)

    def _delete(self, numbers: str) -> None:
        """Delete exactly these (RFC 4315 §2.1)."""
        self._do("STORE", numbers, "+FLAGS.SILENT", r"(\Deleted)")
        self._do("EXPUNGE", numbers)

    def _can(self, capability: str) -> bool:
        return capability in self._capabilities

    def _do(self, command: str, *arguments: str) -> list[object]:
        status, answers = self._box.client.uid(command, *arguments)
        if status != "OK":
            raise imaplib.IMAP4.error(f"{command}: {answers!r}")
        return list(answers)

    def _own_folder(self, *, makes: bool) -> str:
        """Our folder by its name on this server; empty: there is none. Servers whose folders all stand below the inbox
        (RFC 2342) say so by the way they name them."""
        folders = self._box.folder.list("", "*")
        there = {each.name for each in folders}
        below = next((f"INBOX{each.delim}{OWN_FOLDER}" for each in folders if each.delim), OWN_FOLDER)
        for name in (OWN_FOLDER, below):
            if name in there:
                return name
        if not makes:
            return ""
        try:
            self._box.folder.create(OWN_FOLDER)
        except ImapToolsError:
            self._box.folder.create(below)
            return below
        return OWN_FOLDER


@contextmanager
def _told(server: Server) -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.error, ImapToolsError, OSError, KeyError) as error:
        raise MailboxError(
            say(
                "The mailbox {user} at {host}:{port} cannot be read: {error}. Look at [bounces] in roundup.toml and at "
                "ROUNDUP_IMAP_PASSWORD.",
                user=server.username,
                host=server.host,
                port=server.port,
                error=borrowed(error),
            )
        ) from None
