"""Settings into the mailbox that bounces, complaints and unsubscribe mail come back to."""

from pathlib import Path

from roundup import credentials
from roundup.mailboxes import Mailbox
from roundup.mailboxes.imap import ImapMailbox, Server
from roundup.mailboxes.maildir import Maildir
from roundup.settings import Settings


def mailbox(directory: Path, settings: Settings) -> Mailbox | None:
    """The mailbox; None: the settings name none. Raises `SettingsError` if there is no password for it."""
    given = settings.bounces
    if given.maildir:
        return Maildir(directory / given.maildir)
    if not given.imap:
        return None
    server = Server(
        host=given.imap,
        port=given.port,
        security=given.security,
        username=given.username,
        password=credentials.imap_password(given.username),
        folder=given.folder,
    )
    return ImapMailbox(server)
