"""The rules that a program can check over a rendered issue, by the chapters of `docs/email-rules.md`. Pure."""

from roundup.rendering.lint_rules import css, document, layout, links, personal, preheader, reading, size, texts
from roundup.rendering.lint_rules.rule import Rule

RULES: tuple[Rule, ...] = (
    *document.RULES,
    *size.RULES,
    *css.RULES,
    *reading.RULES,
    *layout.RULES,
    *links.RULES,
    *preheader.RULES,
    *texts.RULES,
    *personal.RULES,
)
