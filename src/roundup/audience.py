"""Who is to get an issue, and which rendering of it. Pure; the store says the same in SQL, and a test holds the two
together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from roundup.model import Cadence, IssueId, RenderedIssue, Status
from roundup.words import mark, say

#: Why somebody does not get an issue (`Audience.exclusion`), for an editor, behind any number.
_NOT_MAILED: Mapping[str, str] = {
    Status.PENDING: mark("not confirmed yet"),
    Status.REMOVED: mark("taken off the list"),
    "cadence": mark("on the other edition only (daily or weekly)"),
    "sections": mark("with other sections only"),
}

#: Names of sections as they are kept (`in_order`).
Sections = tuple[str, ...]


def in_order(sections: Iterable[str]) -> Sections:
    """Names of sections as they are kept: the same for everybody who chose the same."""
    return tuple(sorted(dict.fromkeys(sections)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What the readers of some sections have in place of the whole issue. All who chose the same share one."""

    #: The choices that it answers: names of sections, as they are kept (`in_order`).
    choices: tuple[Sections, ...]
    rendered: RenderedIssue


def why_not_mailed(reason: str) -> str:
    """A reason for which somebody does not get an issue, in an editor's words."""
    return say(_NOT_MAILED.get(reason, reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom an issue is for."""

    #: Only readers who want mail so often; None: whoever they are.
    cadence: Cadence | None = Cadence.DAILY
    #: The number of the rendering that readers of some sections get; who chose others gets none: mailing them what
    #: they did not ask for would be worse. None: everybody gets the whole issue, whose number is 0.
    variants: Mapping[Sections, int] | None = field(default_factory=dict)
    #: It is for those alone who have this issue: a correction. None: for everybody.
    to_those_with: IssueId | None = None

    def exclusion(self, status: Status, cadence: Cadence, sections: Sequence[str]) -> str | None:
        """Why somebody's delivery is not planned; None if it is."""
        if status is not Status.ACTIVE:
            return status.value
        if self.cadence not in (None, cadence):
            return "cadence"
        if sections and self.variants is not None and in_order(sections) not in self.variants:
            return "sections"
        return None
