"""The `roundup` command.

Exit codes (plan §2.2): 0 done, also when there was nothing to do · 1 failed · 2 wrong command line or settings ·
3 held, a person must decide · 4 deliveries remain, start again later.
"""

import os
import sys

import click

from roundup import __version__
from roundup.cli.declaring import Commands, at_place
from roundup.errors import HeldError, RoundupError, SettingsError

#: Every command, where it is declared, and what it is for; in the order in which somebody new meets them.
_COMMANDS = {
    "init": ("roundup.cli.commands.init:init", "Make a newsletter directory, ready to preview."),
    "demo": ("roundup.cli.commands.demo:demo", "The whole job on an invented magazine."),
    "preview": ("roundup.cli.commands.preview:preview", "The issue due next, in a browser or as files."),
    "run": ("roundup.cli.commands.daily:run", "The daily job, once."),
    "schedule": ("roundup.cli.commands.daily:schedule", "Stay, and do the daily job whenever it is due."),
    "worker": ("roundup.cli.commands.worker:worker", "Make deliveries, beside others on other machines (PostgreSQL)."),
    "test-send": ("roundup.cli.commands.daily:test_send", "The issue due next, to some addresses only."),
    "sources": ("roundup.cli.commands.sources:sources", "The state of each source; release or silence one."),
    "pieces": ("roundup.cli.commands.pieces:pieces", "What could go into the next issue, and your word on it."),
    "issues": ("roundup.cli.commands.issues:issues", "The archive, and what becomes of an issue."),
    "subscribers": ("roundup.cli.commands.subscribers:subscribers", "The list: who is on it; import, export, erase."),
    "bounces": ("roundup.cli.commands.bounces:bounces", "Read bounces, complaints and unsubscribe mail."),
    "check": ("roundup.cli.commands.check:check", "Everything that can be wrong, in plain sentences."),
    "backup": ("roundup.cli.commands.backup:backup", "Keep everything of the newsletter in one file."),
    "restore": ("roundup.cli.commands.backup:restore", "Bring it back from there, sending nothing twice."),
    "store": ("roundup.cli.commands.store:store", "Where the newsletter remembers; move it to PostgreSQL."),
    "serve": ("roundup.cli.commands.serve:serve", "The public pages: sign-up, leaving, choosing, past issues."),
}


@click.group(
    cls=Commands,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="roundup")
@click.option(
    "-C", "directory", metavar="DIR", default=".", type=click.Path(),
    help="The newsletter's directory, where roundup.toml is.",
)  # fmt: skip
@click.pass_context
def group(context: click.Context, directory: str) -> None:
    """Make and mail a newsletter's daily roundup.

    \b
    roundup init my-roundup --feed https://example.org/feed/
    roundup -C my-roundup preview
    roundup -C my-roundup run --now
    """
    context.obj = directory


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
        kept = at_place("roundup.cli.faults_kept:kept_traceback")()
        code = _said(f"roundup met a fault of its own. Please report it with this file: {kept}", 1)
    sys.exit(_for_a_mail_server(code) if isinstance(code, int) else 0)


def _for_a_mail_server(code: int) -> int:
    """A mail server that hands a message over takes every code but one for final, and the message would be lost: it
    keeps it and tries again, whatever is wrong here, also with the command line (value 3)."""
    hands_over = "bounces" in sys.argv and "--stdin" in sys.argv
    return os.EX_TEMPFAIL if code and hands_over else code


def _said(message: str, code: int) -> int:
    click.echo(at_place("roundup.redacting:redacted")(message), err=True)
    return code
