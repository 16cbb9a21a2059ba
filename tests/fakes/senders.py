"""A sender that writes down what it is offered, and answers as it is told."""

from collections.abc import Mapping, Sequence

from roundup.model import Accepted, Message, Outcome, Reply
from roundup.sending.singly import SingleFile

TAKEN = Accepted(reply=Reply(code=250, text="2.0.0 taken"))


class RecordingSender:
    """Takes every message, but for the addresses in `answers`, which get theirs, one each time and then the last."""

    def __init__(self, answers: Mapping[str, Sequence[Outcome]] | None = None) -> None:
        #: Every message that was offered, in order.
        self.offered: list[Message] = []
        #: Why no line can be opened; empty: one can.
        self.trouble = ""
        self._answers = {email: list(outcomes) for email, outcomes in (answers or {}).items()}

    @property
    def addresses(self) -> list[str]:
        """Whom a message was offered to, in order."""
        return [message.envelope_to for message in self.offered]

    def open(self) -> SingleFile:
        return SingleFile(self.answer, begin=lambda: self.trouble)

    def answer(self, message: Message) -> Outcome:
        """Write it down, and answer."""
        self.offered.append(message)
        answers = self._answers.get(message.envelope_to, [TAKEN])
        return answers.pop(0) if len(answers) > 1 else answers[0]
