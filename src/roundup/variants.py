"""What readers of some sections have in place of the whole issue. All who chose the same share one rendering, so that
what it costs grows with the choices that people make and not with the people."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from roundup.audience import Sections, Variant, in_order
from roundup.errors import HeldError
from roundup.model import Issue, RankedPiece
from roundup.newsroom import Newsroom
from roundup.rendering.lint import Severity, lint
from roundup.rules import section_of
from roundup.subjects import preheader, subject
from roundup.words import say, spoken


def variants_of(newsroom: Newsroom, issue: Issue, choices: Collection[Sections]) -> tuple[Variant, ...]:
    """The variants that an issue needs for those who made these choices, by the names of their sections. Sections that
    are no more are nobody's; a choice of which the issue has nothing gets no variant. Raises `HeldError` if one must
    not be mailed as it is."""
    there = {section.name for section in newsroom.selection.sections}
    asked: dict[Sections, list[Sections]] = {}
    for choice in sorted(choices):
        asked.setdefault(in_order(each for each in choice if each in there), []).append(choice)
    made = []
    for sections, answered in sorted(asked.items()):
        part = _part(newsroom, issue, sections)
        if part.pieces:
            made.append(_rendered(newsroom, part, sections, answered))
    return tuple(made)


def _part(newsroom: Newsroom, issue: Issue, sections: Sections) -> Issue:
    """The part of an issue that stands in some sections."""

    def ours(piece: RankedPiece) -> bool:
        return section_of(piece.piece, newsroom.selection.sections) in sections

    pieces, more = list(filter(ours, issue.pieces)), list(filter(ours, issue.more))
    if not pieces:
        # What has only titles in the whole issue is all that these readers have of it.
        pieces, more = more, []
    word, new = newsroom.word(issue.key), [*pieces, *more]
    return replace(
        issue,
        pieces=tuple(pieces),
        more=tuple(more),
        subject=word.subject or subject(new, newsroom.patterns, issue.key.day),
        preheader=word.preheader or preheader(new, newsroom.patterns, issue.key.day),
        talked_about=tuple(
            each for each in issue.talked_about if section_of(each.piece, newsroom.selection.sections) in sections
        ),
    )


def _rendered(newsroom: Newsroom, part: Issue, sections: Sections, answered: Sequence[Sections]) -> Variant:
    fitted = newsroom.renderer.render(part, nonce=newsroom.secret.nonce(part.key))
    findings = lint(fitted.rendered, issue=fitted.issue, masthead=newsroom.masthead)
    errors = [finding.what for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise HeldError(
            say(
                "The issue must not be mailed as it is to those who chose {sections}:",
                sections=spoken().names(sections),
            )
            + "\n"
            + "\n".join(errors)
        )
    return Variant(choices=tuple(answered), rendered=fitted.rendered)
