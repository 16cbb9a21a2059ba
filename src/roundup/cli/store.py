"""`roundup store move`."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import click

from roundup import credentials, settings, wiring
from roundup.cli.newsletter import print_json
from roundup.cli.progress import a_watch
from roundup.errors import SettingsError, StoreError
from roundup.newsroom import Watch
from roundup.settings import Settings
from roundup.store import copies, memo, new_home
from roundup.words import borrowed, say, say_many

#: A bar goes on after so many rows.
_STEP = 1000


def move(directory: Path, url: str, *, as_json: bool) -> int:
    """What `roundup store move` does. Gives the exit code."""
    url = credentials.server_named(url)
    loaded = settings.load(directory)
    file = _file(directory, loaded)
    target = wiring.on_server(directory, loaded, url)
    bar = _Bar()
    with wiring.store(directory, loaded).only_run() as ours:
        _require(alone=ours)
        _check_sound(directory, loaded, file)
        with target.only_run() as theirs, ExitStack() as ending:
            _require(alone=theirs)
            ending.callback(bar.watch.end)
            with target.as_it_is() as database:
                rows = new_home.move(file, database, target.name, newsletter=loaded.newsletter.id, watch=bar.go_on)
        memo.keep(memo.of_postgresql(directory), "on PostgreSQL")
    if as_json:
        print_json({"url": url, "rows": dict(rows)})
        return 0
    moved = say_many("{count} row was moved and compared.", "{count} rows were moved and compared.", sum(rows.values()))
    click.echo(moved)
    click.echo(say("Now write into roundup.toml, in place of the former [store] url:"))
    click.echo(f'\n[store]\nurl = "{url}"\n')
    click.echo(
        say(
            "If ROUNDUP_DATABASE_URL is set anywhere, change it, too. Until then every command here holds. {file} is "
            "never used again; it holds everybody's address, so delete it once you are content.",
            file=file,
        )
    )
    return 0


@dataclass(slots=True)
class _Bar:
    """Rows on a progress bar."""

    watch: Watch = field(default_factory=a_watch)
    _shown: int | None = None

    def go_on(self, done: int, total: int) -> None:
        """So many rows are done, of all."""
        if self._shown is None or done // _STEP < self._shown:
            self.watch.begin("Moving", total // _STEP)
            self._shown = 0
        for _ in range(self._shown, done // _STEP):
            self.watch.step()
        self._shown = done // _STEP


def _require(*, alone: bool) -> None:
    if not alone:
        raise StoreError(say("A run is at work. Wait for its end, then move. Nothing was changed."))


def _file(directory: Path, loaded: Settings) -> Path:
    file = wiring.database_file(directory, loaded)
    if file is None:
        raise SettingsError(
            say(
                "The database is on PostgreSQL already ([store] url or ROUNDUP_DATABASE_URL). Only a SQLite file can "
                "be moved. Nothing was changed."
            )
        )
    return file


def _check_sound(directory: Path, loaded: Settings, file: Path) -> None:
    """See that the file may be left."""
    if file.is_file() and file.stat().st_size and new_home.has_moved_out(file):
        # It was looked at when it was moved.
        return
    found = wiring.store(directory, loaded).examine()
    if not found.exists:
        raise StoreError(say("There is no database {path} yet: nothing to move.", path=file))
    if found.damage:
        raise StoreError(say("{path} is damaged: {error}.", path=file, error=borrowed(found.damage)))
    if not copies.is_left_alone(file):
        raise SettingsError(
            say("Somebody has {path} open: stop `roundup serve` and the desk. Nothing was changed.", path=file)
        )
