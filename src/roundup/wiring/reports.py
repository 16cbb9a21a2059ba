"""Settings into whoever is told how a run went."""

from pathlib import Path

from roundup import credentials
from roundup.announcing import Announcers
from roundup.announcing.json_lines import JsonLines
from roundup.announcing.web import Webhook, WebSwitch
from roundup.messages import Letterhead
from roundup.noticing import MailWhen, Told
from roundup.reporting import Reporting
from roundup.sending import Sender
from roundup.settings import Settings
from roundup.store import Store


def reporting(
    directory: Path, settings: Settings, *, letterhead: Letterhead, sender: Sender, store: Store
) -> Reporting:
    """Whoever is told. Raises `SettingsError`."""
    given, newsletter = settings.reports, settings.newsletter
    webhook = credentials.report_address("ROUNDUP_WEBHOOK", given.webhook)
    ping = credentials.report_address("ROUNDUP_PING", given.ping)
    return Reporting(
        told=Told(newsletter=newsletter.name, id=newsletter.id, zone=newsletter.zone),
        editor=settings.editor.email,
        mail=MailWhen(given.mail),
        announcers=Announcers(
            log=JsonLines(directory / given.log) if given.log else None,
            webhook=Webhook(webhook) if webhook else None,
            switch=WebSwitch(ping) if ping else None,
        ),
        letterhead=letterhead,
        sender=sender,
        store=store,
    )
