"""Which content files are no pieces for readers, and why: drafts, private files, redirects, section pages. Pure.

The reasons are few and short, since they are counted. The keys are those of all the generators together: a site uses
one of them, and none uses another's for the opposite.
"""

from pathlib import PurePosixPath

from roundup.gathering.matter import Matter, first, is_no, is_yes, text
from roundup.words import mark

DRAFT = mark("a draft")
HIDDEN = mark("private or hidden")
REDIRECT = mark("a redirect")
SECTION = mark("a section page")
TEMPLATE = mark("a template")
PAGE = mark("no title and no date")
UNDATED = mark("no date")
WEB_PAGE = mark("a whole web page without a date")
LINKED = mark("a link to a folder")
GONE = mark("deleted while the folder was read")

_DRAFT_FOLDERS = frozenset({"_drafts", "drafts"})
_STATES = {
    "draft": DRAFT, "pending": DRAFT, "hidden": HIDDEN, "private": HIDDEN, "skip": HIDDEN, "trash": HIDDEN,
    "unlisted": HIDDEN,
}  # fmt: skip
_SECTION_LAYOUTS = frozenset(
    {
        "404", "archive", "archives", "author", "authors", "categories", "category", "feed", "home", "index", "list",
        "search", "section", "sitemap", "tag", "tags", "taxonomy",
    }
)  # fmt: skip
_SECTION_TYPES = _SECTION_LAYOUTS | {"page", "pages", "about", "friends", "links"}
#: Layouts and names of pages that have no date, and whose site does not mean them to have one.
_PAGE_LAYOUTS = frozenset({"page", "pages", "default", "static", "landing", "single-page", "docs", "doc"})
_PAGE_NAMES = frozenset(
    {
        "404", "about", "about-us", "archive", "archives", "author", "authors", "categories", "colophon", "contact",
        "contact-us", "contributing", "feed", "home", "impressum", "imprint", "legal", "license", "licence",
        "links", "now", "privacy", "privacy-policy", "projects", "readme", "search", "sitemap", "tags", "team", "terms",
        "thanks", "uses",
    }
)  # fmt: skip


def is_draft_folder(name: str) -> bool:
    """Whether a folder of this name holds drafts (Jekyll's `_drafts`)."""
    return name.lower() in _DRAFT_FOLDERS


def by_name(name: str) -> str | None:
    """Why a file of this name is no piece; None if its name does not say so."""
    if not name.startswith("_"):
        return None
    return SECTION if name.lower().startswith("_index.") else HIDDEN


def by_matter(matter: Matter) -> str | None:
    """Why a file is no piece by its own front matter; None if it does not say so."""
    if is_yes(matter, "draft") or is_no(matter, "published") or is_no(matter, "publish"):
        return DRAFT
    state = text(matter.get("status")).lower()
    if state in _STATES:
        return _STATES[state]
    if _is_hidden(matter):
        return HIDDEN
    layout = first(matter, ("layout", "template")).lower().rpartition("/")[2].partition(".")[0]
    to = first(matter, ("redirect", "redirect_to", "redirecturl", "redirect_url")).lower()
    if layout == "redirect" or (to and to not in {"false", "no"}) or isinstance(matter.get("redirect_to"), list):
        return REDIRECT
    if layout in _SECTION_LAYOUTS or text(matter.get("type")).lower() in _SECTION_TYPES:
        return SECTION
    return None


def undated(path: PurePosixPath, matter: Matter, *, has_title: bool) -> str | None:
    """Why a file without any date is no piece; None if it looks like one whose date was forgotten."""
    if not has_title:
        return PAGE
    layout = first(matter, ("layout", "template")).lower().rpartition("/")[2].partition(".")[0]
    name = path.stem.lower()
    # Deeper down an `index.md` may be a leaf bundle, which is a piece.
    is_first = name == "index" and len(path.parts) == 1
    return SECTION if layout in _PAGE_LAYOUTS or name in _PAGE_NAMES or is_first else None


def _is_hidden(matter: Matter) -> bool:
    """Whether a file says that its page is not shown, or not made at all."""
    # Eleventy writes no page for `permalink: false`, Zola for `render = false`.
    build = matter.get("build", matter.get("_build"))
    if isinstance(build, dict) and {text(build.get(key)).lower() for key in ("render", "list")} & {"never", "false"}:
        return True
    is_off = any(is_no(matter, key) for key in ("permalink", "render"))
    flags = ("private", "unlisted", "hidden", "headless", "eleventyexcludefromcollections")
    return is_off or any(is_yes(matter, key) for key in flags)
