"""Which checks there are, and what each looks at: settings in, checks out. Those that wait for the network are apart,
so that they wait side by side."""

import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from roundup import scheduling, wiring
from roundup.checking import (
    Area,
    Check,
    Finding,
    Looked,
    issue,
    keys,
    ledger,
    mail_server,
    name_rules,
    pages,
    people,
    public_templates,
    setting_rules,
    times,
)
from roundup.checking.catalogue import finding
from roundup.checking.dns import Dns
from roundup.checking.name_rules import Published
from roundup.checking.names import Names, NamesError
from roundup.checking.neighbours import domains_of, is_here, others, outward
from roundup.errors import HeldError, SettingsError, StoreError
from roundup.mailboxes import MailboxError
from roundup.newsroom import Newsroom, Unwatched
from roundup.settings import Settings
from roundup.tokens import Secret
from roundup.words import say, say_many, spoken

#: The most time for each, in seconds. Sources have the time that they have in a run.
_LOCAL, _ISSUE, _MAIL, _DNS, _PAGES, _CLOCK = 120.0, 90.0, 30.0, 60.0, 40.0, 35.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """What is checked, and how."""

    directory: Path
    settings: Settings
    clock: Callable[[], datetime]
    #: Nothing is asked of the network.
    offline: bool = False
    #: Whom to ask for names; empty: the machine's own name servers.
    name_server: str = ""


@dataclass(slots=True, kw_only=True)
class _Parts:
    """What the checks share."""

    secret: Secret | None
    password: str
    published: Sequence[Published]
    findings: list[Finding]
    #: The octets of the largest message due next.
    largest: "Future[int]" = field(default_factory=Future)

    def awaited(self) -> int:
        """Those octets, once they are known; 0: nobody can say."""
        try:
            return self.largest.result(_ISSUE)
        except LateError:
            return 0


def checks(given: Newsletter) -> Sequence[Check]:
    """All of them."""
    secret, found = keys.the_secret(given.directory)
    password, more = keys.the_password(given.settings.smtp.username)
    published, further = keys.the_signatures(given.directory, given.settings)
    parts = _Parts(secret=secret, password=password, published=published, findings=[*found, *more, *further])
    every = [
        Check(areas=[Area.DATABASE, Area.LIST, Area.DISK], look=partial(_local, given, parts), seconds=_LOCAL),
        Check(areas=[Area.SOURCES, Area.TEMPLATES, Area.ISSUE], look=partial(_issue, given, parts), seconds=_ISSUE),
    ]
    return every if given.offline else [*every, *_on_the_net(given, parts)]


def _on_the_net(given: Newsletter, parts: _Parts) -> Iterator[Check]:
    smtp, newsletter = given.settings.smtp, given.settings.newsletter
    if smtp.host and (parts.password or not smtp.username):
        yield Check(areas=[Area.MAIL_SERVER], look=partial(_mail_server, given, parts), seconds=_MAIL + _ISSUE)
    if not setting_rules.is_nobodys(setting_rules.domain_of(newsletter.sender)):
        yield Check(areas=[Area.DNS], look=partial(_dns, given, parts), seconds=_DNS)
    if given.settings.bounces.is_set:
        yield Check(areas=[Area.MAILBOX], look=partial(_mailbox, given), seconds=_MAIL)
    if newsletter.public_url and parts.secret is not None:
        yield Check(areas=[Area.PUBLIC_PAGES], look=partial(_pages, given, parts.secret), seconds=_PAGES)
    if addresses := others(given.settings):
        yield Check(areas=[Area.CLOCK], look=partial(_clock, given, addresses), seconds=_CLOCK)


def _local(given: Newsletter, parts: _Parts) -> Iterator[Looked]:
    settings, now = given.settings, given.clock()
    yield Looked(area=Area.SETTINGS, findings=[*setting_rules.judge(settings)])
    yield Looked(area=Area.SECRETS, findings=parts.findings)
    yield from _calendar(settings, now)
    if settings.smtp.outbox:
        yield Looked(area=Area.MAIL_SERVER, findings=[*mail_server.outbox(given.directory / settings.smtp.outbox)])
    store = wiring.store(given.directory, settings)
    yield from ledger.look(store)
    reached = 0
    with suppress(HeldError, StoreError), store.to_read() as ledgers:
        registry = people.Registry(
            opened=lambda: wiring.followed_file(given.directory),
            hashed=parts.secret.forgotten if parts.secret else lambda _: (),
            zone=settings.newsletter.zone,
            now=now,
        )
        looked, reached = people.look(ledgers, registry)
        yield looked
    yield Looked(area=Area.DISK, findings=[*ledger.room(wiring.state_folder(given.directory, settings), reached)])


def _calendar(settings: Settings, now: datetime) -> Iterator[Looked]:
    calendar, zone = wiring.schedule(settings), settings.newsletter.zone
    seen: list[str] = []
    due = scheduling.next_due(now, calendar)
    while due is not None and len(seen) < 3:
        utc = f"{due.instant.astimezone(UTC):%Y-%m-%d %H:%M}"
        seen.append(say("{moment} ({utc} UTC)", moment=spoken().full_moment(due.instant.astimezone(zone)), utc=utc))
        due = scheduling.next_due(due.instant, calendar)
    yield Looked(area=Area.CALENDAR, findings=[*times.zone_data(zoneinfo.TZPATH, now)], seen=seen)


def _issue(given: Newsletter, parts: _Parts) -> Iterator[Looked]:
    try:
        if parts.secret is None:
            yield _left_out(
                Area.ISSUE, say("Sources and templates were not looked at: without the secret no issue is made.")
            )
            return
        newsroom = wiring.newsroom(given.directory, given.settings, watch=Unwatched())
        yield public_templates.look(newsroom, wiring.templates(given.directory), given.settings)
        yield from _of_the_newsroom(given, parts, newsroom)
    finally:
        if not parts.largest.done():
            parts.largest.set_result(0)


def _of_the_newsroom(given: Newsletter, parts: _Parts, newsroom: Newsroom) -> Iterator[Looked]:
    now = given.clock()
    reads = not given.offline or all(source.folder is not None for source in given.settings.sources)
    try:
        with wiring.store(given.directory, given.settings).to_read() as ledgers:
            schedule = wiring.schedule(given.settings)
            sight = issue.look(newsroom, ledgers, schedule=schedule, now=now, reads=reads)
    except (HeldError, StoreError):
        yield _left_out(
            Area.ISSUE, say("Sources and templates were not looked at: without the database no issue is made.")
        )
        return
    parts.largest.set_result(issue.octets(sight.rendered, newsroom, now))
    yield from sight.looked


def _left_out(area: Area, what: str) -> Looked:
    return Looked(area=area, findings=[finding("not-looked-at", what, area=area)])


def _mail_server(given: Newsletter, parts: _Parts) -> Iterator[Looked]:
    relay = wiring.relay(given.settings, parts.password)
    return mail_server.look(mail_server.Asked(relay=relay, local=is_here(relay.host), largest=parts.awaited))


def _mailbox(given: Newsletter) -> Iterator[Looked]:
    try:
        mailbox = wiring.mailbox(given.directory, given.settings)
        if mailbox is not None:
            with mailbox.open() as opened:
                waiting = len(opened.waiting())
                seen = [say_many("{count} message waits", "{count} messages wait", waiting)]
                yield Looked(area=Area.MAILBOX, seen=seen)
    except SettingsError as error:
        yield Looked(area=Area.MAILBOX, findings=[finding("password", str(error))])
    except MailboxError as error:
        yield Looked(area=Area.MAILBOX, findings=[finding("mailbox", str(error))])


def _dns(given: Newsletter, parts: _Parts) -> Iterator[Looked]:
    domains = replace(domains_of(given.settings), keys=parts.published, mails_from=outward(given.settings))
    try:
        names: Names = Dns(given.name_server)
        found = [*name_rules.judge(domains, names)]
    except NamesError as error:
        found = [
            finding(
                "dns-silent",
                say("SPF, DKIM and DMARC could not be looked at: {why}; run `roundup check` again later.", why=error),
            )
        ]
    yield Looked(area=Area.DNS, findings=found, seen=[domains.sender])


def _pages(given: Newsletter, secret: Secret) -> Iterator[Looked]:
    url = given.settings.newsletter.public_url
    yield Looked(area=Area.PUBLIC_PAGES, findings=[*pages.judge(url, secret, now=given.clock())], seen=[url])


def _clock(given: Newsletter, addresses: Sequence[str]) -> Iterator[Looked]:
    yield Looked(area=Area.CLOCK, findings=[*times.judge(addresses, given.clock)])
