"""What roundup.toml may say and had better not: each key is right by itself, or it would not have been read. Pure."""

import re
from collections.abc import Iterator

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.settings import Settings
from roundup.words import say

#: What `roundup init` writes where it cannot guess.
_PLACEHOLDER_ADDRESS = "1 Example Street, London"
#: RFC 2606 §2–3: names that are nobody's. `.test` is for trying things out, and is let through.
_NOBODYS = re.compile(r"(.+\.)?(example\.(com|net|org)|example|invalid)", re.IGNORECASE)


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower()


def is_nobodys(domain: str) -> bool:
    """Whether a domain is one of those that are kept for examples."""
    return _NOBODYS.fullmatch(domain) is not None


def judge(settings: Settings) -> Iterator[Finding]:
    """What had better be otherwise."""
    yield from _examples(settings)
    yield from _leaving(settings)
    newsletter = settings.newsletter
    if not newsletter.bounce_address:
        yield finding(
            "no-bounce-address",
            say(
                "[newsletter] bounce_address is not set, so that bounces go to {sender} and nobody can tell whose they "
                "are: set it to an address whose mail server takes address+TOKEN@….",
                sender=newsletter.sender,
            ),
        )
    if settings.signup.open and newsletter.public_url and not settings.privacy.policy:
        yield finding(
            "no-privacy-page",
            say(
                "People can sign up, and no privacy page is linked there, which the GDPR asks for (article 13): set "
                "[privacy] policy."
            ),
        )


def _examples(settings: Settings) -> Iterator[Finding]:
    newsletter = settings.newsletter
    given = {"[newsletter] from": newsletter.sender, "[editor] email": settings.editor.email}
    for key, address in given.items():
        if is_nobodys(domain_of(address)):
            yield finding(
                "settings-example",
                say("{key} is still {address}, which is an example: write your own.", key=key, address=address),
            )
    if newsletter.postal_address == _PLACEHOLDER_ADDRESS:
        yield finding(
            "settings-example",
            say(
                "[newsletter] postal_address is still “{address}”: every mail must show where its sender can be "
                "reached by post (CAN-SPAM, 15 USC 7704).",
                address=newsletter.postal_address,
            ),
        )


def _leaving(settings: Settings) -> Iterator[Finding]:
    """Gmail and Yahoo want the https address (RFC 8058), Outlook the mailbox (RFC 2369)."""
    newsletter = settings.newsletter
    if not newsletter.public_url and not newsletter.unsubscribe_mailto:
        yield finding(
            "no-way-to-leave",
            say(
                "Readers could not leave, so roundup mails nobody: set [newsletter] public_url (where they reach "
                "`roundup serve`), unsubscribe_mailto, or both."
            ),
        )
        return
    if not newsletter.unsubscribe_mailto:
        yield finding(
            "no-mailto",
            say(
                "[newsletter] unsubscribe_mailto is not set, and Outlook's own button to leave works with such an "
                "address alone: set it to a mailbox that `roundup bounces` reads."
            ),
        )
    if not newsletter.public_url.startswith("https://"):
        yield finding(
            "no-one-click",
            say(
                "There is no https address at which readers leave with one click, which Gmail and Yahoo ask of every "
                "larger newsletter (RFC 8058): set [newsletter] public_url to where they reach `roundup serve`."
            ),
        )
