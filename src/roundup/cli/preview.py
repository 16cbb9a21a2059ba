"""`roundup preview`: the issue due next, as it would go out. Changes nothing."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from roundup import clock
from roundup.choosing import MORE, ref_of
from roundup.cli.declaring import at_place
from roundup.cli.newsletter import moment, opened, print_json
from roundup.cli.source_table import left_out_lines, source_table
from roundup.editors_copy import editors_copy
from roundup.errors import HeldError, SettingsError
from roundup.model import Issue, Omission
from roundup.office import Office
from roundup.reports import RunState
from roundup.settings import Settings
from roundup.upcoming import Upcoming, upcoming
from roundup.words import figures, mark, say, say_many, spoken

#: Of more pieces than these that are left out for one reason, only the number is shown.
_MANY = 6
_FILES = ("issue.html", "issue.txt", "issue.eml")


def preview(directory: Path, /, *, out: Path | None, at: str | None, weekly: bool, as_json: bool, **desk: Any) -> int:
    """What `roundup preview` does. Gives the exit code."""
    if out is None and not as_json:
        # A server takes a while to load.
        keep_open: Callable[..., int] = at_place("roundup.cli.desk:keep_open")
        return keep_open(directory, at=at, weekly=weekly, port=desk["port"], browser=not desk["no_browser"])
    settings, office = opened(directory)
    now = moment(at, settings.newsletter.zone) or clock.now()
    try:
        with office.store.to_read() as ledgers:
            seen = upcoming(office.newsroom, ledgers, schedule=office.schedule, now=now, weekly=weekly)
    except HeldError as error:
        if not as_json:
            raise
        print_json({"state": RunState.HELD.value, "because": str(error)})
        return 3
    if out is not None:
        if (directory / out).is_file():
            raise SettingsError(say("--out: {folder} is a file, and must be a folder.", folder=directory / out))
        write(seen, directory / out, office=office, settings=settings)
    if as_json:
        print_json(seen.explanation)
    elif out is not None:
        show(seen, directory / out, settings, now=now)
    return 0


def write(seen: Upcoming, folder: Path, *, office: Office, settings: Settings) -> None:
    """Write what `seen` is made of. With nothing new only explain.json, and no issue.* of an earlier preview stays."""
    folder.mkdir(parents=True, exist_ok=True)
    explained = json.dumps(seen.explanation, ensure_ascii=False, indent=2) + "\n"
    (folder / "explain.json").write_text(explained, encoding="utf-8")
    if seen.rendered is None:
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        return
    copy = editors_copy(seen.rendered, office.newsroom, settings.editor.email, date=clock.now())
    (folder / "issue.html").write_text(copy.html, encoding="utf-8")
    (folder / "issue.txt").write_text(copy.text, encoding="utf-8")
    (folder / "issue.eml").write_bytes(copy.eml)


def show(seen: Upcoming, folder: Path, settings: Settings, *, now: datetime) -> None:
    """The issue on the terminal: what goes out, in which order and why, and what does not."""
    console = Console()
    zone = settings.newsletter.zone
    due = seen.instant.astimezone(zone)
    console.print(
        say(
            "The issue of {day}, due at {clock} ({zone})",
            day=spoken().full_day(due.date()),
            clock=spoken().clock(due),
            zone=zone.key,
        ),
        highlight=False,
    )
    told = seen.explanation
    if seen.rendered is None:
        console.print(say("Nothing new: no mail would go out."))
    else:
        console.print(_inbox(told["subject"], told["preheader"]))
        console.print()
        console.print(_table(told["pieces"]))
    if told["left_out"]:
        console.print(_left_out(told["left_out"], seen.issue))
    if told["older"]:
        console.print(_older(told["older"]), highlight=False)
    if seen.hold:
        console.print(Text(say("On hold: {hold}", hold=seen.hold), style="yellow"))
    minimum = settings.selection.minimum
    if 0 < len(told["pieces"]) < minimum:
        too_few = say("With fewer than {minimum} pieces ([selection] minimum) it is not mailed.", minimum=minimum)
        console.print(Text(too_few))
    if seen.sources:
        console.print()
        console.print(source_table(seen.sources, now=now, zone=zone))
        for line in left_out_lines(seen.sources):
            console.print(line)
    for warning in seen.warnings:
        console.print(Text(say("Warning: {warning}", warning=warning), style="yellow"))
    if seen.rendered is not None:
        size = len(seen.rendered.html.encode())
        console.print(
            "\n" + say("{size} bytes of HTML; fingerprint {code}", size=figures(size), code=seen.fingerprint),
            highlight=False,
        )
    console.print(say("Written to {folder}", folder=folder), highlight=False, soft_wrap=True)


def _inbox(subject: str, preheader: str) -> Table:
    """What an inbox shows of it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row(say("Subject"), Text(subject))
    table.add_row(say("Preheader"), Text(preheader))
    return table


def _older(count: int) -> str:
    return say_many(
        "{count} piece was in earlier issues, or too old for them.",
        "{count} pieces were in earlier issues, or too old for them.",
        count,
    )


def _table(pieces: list[dict[str, object]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", expand=False)
    table.add_column("", justify="right")
    table.add_column(say("Piece"), ratio=2)
    table.add_column(say("Why it stands here"), ratio=2)
    section: object = ""
    for piece in pieces:
        if piece.get("section", "") != section:
            section = piece.get("section", "")
            table.add_row("", Text(str(section), style="bold"), "")
        table.add_row(str(piece["rank"]), Text(str(piece["title"])), Text(str(piece["why"]), style="dim"))
    return table


def _left_out(pieces: list[dict[str, Any]], issue: Issue | None) -> Table:
    """What is left out and why. A site's whole archive is too old, and two feeds of one site are one another's
    duplicates: of many such pieces the number is shown."""
    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    table.add_column("", justify="right")
    table.add_column(say("Left out"), ratio=2)
    table.add_column(say("Because"), ratio=2)
    why = {
        Omission.DUPLICATE: mark("the same pieces, from other sources; explain.json names them"),
        Omission.TOO_OLD: mark("older than max_age; explain.json names them"),
    }
    # An issue that is frozen already tells each of its pieces.
    kinds = {ref_of(each.ranked): each.kind for each in issue.left_out} if issue is not None else {}
    many = {kind: [each for each in pieces if kinds.get((each["source"], each["id"])) is kind] for kind in why}
    many = {kind: found for kind, found in many.items() if len(found) > _MANY}
    for piece in pieces:
        if not any(piece in found for found in many.values()):
            because = say("only its title, under “More”") if piece["because"] == MORE else str(piece["because"])
            table.add_row("–", Text(str(piece["title"])), Text(because, style="dim"))
    for kind, found in many.items():
        counted = say_many("{count} piece", "{count} pieces", len(found))
        table.add_row("–", counted, Text(say(why[kind]), style="dim"))
    return table
