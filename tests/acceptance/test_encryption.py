"""Where a line cannot be encrypted as it should be, neither password nor mail goes; once it can, the issue does."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import Authority, an_authority
from tests.fault_proxy import a_fault_proxy
from tests.newsletters import DUE, a_newsletter, roundup, rows
from tests.sinks import a_sink

PASSWORD = "battery-staple"
LOGIN: dict[str, Any] = {"username": "roundup", "password": PASSWORD}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("openssl is not installed")
    return an_authority(tmp_path / "authority")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_expired_certificate_gets_no_mail_and_a_renewed_one_the_issue(
    authority: Authority, tmp_path: Path, security: str
) -> None:
    env = {**authority.trusted, "ROUNDUP_SMTP_PASSWORD": PASSWORD}
    yesterday = authority.sign(ends=-1)
    with a_sink(tmp_path, security=security, transcript=True, **yesterday, **LOGIN) as sink:
        directory = a_newsletter(tmp_path, smtp={**sink.smtp, "username": "roundup"})
        refused = roundup(directory, "run", "--now", "--at", DUE, env=env)
        heard = [command.partition(" ")[0].upper() for command in sink.heard()]

    where = f"127.0.0.1:{sink.port} has no certificate that can be trusted: certificate has expired. Nothing was sent."
    assert (4, "") == (refused.returncode, refused.stdout)
    assert where in refused.stderr
    assert "when the server's certificate is renewed" in refused.stderr
    assert (["EHLO", "STARTTLS"] if security == "starttls" else []) == heard
    assert [] == sink.lines()
    assert [("planned", 0)] == rows(directory, "SELECT DISTINCT state, attempts FROM deliveries")

    with a_sink(tmp_path, port=sink.port, security=security, **authority.sign(), **LOGIN) as sink:
        renewed = roundup(directory, "run", "--at", DUE, env=env)
    assert (0, "") == (renewed.returncode, renewed.stderr)
    assert {"ada@example.com": 1, "bo@example.net": 1} == sink.copies()


def test_where_starttls_is_stripped_on_the_way_neither_password_nor_mail_goes(
    authority: Authority, tmp_path: Path
) -> None:
    env = {**authority.trusted, "ROUNDUP_SMTP_PASSWORD": PASSWORD}
    # Whoever believes what is announced would log in here in the clear.
    announced: dict[str, Any] = {"before_tls": ["PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN"]}
    with a_sink(tmp_path, security="starttls", transcript=True, **authority.sign(), **LOGIN, **announced) as sink:
        with a_fault_proxy(tmp_path, sink.port, seed=1, strip_starttls=True) as proxy:
            directory = a_newsletter(tmp_path, smtp={**sink.smtp, "port": proxy.port, "username": "roundup"})
            refused = roundup(directory, "run", "--now", "--at", DUE, env=env)
            heard = [command.partition(" ")[0].upper() for command in sink.heard()]
            stripped = proxy.counts()["stripped"]
        settings = directory / "roundup.toml"
        straight = settings.read_text(encoding="utf-8").replace(f"port = {proxy.port}", f"port = {sink.port}")
        settings.write_text(straight, encoding="utf-8")
        sent = roundup(directory, "run", "--at", DUE, env=env)

    assert (4, 1) == (refused.returncode, stripped)
    assert f"127.0.0.1:{proxy.port} does not offer what [smtp] asks for" in refused.stderr
    assert "Mail and passwords are not sent in the clear." in refused.stderr
    assert ["EHLO"] == heard
    assert (0, "") == (sent.returncode, sent.stderr)
    assert {"ada@example.com": 1, "bo@example.net": 1} == sink.copies()
