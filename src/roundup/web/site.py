"""What the public pages are made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from roundup.approving import Approver
from roundup.archive import Archive
from roundup.clock import Clock
from roundup.rendering import Masthead
from roundup.signing_up import Rationing, SignupBook
from roundup.subscribers import SubscriberBook
from roundup.tokens import Secret
from roundup.web.mailroom import Mailroom


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the newsletter's settings say of its public pages."""

    #: Where browsers reach them, ending in a slash; empty: nobody knows.
    public_url: str = ""
    #: Whether people can sign up.
    signup: bool = True
    #: What they agree to; empty: a sentence of ours.
    wording: str = ""
    policy: str = ""
    rationing: Rationing = field(default_factory=lambda: Rationing(per_hour=300, per_network=10))
    #: Whether there is a weekly edition to choose.
    weekly: bool = False
    sections: tuple[str, ...] = ()
    #: Whether past issues are listed, and by search engines, too.
    archive: bool = True
    search_engines: bool = False
    #: The web servers in front, which are believed who asks.
    trusted_proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the public pages are made of."""

    masthead: Masthead
    subscribers: SubscriberBook
    signups: SignupBook
    archive: Archive
    secret: Secret
    clock: Clock
    #: Template folders, the first that has a file winning; the last is roundup's own.
    templates: list[Path]
    #: Told in a sentence what is wrong in a template.
    tell: Callable[[str], None]
    house: House = House()
    #: Who mails confirmations; None: nobody, and they wait.
    mailroom: Mailroom | None = None
    #: Who approves issues; None: they go out without asking.
    approver: Approver | None = None
