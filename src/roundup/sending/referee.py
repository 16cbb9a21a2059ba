"""Who knows what became of a message when its line broke: the port of `in_doubt = "reconcile"`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol


class Verdict(Enum):
    """What became of a message."""

    QUEUED = auto()
    NOT_QUEUED = auto()
    #: Nobody can say; perhaps later.
    UNDECIDED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a referee found."""

    #: For each Message-ID that was asked about.
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    #: Why it could not look, as a sentence for an editor; empty when it could.
    trouble: str = ""


class Referee(Protocol):
    """Somebody who can tell."""

    def judge(self, message_ids: Collection[str]) -> Judgement:
        """What became of these messages. Asked when no line of ours is open; may wait for the relay to come to rest."""
        ...
