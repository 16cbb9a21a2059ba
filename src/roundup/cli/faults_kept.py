"""What went wrong in roundup itself, kept for whoever mends it."""

import os
import tempfile

from roundup import redacting


def kept_traceback() -> str:
    """Where the traceback of the present error was written."""
    handle, name = tempfile.mkstemp(prefix="roundup-fault-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(redacting.report())
    return name
