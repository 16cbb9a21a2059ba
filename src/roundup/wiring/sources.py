"""Settings into sources, and into all that fetches."""

from pathlib import Path
from zoneinfo import ZoneInfo

from roundup import __version__
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
from roundup.settings import Settings
from roundup.settings_sources import SourceSettings


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
