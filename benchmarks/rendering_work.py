"""What one process of the rendering benchmark does: `python -m benchmarks.rendering_work HOW FILE [FOLDER]`.

It imports first, works then, and prints one JSON object: CPU seconds of the first call and the median of the next ones,
or of one subscriber's copy. FILE holds the document before its CSS is inlined; `document` writes it.
"""

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

_WARM = 8
_COPIES = 2_000


def main(how: str, file: str, folder: str = "") -> None:
    """Do it."""
    if how == "document":
        Path(file).write_text(_issue()[0], encoding="utf-8")
        return
    if how == "copies":
        print(json.dumps({"copy": _copies()}))
        return
    if folder:
        sys.path.insert(0, folder)
    work = {"ours": _ours, "premailer": _premailer, "css-inline": _css_inline}[how]()
    document = Path(file).read_text(encoding="utf-8")
    took = [_seconds(work, document) for _ in range(1 + _WARM)]
    print(json.dumps({"first": took[0], "warm": median(took[1:])}))


def _seconds(work: Callable[[str], Any], document: str) -> float:
    began = time.process_time()
    work(document)
    return time.process_time() - began


def _ours() -> Callable[[str], Any]:
    from roundup.rendering.inline import inline  # noqa: PLC0415  imports are not what is measured

    return inline


def _premailer() -> Callable[[str], Any]:
    from premailer import transform  # type: ignore[import-untyped]  # noqa: PLC0415

    work: Callable[[str], Any] = transform
    return work


def _css_inline() -> Callable[[str], Any]:
    import css_inline  # type: ignore[import-not-found]  # noqa: PLC0415

    inliner = css_inline.CSSInliner()
    work: Callable[[str], Any] = inliner.inline
    return work


def _issue() -> tuple[str, Any]:
    from roundup.rendering.jinja import JinjaRenderer  # noqa: PLC0415
    from tests.builders import (  # noqa: PLC0415
        EMAIL_TEMPLATES,
        NONCE,
        a_house_block,
        a_masthead,
        an_issue,
        numbered_pieces,
    )

    renderer = JinjaRenderer(masthead=a_masthead(blocks=[a_house_block()]), folders=[EMAIL_TEMPLATES])
    issue = an_issue(pieces=numbered_pieces(30))
    return renderer.markup(issue, nonce=NONCE), renderer.render(issue, nonce=NONCE).rendered


def _copies() -> float:
    """CPU seconds of one subscriber's copy of the issue, encoded and ready for the wire."""
    from roundup.messages import Addressee, stationery  # noqa: PLC0415
    from roundup.tokens import Purpose  # noqa: PLC0415
    from tests.builders import SECRET, a_letterhead  # noqa: PLC0415

    paper = stationery(_issue()[1], a_letterhead(), SECRET)
    people = [
        Addressee(email=f"reader{n}@example.org", name=f"Ada {n}", key=n.to_bytes(8, "big"), purpose=Purpose.LEAVE)
        for n in range(_COPIES)
    ]
    date = datetime(2026, 11, 20, 17, tzinfo=UTC)
    began = time.process_time()
    for person in people:
        paper.message(person, date=date)
    return (time.process_time() - began) / _COPIES


if __name__ == "__main__":
    main(*sys.argv[1:])
