"""Which piece a thread of comments is about: threads are called by addresses, paths, ids or slugs. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from roundup.identity import normal_link
from roundup.model import Piece

_DATE = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}[-_ ]")
_ENDING = re.compile(r"\.(?:md|markdown|mdx|html?|rst|txt|adoc)$", re.IGNORECASE)


def by_piece(threads: Mapping[str, int], pieces: Sequence[Piece]) -> Mapping[str, int]:
    """The comments of each piece that has a thread, by the piece's id; of several threads the fullest."""
    counts: dict[str, int] = {}
    for name, count in threads.items():
        counts[_told(name)] = max(count, counts.get(_told(name), 0))
    return {
        piece.id: max(counts[name] for name in known)
        for piece in pieces
        if (known := [name for name in names(piece) if name in counts])
    }


def names(piece: Piece) -> tuple[str, ...]:
    """All that a thread about a piece may be called: its address, the path of that, its id, and the slug in either."""
    path = _path(piece.link)
    own = [_whole(piece.link), path, _told(piece.id), *_slugs(path), *_slugs(piece.id)]
    return tuple(dict.fromkeys(each.casefold() for each in own if each.strip("/")))


def _told(name: str) -> str:
    """The form of a thread's name for comparing."""
    name = name.strip()
    if re.match(r"https?://", name, re.IGNORECASE):
        return _whole(name).casefold()
    if name.startswith("/"):
        # As a path of some host: what tells how a reader came is no part of it.
        return _whole(f"https://host{name}").removeprefix("host").casefold()
    return _ENDING.sub("", unquote(name).strip("/")).casefold()


def _whole(link: str) -> str:
    """An address for comparing, letters written out; /a-piece/index.html is the page of its folder."""
    return re.sub(r"/(?:index\.html?)?$", "", unquote(normal_link(link)))


def _path(link: str) -> str:
    return re.sub(r"/(?:index\.html?)?$", "", unquote(urlsplit(link).path))


def _slugs(path: str) -> Iterable[str]:
    """The last name of a path without its ending, and without the date that a file's name may begin with."""
    if "://" in path:
        return ()
    parts = [_ENDING.sub("", part) for part in PurePosixPath(path).parts]
    # /a-piece/index.html is called after its folder.
    while parts and parts[-1].casefold() in {"index", "_index"}:
        parts.pop()
    slug = parts[-1] if parts else ""
    return tuple(each for each in (slug, _DATE.sub("", slug)) if each not in {"", "/"})
