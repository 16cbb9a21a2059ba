"""Settings into the mailbox that bounces, complaints and unsubscribe mail come back to."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

from roundup import credentials
from roundup.bounces.reports import Boxes
from roundup.errors import SettingsError
from roundup.mailboxes import Mailbox, MailboxError, OpenMailbox
from roundup.mailboxes.imap import ImapMailbox, Server
from roundup.mailboxes.maildir import Maildir
from roundup.mailboxes.pipe import PipedMailbox
from roundup.returning import Returning
from roundup.scheduling import Schedule
from roundup.settings import Settings

#: Where messages that were piped in are kept.
RETURNED_FOLDER = "returned"


def mailbox(directory: Path, settings: Settings) -> Mailbox | None:
    """The mailbox; None: the settings name none. Without a password it cannot be opened, which holds no issue."""
    given = settings.bounces
    if given.maildir:
        return Maildir(directory / given.maildir)
    if not given.imap:
        return None
    try:
        password = credentials.imap_password(given.username)
    except SettingsError as error:
        return _Locked(str(error))
    server = Server(
        host=given.imap,
        port=given.port,
        security=given.security,
        username=given.username,
        password=password,
        folder=given.folder,
    )
    return ImapMailbox(server)


def piped(directory: Path, stream: BinaryIO) -> Mailbox:
    """One message on a stream."""
    return PipedMailbox(stream, Maildir(directory / RETURNED_FOLDER))


def returning(
    directory: Path, settings: Settings, calendar: Schedule, *, budget: float | None = None, box: Mailbox | None = None
) -> Returning | None:
    """What reading the mailbox takes, or `box` in place of it; None: there is none. Raises `SettingsError`."""
    where = box or mailbox(directory, settings)
    if where is None:
        return None
    newsletter = settings.newsletter
    return Returning(
        mailbox=where,
        boxes=Boxes(bounces=newsletter.bounce_address or "", leaving=newsletter.unsubscribe_mailto or ""),
        secret=credentials.secret(directory),
        schedule=calendar,
        keep=settings.bounces.keep,
        budget=budget,
    )


class _Locked:
    """A mailbox whose password nobody gave."""

    def __init__(self, why: str) -> None:
        self._why = why

    def open(self) -> AbstractContextManager[OpenMailbox]:
        """See `Mailbox`."""
        raise MailboxError(self._why)
