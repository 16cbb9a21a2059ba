"""A newsletter with nothing wrong in it, and all that it needs on this machine: a mail server, a name server, a site
with a feed, `roundup serve` behind a web server with TLS. Faults are planted into copies of it."""

import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from roundup.sending.dkim import dns_record
from roundup.sending.dkim_keys import read_key
from tests.certificates import Authority, an_authority
from tests.fakes.name_servers import Zone, a_name_server
from tests.fronts import Front, a_front
from tests.newsletters import a_newsletter, free_port, roundup, served, told
from tests.sinks import Sink, a_sink
from tests.sites import Site, running

DOMAIN = "lantern.test"
PASSWORD = "battery-staple"
_KEY = ["openssl", "genpkey", "-algorithm", "ed25519"]


@dataclass
class World:
    """All that is around a newsletter."""

    authority: Authority
    sink: Sink
    site: Site
    front: Front
    zone: Zone
    secret: str
    key: bytes
    #: The zone's records while nothing is wrong.
    well: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {**self.authority.trusted, "ROUNDUP_SMTP_PASSWORD": PASSWORD}

    @contextmanager
    def settled(self) -> Iterator["World"]:
        """Afterwards nothing is wrong with it any more."""
        yield self
        self.zone.records = dict(self.well)
        self.zone.silent = False
        self.front.redirects_to, self.front.refuses, self.front.is_parked = "", 0, False
        self.site.status, self.site.body, self.site.ahead = 200, a_feed(), 0

    def a_newsletter(self, folder: Path, **tables: Mapping[str, Any]) -> Path:
        """One with nothing wrong in it, but for what `tables` lay over its settings."""
        given: dict[str, Any] = {
            "newsletter": {
                "from": f"roundup@{DOMAIN}", "public_url": self.front.address, "website": "",
                "unsubscribe_mailto": f"leave@{DOMAIN}", "bounce_address": f"bounces@{DOMAIN}",
            },
            "editor": {"email": f"editor@{DOMAIN}"},
            "smtp": {**self.sink.smtp, "username": "roundup"},
            "privacy": {"policy": f"https://{DOMAIN}/privacy/"},
            "dkim": [{"selector": "s2026", "key": "dkim.pem"}],
            # So that a piece of twelve hours ago is for the issue due next, at a weekend too.
            "selection": {"max_age": "7d"},
        }  # fmt: skip
        for table, over in tables.items():
            given[table] = {**given.get(table, {}), **over}
        directory = a_newsletter(folder, sources=[self.site.source], **given)
        (directory / ".secret").write_text(self.secret + "\n", encoding="ascii")
        key = directory / "dkim.pem"
        key.touch(mode=0o600)
        key.write_bytes(self.key)
        return directory

    def check(self, directory: Path, *options: str, within: Mapping[str, str] | None = None) -> Any:
        """What `check` finds: exit code, and the sentences by the names of their rules."""
        env = self.env if within is None else dict(within)
        done = roundup(directory, "check", "--json", "--name-server", self.zone.address, *options, env=env)
        assert "Traceback" not in done.stderr, done.stderr
        assert done.stdout, done.stderr
        return done.returncode, {each["id"]: each["what"] for each in told(done)}


def a_key() -> bytes:
    """A key that signs, as openssl makes it."""
    return subprocess.run(_KEY, capture_output=True, check=True, timeout=30).stdout


def a_feed() -> bytes:
    """Two pieces of twelve hours ago: none of them is later than the last due time, whatever hour it is."""
    at = format_datetime(datetime.now(UTC) - timedelta(hours=12))
    items = "".join(
        f"<item><title>{title}</title><link>https://{DOMAIN}/{slug}/</link><guid>{slug}</guid><pubDate>{at}</pubDate>"
        f"<description>{text}</description></item>"
        for slug, title, text in (
            ("library", "A library is a place to read", "It took an evening."),
            ("bridge", "The bridge that two towns built", "And another one."),
        )
    )
    return f'<rss version="2.0"><channel><title>The Lantern</title>{items}</channel></rss>'.encode()


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    """It, up."""
    with ExitStack() as stack:
        authority = an_authority(folder / "authority")
        signed = authority.sign()
        manners: dict[str, Any] = {"security": "starttls", "username": "roundup", "password": PASSWORD, **signed}
        sink = stack.enter_context(a_sink(folder, host="localhost", size=1_000_000, **manners))
        site = stack.enter_context(running(Site(body=a_feed())))
        secret = secrets.token_hex(32)
        pages = a_newsletter(folder / "pages", newsletter={"public_url": "https://localhost/"})
        (pages / ".secret").write_text(secret + "\n", encoding="ascii")
        port = free_port()
        stack.enter_context(served(pages, port))
        front = stack.enter_context(a_front(Front(behind=port), **signed))
        zone = stack.enter_context(a_name_server(Zone()))
        key = a_key()
        world = World(authority=authority, sink=sink, site=site, front=front, zone=zone, secret=secret, key=key)
        zone.put(DOMAIN, "TXT", "v=spf1 ip4:192.0.2.1 include:_spf.relay.test ~all", "some-site-verification=1")
        zone.put("_spf.relay.test", "TXT", "v=spf1 ip4:192.0.2.128/25 -all")
        zone.put(DOMAIN, "MX", f"10 mx.{DOMAIN}.")
        zone.put(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none")
        zone.put(f"s2026._domainkey.{DOMAIN}", "TXT", dns_record(read_key(key)))
        world.well = dict(zone.records)
        yield world


def said(found: Mapping[str, str], expected: Mapping[str, str]) -> list[str]:
    """What was expected and not said; and what was found besides."""
    missing = [f"{name}: {what}" for name, what in expected.items() if what not in found.get(name, "")]
    return missing + [f"besides: {name}: {what}" for name, what in found.items() if name not in expected]
