"""What the settings say that others know of: domains, web servers, whether mail leaves from this very machine."""

import socket
from collections.abc import Sequence
from contextlib import suppress

from roundup.checking.name_rules import Domains
from roundup.checking.setting_rules import domain_of, is_nobodys
from roundup.gathering.addresses import is_public
from roundup.gathering.links import host_of
from roundup.settings import Settings


def domains_of(settings: Settings) -> Domains:
    """What the settings say that the DNS has to do with."""
    newsletter = settings.newsletter
    awaiting = [
        newsletter.sender, newsletter.reply_to, newsletter.bounce_address, newsletter.unsubscribe_mailto,
        settings.editor.email,
    ]  # fmt: skip
    found = [domain_of(address) for address in awaiting if address]
    return Domains(
        sender=domain_of(newsletter.sender),
        envelope=domain_of(newsletter.bounce_address or newsletter.sender),
        awaiting=[each for each in dict.fromkeys(found) if not is_nobodys(each)],
    )


def outward(settings: Settings) -> str:
    """The public address from which this machine mails if it does so itself; empty: another does, or it stands behind
    one that is not its own. Nothing is sent: a datagram's way is only looked up."""
    if not is_here(settings.smtp.host):
        return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way, suppress(OSError):
        # RFC 5737 §3: an address that is nobody's.
        way.connect(("192.0.2.1", 25))
        address = str(way.getsockname()[0])
        return address if is_public(address) else ""
    return ""


def is_here(host: str) -> bool:
    """Whether a mail server is on this machine."""
    return host in {"localhost", "::1"} or host.startswith("127.")


def others(settings: Settings) -> Sequence[str]:
    """Web servers that tell the time; not the public pages, which are often on this very machine."""
    feeds = [each.feed for each in settings.sources if each.feed and "://" in each.feed]
    found = [*feeds, settings.newsletter.website]
    return [each for each in found if each and not is_nobodys(host_of(each))]
