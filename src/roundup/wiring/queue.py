"""Settings into who takes up batches of deliveries."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from roundup.errors import SettingsError
from roundup.model import IssueId, SubscriberId
from roundup.settings import Settings
from roundup.wiring.banks import server
from roundup.words import say

if TYPE_CHECKING:
    from roundup.store.postgresql_queue import Taker


def taker(
    directory: Path,
    settings: Settings,
    make: Callable[[IssueId, SubscriberId], float | None],
    *,
    tell: Callable[[str], None],
) -> "Taker":
    """Who takes entries from the queue. Raises `SettingsError` if there is none."""
    there = server(directory, settings)
    if there is None or not settings.delivery.workers:
        raise SettingsError(
            say(
                "No deliveries are left to workers: set [delivery] workers = true here and on the machine of "
                "`roundup run`. It needs PostgreSQL."
            )
        )
    # Here, not above: it is installed only where there is a server.
    from roundup.store.postgresql_queue import Taker  # noqa: PLC0415

    return Taker(there.server, make, tell=tell)
