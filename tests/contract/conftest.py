"""Every test of a contract is run on every implementation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from roundup.store import Ledgers
from tests.contract.ledgers import IMPLEMENTATIONS


@pytest.fixture(params=IMPLEMENTATIONS)
def ledgers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledgers]:
    """Empty ledgers of one implementation."""
    with IMPLEMENTATIONS[request.param](tmp_path) as opened:
        yield opened
