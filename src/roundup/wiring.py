"""Settings into parts. The only place that chooses, and the only one that imports adapters."""

from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal
from zoneinfo import ZoneInfo

from roundup import __version__, clock, credentials, edits, shipped, word_file
from roundup.errors import ListError, SettingsError
from roundup.gathering import Prober, Source, Visitor
from roundup.gathering.counting import Counter
from roundup.gathering.counting.comment_folder import CommentFolder
from roundup.gathering.counting.counts_file import CountsFile
from roundup.gathering.counting.isso import Isso
from roundup.gathering.counting.pages import Pages
from roundup.gathering.counting.wordpress import WordPress
from roundup.gathering.feed import FeedPlace, FeedSource, Parser
from roundup.gathering.fetching import Fetcher
from roundup.gathering.folder import FolderSource, Habits
from roundup.gathering.links import host_of
from roundup.gathering.parsing import Children
from roundup.gathering.probing import WebProber
from roundup.gathering.visiting import WebVisitor
from roundup.journal import InDoubt
from roundup.list_changes import FOLLOWED_FILE
from roundup.list_files import Opened
from roundup.messages import Letterhead
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
from roundup.sending import Sender
from roundup.sending.log_mark import LogMark
from roundup.sending.opening import Relay
from roundup.sending.outbox import OutboxSender
from roundup.sending.postfix_log import PostfixLog
from roundup.sending.referee import Referee
from roundup.sending.smtp import SmtpSender
from roundup.settings import FILE, House, Settings
from roundup.settings_choice import MatchSettings
from roundup.settings_sources import SourceSettings
from roundup.store import Store
from roundup.store.sqlite import SqliteStore
from roundup.subjects import Patterns
from roundup.talking import Talk
from roundup.words import borrowed, say


def office(directory: Path, settings: Settings, *, watch: Watch, sends: bool = False) -> Office:
    """Everything the daily job works with. Raises `SettingsError`. `sends`: whether mail will be offered, so that the
    mail server's password is needed; whoever only looks needs none."""
    return Office(
        newsroom=newsroom(directory, settings, watch=watch),
        schedule=schedule(settings),
        sender=sender(directory, settings, sends=sends),
        store=store(directory, settings),
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
    )


def newsroom(directory: Path, settings: Settings, *, watch: Watch) -> Newsroom:
    """What an issue is made with. Raises `SettingsError`."""
    letters = letterhead(settings)
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


def letterhead(settings: Settings) -> Letterhead:
    """What every message says of itself in its headers."""
    newsletter = settings.newsletter
    return Letterhead(
        name=newsletter.name,
        id=newsletter.id,
        sender=newsletter.sender,
        reply_to=newsletter.reply_to or "",
        public_url=newsletter.public_url,
        unsubscribe_mailto=newsletter.unsubscribe_mailto or "",
        bounce_address=newsletter.bounce_address or "",
        zone=newsletter.zone,
    )


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


def store(directory: Path, settings: Settings) -> Store:
    """Where the newsletter remembers. Raises `SettingsError`."""
    url = credentials.store_url(settings.store.url)
    durable = settings.delivery.journal == "safe"
    if url.startswith("sqlite:///"):
        return SqliteStore(path=directory / url.removeprefix("sqlite:///"), durable=durable)
    try:
        # Here, not above: psycopg is installed only where it is wanted.
        from roundup.store.postgresql import PostgresStore  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            say(
                "[store] url (or ROUNDUP_DATABASE_URL) names a PostgreSQL database, and its driver is "
                'missing ({error}). Install it with: pip install "roundup-digest[postgresql]"',
                error=borrowed(error),
            )
        ) from None
    return PostgresStore(url, directory=directory, durable=durable)


def sender(directory: Path, settings: Settings, *, sends: bool) -> Sender:
    """The way out. Raises `SettingsError` if it `sends` and has no password."""
    smtp = settings.smtp
    if smtp.outbox:
        return OutboxSender(directory / smtp.outbox)
    relay = Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=credentials.smtp_password(smtp.username) if sends else "",
        own_name=settings.newsletter.sender.rpartition("@")[2],
    )
    return SmtpSender(relay, connections=smtp.connections, messages_per_connection=smtp.messages_per_connection)


def referee(directory: Path, settings: Settings) -> Referee | None:
    """Who knows what became of a message in doubt; None unless the settings ask for it."""
    smtp = settings.smtp
    if InDoubt(settings.delivery.in_doubt) is not InDoubt.RECONCILE or smtp.outbox:
        return None
    own_name = settings.newsletter.sender.rpartition("@")[2]
    mark = LogMark(host=smtp.host, port=smtp.port, security=smtp.security, own_name=own_name)
    return PostfixLog(path=directory / settings.delivery.relay_log, mark=mark)


def check_sending(settings: Settings, *, at: datetime | None) -> None:
    """Raises `SettingsError` if nobody may be mailed with these settings (plan §2.2)."""
    smtp, newsletter = settings.smtp, settings.newsletter
    if smtp.outbox:
        return
    if not newsletter.public_url and not newsletter.unsubscribe_mailto:
        raise SettingsError(
            say(
                "Readers could not leave: set [newsletter] public_url (where they reach `roundup serve`) or "
                "unsubscribe_mailto. Nothing was sent."
            )
        )
    if at is not None and smtp.host not in {"localhost", "::1"} and not smtp.host.startswith("127."):
        raise SettingsError(say("--at sends only to an outbox or to a mail server on this machine. Nothing was sent."))


def followed_file(directory: Path) -> Opened | None:
    """Opens subscribers.csv beside roundup.toml; None if there is none."""
    path = directory / FOLLOWED_FILE
    return list_file(path) if path.exists() else None


def list_file(path: Path) -> Opened:
    """Opens a list file. What it returns raises `ListError` if that cannot be."""

    def opened() -> BinaryIO:
        try:
            return path.open("rb")
        except OSError as error:
            raise ListError(
                say(
                    "{path} cannot be read: {strerror}. Nothing was changed.",
                    path=path,
                    strerror=borrowed(error.strerror),
                )
            ) from None

    return opened


def sources(
    directory: Path, settings: Settings, *, fetcher: Fetcher | None = None, parser: Parser | None = None
) -> list[Source]:
    """Every source. They share what fetches, with its certificates, and the children that read."""
    fetching, parsing = fetcher or Fetcher(user_agent=user_agent(settings)), parser or Children()
    return [_source(each, directory, settings, fetcher=fetching, parser=parsing) for each in settings.sources]


def prober(settings: Settings, fetcher: Fetcher) -> Prober:
    """Who looks at pictures. A source that may live on a private network may have its own host's there, too."""
    hosts = {each.called: _host(each) for each in settings.sources if each.allow_private}
    return WebProber(fetcher, private_hosts=hosts)


def visitor(settings: Settings) -> Visitor:
    """Who looks at single links and pictures for the editor."""
    hosts = frozenset(_host(each) for each in settings.sources if each.allow_private)
    return WebVisitor(Fetcher(user_agent=user_agent(settings)), private_hosts=hosts - {""})


def user_agent(settings: Settings) -> str:
    """How we call ourselves to other people's servers: with a page where they find who asks (RFC 9110 §10.1.5)."""
    page = settings.newsletter.website or settings.newsletter.public_url or ""
    contact = f" (+{page})" if page and page.isascii() else ""
    return f"roundup/{__version__}{contact}"


def _source(given: SourceSettings, directory: Path, settings: Settings, *, fetcher: Fetcher, parser: Parser) -> Source:
    zone = ZoneInfo(given.timezone or settings.newsletter.timezone)
    counters = _counters(given, directory, fetcher)
    if given.folder is not None:
        return FolderSource(
            name=given.called,
            counters=counters,
            folder=directory / given.folder,
            link=str(given.link),
            zone=zone,
            habits=Habits(authors=given.authors, language=given.language or ""),
        )
    feed = str(given.feed)
    return FeedSource(
        name=given.called,
        place=FeedPlace(
            location=feed if feed.startswith(("http://", "https://")) else directory / feed,
            zone=zone,
            allow_private=given.allow_private,
            base=given.base,
        ),
        fetcher=fetcher,
        parser=parser,
        counters=counters,
    )


def _counters(given: SourceSettings, directory: Path, fetcher: Fetcher) -> list[Counter]:
    """Where else the comments of a source are counted, what costs least first."""
    comments, name, private = given.comments, given.called, given.allow_private
    if comments is None:
        return []
    counters: list[Counter] = []
    if comments.folder:
        counters.append(CommentFolder(directory / comments.folder, source=name))
    if comments.file:
        place = comments.file if "://" in comments.file else directory / comments.file
        counters.append(CountsFile(place, source=name, fetcher=fetcher, allow_private=private))
    if comments.isso:
        counters.append(Isso(comments.isso, source=name, fetcher=fetcher, allow_private=private))
    if comments.wordpress:
        counters.append(WordPress(comments.wordpress, source=name, fetcher=fetcher, allow_private=private))
    if comments.pages:
        own = _host(given) if private else ""
        counters.append(Pages(source=name, fetcher=fetcher, private_host=own))
    return counters


def _host(given: SourceSettings) -> str:
    """The host that a source's pieces are on; empty for a feed that is a file."""
    return host_of(given.link or given.feed or "")


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
