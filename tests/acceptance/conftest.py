"""Every message that a test of the whole program makes is held to the rules of `tests.message_rules`. And a newsletter
with nothing wrong in it, of each file that asks for one."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.all_mail import broken_below
from tests.checked import World, a_world
from tests.houses import House, a_house
from tests.postgres import the_cluster


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


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def house(stack: ExitStack, tmp_path: Path) -> House:
    return a_house(stack, tmp_path, the_cluster(), count=200)
