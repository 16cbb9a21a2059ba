"""An authority of our own that signs certificates (openssl): of this machine or another name, in time or out of it."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_SETTINGS = """
[ca]
default_ca = authority
[authority]
database = {folder}/index.txt
new_certs_dir = {folder}
default_md = sha256
rand_serial = yes
unique_subject = no
policy = any
x509_extensions = host
[any]
commonName = supplied
[host]
subjectAltName = {names}
"""
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority, all of it in one folder."""

    folder: Path

    @property
    def trusted(self) -> dict[str, str]:
        """The environment of a command that trusts it."""
        return {"SSL_CERT_FILE": str(self.folder / "authority.pem")}

    def sign(self, *, begins: int = -30, ends: int = 30, names: str = "DNS:localhost,IP:127.0.0.1") -> dict[str, Any]:
        """A certificate that is good from one day to another, counted from now, and its key, as a sink takes them. It
        replaces the one before."""
        made = {"certificate": str(self.folder / "host.pem"), "key": str(self.folder / "host.key")}
        settings = self.folder / "settings"
        settings.write_text(_SETTINGS.format(folder=self.folder, names=names), encoding="ascii")
        wish = str(self.folder / "wish.pem")
        _openssl("req", "-new", *_KEY, "-subj", "/CN=localhost", "-keyout", made["key"], "-out", wish)
        days = ["-startdate", _moment(begins), "-enddate", _moment(ends)]
        own = ["-cert", str(self.folder / "authority.pem"), "-keyfile", str(self.folder / "authority.key")]
        out = ["-notext", "-in", wish, "-out", made["certificate"]]
        _openssl("ca", "-batch", "-config", str(settings), *own, *days, *out)
        return made


def an_authority(folder: Path) -> Authority:
    """Make an authority in a folder that does not exist yet."""
    folder.mkdir()
    (folder / "index.txt").touch()
    files = ["-keyout", str(folder / "authority.key"), "-out", str(folder / "authority.pem")]
    _openssl("req", "-x509", *_KEY, "-days", "2", "-subj", "/CN=An authority of its own", *files)
    return Authority(folder=folder)


def _moment(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y%m%d%H%M%SZ}"


def _openssl(*words: str) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
