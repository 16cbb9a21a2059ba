"""What holds for every test: no settings from outside, a far-off time zone, no network but the loopback."""

import ipaddress
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import spam
from tests.browsers import a_browser
from tests.estate import Estate, an_estate, missing_parts
from tests.postgres import Cluster, the_cluster
from tests.torture import false_clock
from tests.torture.false_clock import SetClock

for _name in [name for name in os.environ if name.startswith("ROUNDUP_")]:
    del os.environ[_name]
# 12:45 or 13:45 ahead of UTC: whatever takes the machine's zone for the newsletter's is a day off.
os.environ["TZ"] = "Pacific/Chatham"
time.tzset()


def _stay_at_home(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections that leave this machine."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if host != "localhost" and not ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        raise AssertionError(f"a test reached out to {host}")


_SHARE = Path(__file__).resolve().parents[1] / ".venv" / "share"

sys.addaudithook(_stay_at_home)


@pytest.fixture
def cluster() -> Cluster:
    """A PostgreSQL server of the tests' own."""
    return the_cluster()


@pytest.fixture
def name(cluster: Cluster) -> str:
    """The name of an empty database there."""
    return cluster.make_database()


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Postfix and Dovecot, really running. Without them the test is skipped, but in CI it fails."""
    missing = missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no mail estate: {missing}")
    with an_estate() as running:
        yield running


@pytest.fixture(scope="session")
def spamassassin() -> Iterator[spam.SpamAssassin]:
    """SpamAssassin, really running. Without it the test is skipped, but in CI it fails."""
    missing = spam.missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    with spam.a_spamassassin() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Without it the test is skipped, but in CI it fails."""
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def axe() -> str:
    """The script of axe-core. Without it the test is skipped, but in CI it fails."""
    found = sorted(_SHARE.glob("axe-core-*.min.js"))
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core is not here, and a CI run without it would prove nothing")
        pytest.skip("axe-core is not here (scripts/axe.py fetches it)")
    return found[-1].read_text(encoding="utf-8")


@pytest.fixture
def clock(tmp_path: Path) -> SetClock:
    """A wall clock to set, for real processes. Without its parts the test is skipped, but in CI it fails."""
    missing = false_clock.missing_parts()
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no clock to set: {missing}")
    return SetClock(tmp_path)
