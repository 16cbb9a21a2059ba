"""What makes two pieces the same piece: any one of their identities. Pure.

A piece is known by its id within its source, by its normalised link, and by its title with its date where the host
or an author agree. Feeds change guids, sites move to https, newsletters add tracking parameters: one identity that
holds is enough, so that nothing comes back.
"""

import re
import unicodedata
from datetime import tzinfo
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

from roundup.model import Piece, Published

#: Query parameters that tell how a reader came, not where they are.
_TRACKING = re.compile(r"utm_.*|fbclid|gclid|mc_.*", re.IGNORECASE)


@lru_cache(maxsize=16_384)
def normal_link(link: str) -> str:
    """The form of a link for comparing: host in lower case without `www.` or a default port, no scheme, no fragment,
    no trailing slash, none of `utm_*`, `fbclid`, `gclid`, `mc_*`. Other query parameters stay: `/?p=12` is an address.
    What only looks like an address stays as it is.
    """
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        return link.strip()
    try:
        port = parts.port
    except ValueError:
        port = None
    host = (parts.hostname or "").removeprefix("www.")
    if port not in (None, 80, 443):
        host += f":{port}"
    query = urlencode(
        [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])]
    )
    return host + parts.path.rstrip("/") + (f"?{query}" if query else "")


# Asked of every piece several times a run: when it is joined, merged, chosen.
@lru_cache(maxsize=32_768)
def identities(piece: Piece, published: Published, zone: tzinfo) -> frozenset[str]:
    """Every identity of a piece. Two pieces are the same when they share one. `zone` is the newsletter's."""
    found = {f"id {piece.source} {piece.id}"}
    if not piece.link_is_shared:
        found.add(f"link {normal_link(piece.link)}")
    title, day = folded(piece.title), published.printed_day(zone)
    if title:
        host = (urlsplit(piece.link).hostname or "").removeprefix("www.")
        found.add(f"title {day} host {host} {title}")
        found.update(f"title {day} author {folded(author)} {title}" for author in piece.authors)
    return frozenset(found)


def folded(text: str) -> str:
    """Letters and digits alone, case folded: quotes and dashes are the first thing that an edit changes."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
