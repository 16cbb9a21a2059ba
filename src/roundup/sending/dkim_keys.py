"""A DKIM key out of its PEM file. The only file that knows cryptography."""

from collections.abc import Callable
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from roundup.sending.dkim import Key
from roundup.words import say

#: RFC 8301 §3.2: signers MUST use at least 1024 bits and SHOULD use 2048. Gmail takes 1024 and asks for 2048, and a key
#: is made in a second: who makes a new one makes it long enough.
_FEWEST_BITS = 2048


class KeyFileError(ValueError):
    """Nothing can be signed with it. The message is the end of a sentence, and says what to do."""


def read_key(pem: bytes) -> Key:
    """The key in a PEM file (PKCS #8, or PKCS #1 as opendkim-genkey writes it). Raises `KeyFileError`."""
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        raise KeyFileError(say("is locked with a password; make one without")) from None
    except (ValueError, UnsupportedAlgorithm):
        # What the library says of it may show its octets.
        raise KeyFileError(say("holds no private key in PEM; see docs/dkim.md")) from None
    if isinstance(key, Ed25519PrivateKey):
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return Key(algorithm="ed25519-sha256", bits=256, public=public, sign=_ed25519(key))
    if not isinstance(key, RSAPrivateKey):
        raise KeyFileError(say("holds a key that mail is not signed with: it is neither RSA nor Ed25519"))
    if key.key_size < _FEWEST_BITS:
        raise KeyFileError(
            say(
                "holds a key of {bits} bits; roundup signs with {least} or more (RFC 8301), so make a new one",
                bits=key.key_size,
                least=_FEWEST_BITS,
            )
        )
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Key(algorithm="rsa-sha256", bits=key.key_size, public=public, sign=_rsa(key))


def _rsa(key: RSAPrivateKey) -> Callable[[bytes], bytes]:
    padding, digest = PKCS1v15(), SHA256()
    return lambda octets: key.sign(octets, padding, digest)


def _ed25519(key: Ed25519PrivateKey) -> Callable[[bytes], bytes]:
    return lambda octets: key.sign(sha256(octets).digest())
