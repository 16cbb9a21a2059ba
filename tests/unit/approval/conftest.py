"""What the tests of approval share: a newsletter whose editor is asked, from Monday 16 November 2026 on."""

from collections.abc import Iterator

import pytest

from tests.approvals import a_paper_that_asks
from tests.fakes.sources import ScriptedSource
from tests.offices import Paper


@pytest.fixture
def paper(source: ScriptedSource) -> Iterator[Paper]:
    """A newsletter that has seen the bridge on Monday morning."""
    with a_paper_that_asks(source) as made:
        yield made
