"""OpenDKIM, the milter with which a Postfix signs what it relays, beside an estate."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.estate import await_listener
from tests.newsletters import free_port

_PROGRAM = Path("/usr/sbin/opendkim")
_SETTINGS = """
Mode s
KeyFile {key}
Socket inet:{port}@127.0.0.1
InternalHosts 127.0.0.0/8
RequireSafeKeys no
UserID nobody
PidFile {folder}/opendkim.pid
Syslog no
"""


def missing() -> str:
    """Why there is none on this machine; empty: there is."""
    return "" if _PROGRAM.exists() else "opendkim is not installed"


@contextmanager
def a_milter(folder: Path, key: bytes, further: str) -> Iterator[str]:
    """One at work, which signs with `key`; gives the lines by which Postfix asks it. `further`: more lines of its
    settings, `Domain` and `Selector` among them."""
    folder.chmod(0o755)
    path, port = folder / "opendkim.private", free_port()
    path.write_bytes(key)
    shutil.chown(path, "nobody")
    settings = folder / "opendkim.conf"
    settings.write_text(_SETTINGS.format(key=path, port=port, folder=folder) + further, encoding="utf-8")
    with subprocess.Popen([str(_PROGRAM), "-f", "-x", str(settings)]) as process:
        try:
            await_listener(port, settings)
            yield f"smtpd_milters = inet:127.0.0.1:{port}\nmilter_default_action = tempfail\n"
        finally:
            process.terminate()
