"""Every message that a test of the whole program makes is held to the rules of `tests.message_rules`. And a newsletter
with nothing wrong in it, of each file that asks for one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.all_mail import broken_below
from tests.checked import World, a_world


@pytest.fixture(autouse=True)
def all_mail_keeps_the_rules(tmp_path: Path) -> Iterator[None]:
    """Whatever a test mailed, to whomever, keeps the rules."""
    yield
    assert broken_below(tmp_path) == []


@pytest.fixture(scope="module")
def whole_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def world(whole_world: World) -> Iterator[World]:
    with whole_world.settled() as settled:
        yield settled
