"""How a command is declared: its options and its help here, and its work in another module, loaded when it is wanted.

roundup stands on parts that take a second to load. Neither `--help` nor a shell's completion needs one of them, and an
editor who looks something up should not wait for a database. So what a command takes stands in `roundup.cli.commands`,
which imports click alone, and what it does in the modules beside this one.
"""

import gc
import os
from collections.abc import Callable, Iterator, MutableMapping
from functools import update_wrapper
from importlib import import_module
from typing import Any

import click

#: The folder of `roundup.restoring`: a restore was killed half way, and every command begins by finishing it.
_RESTORING = ".restoring"

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON value, for scripts.")
metrics_option = click.option(
    "--metrics",
    metavar="[HOST:]PORT",
    default="",
    help="Tell Prometheus how things stand, at this port (of this machine alone unless a host is given).",
)


def pass_directory(work: Callable[..., Any]) -> Callable[..., Any]:
    """The newsletter's directory, a `Path`, is the first thing that the work is given."""

    def with_directory(**given: object) -> Any:
        # `pathlib` alone takes as long to load as a third of click.
        directory = at_place("pathlib:Path")(click.get_current_context().obj)
        if os.path.lexists(directory / _RESTORING):
            at_place("roundup.cli.backup:finish_restoring")(directory)
        return work(directory, **given)

    return update_wrapper(with_directory, work)


class FilePath(click.Path):
    """A path on the command line, given as a `Path`."""

    def coerce_path_result(self, value: str | os.PathLike[str]) -> Any:
        """See `click.Path`."""
        return at_place("pathlib:Path")(value)


def done_by(place: str) -> Callable[[Callable[[], None]], Callable[..., Any]]:
    """The work of a command: `roundup.cli.daily:run`, a function that takes its options by name and gives the exit
    code. What is decorated has the command's name and its help."""

    def declared(declaration: Callable[[], None]) -> Callable[..., Any]:
        def work(*directory: object, **given: object) -> Any:
            # Before anything that could log a secret is loaded.
            at_place("roundup.redacting:watch_over_logs")()
            # All that is loaded stays: to look for garbage in it meanwhile takes a tenth of the time.
            gc.disable()
            try:
                done = at_place(place)
            finally:
                gc.enable()
            return done(*directory, **given)

        work.__doc__ = declaration.__doc__
        work.__name__ = declaration.__name__
        vars(work)["place"] = place
        return work

    return declared


def at_place(place: str) -> Any:
    """What is called so: `roundup.cli.daily:run` is `run` of that module."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


class Declared(MutableMapping[str, click.Command]):
    """Commands by name, each loaded when it is asked for; the table has their places (see `at_place`)."""

    def __init__(self, table: dict[str, str]) -> None:
        self._table: dict[str, str | click.Command] = {**table}

    def __getitem__(self, name: str) -> click.Command:
        found = self._table[name]
        if isinstance(found, str):
            found = self._table[name] = at_place(found)
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._table[name] = command

    def __delitem__(self, name: str) -> None:
        del self._table[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


class Commands(click.Group):
    """A group that lists its commands and loads none. The table says where each is declared, and what it is for."""

    def __init__(self, name: str | None = None, *, table: dict[str, tuple[str, str]], **given: Any) -> None:
        super().__init__(name, Declared({name: place for name, (place, _) in table.items()}), **given)
        self._told = {name: told for name, (_, told) in table.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, and those that were added to it."""
        added = [name for name in super().list_commands(ctx) if name not in self._told]
        return [*self._told, *added]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See `click.Group`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._told.get(name, "")) for name in self.list_commands(ctx)])
