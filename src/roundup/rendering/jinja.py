"""Templates to an issue's HTML and text.

A newsletter may bring its own templates, so they run in a sandbox and see plain values only (see `views`). What is
wrong in one is told to the editor with file and line, never as a traceback (see `template_faults`).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from roundup.errors import HeldError, TemplateError
from roundup.model import Issue, RenderedIssue
from roundup.rendering import PLACEHOLDERS, Fitted, Masthead, budget, colours, inline, text, views
from roundup.rendering.direction import written
from roundup.rendering.template_faults import TEMPLATE_FAULTS, Folders, Unknown, sentence
from roundup.words import say


class JinjaRenderer:
    """Renders with `issue.html` and `issue.txt`, and whatever they include, from the first of `folders` that has it."""

    def __init__(self, *, masthead: Masthead, folders: Sequence[Path]) -> None:
        self._masthead = masthead
        #: What the last issue took to fit: the next one is mostly the same, edited.
        self._cuts = 0
        self._templates = ImmutableSandboxedEnvironment(
            loader=Folders(folders),
            undefined=Unknown,
            autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False, default_for_string=False),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # The same issue is the same octets, always.
        del self._templates.globals["lipsum"], self._templates.filters["random"]
        self._templates.globals |= {"say": masthead.words.say, "say_many": masthead.words.say_many}
        self._templates.filters["wrap"] = text.wrap
        around = masthead.language, masthead.words.direction
        self._templates.filters["written"] = lambda words: written(words, "", within=around)
        self._templates.filters["readable_on"] = colours.readable_on

    def render(self, issue: Issue, *, nonce: str) -> Fitted:
        """Render within the size budget and tell what was left out (see `budget`).

        Raises `TemplateError` naming file and line, `HeldError` when the content holds the nonce or is too long, and
        `SettingsError` for a language that nobody knows."""
        fitted = budget.fit(issue, lambda tried: self._html(tried, nonce), guess=self._cuts)
        self._cuts = fitted.cuts
        # Only the HTML part has a limit: the text of what did not fit is nobody's.
        text_part = text.tidy(self._filled("issue.txt", self._context(fitted.issue, nonce)))
        rendered = replace(fitted.rendered, text=text_part)
        self._check_placeholders(rendered)
        return replace(fitted, rendered=rendered)

    def markup(self, issue: Issue, *, nonce: str) -> str:
        """The HTML as the templates give it, before its CSS is inlined. Raises as `render` does."""
        return self._filled("issue.html", self._context(issue, nonce))

    def _html(self, issue: Issue, nonce: str) -> RenderedIssue:
        """The issue without its text part."""
        return RenderedIssue(
            key=issue.key,
            subject=issue.subject,
            preheader=issue.preheader,
            html=inline.inline(self._filled("issue.html", self._context(issue, nonce))),
            text="",
            nonce=nonce,
        )

    def _context(self, issue: Issue, nonce: str) -> dict[str, object]:
        # A frozen dataclass prints all it holds: no field added later can be forgotten here.
        if nonce in repr(issue) or nonce in repr(self._masthead):
            raise HeldError(
                say(
                    "A piece or setting of the issue of {key} contains its secret mark {nonce}, and could so "
                    "get at subscribers' own links. Find the piece and exclude it.",
                    key=issue.key,
                    nonce=nonce,
                )
            )
        return views.context(issue, self._masthead, nonce)

    def _filled(self, name: str, context: dict[str, object]) -> str:
        try:
            filled = self._templates.get_template(name).render(context)
            filled.encode()
        except TEMPLATE_FAULTS as error:
            raise TemplateError(sentence(error, name)) from error
        return filled

    def _check_placeholders(self, rendered: RenderedIssue) -> None:
        for part, content in (("issue.html", rendered.html), ("issue.txt", rendered.text)):
            found = re.findall(rf"ru{rendered.nonce}({'|'.join(PLACEHOLDERS)})x", content)
            if content.lower().count(rendered.nonce) != len(found):
                raise TemplateError(
                    say("{part}: a placeholder was cut or changed. Print it as it is, without filters.", part=part)
                )
            if self._masthead.leave_link and "TOKEN" not in found:
                raise TemplateError(
                    say(
                        "{part}: the link to leave is missing. Print {{{{ leave_link }}}} in it or in what "
                        "it includes.",
                        part=part,
                    )
                )
