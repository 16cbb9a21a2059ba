"""All checks at once: each looks in a thread of its own, within its time, and none can keep another from telling."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from roundup import clock
from roundup.checking import Check, Looked
from roundup.checking.catalogue import finding
from roundup.errors import RoundupError
from roundup.words import borrowed, figures, say


@dataclass
class _Look:
    """A check at work."""

    check: Check
    thread: threading.Thread
    found: list[Looked] = field(default_factory=list)
    #: A fault of our own: raised again where it is seen.
    fault: BaseException | None = None


def look(checks: Sequence[Check]) -> list[Looked]:
    """What all of them see, in their order. A check that is late is left behind in its thread, which ends with the
    process: its areas are told as not answering."""
    begun = clock.stopwatch()
    looks = [_begun(check) for check in checks]
    told: list[Looked] = []
    for each in looks:
        each.thread.join(max(0.0, begun + each.check.seconds - clock.stopwatch()))
        if each.fault is not None:
            raise each.fault
        told += _late(each.check) if each.thread.is_alive() else each.found
    return told


def _begun(check: Check) -> _Look:
    def at_work() -> None:
        try:
            this.found.extend(check.look())
        except RoundupError as error:
            this.found.append(_failed(check, str(error)))
        except OSError as error:
            this.found.append(
                _failed(check, f"{error.filename or check.areas[0]}: {borrowed(error.strerror or error)}")
            )
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            this.fault = error

    this = _Look(check=check, thread=threading.Thread(target=at_work, daemon=True))
    this.thread.start()
    return this


def _failed(check: Check, why: str) -> Looked:
    area = check.areas[0]
    return Looked(area=area, findings=[finding("no-answer", why, area=area)])


def _late(check: Check) -> Iterable[Looked]:
    for area in check.areas:
        what = say(
            "There was no answer within {seconds} seconds, so this was not checked; look at the line to the network, "
            "and run `roundup check` again.",
            seconds=figures(check.seconds),
        )
        yield Looked(area=area, findings=[finding("no-answer", what, area=area)])
