"""What PostgreSQL's errors mean to an editor: what is wrong, where, and what to do. Never with the password."""

import re

import psycopg

from roundup.redacting import redacted

#: How long a command waits for another's transaction (an import, a freeze), in seconds.
PATIENCE = 60

_BROKEN = (
    "The connection was lost, perhaps because the server was stopped. What was committed is kept, and nothing more was "
    "written. When the server is back, run the command again: it goes on where this one stopped."
)
_OTHER = "What was committed is kept. Once that is mended, run the command again."
#: By SQLSTATE or its beginning, the first that fits (PostgreSQL's manual, appendix A).
_SAID = {
    "53100": "The server's disk is full. What was committed is kept; make room there and run the command again.",
    "53300": "The server takes no more connections: end some, or raise its max_connections.",
    "53": "The server lacks memory or another resource. What was committed is kept; run the command again later.",
    "55P03": f"Another command has kept it busy for more than {PATIENCE} seconds. Run this one again when it is done.",
    "40": "Two commands were in each other's way, and this one gave in. Run it again.",
    "57014": "The server cut it short by a time limit of its own (statement_timeout): raise that for roundup's user.",
    "25006": "It may only be read here: is it a standby, or was it opened for looking only?",
    "42501": "The user must own the tables and be allowed to make them: ALTER DATABASE … OWNER TO …",
    "3F000": "Its schema does not exist: make it, or mend search_path in the address.",
    "XX00": "It may be damaged: look at the server's log, and restore it from a backup.",
    "58": "The server has trouble with its disk: look at its log. What was committed is kept.",
    "57P": _BROKEN,
    "08": _BROKEN,
}
#: What is said when no connection was made, by a word in libpq's: it gives no code.
_UNREACHED = {
    "password": "The password belongs into ROUNDUP_DATABASE_URL (the whole address), PGPASSWORD or ~/.pgpass, never "
    "into roundup.toml.",
    "connection slots": _SAID["53300"],
    "too many": _SAID["53300"],
    "does not exist": "Make it on the server, or mend [store] url (or ROUNDUP_DATABASE_URL).",
    "starting up": "Run the command again in a moment.",
    "shutting down": "Run the command again when it is back.",
    "recovery": "Run the command again in a moment.",
    "": "Is the server running, and does [store] url (or ROUNDUP_DATABASE_URL) name it rightly?",
}


def meaning(called: str, error: BaseException) -> str | None:
    """What an error of the driver means; None: it is a fault of the program. `called`: what to call the database."""
    state = getattr(error, "sqlstate", None) or ""
    what = next((said for kind, said in _SAID.items() if state.startswith(kind)), None)
    if what is None and isinstance(error, psycopg.DataError | psycopg.IntegrityError | psycopg.ProgrammingError):
        return None
    return f"The {called} could not be used: {_line(error)}. {what or (_BROKEN if is_lost(error) else _OTHER)}"


def is_lost(error: BaseException) -> bool:
    """Whether an error of the driver says that the connection is no more: the server's own word for it, or none."""
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    return not error.sqlstate or error.sqlstate.startswith(("57P", "08"))


def unusable(called: str, error: BaseException) -> str:
    """The same where nothing but the database can be at fault."""
    return meaning(called, error) or f"The {called} could not be used: {_line(error)}. {_OTHER}"


def unreached(called: str, error: psycopg.Error) -> str:
    """What it means that no connection was made."""
    why = _line(error)
    advice = next(said for word, said in _UNREACHED.items() if word in why)
    return f"The {called} cannot be reached: {why}. {advice}"


def _line(error: BaseException) -> str:
    """What libpq or the server said, its first line: the others explain, or repeat it for other addresses."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error) or type(error).__name__
    first = redacted(said.strip().splitlines()[0])
    return re.sub(r"^(connection failed: )?(connection to server .* failed: )?(FATAL:\s+)?", "", first).rstrip(".")
