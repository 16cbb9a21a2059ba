"""The sender that writes `.eml` files into a folder: for trying out, and for relays that take mail from a folder."""

from pathlib import Path

from roundup.model import Accepted, Message, NotOffered, Outcome, Reply
from roundup.sending.singly import SingleFile
from roundup.words import borrowed, say


class OutboxSender:
    """Implements `roundup.sending.Sender`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> SingleFile:
        """See `Sender`."""
        return SingleFile(self._write, begin=self._make)

    def _make(self) -> str:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return say(
                "The outbox {folder} cannot be made: {strerror}.",
                folder=self._folder,
                strerror=borrowed(error.strerror),
            )
        return ""

    def _write(self, message: Message) -> Outcome:
        """The file is named after the Message-ID, so that a message offered twice is one file."""
        name = message.message_id.strip("<>").rpartition("@")[0] + ".eml"
        unfinished = self._folder / f".{name}.part"
        try:
            unfinished.write_bytes(message.content)
            unfinished.replace(self._folder / name)
        except OSError as error:
            return NotOffered(
                why=say(
                    "{folder} cannot be written: {strerror}",
                    folder=self._folder / name,
                    strerror=borrowed(error.strerror),
                )
            )
        return Accepted(reply=Reply(code=250, text=say("2.0.0 written to {name}", name=name)))
