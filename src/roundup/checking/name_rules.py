"""What the DNS should say of a newsletter's domains: DKIM, DMARC, MX, PTR. Pure: it asks through `Names`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from roundup.checking import Finding, spf
from roundup.checking.catalogue import finding
from roundup.checking.names import Names
from roundup.words import say

#: RFC 9989 §4.10: the tree walk asks at most eight names.
_MOST_STEPS = 8
#: RFC 9989 has no use for these tags of RFC 7489.
_OUTDATED = ("pct", "rf", "ri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A key with which roundup itself signs, as it is to stand in the DNS."""

    domain: str
    selector: str
    #: The TXT record: `v=DKIM1; k=rsa; p=…`.
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Domains:
    """What the settings say that the DNS has to do with."""

    #: That of From.
    sender: str
    #: That of the envelope sender, which SPF is about.
    envelope: str
    #: All in which mail is awaited: answers, bounces, unsubscribe mail, the editor's.
    awaiting: Sequence[str]
    keys: Sequence[Published] = ()
    #: The public address from which this machine itself mails; empty: another does, or nobody can say.
    mails_from: str = ""


def judge(domains: Domains, names: Names) -> Iterator[Finding]:
    """All that is wrong with them. Raises `NamesError`."""
    yield from spf.judge(domains.envelope, names)
    for key in domains.keys:
        yield from _key(key, names)
    yield from _policy(domains.sender, names)
    for domain in domains.awaiting:
        yield from _awaits_mail(domain, names)
    if domains.mails_from:
        yield from _reverse(domains.mails_from, names)


def tags(record: str) -> dict[str, str]:
    """The tags of a DKIM or DMARC record (RFC 6376 §3.2), blanks taken out of their values."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): re.sub(r"\s+", "", value) for name, mark, value in pairs if mark}


def _key(key: Published, names: Names) -> Iterator[Finding]:
    """RFC 6376 §3.6.2: the key is a TXT record at SELECTOR._domainkey.DOMAIN."""
    where = f"{key.selector}._domainkey.{key.domain}"
    there = [tags(each) for each in names.texts(where)]
    if not there:
        yield finding(
            "dkim-missing",
            say(
                "The DKIM key of [[dkim]] selector = “{selector}” is not in the DNS, so its signatures count for "
                "nothing: publish this TXT record at {where}: {record}",
                selector=key.selector,
                where=where,
                record=key.record,
            ),
        )
    elif all(each.get("p") != tags(key.record).get("p") for each in there):
        yield finding(
            "dkim-differs",
            say(
                "The DKIM key in the DNS at {where} is another than that of [[dkim]] selector = “{selector}”, so "
                "every signature fails: publish this TXT record in its place: {record}",
                selector=key.selector,
                where=where,
                record=key.record,
            ),
        )


def _policy(domain: str, names: Names) -> Iterator[Finding]:
    """DMARC, RFC 9989: one record, here or further up the tree, which says what is to be done with forged mail."""
    where, records = _policies(domain, names)
    if not records:
        yield finding(
            "dmarc-missing",
            say(
                "{domain} has no DMARC record, which Gmail, Yahoo and Outlook ask of every newsletter: publish the TXT "
                "record “v=DMARC1; p=none” at _dmarc.{domain}.",
                domain=domain,
            ),
        )
        return
    if len(records) > 1:
        yield finding(
            "dmarc-several",
            say("_dmarc.{where} has several DMARC records, and then none counts (RFC 9989): leave one.", where=where),
        )
        return
    told = tags(records[0])
    if told.get("p", "").lower() not in {"none", "quarantine", "reject"}:
        yield finding(
            "dmarc-policy",
            say(
                "The DMARC record at _dmarc.{where} does not say what to do with forged mail: add p=none, p=quarantine "
                "or p=reject.",
                where=where,
            ),
        )
    old = [tag for tag in _OUTDATED if tag in told]
    if old:
        yield finding(
            "dmarc-outdated",
            say(
                "The DMARC record at _dmarc.{where} has {tags}, which RFC 9989 has done away with: take it out.",
                where=where,
                tags=", ".join(old),
            ),
        )


def _policies(domain: str, names: Names) -> tuple[str, list[str]]:
    """The domain that has DMARC records, the nearest above `domain`, and the records (RFC 9989 §4.10)."""
    labels = domain.lower().split(".")
    steps = [labels, *(labels[number:] for number in range(max(1, len(labels) - _MOST_STEPS + 1), len(labels)))]
    for step in steps:
        where = ".".join(step)
        records = [each for each in names.texts(f"_dmarc.{where}") if re.match(r"v=DMARC1\s*(;|$)", each)]
        if records:
            return where, records
    return domain, []


def _awaits_mail(domain: str, names: Names) -> Iterator[Finding]:
    """RFC 5321 §5.1: by MX, or else by the domain's own address; a null MX takes none (RFC 7505)."""
    servers = names.mail_servers(domain)
    if list(servers) == ["."]:
        yield finding(
            "mx-null",
            say(
                "{domain} says in the DNS that it takes no mail (a null MX), so that receivers refuse mail from it and "
                "answers and bounces are lost: name a mail server in its MX record.",
                domain=domain,
            ),
        )
    elif not servers and not names.addresses(domain):
        yield finding(
            "mx-missing",
            say(
                "{domain} has no mail server in the DNS (neither MX nor an address), so that answers and bounces are "
                "lost: give it an MX record.",
                domain=domain,
            ),
        )


def _reverse(address: str, names: Names) -> Iterator[Finding]:
    """Gmail (4.7.23, 5.7.25): the sending address has a name, and the name has that address."""
    if not any(address in names.addresses(name) for name in names.reverse(address)):
        yield finding(
            "reverse",
            say(
                "This machine mails from {address}, which has no name in the DNS that leads back to it (PTR), and "
                "Gmail refuses such mail: ask whoever gave you the address to set it.",
                address=address,
            ),
        )
