"""The secret and the passwords: whether they are there, and whether anybody could guess them. They are never told."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from roundup import credentials, wiring
from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.checking.name_rules import Published
from roundup.errors import SettingsError
from roundup.sending.dkim import dns_record
from roundup.settings import Settings
from roundup.tokens import Secret
from roundup.words import say

#: 32 characters in hex have 13.8 different ones on average; one in a thousand million has fewer than 7.
_FEWEST_DIFFERENT = 7


def the_secret(directory: Path) -> tuple[Secret | None, list[Finding]]:
    """The newsletter's secret, and what is wrong with it; None: there is none that can be used."""
    try:
        secret = credentials.secret(directory)
    except SettingsError as error:
        return None, [finding("secret", str(error))]
    return secret, [*_guessable(secret)]


def the_password(username: str) -> tuple[str, list[Finding]]:
    """The mail server's password, and what is wrong with it."""
    try:
        return credentials.smtp_password(username), []
    except SettingsError as error:
        return "", [finding("password", str(error))]


def the_signatures(directory: Path, settings: Settings) -> tuple[Sequence[Published], list[Finding]]:
    """The keys that sign, as they are to stand in the DNS, and what is wrong with them."""
    try:
        signers = wiring.signers(directory, settings)
    except SettingsError as error:
        return (), [finding("dkim-key", str(error))]
    return [Published(domain=each.domain, selector=each.selector, record=dns_record(each.key)) for each in signers], []


def _guessable(secret: Secret) -> Iterator[Finding]:
    if any(_is_by_hand(each) for each in (secret.octets, *secret.former)):
        yield finding(
            "secret-example",
            say(
                "The secret repeats itself, as one does that a person typed, and whoever guesses it can sign everybody "
                "off: delete .secret and let `roundup init` make another, before the first issue is mailed."
            ),
        )


def _is_by_hand(octets: bytes) -> bool:
    """Few different characters, or one string again and again."""
    return len(set(octets)) < _FEWEST_DIFFERENT or octets in (octets + octets)[1:-1]
