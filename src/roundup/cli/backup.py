"""`roundup backup` and `restore`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from roundup import backing_up, clock, credentials, restoring, scaffold, settings, wiring
from roundup.backing_up import Manifest
from roundup.cli.newsletter import opened, print_json
from roundup.errors import HeldError, RoundupError, SettingsError, StoreError
from roundup.list_changes import FOLLOWED_FILE
from roundup.model import IssueKey
from roundup.restoring import Held
from roundup.settings import Settings
from roundup.store import copies, migrate, new_home, taking_along
from roundup.words import say, say_many, spoken

if TYPE_CHECKING:
    from roundup.store.postgresql import PostgresStore


def backup(directory: Path, file: Path, *, as_json: bool) -> int:
    """What `roundup backup` does. Gives the exit code."""
    loaded = settings.load(directory)
    store = wiring.store(directory, loaded)
    at = clock.now()
    manifest = backing_up.back_up(directory, store, file, newsletter=loaded.newsletter.id, at=at)
    if as_json:
        print_json({"file": str(file), "taken_at": at.isoformat(), "schema": manifest.schema, "rows": manifest.rows})
        return 0
    people, issues = manifest.rows.get("subscribers", 0), manifest.rows.get("issues", 0)
    click.echo(
        say(
            "{file} holds {people} and {issues}, and was read again and found good.",
            file=file,
            people=say_many("{count} subscriber", "{count} subscribers", people),
            issues=say_many("{count} issue", "{count} issues", issues),
        )
    )
    if (directory / credentials.SECRET_FILE).exists():
        click.echo(say("It holds the secret and everybody's address: keep it where nobody else looks."))
    else:
        click.echo(
            say(
                "It holds everybody's address: keep it where nobody else looks. The secret is not in it, for it is not "
                "in the directory: keep ROUNDUP_SECRET as well. Without it no link in a mail that went out works."
            )
        )
    return 0


def restore(directory: Path, file: Path, *, lost_were_sent: bool, holds: bool, as_json: bool) -> int:
    """What `roundup restore` does. Gives the exit code."""
    if lost_were_sent and holds:
        raise click.UsageError("--lost-were-sent and --hold cannot both be.")
    now = clock.now()
    directory.mkdir(parents=True, exist_ok=True)
    with restoring.staged(directory, file) as (folder, manifest):
        loaded = settings.load(folder)
        _check_same(directory, manifest)
        _check_same_place(directory, loaded)
        database, server = wiring.database_file(directory, loaded), wiring.server(directory, loaded)
        with (server or wiring.store(directory, loaded)).only_run() as ours:
            if not ours:
                raise StoreError(say("A run is at work. Wait for its end, then restore. Nothing was changed."))
            # On a server it is kept in a file first, and nothing is replaced unless it is still the same.
            present = database or _copied(directory, server)
            with _unwritten(present):
                kept, people = _keep_present(directory, present, folder, manifest, now=now)
                held = restoring.hold_the_lost_time(folder, wiring.schedule(loaded), manifest, now=now)
            goes_back = _list_goes_back(directory, folder)
            restoring.put_in_place(directory, present, server)
            left, trouble = _left(directory, held, lost_were_sent=lost_were_sent, holds=holds or as_json, now=now)
    closed = [] if left == held else [*held.frozen, *held.lost]
    restored = _Restored(
        manifest=manifest, kept=kept, people=people, list_goes_back=goes_back, held=left, closed=closed
    )
    _tell(restored, loaded.newsletter.zone, as_json=as_json)
    if trouble:
        click.echo(trouble, err=True)
    return 0


def _left(directory: Path, held: Held, *, lost_were_sent: bool, holds: bool, now: datetime) -> tuple[Held, str]:
    """What waits still when the editor has said whether all of it was sent, and why it could not be closed."""
    if not _were_sent(held, lost_were_sent=lost_were_sent, holds=holds):
        return held, ""
    try:
        return restoring.were_sent(opened(directory)[1], held, now=now), ""
    except HeldError as error:
        return held, str(error)


def finish_restoring(directory: Path) -> bool:
    """What every command begins with: a restore that was killed half way is finished. Returns whether one was."""
    finished = restoring.finish(directory)
    if finished:
        click.echo(say("A restore that was interrupted has been finished."), err=True)
    return finished


def _copied(directory: Path, server: "PostgresStore | None") -> Path:
    """A copy of what is on the server; no such file if nothing is."""
    copied = restoring.present_copy(directory)
    if server is not None and server.is_there():
        with server.to_write():
            # Brought up to date, if an older roundup made it.
            pass
        server.copy(copied)
    return copied


def _check_same_place(directory: Path, new: Settings) -> None:
    """A database that is left behind elsewhere would not be asked who has left, and could be sent from again."""
    try:
        here = wiring.store(directory, settings.load(directory) if (directory / settings.FILE).exists() else new)
    except SettingsError:
        # Broken settings are a reason to restore.
        return
    there, file = wiring.store(directory, new), wiring.database_file(directory, new)
    if here.name != there.name:
        raise SettingsError(
            say(
                "The backup's roundup.toml has its database elsewhere ({there}) than this newsletter ({here}). Set "
                "ROUNDUP_DATABASE_URL to where it is to be, restore, and write the same into [store] url before the "
                "next run. Nothing was changed.",
                there=there.name,
                here=here.name,
            )
        )
    if file is not None:
        _check_not_left(file)


def _check_not_left(file: Path) -> None:
    """Raises `HeldError` if the newsletter has moved to a server, and would be sent from both."""
    try:
        left = file.exists() and new_home.has_moved_out(file)
    except StoreError:
        # A damaged database is a reason to restore.
        return
    if left:
        migrate.check_known(migrate.MOVED_OUT, str(file))


def _check_same(directory: Path, manifest: Manifest) -> None:
    """Nothing of one newsletter may come over another."""
    if not (directory / settings.FILE).exists():
        return
    try:
        here = settings.load(directory).newsletter.id
    except SettingsError:
        # Broken settings are a reason to restore.
        return
    if here != manifest.newsletter:
        raise SettingsError(
            say(
                "This is a backup of {other}, and here is {here} ([newsletter] id). Nothing was changed.",
                other=manifest.newsletter,
                here=here,
            )
        )


def _keep_present(
    directory: Path, database: Path, folder: Path, manifest: Manifest, *, now: datetime
) -> tuple[Path | None, int | None]:
    """Keep the present state aside, and take along what it knows of people. Returns where it is kept, None if there
    was nothing, and how many people changed; None: it could not be read."""
    kept = directory / f"before-restore-{now:%Y%m%dT%H%M%SZ}.tar.gz"
    with restoring.room_to_keep(directory) as room:
        try:
            if database.exists() and database.stat().st_size:
                store = wiring.in_file(database)
                backing_up.back_up_by(room, directory, store, kept, newsletter=manifest.newsletter, at=now)
                hashed = credentials.secret(folder).forgotten
                return kept, taking_along.take_along(folder / backing_up.DATABASE, database, hashed, at=now)
        except (RoundupError, copies.DAMAGED):
            if kept.exists():
                # It could be kept, but not be asked: a newer roundup's, for example.
                return kept, None
            scaffold.clear(room)
        is_there = backing_up.keep_as_it_is(room, directory, database, kept)
    return (kept if is_there else None), None


def _list_goes_back(directory: Path, folder: Path) -> bool:
    """Whether the list file of the backup takes the place of another."""
    present, new = directory / FOLLOWED_FILE, folder / FOLLOWED_FILE
    return present.is_file() and new.is_file() and present.read_bytes() != new.read_bytes()


@contextmanager
def _unwritten(database: Path) -> Iterator[None]:
    """Whoever leaves while a restore looks at the database would be mailed again. Raises `SettingsError` if somebody
    has it open, `StoreError` if somebody wrote into it during the block."""
    _check_left_alone(database)
    before = copies.stamp(database)
    yield
    _check_left_alone(database)
    if copies.stamp(database) != before:
        raise StoreError(say("{path} was written into meanwhile. Nothing was changed: try again.", path=database))


def _check_left_alone(database: Path) -> None:
    try:
        alone = not database.exists() or copies.is_left_alone(database)
    except copies.DAMAGED:
        # Nobody writes into what cannot be read.
        return
    if not alone:
        raise SettingsError(
            say("Somebody has {path} open: stop `roundup serve` and the desk. Nothing was changed.", path=database)
        )


def _were_sent(held: Held, *, lost_were_sent: bool, holds: bool) -> bool:
    if lost_were_sent or holds or not (held.lost or held.frozen) or not sys.stdin.isatty():
        return lost_were_sent
    keys = ", ".join(str(key) for key in (*held.frozen, *held.lost))
    return click.confirm(say("Were all of these issues sent since the backup: {keys}?", keys=keys), default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Restored:
    """What came of a restore."""

    manifest: Manifest
    #: What was there before; None: nothing was.
    kept: Path | None
    #: How many people were taken along; None: it could not be known who.
    people: int | None
    #: Whether the followed list was another.
    list_goes_back: bool
    #: What waits.
    held: Held
    #: What was sent in the lost time, as the editor says.
    closed: list[IssueKey]

    @property
    def waiting(self) -> list[str]:
        return [str(key) for key in (*self.held.frozen, *self.held.lost, *self.held.following)]


def _tell(restored: _Restored, zone: ZoneInfo, *, as_json: bool) -> None:
    taken_at, kept, people = restored.manifest.taken_at, restored.kept, restored.people
    if as_json:
        told: dict[str, object] = {"taken_at": taken_at.isoformat(timespec="minutes"), "held": restored.waiting}
        told["closed"] = [str(key) for key in restored.closed]
        told |= {"kept": kept and str(kept), "people_taken_along": people, "list_goes_back": restored.list_goes_back}
        print_json(told)
        return
    click.echo(say("Restored as of {taken}.", taken=spoken().full_moment(taken_at.astimezone(zone))))
    if kept is not None:
        click.echo(say("What was here before is kept in {kept}.", kept=kept))
    if people is None:
        click.echo(
            say(
                "Nobody knows here who left, bounced or complained since then: they would be mailed again. Take out "
                "whom you know of with `roundup subscribers remove ADDRESS` before the next issue."
            )
        )
    else:
        click.echo(say_many("{count} person was taken along.", "{count} people were taken along.", people))
    if restored.list_goes_back:
        click.echo(
            say(
                "{file} is that of the backup, and the one that stood here was another; it is in {kept}. Compare the "
                "two before the next issue: whoever was taken out of it since the backup, and stands in it, is mailed "
                "again once it is edited.",
                file=FOLLOWED_FILE,
                kept=kept,
            )
        )
    for key in restored.closed:
        click.echo(say("Closed, for it was sent: {key}.", key=key))
    for held in restored.waiting:
        click.echo(say("Held: {key}. `roundup issues show {key}` says what to decide.", key=held))
