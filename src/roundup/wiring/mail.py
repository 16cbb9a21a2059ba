"""Settings into the way out: who sends, and what messages say of themselves."""

from datetime import datetime
from pathlib import Path

from roundup import credentials
from roundup.errors import SettingsError
from roundup.journal import InDoubt
from roundup.messages import Letterhead
from roundup.sending import Sender
from roundup.sending.log_mark import LogMark
from roundup.sending.opening import Relay
from roundup.sending.outbox import OutboxSender
from roundup.sending.postfix_log import PostfixLog
from roundup.sending.referee import Referee
from roundup.sending.smtp import SmtpSender
from roundup.settings import Settings
from roundup.wiring.dkim import signers
from roundup.words import say


def letterhead(directory: Path, settings: Settings, *, sends: bool) -> Letterhead:
    """What every message says of itself in its headers. Raises `SettingsError` if it `sends` and a key that is to sign
    its messages cannot be used; whoever only looks needs none."""
    newsletter = settings.newsletter
    return Letterhead(
        name=newsletter.name,
        id=newsletter.id,
        sender=newsletter.sender,
        reply_to=newsletter.reply_to or "",
        public_url=newsletter.public_url,
        unsubscribe_mailto=newsletter.unsubscribe_mailto or "",
        bounce_address=newsletter.bounce_address or "",
        zone=newsletter.zone,
        signers=signers(directory, settings) if sends else (),
    )


def sender(directory: Path, settings: Settings, *, sends: bool) -> Sender:
    """The way out. Raises `SettingsError` if it `sends` and has no password."""
    smtp = settings.smtp
    if smtp.outbox:
        return OutboxSender(directory / smtp.outbox)
    password = credentials.smtp_password(smtp.username) if sends else ""
    next_hop = relay(settings, password)
    return SmtpSender(next_hop, connections=smtp.connections, messages_per_connection=smtp.messages_per_connection)


def relay(settings: Settings, password: str) -> Relay:
    """The next hop, where there is one."""
    smtp = settings.smtp
    return Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=password,
        own_name=settings.newsletter.sender.rpartition("@")[2],
    )


def referee(directory: Path, settings: Settings) -> Referee | None:
    """Who knows what became of a message in doubt; None unless the settings ask for it."""
    smtp = settings.smtp
    if InDoubt(settings.delivery.in_doubt) is not InDoubt.RECONCILE or smtp.outbox:
        return None
    own_name = settings.newsletter.sender.rpartition("@")[2]
    mark = LogMark(host=smtp.host, port=smtp.port, security=smtp.security, own_name=own_name)
    return PostfixLog(path=directory / settings.delivery.relay_log, mark=mark)


def check_sending(settings: Settings, *, at: datetime | None) -> None:
    """Raises `SettingsError` if nobody may be mailed with these settings (plan §2.2)."""
    smtp, newsletter = settings.smtp, settings.newsletter
    if smtp.outbox:
        return
    if not newsletter.public_url and not newsletter.unsubscribe_mailto:
        raise SettingsError(
            say(
                "Readers could not leave: set [newsletter] public_url (where they reach `roundup serve`) or "
                "unsubscribe_mailto. Nothing was sent."
            )
        )
    if at is not None and smtp.host not in {"localhost", "::1"} and not smtp.host.startswith("127."):
        raise SettingsError(say("--at sends only to an outbox or to a mail server on this machine. Nothing was sent."))
