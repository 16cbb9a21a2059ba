"""The DNS, asked. Implements `roundup.checking.names.Names`. The only file that knows dnspython."""

from collections.abc import Sequence

import dns.exception
import dns.message
import dns.resolver
import dns.reversename

from roundup.checking.names import NamesError
from roundup.errors import SettingsError
from roundup.words import say

#: For one question in all, in seconds.
_PATIENCE = 5.0


class Dns:
    """Asks the machine's own name servers, or the one at `server` (an IP address, with or without a port)."""

    def __init__(self, server: str = "") -> None:
        """Raises `SettingsError` if the machine has no name server, or `server` is none."""
        try:
            self._resolver = dns.resolver.Resolver(configure=not server)
            if server:
                host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
                self._resolver.nameservers = [host]
                self._resolver.port = int(port)
        except (dns.resolver.NoResolverConfiguration, ValueError):
            raise SettingsError(
                say(
                    "“{server}” is no name server that can be asked: give its IP address, such as 192.0.2.53.",
                    server=server or "/etc/resolv.conf",
                )
            ) from None
        self._resolver.lifetime = _PATIENCE
        self._resolver.timeout = _PATIENCE / 2

    def texts(self, name: str) -> Sequence[str]:
        """See `Names`."""
        return [b"".join(each.strings).decode("utf-8", "replace") for each in self._asked(name, "TXT")]

    def mail_servers(self, name: str) -> Sequence[str]:
        """See `Names`."""
        found = sorted(self._asked(name, "MX"), key=lambda each: each.preference)
        return [str(each.exchange).rstrip(".") or "." for each in found]

    def addresses(self, name: str) -> Sequence[str]:
        """See `Names`."""
        return [str(each.address) for kind in ("A", "AAAA") for each in self._asked(name, kind)]

    def reverse(self, address: str) -> Sequence[str]:
        """See `Names`."""
        return [str(each.target).rstrip(".") for each in self._asked(str(dns.reversename.from_address(address)), "PTR")]

    def _asked(self, name: str, kind: str) -> Sequence[dns.resolver.Answer]:  # type: ignore[type-arg,unused-ignore]
        try:
            return list(self._resolver.resolve(name.rstrip(".") + ".", kind))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except dns.exception.DNSException as error:
            raise NamesError(say("the DNS does not answer for {name}", name=name)) from error
