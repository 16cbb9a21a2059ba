"""How a run is asked for, and what it works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from roundup.clock import Clock
from roundup.delivering import Stop
from roundup.journal import InDoubt
from roundup.list_files import Opened
from roundup.newsroom import Newsroom, Watch
from roundup.personal import Retention
from roundup.proposals import Approval
from roundup.reporting import Reporting
from roundup.returning import Returning
from roundup.scheduling import Schedule
from roundup.sending import Sender
from roundup.sending.referee import Referee
from roundup.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How a run was asked for."""

    #: Send now: overrides hour, weekday, skipped dates and lateness.
    now: bool = False
    dry_run: bool = False
    #: Send an issue that was missed.
    late: bool = False
    #: Refuse unless the issue is exactly this one; empty: whatever it is.
    expect: str = ""
    #: Take this for the present moment: selection, calendar and printed dates; None: the clock's.
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What the daily job works with."""

    newsroom: Newsroom
    schedule: Schedule
    sender: Sender
    store: Store
    #: Opens the followed list file; None: there is none.
    list_file: Callable[[], Opened | None]
    clock: Clock
    watch: Watch
    #: Messages a second; 0: no limit.
    rate: float = 0.0
    in_doubt: InDoubt = InDoubt.RESEND
    #: How long what is personal is kept.
    retention: Retention = field(default_factory=Retention)
    #: Who must approve an issue before it goes to anybody; None: nobody.
    approval: Approval | None = None
    #: Who knows what became of a message in doubt; None: nobody.
    referee: Referee | None = None
    #: The mailbox that bounces and unsubscribe mail come back to; None: no run reads it.
    returning: Returning | None = None
    #: Who is told how a run went; None: whoever started it, alone.
    reporting: Reporting | None = None
    stop: Stop = field(default_factory=Stop)
