"""A real mail estate on the loopback: Postfix takes submissions, Dovecot keeps the mailboxes and serves IMAP.

Everything lies below one temporary directory; the machine's own Postfix and Dovecot are not touched. Every address
of example.com, example.net and example.org has a mailbox. Nothing can leave: any other domain is an error.
"""

import imaplib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from tests.newsletters import free_port

PASSWORD = "correct-horse"
_NEEDED = {"postfix": "/usr/sbin/postfix", "dovecot": "/usr/sbin/dovecot", "openssl": "/usr/bin/openssl"}
_PATIENCE = 20.0


def missing_parts() -> str:
    """What an estate lacks on this machine; empty: nothing."""
    if os.geteuid() != 0:
        return "Postfix needs root"
    return ", ".join(f"{name} is not installed" for name, path in _NEEDED.items() if not Path(path).exists())


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """A running estate."""

    root: Path
    #: Takes mail from anybody on this machine.
    plain_port: int
    #: Takes mail after STARTTLS and AUTH only.
    submission_port: int
    #: The same with TLS from the first octet.
    tls_port: int
    imap_port: int
    lmtp_port: int
    auth_port: int

    @property
    def certificate(self) -> Path:
        """What to trust: the self-made certificate of localhost and 127.0.0.1."""
        return self.root / "cert.pem"

    @property
    def log(self) -> Path:
        """What Postfix logs."""
        return self.root / "postfix.log"

    @property
    def smtp(self) -> dict[str, object]:
        """The [smtp] table of a newsletter that mails through the submission port."""
        return {"host": "localhost", "port": self.submission_port, "security": "starttls", "username": "roundup"}

    @property
    def trusted(self) -> dict[str, str]:
        """The environment of a command that trusts the certificate and knows the password."""
        return {"SSL_CERT_FILE": str(self.certificate), "ROUNDUP_SMTP_PASSWORD": PASSWORD}

    def mailbox(self, address: str) -> list[bytes]:
        """The octets of every message that somebody has, as IMAP gives them, once Postfix has nothing left to do."""
        self._await_empty_queue()
        box = imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=_PATIENCE)
        try:
            box.login(address, PASSWORD)
            box.select(readonly=True)
            numbers = box.search(None, "ALL")[1][0].split()
            return [_octets(box, number) for number in numbers]
        finally:
            box.logout()

    def empty(self) -> None:
        """Throw all mail away."""
        self._await_empty_queue()
        for domain in (self.root / "mail").iterdir():
            shutil.rmtree(domain)

    def lines(self) -> list[tuple[str, str]]:
        """Address and Message-ID of every message in every mailbox, once Postfix has nothing left to do. Read from the
        disk: thousands of mailboxes are counted in a second."""
        self._await_empty_queue()
        return [
            (f"{path.parts[-3]}@{path.parts[-4]}", _message_id(path))
            for folder in ("new", "cur")
            for path in sorted((self.root / "mail").glob(f"*/*/{folder}/*"))
        ]

    def _await_empty_queue(self) -> None:
        queues = [self.root / "queue" / name for name in ("maildrop", "incoming", "active", "deferred")]
        deadline = time.monotonic() + _PATIENCE
        while any(each.is_file() for queue in queues for each in queue.rglob("*")):
            assert time.monotonic() < deadline, f"mail is stuck:\n{(self.root / 'postfix.log').read_text()[-4000:]}"
            time.sleep(0.02)


def _message_id(path: Path) -> str:
    with path.open("rb") as file:
        return str(BytesHeaderParser().parse(file).get("Message-ID", ""))


def _octets(box: imaplib.IMAP4, number: bytes) -> bytes:
    fetched = box.fetch(number.decode(), "(BODY.PEEK[])")[1][0]
    assert isinstance(fetched, tuple)
    return bytes(fetched[1])


@contextmanager
def an_estate(further: str = "", *, services: str = "") -> Iterator[Estate]:
    """Start an estate, and stop it in the end. `further`: more lines of Postfix's main.cf, `services`: of master.cf."""
    root = Path(tempfile.mkdtemp(prefix="estate-"))
    # The daemons drop root, and must still find what is theirs.
    root.chmod(0o755)
    names = ("plain_port", "submission_port", "tls_port", "imap_port", "lmtp_port", "auth_port")
    made = Estate(root=root, **{name: free_port() for name in names})
    try:
        _make_certificate(root)
        with _dovecot(made), _postfix(made, further, services):
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _make_certificate(root: Path) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    usage = ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(root / "key.pem"), "-out", str(root / "cert.pem")]
    command = ["openssl", "req", *kind, *names, *usage, *files]
    subprocess.run(command, check=True, capture_output=True, timeout=30)


_DOVECOT = """
base_dir = {root}/dovecot
log_path = {root}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
auth_username_chars =
recipient_delimiter =
mail_location = maildir:{root}/mail/%d/%n
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}/mail/%d/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
  # Without it nobody is made to wait for a wrong password.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service auth {{
  inet_listener {{
    port = {auth_port}
  }}
}}
"""


@contextmanager
def _dovecot(estate: Estate) -> Iterator[None]:
    settings = estate.root / "dovecot.conf"
    ports = {"imap_port": estate.imap_port, "lmtp_port": estate.lmtp_port, "auth_port": estate.auth_port}
    settings.write_text(_DOVECOT.format(root=estate.root, password=PASSWORD, **ports), encoding="utf-8")
    (estate.root / "mail").mkdir()
    shutil.chown(estate.root / "mail", "nobody", "nogroup")
    with subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", str(settings)]) as process:
        try:
            await_listener(estate.imap_port, estate.root / "dovecot.log")
            yield
        finally:
            process.terminate()


_MAIN = """
compatibility_level = 3.6
myhostname = mx.estate.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {root}/queue
data_directory = {root}/data
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/postfix.log
maillog_file_prefixes = {root}
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = example.com, example.net, example.org
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:inet:127.0.0.1:{lmtp_port}
default_transport = error:no mail leaves a test
relay_transport = error:no mail leaves a test
disable_dns_lookups = yes
smtp_host_lookup = native
recipient_delimiter =
mynetworks = 127.0.0.0/8
smtpd_peername_lookup = no
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_sasl_auth_enable = yes
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
"""

_AUTH_ONLY = "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"
_MASTER = (
    "127.0.0.1:{plain_port} inet n - n - - smtpd\n"
    "127.0.0.1:{submission_port} inet n - n - - smtpd\n"
    "  -o smtpd_tls_security_level=encrypt\n" + _AUTH_ONLY + "127.0.0.1:{tls_port} inet n - n - - smtpd\n"
    "  -o smtpd_tls_wrappermode=yes\n" + _AUTH_ONLY + "postlog unix-dgram n - n - 1 postlogd\n"
    "cleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
    "rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n"
    "trace unix - - n - 0 bounce\nverify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\n"
    "proxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\nshowq unix n - n - - showq\n"
    "error unix - - n - - error\nretry unix - - n - - error\nlmtp unix - - n - - lmtp\n"
    "anvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n"
)


@contextmanager
def _postfix(estate: Estate, further: str, services: str) -> Iterator[None]:
    root, settings = estate.root, estate.root / "postfix"
    for folder in (settings, root / "queue", root / "data"):
        folder.mkdir()
    shutil.chown(root / "data", "postfix")
    ports = {"lmtp_port": estate.lmtp_port, "auth_port": estate.auth_port}
    (settings / "main.cf").write_text(_MAIN.format(root=root, **ports) + further, encoding="utf-8")
    doors = {name: getattr(estate, name) for name in ("plain_port", "submission_port", "tls_port")}
    (settings / "master.cf").write_text(_MASTER.format(**doors) + services, encoding="utf-8")
    # Its daemons would keep a pipe open for as long as they run.
    command = ["/usr/sbin/postfix", "-c", str(settings), "start"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)
    try:
        await_listener(estate.submission_port, root / "postfix.log")
        yield
    finally:
        _stop(int((root / "queue" / "pid" / "master.pid").read_text()))


def _stop(process: int) -> None:
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def await_listener(port: int, log: Path) -> None:
    """Wait until somebody listens. Looked up, not tried out: a connection would be one more client to serve."""
    wanted = f"0100007F:{port:04X} 00000000:0000 0A"
    deadline = time.monotonic() + _PATIENCE
    while wanted not in Path("/proc/net/tcp").read_text(encoding="ascii"):
        assert time.monotonic() < deadline, f"nobody listens: {log.read_text(encoding='utf-8') if log.exists() else ''}"
        time.sleep(0.01)
