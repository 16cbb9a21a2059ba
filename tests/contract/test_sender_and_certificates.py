"""Whom the sender that speaks SMTP trusts: each fault of a certificate has its own sentence, and each delivery looks
anew at what is trusted."""

import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from roundup.model import Accepted
from tests.certificates import Authority, an_authority
from tests.fakes.driving import Driver, a_message, an_smtp_sender, sent, some_messages
from tests.sinks import a_sink


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that is trusted."""
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("openssl is not installed")
    made = an_authority(tmp_path / "authority")
    monkeypatch.setenv("SSL_CERT_FILE", made.trusted["SSL_CERT_FILE"])
    return made


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        (
            {"ends": -1},
            "certificate has expired. Nothing was sent. It goes on when the server's certificate is renewed",
        ),
        ({"begins": 1}, "certificate is not yet valid. Nothing was sent. It goes on when"),
        ({"names": "IP:127.0.0.2"}, "not valid for '127.0.0.1'. Nothing was sent. [smtp] host must be the name that"),
    ],
)
def test_each_fault_of_a_certificate_has_its_own_sentence(
    authority: Authority, tmp_path: Path, faulty: dict[str, Any], said: str
) -> None:
    pair = authority.sign(**faulty)
    with a_sink(tmp_path, security="starttls", **pair) as sink:
        driver = sent(an_smtp_sender(sink.port, security="starttls"), a_message())

    assert f"127.0.0.1:{sink.port} has no certificate that can be trusted: " in driver.no_way
    assert said in driver.no_way
    assert [] == sink.lines()


def test_a_server_that_does_not_begin_with_tls_is_not_blamed_for_its_certificate(tmp_path: Path) -> None:
    with a_sink(tmp_path) as sink:
        driver = sent(an_smtp_sender(sink.port, security="tls"), a_message())

    assert "could not agree on an encrypted line" in driver.no_way
    assert "Check [smtp] port and security." in driver.no_way


def test_what_is_trusted_is_read_once_a_delivery_and_anew_for_the_next(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = an_authority(tmp_path / "other")
    with a_sink(tmp_path, security="tls", transcript=True, **authority.sign()) as sink:
        # A line for each message: those of one delivery go by what the first of them read.
        sender = an_smtp_sender(sink.port, security="tls", connections=1, messages_per_connection=1)
        driver = Driver(sender)
        with closing(driver.lines):
            driver.send([a_message()])
            monkeypatch.setenv("SSL_CERT_FILE", other.trusted["SSL_CERT_FILE"])
            driver.send(some_messages(2))
        later = sent(sender, a_message())
        monkeypatch.setenv("SSL_CERT_FILE", authority.trusted["SSL_CERT_FILE"])
        last = sent(sender, a_message())

    assert [Accepted] * 3 == [type(outcome) for _, outcome in driver.outcomes]
    assert "no certificate that can be trusted: unable to get local issuer certificate" in later.no_way
    assert "SSL_CERT_FILE" in later.no_way
    assert [] == later.outcomes
    assert [Accepted] == [type(outcome) for _, outcome in last.outcomes]
    assert 4 == len(sink.lines())
