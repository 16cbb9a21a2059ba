"""What the DNS is asked. `dns.py` asks it; the rules of `name_rules.py` and `spf.py` decide. Pure."""

from collections.abc import Sequence
from typing import Protocol


class NamesError(Exception):
    """Nobody answers for a name (no server, a time-out, SERVFAIL). That there is no such name is an answer."""


class Names(Protocol):
    """The domain name system. Names are as they are written, without a dot at the end."""

    def texts(self, name: str) -> Sequence[str]:
        """The TXT records, each joined (RFC 7208 §3.3); empty if there are none. Raises `NamesError`."""
        ...

    def mail_servers(self, name: str) -> Sequence[str]:
        """The hosts of the MX records, the first first; `.` alone is a null MX (RFC 7505). Raises `NamesError`."""
        ...

    def addresses(self, name: str) -> Sequence[str]:
        """The addresses of A and AAAA records. Raises `NamesError`."""
        ...

    def reverse(self, address: str) -> Sequence[str]:
        """The names of an address (PTR). Raises `NamesError`."""
        ...
