"""Every message that a test of the whole program makes is held to the rules of `tests.message_rules`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.all_mail import broken_below


@pytest.fixture(autouse=True)
def all_mail_keeps_the_rules(tmp_path: Path) -> Iterator[None]:
    """Whatever a test mailed, to whomever, keeps the rules."""
    yield
    assert broken_below(tmp_path) == []
