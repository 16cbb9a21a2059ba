"""A content file becomes a piece, or the reason why it does not. Pure: the file has been read already."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import PurePosixPath

from roundup.gathering import comments, exclusions, languages, metadata
from roundup.gathering.authors import names
from roundup.gathering.bodytext import Markup, Rendered, render
from roundup.gathering.cutting import first_words
from roundup.gathering.excerpts import excerpt
from roundup.gathering.frontmatter import Form, FrontMatter
from roundup.gathering.links import absolute
from roundup.gathering.matter import Matter, first, flattened, labels
from roundup.gathering.patterns import fill
from roundup.gathering.permalinks import naming, own_link
from roundup.gathering.publication import UnreadableDateError, is_template, published, says_date
from roundup.model import Defect, Piece, Published, Skipped
from roundup.words import say

_MARKUPS = {".mdx": Markup.MDX, ".html": Markup.HTML, ".htm": Markup.HTML, ".rst": Markup.REST}
#: Without front matter these are notes, licences, lists for machines: not what a site makes pages of.
_NEEDS_MATTER = frozenset({".txt", ".rst"})


class UnusableError(Exception):
    """The file should be a piece and can't be. The message says what is wrong, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What all files of one folder share."""

    source: str
    #: The pattern of addresses, checked.
    link: str
    zone: tzinfo
    #: The names to print for what the site's files say of their authors, by that in small letters.
    authors: Mapping[str, str] = field(default_factory=dict)
    #: Only files in this language are pieces; empty: all are.
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undated:
    """A file with a title and without a date: a page that needs none, or a piece whose date was forgotten. The files
    beside it tell (`told_by_neighbours`)."""

    where: str


def judged(path: PurePosixPath, file: FrontMatter, home: Home) -> Piece | Skipped | Undated:
    """The piece of the file at `path` (relative to its folder; that is its id), or why it is none.

    Raises UnusableError for a file that should be a piece.
    """
    matter = flattened(file.values)
    because = _skipped(path, matter, file.form, home)
    if because:
        return Skipped(where=path.as_posix(), because=because)
    try:
        when = published(path, matter, home.zone)
    except UnreadableDateError as error:
        raise UnusableError(str(error)) from error
    if when is None:
        because = exclusions.undated(path, matter, has_title=bool(metadata.title(matter)))
        return Skipped(where=path.as_posix(), because=because) if because else Undated(where=path.as_posix())
    return _piece(path, matter, file, when=when, home=home)


def told_by_neighbours(undated: Iterable[Undated], pieces: Iterable[Piece], source: str) -> Iterator[Skipped | Defect]:
    """What the files without a date are. Where at least half of a folder's files have one, it was forgotten, and an
    editor wants to know; else the folder holds pages, a manual's or a site's own, and nobody misses their dates."""
    without = list(undated)
    dated = Counter(_shelf(piece.id) for piece in pieces)
    pages = Counter(_shelf(each.where) for each in without)
    for each in without:
        shelf = _shelf(each.where)
        if dated[shelf] >= pages[shelf]:
            what = say("The file has no date; give it a date: in its front matter, or a name that begins 2026-11-21-.")
            yield Defect(source=source, where=each.where, what=what)
        else:
            yield Skipped(where=each.where, because=exclusions.UNDATED)


def _shelf(path: str) -> str:
    """The folder that a file stands in; a leaf bundle's `index.md` stands for its folder in the one above."""
    folder, _, name = path.rpartition("/")
    return folder.rpartition("/")[0] if name.lower().startswith("index.") and folder else folder


def _skipped(path: PurePosixPath, matter: Matter, form: Form, home: Home) -> str | None:
    """Why a file is no piece for readers, whatever its date; None if it may be one."""
    if form is Form.NONE and path.suffix.lower() in _NEEDS_MATTER:
        return exclusions.PAGE
    because = exclusions.by_matter(matter)
    if because is None and form is Form.NIKOLA:
        # Nikola's older files say it with tags.
        hidden = {"draft": exclusions.DRAFT, "private": exclusions.HIDDEN}
        because = next((hidden[tag] for tag in labels(matter.get("tags")) if tag in hidden), None)
    if because is None and home.language and languages.is_other(path, matter, home.language):
        because = languages.OTHER
    if because is None and form is Form.HTML and not says_date(matter):
        # A site shows it as it is (a chart, a slide show), beside the pieces that speak of it.
        because = exclusions.WEB_PAGE
    return exclusions.TEMPLATE if because is None and is_template(matter) else because


def _piece(path: PurePosixPath, matter: Matter, file: FrontMatter, *, when: Published, home: Home) -> Piece:
    title = metadata.title(matter)
    written = metadata.summary(matter)
    authors = names(metadata.people(matter, home.authors))
    short = excerpt(written, title=title, authors=authors) if written else ""
    if not title or not short:
        # An excerpt that somebody wrote needs no body.
        rendered = render(file.body, _markup(path, file.form), separator=first(matter, ("excerpt_separator",)))
        title = title or rendered.heading
        short = short or _beginning(rendered, title, authors)
    title = title or first_words(short)
    if not title:
        raise UnusableError(say("has neither a title nor a text; give it a title:"))
    link = _link(path, matter, file.form, title=title, when=when, home=home)
    return Piece(
        id=path.as_posix(),
        source=home.source,
        title=title,
        link=link,
        published=when,
        excerpt=short,
        authors=authors,
        comments=comments.in_front_matter(matter),
        tags=metadata.tags(matter),
        picture=metadata.picture(matter, link),
        language=languages.of(path, matter, home.language),
    )


def _markup(path: PurePosixPath, form: Form) -> Markup:
    """How a file's body is written. Nikola's and Pelican's `.txt` are reStructuredText."""
    suffix = path.suffix.lower()
    if suffix == ".txt" and form in {Form.NIKOLA, Form.FIELDS}:
        return Markup.REST
    return _MARKUPS.get(suffix, Markup.MARKDOWN)


def _link(path: PurePosixPath, matter: Matter, form: Form, *, title: str, when: Published, home: Home) -> str:
    """The piece's address: its own in the front matter, on the pattern's site; else the pattern filled in."""
    day = when.printed_day(home.zone)
    named = naming(path, matter, title=title, language=home.language)
    filled = fill(home.link, day=day, naming=named)
    own = own_link(matter, is_toml=form is Form.TOML, day=day, named=named, site=filled)
    made = own or absolute(filled)
    if made is None:
        raise UnusableError(
            say(
                "gets the link {filled!r}, which is no web address; correct the source's link pattern",
                filled=filled[:200],
            )
        )
    return made


def _beginning(rendered: Rendered, title: str, authors: Iterable[str]) -> str:
    """What stands before the more-marker; else the beginning of the body."""
    people = tuple(authors)
    sources = (rendered.teaser, rendered.html)
    return next((made for source in sources if (made := excerpt(source, title=title, authors=people))), "")
