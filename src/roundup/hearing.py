"""Which pieces the editor's word is about. Pure.

A word that is about nothing, or says two things at once, holds the issue: the editor is told what is wrong, in which
line, and which piece may have been meant, and nothing goes out that was not meant so.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from roundup.errors import HeldError
from roundup.identity import normal_link
from roundup.memory import RememberedPiece
from roundup.model import Edit, Piece
from roundup.word import Reference, Word
from roundup.words import mark, say

Ref = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The editor's word, with the pieces it is about, by source and id."""

    pins: tuple[Ref, ...] = ()
    excluded: frozenset[Ref] = frozenset()
    edits: Mapping[Ref, Edit] = field(default_factory=dict)


def heard(
    word: Word, pieces: Mapping[Ref, RememberedPiece], *, twins: Mapping[Ref, Ref], carried: frozenset[Ref]
) -> Heard:
    """What `word` is about among `pieces` and what it adds. A twin is called like what stands for it; `carried` are
    the pieces that earlier issues had. Raises HeldError with a sentence for each fault."""
    known = _Known(pieces, [piece for _, piece in word.added], twins=twins, carried=carried)
    known.check_added(word.added)
    pins = known.all_of(word.pin)
    excluded = known.all_of(word.exclude)
    edits = known.all_of([reference for reference, _ in word.edits])
    for reference, ref in pins:
        if ref in pieces and pieces[ref].withdrawn:
            known.fault(reference, say("the source of “{title}” has taken it back.", title=known.title(ref)))
    known.only_once(pins, mark("“{title}” is pinned twice. It has one place; take the other away."))
    known.only_once(edits, mark("“{title}” is edited twice. Put both into one table."))
    both = {ref for _, ref in excluded}
    for reference, ref in pins:
        if ref in both:
            known.fault(
                reference, say("“{title}” is pinned and excluded. Take one of both away.", title=known.title(ref))
            )
    if known.faults:
        raise HeldError("\n".join(dict.fromkeys(known.faults)))
    said = [edit for _, edit in word.edits]
    return Heard(
        pins=tuple(ref for _, ref in pins),
        excluded=frozenset(both),
        edits=dict(zip((ref for _, ref in edits), said, strict=True)),
    )


class _Known:
    """All that a word can be about, by what it may be called, and what is wrong with the word."""

    def __init__(
        self,
        pieces: Mapping[Ref, RememberedPiece],
        added: Sequence[Piece],
        *,
        twins: Mapping[Ref, Ref],
        carried: frozenset[Ref],
    ) -> None:
        self.faults: list[str] = []
        self._carried = carried
        self._pieces = {ref: each.piece for ref, each in pieces.items()} | {
            (piece.source, piece.id): piece for piece in added
        }
        self._refs: dict[str, dict[Ref, None]] = {}
        for ref, piece in self._pieces.items():
            for name in (piece.id, f"link {normal_link(piece.link)}"):
                self._refs.setdefault(name, {})[twins.get(ref, ref)] = None

    def check_added(self, added: Sequence[tuple[Reference, Piece]]) -> None:
        """A fault for each piece by hand that readers would get twice."""
        for reference, piece in added:
            own = (piece.source, piece.id)
            others = [ref for ref in self._refs[f"link {normal_link(piece.link)}"] if ref != own]
            if others and others[0] in self._carried:
                self.fault(
                    reference,
                    say("“{title}” was in an earlier issue, and goes into no other.", title=self.title(others[0])),
                )
            elif others:
                self.fault(
                    reference,
                    say("a source has this piece, “{title}”. Pin or edit that instead.", title=self.title(others[0])),
                )
        twice = Counter(normal_link(piece.link) for _, piece in added)
        for reference, piece in added:
            if twice[normal_link(piece.link)] > 1:
                self.fault(reference, say("{link} is added twice. Take the other away.", link=piece.link))

    def all_of(self, references: Sequence[Reference]) -> list[tuple[Reference, Ref]]:
        """Each reference with what it is about; a fault for one that is about nothing, or nothing that can be had."""
        found = []
        for reference in references:
            called = self._called(reference.text)
            if not called:
                self.fault(reference, self._no_such(reference.text))
            elif len(called) > 1:
                # A link that several pieces share, or an id that two sources use.
                names = say(" or ").join(
                    say("“{title}” from {source}", title=self.title(ref), source=ref[0]) for ref in called[:2]
                )
                self.fault(
                    reference,
                    say(
                        "“{text}” may be {names}. Write what only the one you mean is called.",
                        text=reference.text,
                        names=names,
                    ),
                )
            elif called[0] in self._carried:
                self.fault(
                    reference,
                    say("“{title}” was in an earlier issue, and goes into no other.", title=self.title(called[0])),
                )
            else:
                found.append((reference, called[0]))
        return found

    def only_once(self, told: Sequence[tuple[Reference, Ref]], sentence: str) -> None:
        """A fault for each piece that is named more than once, at the last of its names."""
        times = Counter(ref for _, ref in told)
        last = {ref: reference for reference, ref in told if times[ref] > 1}
        for ref, reference in last.items():
            self.fault(reference, say(sentence, title=self.title(ref)))

    def fault(self, reference: Reference, sentence: str) -> None:
        """Something is wrong where the reference stands."""
        self.faults.append(f"{reference.where}: {sentence}")

    def title(self, ref: Ref) -> str:
        """The title of a piece."""
        return self._pieces[ref].title

    def _called(self, text: str) -> list[Ref]:
        """What is called so: by its id, else by its link."""
        by_id = self._refs.get(text)
        if by_id or "://" not in text:
            return list(by_id or ())
        try:
            return list(self._refs.get(f"link {normal_link(text)}", ()))
        except ValueError:
            return []

    def _no_such(self, text: str) -> str:
        """That nothing is called so, and what may have been meant."""
        names = {name: piece for piece in self._pieces.values() for name in (piece.link, piece.id, piece.title)}
        close = get_close_matches(text, names, n=1, cutoff=0.6)
        if not close:
            return say("no piece of this issue is called “{text}”. `roundup pieces list` names them all.", text=text)
        piece = names[close[0]]
        return say(
            "no piece of this issue is called “{text}”. The nearest is {link} (“{title}”).",
            text=text,
            link=piece.link,
            title=piece.title,
        )
