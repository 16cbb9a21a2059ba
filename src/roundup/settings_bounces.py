"""Where mail comes back to, as roundup.toml names it: [bounces]."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from roundup.settings_values import Duration, Part, Text
from roundup.words import say


class BouncesSettings(Part):
    """`[bounces]`: the mailbox of bounces, complaints and unsubscribe mail."""

    maildir: str = Field(default="", description="A mailbox in a folder of this machine (Maildir).")
    imap: str = Field(default="", description="In place of a folder: the server that has the mailbox.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=993, description="993 with tls, 143 with starttls.")
    security: Literal["tls", "starttls", "none"] = Field(
        default="tls", description="none only on this machine (127.0.0.1, localhost)."
    )
    username: str = Field(default="", description="The password stands in ROUNDUP_IMAP_PASSWORD, never here.")
    folder: Text = Field(default="INBOX", description="The folder of the mailbox in which the mail arrives.")
    keep: Duration = Field(
        default=timedelta(days=30), description="How long mail that was ours is kept, in the mailbox's folder Roundup."
    )

    @model_validator(mode="after")
    def _one_mailbox(self) -> "BouncesSettings":
        if self.maildir and self.imap:
            raise ValueError(say("[bounces] has either maildir or imap"))
        if self.imap and not self.username:
            raise ValueError(say("[bounces] imap needs a username"))
        local = self.imap in {"localhost", "::1"} or self.imap.startswith("127.")
        if self.imap and self.security == "none" and not local:
            raise ValueError(say('security = "none" is for this machine alone; use "tls" or "starttls"'))
        return self

    @property
    def is_set(self) -> bool:
        """Whether there is a mailbox to read."""
        return bool(self.maildir or self.imap)
