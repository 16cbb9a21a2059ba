"""Settings into parts. The only place that chooses, and the only one that imports adapters."""

from pathlib import Path
from typing import Literal

from roundup import clock, credentials, edits, shipped, word_file
from roundup.gathering.fetching import Fetcher
from roundup.journal import InDoubt
from roundup.newsroom import Newsroom, Watch
from roundup.office import Office
from roundup.personal import Retention
from roundup.proposals import Approval
from roundup.ranking import Order, Ranking
from roundup.rendering import HouseBlock, Masthead
from roundup.rendering.jinja import JinjaRenderer
from roundup.rules import Limits, Match, Rules, Section
from roundup.scheduling import Schedule
from roundup.selection import Overflow, Selection
from roundup.settings import FILE, House, Settings
from roundup.settings_choice import MatchSettings
from roundup.subjects import Patterns
from roundup.talking import Talk
from roundup.wiring.banks import database_file as database_file
from roundup.wiring.banks import followed_file as followed_file
from roundup.wiring.banks import in_file as in_file
from roundup.wiring.banks import list_file as list_file
from roundup.wiring.banks import on_server as on_server
from roundup.wiring.banks import server as server
from roundup.wiring.banks import state_folder as state_folder
from roundup.wiring.banks import store as store
from roundup.wiring.dkim import signers as signers
from roundup.wiring.mail import check_sending as check_sending
from roundup.wiring.mail import letterhead as letterhead
from roundup.wiring.mail import referee as referee
from roundup.wiring.mail import relay as relay
from roundup.wiring.mail import sender as sender
from roundup.wiring.mailboxes import mailbox as mailbox
from roundup.wiring.mailboxes import piped as piped
from roundup.wiring.mailboxes import returning as returning
from roundup.wiring.queue import check_queued as check_queued
from roundup.wiring.queue import taker as taker
from roundup.wiring.reports import reporting as reporting
from roundup.wiring.sources import prober as prober
from roundup.wiring.sources import sources as sources
from roundup.wiring.sources import user_agent as user_agent
from roundup.wiring.sources import visitor as visitor

#: So long a run reads returned mail, in seconds; the next one goes on.
_MAILBOX_SECONDS = 30.0


def office(directory: Path, settings: Settings, *, watch: Watch, sends: bool = False) -> Office:
    """Everything the daily job works with. Raises `SettingsError`. `sends`: whether mail will be offered, so that the
    mail server's password and the keys that sign are needed; whoever only looks needs none."""
    room = newsroom(directory, settings, watch=watch, sends=sends)
    out, bank = sender(directory, settings, sends=sends), store(directory, settings)
    told = reporting(directory, settings, letterhead=room.letterhead, sender=out, store=bank) if sends else None
    return Office(
        newsroom=room,
        schedule=schedule(settings),
        sender=out,
        store=bank,
        list_file=lambda: followed_file(directory),
        clock=clock.now,
        watch=watch,
        rate=settings.smtp.rate,
        in_doubt=InDoubt(settings.delivery.in_doubt),
        retention=Retention(
            unconfirmed=settings.privacy.unconfirmed or None,
            deliveries=settings.privacy.deliveries or None,
            left=settings.privacy.left or None,
        ),
        referee=referee(directory, settings),
        approval=approval(settings),
        returning=returning(directory, settings, schedule(settings), budget=_MAILBOX_SECONDS) if sends else None,
        reporting=told,
    )


def newsroom(directory: Path, settings: Settings, *, watch: Watch, sends: bool = False) -> Newsroom:
    """What an issue is made with. Raises `SettingsError`. `sends`: see `office`."""
    letters = letterhead(directory, settings, sends=sends)
    masthead = _masthead(settings, letters.leave_link)
    fetcher = Fetcher(user_agent=user_agent(settings))
    return Newsroom(
        sources=sources(directory, settings, fetcher=fetcher),
        prober=prober(settings, fetcher),
        renderer=JinjaRenderer(masthead=masthead, folders=[folder / "email" for folder in templates(directory)]),
        masthead=masthead,
        letterhead=letters,
        secret=credentials.secret(directory),
        ranking=Ranking(
            order=Order(settings.ranking.order),
            doubling=settings.ranking.doubling,
            comment_cap=settings.ranking.comment_cap,
        ),
        selection=_selection(settings),
        zone=settings.newsletter.zone,
        talk=Talk(
            maximum=settings.talked_about.maximum,
            growth=settings.talked_about.growth,
            within=settings.talked_about.within,
        ),
        patterns=Patterns(
            subject=settings.inbox.subject,
            preheader=settings.inbox.preheader,
            newsletter=settings.newsletter.name,
            language=settings.newsletter.language,
        ),
        word=lambda key: word_file.read(directory, key),
        edits=lambda key: edits.digest(directory, FILE, key),
        watch=watch,
    )


def templates(directory: Path) -> list[Path]:
    """Where templates are looked for, the newsletter's own first."""
    return [directory / "templates", shipped.templates()]


def schedule(settings: Settings) -> Schedule:
    """The calendar."""
    given = settings.schedule
    return Schedule(
        at=given.at,
        weekdays=given.weekdays,
        skip=frozenset(given.skip),
        zone=settings.newsletter.zone,
        max_lateness=given.max_lateness,
        gather_every=given.gather_every,
        weekly=given.weekly_day,
    )


def approval(settings: Settings) -> Approval | None:
    """Who must approve issues; None: nobody."""
    given = settings.schedule
    if given.approval == "none":
        return None
    return Approval(
        editor=settings.editor.email, deadline=given.approval_deadline, sends=given.after_deadline == "send"
    )


def _selection(settings: Settings) -> Selection:
    given = settings.selection
    return Selection(
        max_age=given.max_age,
        minimum=given.minimum,
        maximum=given.maximum,
        overflow=Overflow(given.overflow),
        rules=Rules(include=_match(given.include), exclude=_match(given.exclude)),
        limits=Limits(author=given.per_author, source=given.per_source, tag=given.per_tag),
        sections=tuple(Section(name=each.name, match=_match(each)) for each in settings.section),
    )


def _match(given: MatchSettings) -> Match:
    return Match(tags=given.tags, authors=given.authors, sources=given.sources, links=given.links)


def _masthead(settings: Settings, leave_link: str) -> Masthead:
    newsletter = settings.newsletter
    return Masthead(
        name=newsletter.name,
        language=newsletter.language,
        zone=newsletter.zone,
        website=newsletter.website,
        postal_address=newsletter.postal_address,
        leave_link=leave_link,
        view_link=f"{newsletter.public_url}v/" if newsletter.public_url else "",
        signup_link=newsletter.public_url if settings.signup.open else "",
        accent=settings.look.accent,
        logo=settings.look.logo,
        font=settings.look.font,
        pictures=settings.look.pictures,
        blocks=[
            *(_house_block("appeal", each) for each in settings.appeal),
            *(_house_block("sponsor", each) for each in settings.sponsor),
        ],
    )


def _house_block(kind: Literal["appeal", "sponsor"], given: House) -> HouseBlock:
    return HouseBlock(kind=kind, text=given.text, link=given.link, first=given.first, last=given.last)
