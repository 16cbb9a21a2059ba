"""The error tree, drawn. Its messages are read by editors: what is wrong, where, and what to do.

    RoundupError                 exit 1   the work failed
    ├── SettingsError            exit 2   roundup.toml or the command line is wrong; nothing was done
    ├── HeldError                exit 3   a person must decide before anything is mailed
    │   ├── TemplateError                 a template is broken; names file and line
    │   ├── ListError                     the list file is broken or would take too many away
    │   └── ChangedElsewhereError         somebody wrote the issue's file meanwhile; nothing was written
    └── StoreError               exit 1   the database cannot be used
        └── TakenOverError                somebody else has the deliveries; nothing was written

`FetchError` (gathering), `LineError` (sending) and `AddressError` (subscribers) stand beside what raises them, and
become a failed reading, a trouble of the run and a refused row.

What happened to one message is never an error: it is an `Outcome` (see `roundup.model`).
A piece, entry or row that cannot be used is a `Defect`, and the rest goes on.
"""


class RoundupError(Exception):
    """The work failed."""


class SettingsError(RoundupError):
    """roundup.toml or the command line is wrong. The message lists every fault with file, line and key."""


class HeldError(RoundupError):
    """A person must decide before anything is mailed."""


class TemplateError(HeldError):
    """A template is broken. The message names its file and line."""


class ListError(HeldError):
    """The list file cannot be followed. The message names its file and line."""


class ChangedElsewhereError(HeldError):
    """The issue's file is not the one that whoever changes it has seen. Nothing was written."""


class StoreError(RoundupError):
    """The database cannot be used. The message says why and what to do."""


class TakenOverError(StoreError):
    """Somebody else has the deliveries that this process had. Nothing of what it was about was written."""
