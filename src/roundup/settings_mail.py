"""The way out, as roundup.toml names it: [smtp], [delivery] and [[dkim]]."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from roundup.settings_values import DomainName, Part, Text
from roundup.words import say


class Smtp(Part):
    """`[smtp]`: the way out."""

    host: str = Field(default="", description="Your mail server.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=587)
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none only on this machine (or with allow_plaintext)."
    )
    allow_plaintext: bool = Field(default=False, description="true: security = none to another machine, too.")
    username: str = Field(default="", description="The password stands in ROUNDUP_SMTP_PASSWORD, never here.")
    connections: Annotated[int, Field(ge=1, le=64)] = Field(default=4)
    rate: Annotated[float, Field(ge=0)] = Field(default=0, description="Messages a second; 0: no limit.")
    messages_per_connection: Annotated[int, Field(ge=0)] = Field(
        default=0, description="After so many a connection is closed and another opened; 0: no limit."
    )
    outbox: str = Field(default="", description="A folder for .eml files in place of a host.")

    @model_validator(mode="after")
    def _one_way(self) -> "Smtp":
        if bool(self.host) == bool(self.outbox):
            raise ValueError(say("[smtp] has either host or outbox"))
        local = self.host in {"localhost", "::1"} or self.host.startswith("127.")
        if self.host and self.security == "none" and not local and not self.allow_plaintext:
            raise ValueError(say('security = "none" is for this machine alone; use "starttls" or "tls"'))
        return self


class DeliverySettings(Part):
    """`[delivery]`: what is promised."""

    in_doubt: Literal["resend", "hold", "reconcile"] = Field(
        default="resend", description="When the line broke and nobody can say whether a message was accepted."
    )
    relay_log: Text = Field(
        default="/var/log/mail.log", description="With reconcile: the log of the Postfix on this machine."
    )
    journal: Literal["safe", "fast"] = Field(
        default="safe", description="fast: a power cut may cost some people a second copy."
    )
    workers: bool = Field(
        default=False, description="true: `roundup worker` sends, on any number of machines. Needs PostgreSQL."
    )
    batch: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=1_000, description="With workers: how many deliveries one takes up at a time."
    )

    @model_validator(mode="after")
    def _every_log(self) -> "DeliverySettings":
        if self.workers and self.in_doubt == "reconcile":
            raise ValueError(
                say(
                    'in_doubt = "reconcile" reads the log of one machine, and with workers = true several send; '
                    'write "resend" or "hold"'
                )
            )
        return self


class DkimSettings(Part):
    """`[[dkim]]`: a signature of roundup's own, where the mail server makes none."""

    selector: Annotated[DomainName, Field(min_length=1)] = Field(
        description="The first part of the name under which the DNS has the key."
    )
    key: Text = Field(
        description="A file in PEM, of mode 600, relative to this directory; or a systemd credential of this name."
    )
    domain: DomainName = Field(default="", description="Who vouches: the domain of [newsletter] from, if left out.")

    def signs_for(self, sender: str) -> str:
        """The domain that vouches for mail from an address. Raises ValueError if it is another's: receivers count a
        signature only if its domain and From's belong together (RFC 9989 §4.4, formerly RFC 7489 §3.1.1)."""
        own = sender.rpartition("@")[2].lower()
        domain = self.domain or own
        if "." not in domain or not (own == domain or own.endswith(f".{domain}") or domain.endswith(f".{own}")):
            raise ValueError(
                say(
                    "{domain} does not vouch for mail from {sender}; write {own}", domain=domain, sender=sender, own=own
                )
            )
        return domain
