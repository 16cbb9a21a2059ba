"""Rules about what is a subscriber's own, and what a template engine leaves behind."""

from collections.abc import Iterator

from roundup.rendering.lint_rules.mail import Mail
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import say

_RESIDUE = ("{{", "}}", "{%", "%}", ">None<", ">undefined<", "*|", "|*", "[[", "%%")


def _residue(mail: Mail) -> Iterator[str]:
    for mark in _RESIDUE:
        if mark.strip("<>") not in mail.written and (mark in mail.html or mark in mail.text):
            yield say("A template's own mark was left in the mail: {mark}", mark=mark)


RULES = (Rule("residue", 58, Severity.ERROR, _residue),)
