"""A mail server that fails on command: what roundup does with each fault can be seen, by an editor and by a test.

What it does to a reader stands in the first part of their address: mail for `x-450-busy@faults.example` is answered
with a 450, as `catalogue.py` and docs/faults.md say. Anybody else's mail is taken. It keeps to RFC 5321, and to RFC
2920 where it announces PIPELINING; it is for one machine and for trying things out, never for real mail.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the server treats everybody."""

    #: Without it, more than one command at a time is answered with a 503 and the end of the line.
    pipelining: bool = True
    eight_bit: bool = True
    smtputf8: bool = True
    #: The largest message it takes, in octets (RFC 1870); 0: it announces no SIZE and has no limit.
    size: int = 0
    #: What it offers: STARTTLS, TLS from the first octet, or neither. A server with "none" looks to a client like one
    #: whose STARTTLS somebody has stripped on the way.
    security: Literal["none", "starttls", "tls"] = "none"
    #: PEM files; needed unless `security` is "none".
    certificate: Path | None = None
    key: Path | None = None
    #: What EHLO answers before STARTTLS in place of what it would say, each one capability; None: the truth.
    before_tls: tuple[str, ...] | None = None
    #: Who may send, after AUTH only; empty: everybody. AUTH is offered under TLS alone unless there is none.
    username: str = ""
    password: str = ""
    #: Of PLAIN and LOGIN, those that it offers.
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN")
    #: Seconds between a final dot and its 250.
    latency: float = 0.0
    #: Seconds that the slow faults take.
    slow: float = 2.0
    #: How often it does to a reader what their address says before it relents; 0: always.
    times: int = 0
    #: How many lines it holds at once; a further one is greeted with a 421. 0: no limit.
    max_connections: int = 0
    #: How many messages a line may bring; the next MAIL is answered with a 421. 0: no limit.
    max_messages: int = 0
    #: Its answer to every RCPT, such as "550 5.7.1 blocked"; empty: it looks at whom the mail is for.
    always: str = ""
