"""A word put into a relay's log by talking to it: where it stands, all that was logged before it stands too."""

import smtplib
import ssl
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMark:
    """Makes Postfix log a word, without a message.

    Postfix warns of a MAIL command with two addresses, and quotes it ("Illegal address syntax from …", smtpd.c); it
    does so before it asks for a login. The reply is an error whatever the server, so nothing is ever queued.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    #: What EHLO calls us.
    own_name: str
    #: Seconds that each step may take.
    patience: float = 30.0

    def __call__(self, word: str) -> None:
        """Have `word` (letters and digits) logged. Raises `OSError`, which smtplib's errors are too."""
        with self._connected() as server:
            server.ehlo()
            if self.security == "starttls":
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            server.docmd("MAIL", f"FROM:<{word}@roundup.invalid,{word}@roundup.invalid>")

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, self.own_name, timeout=self.patience, context=context)
        return smtplib.SMTP(self.host, self.port, self.own_name, timeout=self.patience)
