"""Settings into who takes up batches of deliveries."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from roundup.errors import SettingsError
from roundup.settings import Settings
from roundup.wiring.banks import server
from roundup.words import say
from roundup.working import Work

if TYPE_CHECKING:
    from roundup.store.postgresql_queue import Taker


def check_queued(directory: Path, settings: Settings) -> None:
    """Raises `SettingsError` if no deliveries are left to workers."""
    if not settings.delivery.workers or server(directory, settings) is None:
        raise SettingsError(
            say(
                "No deliveries are left to workers: set [delivery] workers = true here and on the machine of "
                "`roundup run`. It needs PostgreSQL."
            )
        )


def taker(directory: Path, settings: Settings, work: Work, *, tell: Callable[[str], None]) -> "Taker":
    """Who takes entries from the queue, for a worker. `tell`: see `Taker`. Raises `SettingsError` if there is none."""
    check_queued(directory, settings)
    # Here, not above: it is installed only where there is a server.
    from roundup.store.postgresql_queue import Taker  # noqa: PLC0415

    there = server(directory, settings)
    assert there is not None  # noqa: S101 - checked above
    return Taker(there.server, work.make, idle=work.idle, tell=tell)
