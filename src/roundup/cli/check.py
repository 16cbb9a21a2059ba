"""`roundup check`: everything that can be wrong, in plain sentences."""

from collections.abc import Sequence
from pathlib import Path

import click

from roundup import clock, settings, trying_out, wiring
from roundup.checking import Area, Looked, Severity
from roundup.checking.areas import Newsletter, checks
from roundup.checking.catalogue import finding, in_order
from roundup.checking.dns import Dns
from roundup.checking.issue import look as look_at_the_issue
from roundup.checking.looking import look
from roundup.checking.neighbours import domains_of
from roundup.checking.received import Expected, judge
from roundup.checking.returning import PATIENCE, Find, arrives_there, awaited, send
from roundup.checking.signatures import verified
from roundup.cli.findings import tell
from roundup.cli.newsletter import opened, print_json
from roundup.errors import RoundupError
from roundup.mailboxes import MailboxError
from roundup.words import borrowed, say

#: With an error in one of these no issue could be sent, or none should be.
_FIRST = {Area.DATABASE, Area.TEMPLATES, Area.ISSUE, Area.SOURCES, Area.MAIL_SERVER}

_FIRST_RULES = {"no-way-to-leave", "secret", "password", "dkim-key"}


def check(
    directory: Path, /, *, send_to: str | None, received: Path | None, offline: bool, name_server: str, as_json: bool
) -> int:
    """What `roundup check` does. Gives the exit code."""
    if sum(map(bool, (send_to, received, offline))) > 1:
        raise click.UsageError("--send-to, --received and --offline each go alone.")
    loaded = settings.load(directory)
    given = Newsletter(directory=directory, settings=loaded, clock=clock.now, offline=offline, name_server=name_server)
    looked = [_received(given, _octets(received))] if received else look(checks(given))
    if send_to:
        looked.append(_returned(given, trying_out.mailable([send_to])[0], looked))
    found = in_order([each for one in looked for each in one.findings])
    if as_json:
        print_json([each.to_json() for each in found])
    else:
        tell(found, looked)
    return 1 if any(each.rule.severity is Severity.ERROR for each in found) else 0


def _octets(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        why = borrowed(error.strerror)
        raise RoundupError(say("{path} cannot be read: {why}.", path=path, why=why)) from None


def _received(given: Newsletter, octets: bytes, *, sent: bytes = b"") -> Looked:
    """What arrived, judged. The receiver's own word on its signature counts besides ours."""
    newsletter = given.settings.newsletter
    expected = Expected(
        name=newsletter.name,
        sender=newsletter.sender,
        public_url=newsletter.public_url,
        unsubscribe_mailto=newsletter.unsubscribe_mailto or "",
        bounce_address=newsletter.bounce_address or "",
        sent=sent,
    )
    found = judge(octets, expected, verified=verified(octets, Dns(given.name_server)))
    return Looked(area=Area.RECEIVED, findings=found, seen=[domains_of(given.settings).sender])


def _returned(given: Newsletter, address: str, looked: Sequence[Looked]) -> Looked:
    """One real issue, sent to an address and judged as it arrives there, where that can be seen."""
    before = [each.rule for one in looked for each in one.findings if each.rule.severity is Severity.ERROR]
    if any(rule.area in _FIRST or rule.id in _FIRST_RULES for rule in before):
        why = say("Nothing was sent to {address}: mend the errors that are told here first.", address=address)
        return Looked(area=Area.RECEIVED, findings=[finding("not-looked-at", why, area=Area.RECEIVED)])
    _, office = opened(given.directory, sends=True)
    with office.store.to_read() as ledgers:
        sight = look_at_the_issue(office.newsroom, ledgers, schedule=office.schedule, now=given.clock(), reads=True)
    if sight.rendered is None:
        return Looked(area=Area.RECEIVED, findings=[each for one in sight.looked for each in one.findings])
    sent = send(office, sight.rendered, address)
    if sent.refusal:
        return Looked(area=Area.RECEIVED, findings=[finding("smtp", sent.refusal)])
    find = _mailbox(given, address)
    if find is None:
        return Looked(area=Area.RECEIVED, findings=[finding("received-by-hand", _by_hand(address))])
    click.echo(say("Sent to {address}; waiting for it, for a minute at most.", address=address), err=True)
    octets = awaited(find, sent.message.message_id)
    if octets is None:
        what = say(
            "The message to {address} was accepted and did not arrive within {seconds} seconds: look into the log of "
            "your mail server, and into the mailbox's junk folder.",
            address=address,
            seconds=round(PATIENCE),
        )
        return Looked(area=Area.RECEIVED, findings=[finding("received-nothing", what)])
    return _received(given, octets, sent=sent.message.content)


def _by_hand(address: str) -> str:
    return say(
        "The issue was sent to {address} and accepted; when it has arrived, save it there as a file (in Gmail: “Show "
        "original”, “Download original”), and run `roundup check --received FILE`.",
        address=address,
    )


def _mailbox(given: Newsletter, address: str) -> Find | None:
    """What looks into the mailbox of `[bounces]`, if the address arrives there; None: it does not, or there is none.
    Raises `SettingsError`."""
    newsletter = given.settings.newsletter
    read = [each for each in (newsletter.bounce_address, newsletter.unsubscribe_mailto) if each]
    if not any(arrives_there(address, each) for each in read):
        return None
    mailbox = wiring.mailbox(given.directory, given.settings)
    if mailbox is None:
        return None

    def find(message_id: str) -> bytes | None:
        try:
            with mailbox.open() as there:
                return there.find(message_id)
        except MailboxError as error:
            raise RoundupError(str(error)) from None

    return find
