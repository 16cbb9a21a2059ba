"""A name server of a test's own: it speaks the DNS on UDP, and knows what it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


@dataclass
class Zone:
    """What it knows: records as zone files write them, by name and type."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    #: It answers nothing at all.
    silent: bool = False
    port: int = 0

    @property
    def address(self) -> str:
        """What `check --name-server` takes."""
        return f"127.0.0.1:{self.port}"

    def put(self, name: str, kind: str, *records: str) -> None:
        """These and no others; texts are cut as a zone file cuts them."""
        self.records[name.lower(), kind] = [
            " ".join(f'"{each[at : at + 250]}"' for at in range(0, len(each), 250)) if kind == "TXT" else each
            for each in records
        ]

    def answer(self, query: bytes) -> bytes:
        asked = dns.message.from_wire(query)
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.RA
        question = asked.question[0]
        name, kind = str(question.name).rstrip(".").lower(), question.rdtype.name
        found = self.records.get((name, kind), [])
        if found:
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, found))
        elif not any(known == name for known, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire(max_size=65_535)


@contextmanager
def a_name_server(zone: Zone) -> Iterator[Zone]:
    """The zone, served on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.1)
        zone.port = listening.getsockname()[1]
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    query, whoever = listening.recvfrom(4096)
                except TimeoutError:
                    continue
                if not zone.silent:
                    listening.sendto(zone.answer(query), whoever)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield zone
        finally:
            over.set()
            thread.join()
