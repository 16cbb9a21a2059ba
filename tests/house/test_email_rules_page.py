"""The page of the mail's rules, `docs/email-rules.md`, and the rules themselves are one."""

import re
from pathlib import Path

from roundup.rendering.lint import RULES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "email-rules.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (\d+) \| (?:`([a-z-]+)`)? ?\| (.+?) \| (error|warning|in tests) \| (.+?) \|$", PAGE, re.MULTILINE
)


def test_every_number_is_told() -> None:
    assert list(range(1, 61)) == sorted({int(number) for number, *_ in ROWS})


def test_every_rule_is_told_as_it_is() -> None:
    told = {(int(number), name, severity) for number, name, _, severity, _ in ROWS if name}
    assert {(rule.number, rule.id, rule.severity.value) for rule in RULES} == told


def test_a_rule_without_a_name_says_that_tests_check_it() -> None:
    assert [] == [(number, severity) for number, name, _, severity, _ in ROWS if not name and severity != "in tests"]
