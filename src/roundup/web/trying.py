"""Every page, tried before anybody asks for it, so that who wrote a template learns at once what is wrong in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from roundup.model import Cadence
from roundup.web.archive import Listed
from roundup.web.pages import Pages
from roundup.web.preferences import Offered

_FORM = {
    "policy": "https://x.example/", "archive": True, "is_open": True, "wording": "w",
    "trouble": True, "again": True, "fast": True,
}  # fmt: skip
_PERSON, _SHOWN = ("address", "token"), ("given", "shown")
#: Templates with what is somebody's own in them, and with what else they are given.
_PAGES: Sequence[tuple[str, Sequence[str], Mapping[str, Any]]] = (
    ("home.html", _SHOWN, _FORM), ("embed.html", _SHOWN, _FORM), ("asked.html", (), {"framed": False}),
    ("confirm.html", (), {}), ("confirm-late.html", (), {}), ("confirmed.html", _PERSON, {}),
    ("leave.html", _PERSON, {}), ("left.html", _PERSON, {"stays": True}), ("stayed.html", _PERSON, {}),
    ("test-link.html", (), {}), ("unknown-link.html", (), {}), ("nothing.html", (), {"signup": True}),
    ("not-so.html", (), {}), ("not-yet.html", (), {}), ("later.html", (), {}),
    ("preferences.html", _PERSON, {
        "saved": True, "cadences": tuple(Cadence), "sections": (Offered("s", "s", chosen=True),),
        "pauses": (7,), "paused": True, "paused_until": None,
    }),
    ("approve.html", ("token", "subject", "fingerprint", "day", "until"),
     {"people": 1, "zone": "UTC", "sends": True, "pieces": 1, "variants": 0}),
    ("approval.html", (), {"standing": "approved"}),
)  # fmt: skip


def try_all(pages: Pages) -> None:
    """Fill every template; `pages` tells of what is wrong."""
    for name, own, values in _PAGES:
        pages.page(name, own=dict.fromkeys(own, ""), **values)
    issue = Listed(address="a", subject="s", day="d", kind="weekly")
    pages.text("archive.html", issues=[issue], older="2026-01-01", signup=True)
