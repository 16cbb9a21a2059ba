"""What stands behind MAIL FROM and RCPT TO: an address and parameters (RFC 5321 §4.1.1, §4.1.2). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from roundup.faults import Manners

_PATH = re.compile(r"(?:FROM|TO): ?<(?P<address>[^<>\s]*|\"[^\"]*\"@[^<>\s]*)>(?P<rest>(?: \S+)*) *", re.IGNORECASE)
#: RFC 5321 §4.5.3.1.1 and §4.5.3.1.3, in octets; the path is counted with its two brackets.
_LONGEST_LOCAL_PART, _LONGEST_PATH = 64, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An address as it was named. An empty one is that of a bounce."""

    address: str
    #: Names in capitals; a parameter without a value has an empty one.
    parameters: Mapping[str, str]


def parsed(rest: bytes) -> Envelope | None:
    """What follows the verb; None: it cannot be read."""
    found = _PATH.fullmatch(rest.decode("utf-8", "surrogateescape"))
    if found is None:
        return None
    pairs = (each.partition("=") for each in found["rest"].split())
    return Envelope(address=found["address"], parameters={name.upper(): value for name, _, value in pairs})


def fault_in_sender(envelope: Envelope, manners: Manners) -> bytes:
    """What is wrong with a MAIL FROM; empty: nothing. RFC 1870 §6.1, RFC 6152 §2, RFC 6531 §3.4."""
    known = {"SIZE"} if manners.size else set()
    known |= {"BODY"} if manners.eight_bit else set()
    known |= {"SMTPUTF8"} if manners.smtputf8 else set()
    known |= {"AUTH"} if manners.username else set()
    unknown = sorted(set(envelope.parameters) - known)
    if unknown:
        return b"555 5.5.4 this server has no " + unknown[0].encode("utf-8", "surrogateescape")
    size = envelope.parameters.get("SIZE", "0")
    if not size.isdecimal() or envelope.parameters.get("BODY", "7BIT").upper() not in {"7BIT", "8BITMIME"}:
        return b"501 5.5.4 a parameter that cannot be read"
    if manners.size and int(size) > manners.size:
        return b"552 5.3.4 larger than %d octets" % manners.size
    return fault_in_address(envelope.address, smtputf8="SMTPUTF8" in envelope.parameters)


def fault_in_address(address: str, *, smtputf8: bool) -> bytes:
    """What is wrong with an address; empty: nothing. `smtputf8`: whether the client said SMTPUTF8 (RFC 6531 §3.2)."""
    octets = address.encode("utf-8", "surrogateescape")
    if len(octets.rpartition(b"@")[0]) > _LONGEST_LOCAL_PART or len(octets) + 2 > _LONGEST_PATH:
        return b"553 5.1.3 the address is too long"
    return b"" if smtputf8 or octets.isascii() else b"553 5.6.7 not in ASCII, and no SMTPUTF8 was said"
