"""The `roundup` command.

Exit codes (plan §2.2): 0 done, also when there was nothing to do · 1 failed · 2 wrong command line or settings ·
3 held, a person must decide · 4 deliveries remain, start again later.
"""

import os
import sys
import tempfile
import traceback
from pathlib import Path

import click

from roundup import __version__
from roundup.cli.backup import backup, finish_restoring, restore
from roundup.cli.daily import run, schedule, test_send
from roundup.cli.demo import demo
from roundup.cli.init import init
from roundup.cli.issues import issues
from roundup.cli.pieces import pieces
from roundup.cli.preview import preview
from roundup.cli.serve import serve
from roundup.cli.sources import sources
from roundup.cli.subscribers import subscribers
from roundup.errors import HeldError, RoundupError, SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="roundup")
@click.option(
    "-C", "directory", metavar="DIR", default=".", type=click.Path(path_type=Path),
    help="The newsletter's directory, where roundup.toml is.",
)  # fmt: skip
@click.pass_context
def group(context: click.Context, directory: Path) -> None:
    """Make and mail a newsletter's daily roundup.

    \b
    roundup init my-roundup --feed https://example.org/feed/
    roundup -C my-roundup preview
    roundup -C my-roundup run --now
    """
    context.obj = directory
    finish_restoring(directory)


for command in (
    init, demo, preview, run, schedule, test_send, sources, pieces, issues, subscribers, serve, backup, restore,
):  # fmt: skip
    group.add_command(command)


def main() -> None:
    """Run the command line. What went wrong is told in sentences, never as a traceback."""
    try:
        code = group.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = _said("Stopped. What was under way is written down; start the command again to go on.", 130)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except SettingsError as error:
        code = _said(str(error), 2)
    except HeldError as error:
        code = _said(f"Held: {error}", 3)
    except RoundupError as error:
        code = _said(f"Failed: {error}", 1)
    except OSError as error:
        code = _said(f"Failed: {error.filename or 'a file'}: {error.strerror or error}.", 1)
    except Exception:  # noqa: BLE001 - the outermost loop: an editor is never shown a traceback
        code = _said(f"roundup met a fault of its own. Please report it with this file: {_kept_traceback()}", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _kept_traceback() -> str:
    """Where the traceback of the present error was written for whoever mends it."""
    handle, name = tempfile.mkstemp(prefix="roundup-fault-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        traceback.print_exc(file=file)
    return name


def _said(message: str, code: int) -> int:
    click.echo(message, err=True)
    return code
