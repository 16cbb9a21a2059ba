"""How many comments a piece has, where its source says so. Pure.

Unknown is None and never 0: WordPress leaves `slash:comments` out when comments are closed and there are none, plugins
remove it, and an empty element says nothing.
"""

import re
from collections.abc import Iterable, Mapping

#: RFC 4685 §1.3.
THREADING = "http://purl.org/syndication/thread/1.0"
#: The Slash module of RSS 1.0 (https://web.resource.org/rss/1.0/modules/slash/).
SLASH = "http://purl.org/rss/1.0/modules/slash/"

_DISCOURSE = re.compile(r"<small>\s*([0-9]{1,6}) posts? - [0-9]{1,6} participants?\s*</small>", re.ASCII)
_HACKER_NEWS = re.compile(r"<p>\s*# Comments:\s*([0-9]{1,6})\s*</p>", re.ASCII)
_TOO_MANY = 10**9
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


def in_entry(entry: Mapping[str, object], namespaces: Mapping[str, str]) -> int | None:
    """The comments of a feed's entry: the largest of what it says in several places; None if it says nothing.

    Read are `slash:comments`, and of RFC 4685 §4–5 `thr:total`, and `thr:count` on links of `rel="replies"`.
    `namespaces` are the prefixes that the document declares: the keys of a namespace that the parser doesn't know begin
    with the document's own prefix.
    """
    keys = {"slash_comments", "thr_total"}
    for prefix, uri in namespaces.items():
        if uri == THREADING:
            keys.add(f"{prefix}_total" if prefix else "total")
        elif uri == SLASH:
            keys.add(f"{prefix}_comments")
    counts = [number(entry.get(key)) for key in sorted(keys)]
    counts += [number(value) for value in _reply_counts(entry.get("links"))]
    return max((count for count in counts if count is not None), default=None)


def in_texts(texts: Iterable[str], *, pages: Iterable[str]) -> int | None:
    """The comments of an entry whose text says so; None if it says nothing, or is none of the two that can be trusted.

    hnrss writes `# Comments: 12` where the page is Hacker News's. Discourse writes `3 posts - 2 participants`, of which
    the first post is the piece.
    """
    is_news = any("//news.ycombinator.com/" in page for page in pages)
    for text in texts:
        discourse = _DISCOURSE.search(text)
        if discourse:
            return max(0, int(discourse[1]) - 1)
        counted = _HACKER_NEWS.search(text) if is_news else None
        if counted:
            return int(counted[1])
    return None


def in_front_matter(matter: Mapping[str, object]) -> int | None:
    """The comments that a file's front matter gives as `comment_count`; None if it gives none.

    `comments: true` is a switch of the site's generator, and never counts as 1.
    """
    return number(matter.get("comment_count"))


def number(value: object) -> int | None:
    """A count that a source gives as a number or as its digits; None for anything else, and for what no piece has:
    a thousand million comments."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < _TOO_MANY else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    return None


def _reply_counts(links: object) -> Iterable[object]:
    """The counts on links of `rel="replies"`. The strict parser names them `count`, the loose one `thr:count`."""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "replies":
            yield from (value for key, value in link.items() if key == "count" or str(key).endswith(":count"))
