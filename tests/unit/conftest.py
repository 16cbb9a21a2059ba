"""What the tests of the daily job share: a newsletter whose calendar begins on Monday 16 November 2026."""

from collections.abc import Iterator

import pytest

from tests.fakes.sources import ScriptedSource
from tests.offices import BRIDGE, Paper, a_paper, a_reading


@pytest.fixture
def source() -> ScriptedSource:
    """A source that shows the bridge, and nothing else until it is told to."""
    return ScriptedSource(a_reading(BRIDGE))


@pytest.fixture
def paper(source: ScriptedSource) -> Iterator[Paper]:
    """A newsletter that has seen the bridge on Monday morning."""
    with a_paper(source) as made:
        made.run("2026-11-16 09:00")
        yield made
