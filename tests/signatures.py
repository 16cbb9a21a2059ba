"""Keys to sign with, and what a receiver finds of a message's signatures: dkimpy, with a DNS of the test's own."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import dkim  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from roundup.sending.dkim import Signer, dns_record
from roundup.sending.dkim_keys import read_key


def pem(key: object) -> bytes:
    """A private key's file."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined, no-any-return]


@cache
def an_ed25519_pem() -> bytes:
    """A key's file, the same all through a test run."""
    return pem(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@cache
def an_rsa_pem(bits: int = 2048) -> bytes:
    """Another's, made once in a test run."""
    return pem(generate_private_key(65537, bits))


@cache
def signers(domain: str = "lantern.example") -> tuple[Signer, Signer]:
    """One with RSA, one with Ed25519."""
    return (
        Signer(domain=domain, selector="r2026", key=read_key(an_rsa_pem())),
        Signer(domain=domain, selector="e2026", key=read_key(an_ed25519_pem())),
    )


def a_key_file(directory: Path, name: str, content: bytes, *, mode: int = 0o600) -> Path:
    """A key where a newsletter looks for it."""
    path = directory / name
    path.touch(mode=0o600)
    path.write_bytes(content)
    path.chmod(mode)
    return path


def zone_of(published: Sequence[Signer]) -> dict[str, str]:
    """What the DNS holds."""
    return {each.dns_name: dns_record(each.key) for each in published}


def verdicts(octets: bytes, zone: Mapping[str, str]) -> list[bool]:
    """Whether each signature of a message holds, the first in it first. What cannot be verified does not hold."""

    def looked_up(name: bytes | str, timeout: int = 5) -> bytes | None:
        called = (name.decode() if isinstance(name, bytes) else name).rstrip(".")
        return zone[called].encode() if called in zone else None

    return [_holds(octets, number, looked_up) for number in range(len(signed_headers(octets)))]


def _holds(octets: bytes, number: int, looked_up: object) -> bool:
    try:
        return bool(dkim.DKIM(octets).verify(idx=number, dnsfunc=looked_up))
    except dkim.DKIMException:
        return False


def signed_headers(octets: bytes) -> list[list[str]]:
    """`h=` of every signature, its names in small letters."""
    return [
        re.sub(r"\s", "", found[1]).lower().split(":") for each in signature_fields(octets)
        if (found := re.search(r"[;\s]h=([^;]*)", each))
    ]  # fmt: skip


def signature_fields(octets: bytes) -> list[str]:
    """Every DKIM-Signature header as it stands."""
    head = octets.partition(b"\r\n\r\n")[0].decode("latin-1") + "\r\n"
    return re.findall(r"^DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*", head, re.MULTILINE)
