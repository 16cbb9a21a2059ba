"""Whether a DKIM signature verifies, by the key in the DNS. The only file that knows dkimpy."""

import dkim  # type: ignore[import-untyped]  # it has no types

from roundup.checking.names import Names, NamesError


def verified(octets: bytes, names: Names) -> bool | None:
    """Whether one of a message's signatures verifies (one is enough, RFC 6376 §6.1); None: it has none, or no key can
    be asked for."""
    silent: list[bytes] = []

    def key(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        try:
            return next(iter(names.texts(name.decode("ascii"))), "").encode()
        except (NamesError, UnicodeError):
            silent.append(name)
            return b""

    count = octets.lower().count(b"\ndkim-signature:") + octets.lower().startswith(b"dkim-signature:")
    message = dkim.DKIM(octets, minkey=1024)
    for number in range(count):
        try:
            if message.verify(idx=number, dnsfunc=key):
                return True
        except (dkim.DKIMException, ValueError, TypeError):
            # No key, another algorithm, a tag that is none: it does not verify.
            continue
    return None if silent or not count else False
