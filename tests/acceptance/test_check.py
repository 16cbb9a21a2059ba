"""`roundup check` finds every fault that is planted, says it in one sentence with what to do, and finds nothing where
nothing is wrong."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.certificates import an_authority
from tests.checked import DOMAIN, World, said
from tests.fronts import Front, a_front
from tests.newsletters import free_port, roundup, write_secret, write_subscribers
from tests.sinks import a_sink


def test_where_nothing_is_wrong_nothing_is_found_nothing_is_written_and_nothing_is_mailed(
    world: World, tmp_path: Path
) -> None:
    directory = world.a_newsletter(tmp_path)
    before = sorted(directory.rglob("*"))

    assert (0, {}) == world.check(directory)
    assert before == sorted(directory.rglob("*"))
    assert [] == world.sink.lines()


def test_nobody_there(world: World, tmp_path: Path) -> None:
    port = free_port()
    directory = world.a_newsletter(tmp_path, smtp={"port": port})
    (directory / "subscribers.csv").write_text("who,what\nada,x\n", encoding="utf-8")
    world.front.redirects_to = "https://www.lantern.test"
    world.site.status = 500
    for name, kind in ((DOMAIN, "TXT"), (f"_dmarc.{DOMAIN}", "TXT"), (f"s2026._domainkey.{DOMAIN}", "TXT")):
        world.zone.put(name, kind)
    world.zone.put(DOMAIN, "MX", "0 .")

    code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "smtp": f"No mail server could be reached at localhost:{port}",
            "list-broken": "subscribers.csv",
            "pages-redirect": "with a redirect to https://www.lantern.test/u/…, which mail programs do not follow",
            "source-trouble": "Lantern: ",
            "sources-none": "No source could be used, so no issue can be made: Lantern (failed)",
            "spf-missing": f"{DOMAIN} has no SPF record",
            "dkim-missing": f"publish this TXT record at s2026._domainkey.{DOMAIN}: v=DKIM1; k=ed25519; p=",
            "dmarc-missing": f"publish the TXT record “v=DMARC1; p=none” at _dmarc.{DOMAIN}.",
            "mx-null": f"{DOMAIN} says in the DNS that it takes no mail (a null MX)",
        },
    )
    assert 1 == code


def test_there_and_wrong(world: World, tmp_path: Path) -> None:
    late = an_authority(tmp_path / "late").sign(ends=-1)
    with a_sink(tmp_path, host="localhost", security="starttls", **late) as sink:
        directory = world.a_newsletter(
            tmp_path,
            smtp={**sink.smtp, "username": ""},
            newsletter={"unsubscribe_mailto": f"x@{DOMAIN}", "bounce_address": f"b@gone.{DOMAIN}"},
            privacy={"policy": ""},
        )
        (directory / "templates" / "email").mkdir(parents=True)
        (directory / "templates" / "email" / "issue.txt").write_text("{% if %}", encoding="utf-8")
        write_subscribers(directory, [])
        world.front.refuses = 403
        world.zone.put(f"gone.{DOMAIN}", "TXT", "v=spf1 -all", "v=spf1 ip4:192.0.2.1 -all")
        world.zone.put(f"s2026._domainkey.{DOMAIN}", "TXT", "v=DKIM1; k=ed25519; p=AAAA")
        world.zone.put(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none", "v=DMARC1; p=reject")
        code, found = world.check(directory, within=world.env | an_authority_of(tmp_path / "late"))

    assert [] == said(
        found,
        {
            "smtp": "has no certificate that can be trusted: certificate has expired.",
            "pages-certificate": f"{world.front.address} has no certificate that can be trusted",
            "template": "templates/email/issue.txt",
            "list-nobody": "Nobody is on the list who could be mailed",
            "spf-several": f"gone.{DOMAIN} has 2 SPF records, and then none counts",
            "dkim-differs": f"The DKIM key in the DNS at s2026._domainkey.{DOMAIN} is another than that of [[dkim]]",
            "dmarc-several": "several DMARC records, and then none counts (RFC 9989): leave one.",
            "mx-missing": f"gone.{DOMAIN} has no mail server in the DNS",
            "no-privacy-page": "set [privacy] policy.",
        },
    )
    assert 1 == code


def an_authority_of(folder: Path) -> dict[str, str]:
    """What trusts another authority, and so not the front's."""
    return {"SSL_CERT_FILE": str(folder / "authority.pem")}


def test_a_wrong_password_a_parked_site_a_late_clock(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(tmp_path)
    write_subscribers(directory, ["ada@example.com,Ada", "not an address,Bo"])
    world.front.is_parked = True
    world.site.ahead = 3600
    many = " ".join(f"include:_{number}.relay.test" for number in range(11))
    world.zone.put(DOMAIN, "TXT", f"v=spf1 {many} +all")
    world.zone.put(f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; rua=mailto:x@lantern.test; pct=50")

    code, found = world.check(directory, within={**world.env, "ROUNDUP_SMTP_PASSWORD": "wrong"})

    assert [] == said(
        found,
        {
            "smtp": f"localhost:{world.sink.port} refused the login of roundup (535",
            "pages-strange": "answers 200 to any address, so it is not `roundup serve` that answers",
            "clock": "This machine's clock is 60 minutes behind the web servers that were asked",
            "list-rows": "subscribers.csv:3: ",
            "spf-lookups": "takes 11 DNS lookups, and with more than 10 it counts for nothing",
            "spf-anybody": "by which anybody may send in its name: write ~all or -all.",
            "dmarc-policy": "does not say what to do with forged mail: add p=none, p=quarantine or p=reject.",
            "dmarc-outdated": "has pct, which RFC 9989 has done away with: take it out.",
        },
    )
    assert 1 == code


def test_stripped_starttls_a_secret_made_by_hand_a_damaged_database_and_a_silent_dns(
    world: World, tmp_path: Path
) -> None:
    with a_sink(tmp_path, host="localhost") as sink:
        directory = world.a_newsletter(tmp_path, smtp={**sink.smtp, "security": "starttls", "username": ""})
        write_secret(directory)
        (directory / "roundup.db").write_bytes(b"this was a database once\n" * 200)
        world.zone.silent = True
        world.front.refuses = 403
        code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "smtp": "does not offer what [smtp] asks for",
            "secret-example": "The secret repeats itself",
            "database": "The database is damaged: file is not a database. Restore it from a backup.",
            "not-looked-at": "without the database no issue is made",
            "pages-refuse": "answers a one-click unsubscribe with 403 in place of 200",
            "dns-silent": f"the DNS does not answer for {DOMAIN}; run `roundup check` again later.",
        },
    )
    assert 1 == code


def test_what_is_missing(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(
        tmp_path,
        newsletter={"public_url": "", "from": "roundup@example.org"},
        editor={"email": "editor@example.net"},
    )
    toml = directory / "roundup.toml"
    kept = [line for line in toml.read_text("utf-8").splitlines() if not line.startswith(("unsubscribe_", "bounce_"))]
    toml.write_text("\n".join(kept), encoding="utf-8")
    (directory / ".secret").unlink()
    (directory / "dkim.pem").chmod(0o644)

    code, found = world.check(directory, within=world.authority.trusted)

    assert [] == said(
        found,
        {
            "no-way-to-leave": "set [newsletter] public_url",
            "settings-example": "[editor] email is still editor@example.net, which is an example: write your own.",
            "secret": "There is no ",
            "password": "[smtp] username is roundup, and there is no password for it",
            "dkim-key": "chmod 600",
            "no-bounce-address": "[newsletter] bounce_address is not set",
            "not-looked-at": "without the secret no issue is made",
        },
    )
    assert 1 == code


def test_settings_that_cannot_be_read_are_told_all_at_once_as_every_command_does(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(
        tmp_path, newsletter={"timezone": "Europe/Lundon"}, smtp={"port": 99999, "hots": "x"}
    )

    done = roundup(directory, "check", env=world.env)

    assert (2, "") == (done.returncode, done.stdout)
    assert "3 settings are wrong; nothing was done." in done.stderr
    assert '"Europe/Lundon" is no time zone; write one such as "Europe/London"' in done.stderr
    assert "smtp.hots" in done.stderr


def test_a_full_disk_a_small_limit_no_due_day_and_nobody_at_the_pages(world: World, tmp_path: Path) -> None:
    port = free_port()
    with a_sink(tmp_path, host="localhost", size=2000, pipelining=False, smtputf8=False) as sink:
        directory = world.a_newsletter(
            tmp_path,
            smtp={**sink.smtp, "username": "", "security": "none", "allow_plaintext": True},
            newsletter={"public_url": f"https://localhost:{port}/"},
            schedule={"days": []},
            store={"url": "sqlite:///state/roundup.db"},
        )
        with a_disk(directory / "state", "size=8m"):
            code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "disk-full": "has 8 MB free, and an issue to this list needs 17 MB: make room",
            "smtp-size": "and localhost takes no message with more than 2,000",
            "smtp-utf8": "localhost takes no addresses with letters outside ASCII (SMTPUTF8)",
            "smtp-pipelining": "localhost does not know PIPELINING",
            "calendar-never": "No issue is ever due",
            "pages-unreachable": f"cannot be reached at https://localhost:{port}/ (Connection refused)",
        },
    )
    assert 1 == code


def test_a_disk_that_may_only_be_read_a_word_that_is_none_and_a_certificate_that_ends(
    world: World, tmp_path: Path
) -> None:
    soon = world.authority.sign(ends=10)
    with a_front(Front(behind=world.front.behind), **soon) as front:
        directory = world.a_newsletter(
            tmp_path, newsletter={"public_url": front.address}, store={"url": "sqlite:///state/roundup.db"}
        )
        (directory / "issues").mkdir()
        for day in the_next_days():
            (directory / "issues" / f"{day}.toml").write_text("pins = []\n", encoding="utf-8")
        world.zone.put(DOMAIN, "TXT", "v=spf1 ipv4:192.0.2.1 -all")
        with a_disk(directory / "state", "size=64m,ro"):
            code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "database-read-only": "cannot be written to, so nothing is sent",
            "issue-held": "pins",
            "pages-certificate-ends": f"The certificate of {front.address} ends in 9 days",
            "spf-wrong": f"The SPF record of {DOMAIN} has “ipv4:192.0.2.1”, which is nothing that SPF knows",
        },
    )
    assert 1 == code


def test_another_secret_and_a_database_that_is_gone(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(tmp_path)
    assert 0 == roundup(directory, "subscribers", "add", "ada@example.com", env=world.env).returncode
    (directory / "roundup.db").unlink()
    (directory / ".secret").write_text("Zf3" + world.secret[3:] + "\n", encoding="ascii")

    code, found = world.check(directory)

    assert [] == said(
        found,
        {
            "database-gone": "roundup.db is gone or empty, and with it who has left and what was sent.",
            "pages-secret": "does not know the links that this newsletter mails (it answers 404)",
            "not-looked-at": "without the database no issue is made",
        },
    )
    assert 1 == code


def test_on_a_terminal_what_harms_most_stands_first_and_offline_nobody_is_asked(world: World, tmp_path: Path) -> None:
    directory = world.a_newsletter(
        tmp_path, privacy={"policy": ""}, editor={"email": "editor@example.org"}, smtp={"port": 1}
    )
    world.zone.silent, world.front.is_parked, world.site.status = True, True, 500
    (directory / "dkim.pem").chmod(0o644)

    done = roundup(directory, "check", "--offline", env={**world.env, "FORCE_COLOR": "1", "COLUMNS": "100"})
    screen = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)

    assert (1, "") == (done.returncode, done.stderr)
    assert screen.startswith("2 errors, 1 warning.\n\nErrors\n")
    running = " ".join(screen.split())
    told = ("which is an example", "can be read by others", "Warnings", "Looked at: ")
    places = [running.index(part) for part in told]
    assert places == sorted(places)
    assert max(map(len, screen.splitlines())) <= 100


def the_next_days() -> list[str]:
    """Enough of them for the issue due next to be one."""
    today = datetime.now(ZoneInfo("Europe/London")).date()
    return [f"{today + timedelta(days=number)}" for number in range(7)]


@contextmanager
def a_disk(folder: Path, options: str) -> Iterator[None]:
    """A disk of its own at a folder. Without root the test is skipped, but in CI it fails."""
    if os.geteuid() != 0:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no small disk: mounting one needs root")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True, timeout=20)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True, timeout=20)
