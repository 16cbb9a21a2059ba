"""How an email address is written, compared and shown, and a name beside it. The only file that knows email-validator.
Pure."""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from roundup.words import borrowed, say

#: Of a name, in characters: beyond it a header line would pass the 998 octets of RFC 5322 §2.1.1.
_LONGEST_NAME = 150
#: A local part that needs no second look: RFC 5322 §3.2.3's dot-atom in ASCII, of 64 octets at most.
_PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")

#: An address in a text, whatever stands around it. Bounded, so that a long text costs no more than its length.
_IN_TEXT: re.Pattern[str] = re.compile(
    r"""(?<![^\s@<>"“”„«»(),;:\[\]\\])[^\s@<>"“”„«»(),;:\[\]\\]{1,200}+@[\w-]+(?:\.[\w-]+)*"""
)


class AddressError(ValueError):
    """An address cannot be mailed. The message is a sentence that says why."""


def mailable_form(given: str) -> str:
    """The form of an address that is mailed: as given, its domain as an A-label. Raises `AddressError`.

    A local part outside ASCII has no other form (RFC 6531): whether it can be mailed is for the relay to say, which
    refuses it with the reason where it does not offer SMTPUTF8.
    """
    local, _, domain = given.strip().rpartition("@")
    # Most people share a few domains, whose check is nearly all of the work.
    if len(local) <= 64 and len(domain) <= 180 and _PLAIN_LOCAL_PART.fullmatch(local):
        mailable = f"{local}@{_mailable_domain(domain)}"
    else:
        checked = _checked(given.strip())
        mailable = f"{checked[0]}@{checked[1]}"
    # RFC 5321 §4.5.3.1: 64 octets before the @, 254 in all.
    if len(mailable.rpartition("@")[0].encode()) > 64 or len(mailable.encode()) > 254:
        raise AddressError(say("It is longer than an address may be: 64 characters before the @, 254 in all."))
    return mailable


@lru_cache(maxsize=4096)
def _mailable_domain(domain: str) -> str:
    return _checked(f"a@{domain}")[1]


def _checked(given: str) -> tuple[str, str]:
    """The local part and the domain as an A-label. Raises `AddressError`."""
    try:
        checked = validate_email(given, check_deliverability=False, allow_smtputf8=True, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(borrowed(error)) from None
    return checked.local_part, checked.ascii_domain


def compared_form(mailable: str) -> str:
    """The form of a mailable address for comparing: all of it in lower case. Two addresses that differ in case alone
    are one person everywhere that matters, and mailing them twice breaks value 1."""
    return mailable.lower()


def mailbox_of(mailable: str) -> tuple[str, str]:
    """The mailbox that an address most likely belongs to: its local part without a `+tag`, and its domain, both in
    lower case. For limiting only: elsewhere two addresses are two people."""
    local, _, domain = compared_form(mailable).rpartition("@")
    return local.partition("+")[0] or local, domain


def masked(email: str) -> str:
    """An address as logs have it: who knows it recognises it, and nobody else learns it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"


def masked_in(text: str) -> str:
    """A text for a log or a chat room, which have readers of their own: nobody's whole address is in it."""
    return _IN_TEXT.sub(lambda found: masked(found[0]), text)


def clean_name(given: str) -> str:
    """A person's name as one line of text, and no longer than a name is."""
    return one_line(given)[:_LONGEST_NAME].rstrip()


def one_line(given: str) -> str:
    """Text on one line, without what could break out of a header (RFC 5322 §2.2)."""
    if given.isascii() and given.isprintable():
        return " ".join(given.split())
    printable = "".join(character if character.isprintable() else " " for character in given)
    return " ".join(printable.split())
