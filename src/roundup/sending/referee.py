"""The port of refereeing: a `Referee` says of messages in doubt whether the next hop has taken them.

Between the final dot and its 250 both sides own a message (RFC 1047), and SMTP has no command that asks afterwards.
A relay that keeps a log can be asked all the same.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


class Verdict(Enum):
    """What is known of a message in doubt."""

    #: The next hop has it: whoever sends it again makes a copy.
    QUEUED = "queued"
    #: The next hop has it not, and cannot come to have it: it must be sent again, or it is lost.
    NOT_QUEUED = "not queued"
    #: Neither is certain.
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdicts."""

    #: One for each Message-ID asked about.
    verdicts: Mapping[str, Verdict]
    #: Why something stayed undecided: a sentence for an editor. Empty if nothing did.
    trouble: str = ""


def never() -> bool:
    """Nothing asks to stop."""
    return False


class Referee(Protocol):
    """Knows what the next hop has taken."""

    def judge(self, message_ids: Collection[str], *, since: datetime, stop: Callable[[], bool] = never) -> Judgement:
        """Decide about messages by their Message-IDs, angle brackets included. None of our own lines may be open.

        `since`: an aware instant before which none of them was offered; what happened earlier is not looked for.
        `stop` is asked often; once it says True, what is not decided stays undecided. It may take as long as the next
        hop needs to come to rest, up to a limit of the adapter's. Never raises: what cannot be read decides nothing.
        """
        ...
