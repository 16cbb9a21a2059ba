"""`roundup serve`: the public pages."""

import socket
from dataclasses import replace
from pathlib import Path

import click
import uvicorn

from roundup import clock, wiring
from roundup.approving import Approver
from roundup.cli.metrics import Counted, metrics_page
from roundup.cli.newsletter import opened
from roundup.confirming import Asking
from roundup.errors import RoundupError, SettingsError, TemplateError
from roundup.office import Office
from roundup.settings import Settings
from roundup.signing_up import ONCE_IN, Rationing
from roundup.store import Ledgers
from roundup.web import House, Site, create_app
from roundup.web.confirmation_text import confirmation_text
from roundup.web.connections import connections
from roundup.web.mailroom import Mailroom
from roundup.web.troubles import LOGS
from roundup.web.visitors import Trusted
from roundup.words import borrowed, say

#: Who is being answered when the pages are to stop is waited for so many seconds.
_GRACE = 10


def serve(directory: Path, *, host: str, port: int, metrics: str) -> int:
    """What `roundup serve` does. Gives the exit code."""
    settings, office, mails = _opened(directory)
    with office.store.to_write() as ledgers, metrics_page(office, metrics) as page:
        site = _site(directory, settings, office, ledgers, mails=mails)
        listening = _socket(host, port)
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}/"
        click.echo(
            say("Serving the public pages of {name} on {address}", name=settings.newsletter.name, address=address)
        )
        config = uvicorn.Config(
            create_app(site) if page is None else Counted(create_app(site), page),
            # The access log would hold tokens: it stays off.
            access_log=False,
            log_config=LOGS,
            log_level="warning",
            server_header=False,
            # `roundup.web.visitors` reads what they say of it, in every way of writing it.
            proxy_headers=False,
            http=connections(Trusted(settings.serve.trusted_proxies)),
            ws="none",
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE,
            h11_max_incomplete_event_size=32_768,
        )
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _opened(directory: Path) -> tuple[Settings, Office, bool]:
    """The newsletter, and whether confirmations can be mailed. People must be able to leave whatever is wrong with the
    way out."""
    settings, office = opened(directory)
    if not settings.signup.open or not settings.newsletter.public_url:
        return settings, office, False
    try:
        _, sending = opened(directory, sends=True)
    except SettingsError as error:
        click.echo(say("Sign-ups wait: {error}", error=error), err=True)
        return settings, office, False
    return settings, sending, True


def _site(directory: Path, settings: Settings, office: Office, ledgers: Ledgers, *, mails: bool) -> Site:
    newsroom = office.newsroom
    folders = wiring.templates(directory)
    house = House(
        public_url=settings.newsletter.public_url,
        # Without an address of these pages there would be no link to confirm by.
        signup=settings.signup.open and bool(settings.newsletter.public_url),
        wording=settings.signup.wording,
        policy=settings.privacy.policy,
        rationing=_rationing(settings),
        weekly=settings.schedule.weekly is not None,
        sections=tuple(section.name for section in settings.section),
        archive=settings.archive.public,
        search_engines=settings.archive.search_engines,
        trusted_proxies=tuple(settings.serve.trusted_proxies),
    )
    return Site(
        masthead=newsroom.masthead,
        subscribers=ledgers.subscribers,
        signups=ledgers.signups,
        archive=ledgers.archive,
        secret=newsroom.secret,
        clock=clock.now,
        templates=[folder / "web" for folder in folders],
        house=house,
        tell=_tell_of_a_template,
        mailroom=_mailroom(directory, office, ledgers, house.rationing) if mails else None,
        approver=_approver(office, ledgers),
    )


def _approver(office: Office, ledgers: Ledgers) -> Approver | None:
    if office.approval is None:
        return None
    return Approver(newsroom=office.newsroom, rule=office.approval, ledgers=ledgers, schedule=office.schedule)


def _tell_of_a_template(trouble: str) -> None:
    told = say(
        "A template of the public pages is broken, and roundup's own stands in its place. {trouble}", trouble=trouble
    )
    click.echo(told, err=True)


def _mailroom(directory: Path, office: Office, ledgers: Ledgers, rationing: Rationing) -> Mailroom | None:
    """Who mails confirmations; None: nobody, for what they say is broken."""
    newsroom = office.newsroom
    try:
        text = confirmation_text(newsroom.masthead, [folder / "email" for folder in wiring.templates(directory)])
    except TemplateError as error:
        click.echo(say("Sign-ups wait: {error}", error=error), err=True)
        return None
    return Mailroom(
        ledgers.signups,
        office.sender,
        Asking(said=text, letterhead=newsroom.letterhead, secret=newsroom.secret),
        rationing=rationing,
        clock=clock.now,
        tell=lambda trouble: click.echo(say("Confirmations wait: {trouble}", trouble=trouble), err=True),
    )


def _rationing(settings: Settings) -> Rationing:
    rationing = Rationing(per_hour=settings.signup.per_hour, per_network=settings.signup.per_network)
    kept = settings.privacy.unconfirmed
    # Sign-ups that are kept for ever lock nobody out for ever, and those that are kept shortly open no flood.
    return replace(rationing, remembered=max(kept, ONCE_IN)) if kept else rationing


def _socket(host: str, port: int) -> socket.socket:
    """Where to listen. Raises `RoundupError`."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        why = borrowed(error.strerror or error)
        raise RoundupError(
            say("Nobody can be served on {host}:{port}: {why}.", host=host, port=port, why=why)
        ) from None
    # An answer goes out in two parts, and the second must not wait 40 ms for the first to be acknowledged (RFC 1122
    # §4.2.3.4). Connections inherit it; asyncio itself sees to that only for sockets that it made.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
