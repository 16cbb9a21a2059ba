"""What may be wrong with a rendered issue, before anybody gets it (pure).

The shipped templates pass; a newsletter's own templates, and what a feed brings, need not. An *error* is a mail that is
broken, harmful or hard to leave: the issue is held. A *warning* is one that is worse for some readers, or what lies in
a piece and not in a template. `docs/email-rules.md` tells every rule and its source.
"""

from lxml import etree

from roundup.model import Issue, RenderedIssue
from roundup.rendering import Masthead, placeholder, views
from roundup.rendering.lint_rules import RULES
from roundup.rendering.lint_rules.mail import Mail
from roundup.rendering.lint_rules.rule import Finding, Severity

__all__ = ["RULES", "Finding", "Severity", "lint"]


def lint(rendered: RenderedIssue, *, issue: Issue, masthead: Masthead) -> tuple[Finding, ...]:
    """Every rule that `rendered` breaks, in the order of the rules. `issue` is the one that was rendered: after
    shortening, `Fitted.issue`."""
    token = placeholder("TOKEN", rendered.nonce)
    parser = etree.HTMLParser(huge_tree=True, encoding="utf-8")
    mail = Mail(
        html=rendered.html,
        text=rendered.text,
        subject=rendered.subject,
        preheader=rendered.preheader,
        nonce=rendered.nonce,
        tree=etree.fromstring(rendered.html.encode() or b"<html></html>", parser),
        issue=issue,
        masthead=masthead,
        leave=masthead.leave_link and views.address(masthead.leave_link) + token,
        token=token,
    )
    return tuple(finding for rule in RULES for finding in rule.findings(mail))
