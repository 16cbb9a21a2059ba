"""A gathering in a process of its own, so that its memory and its connections can be told from everybody else's:

    python -m tests.gathering_process DIRECTORY SECONDS NAMES

gathers the newsletter in DIRECTORY as `roundup run` would, remembering it, within so many SECONDS; NAMES is JSON:
addresses of host names that no name service need know. What came of it is printed as JSON.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from roundup import clock, pipeline, settings, wiring
from roundup.gathering.addresses import resolve
from roundup.gathering.fetching import Fetcher
from roundup.gathering.parsing import Children
from roundup.newsroom import Newsroom, Unwatched
from roundup.pipeline import Occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedHosts:
    """A name service that knows some names more than the system's."""

    names: Mapping[str, Sequence[str]]

    def __call__(self, host: str, port: int, *, seconds: float) -> list[str]:
        known = self.names.get(host)
        return list(known) if known else resolve(host, port, seconds=seconds)


def main() -> None:
    """See above."""
    directory, seconds, names = Path(sys.argv[1]), float(sys.argv[2]), json.loads(sys.argv[3])
    connections: list[str] = []
    looked_up: list[str] = []

    def witness(event: str, given: tuple[Any, ...]) -> None:
        # Raised by the interpreter itself, whoever connects.
        if event == "socket.connect" and isinstance(given[1], tuple):
            connections.append(f"{given[1][0]} {given[1][1]}")
        elif event == "socket.getaddrinfo":
            looked_up.append(str(given[0]))

    sys.addaudithook(witness)
    loaded = settings.load(directory)
    fetcher = Fetcher(user_agent=wiring.user_agent(loaded), resolver=NamedHosts(names=names))
    children = Children()
    newsroom = replace(
        wiring.newsroom(directory, loaded, watch=Unwatched()),
        sources=wiring.sources(directory, loaded, fetcher=fetcher, parser=children),
    )
    told = _gathered(newsroom, directory, loaded, seconds)
    children.close()
    own = Path("/proc/self/status").read_text(encoding="ascii")
    told["peak"] = next(int(line.split()[1]) * 1024 for line in own.splitlines() if line.startswith("VmHWM"))
    # The largest of the children that ended.
    told["peak_of_children"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    told["connections"] = sorted(set(connections))
    told["left_behind"] = (Path("/proc/self/task") / str(os.getpid()) / "children").read_text(encoding="ascii").split()
    print(json.dumps(told))


def _gathered(newsroom: Newsroom, directory: Path, loaded: settings.Settings, seconds: float) -> dict[str, Any]:
    now = clock.now()
    with wiring.store(directory, loaded).to_write() as ledgers:
        began = time.monotonic()
        gathering = pipeline.gather(
            newsroom,
            remembered=ledgers.memory,
            archive=ledgers.archive,
            occasion=Occasion(instant=now, now=now, preparing=False, seconds=seconds),
        )
        took = time.monotonic() - began
        ledgers.memory.record(gathering.shelves, at=now)
    return {
        "seconds": took,
        "sources": {
            shelf.record.name: {
                "state": str(shelf.record.state),
                "trouble": shelf.record.trouble,
                "pieces": len(shelf.pieces),
                "etag": shelf.record.bookmark.etag,
                "wait": None if shelf.record.not_before is None else (shelf.record.not_before - now).total_seconds(),
            }
            for shelf in gathering.shelves
        },
    }


if __name__ == "__main__":
    main()
