"""The sender that speaks SMTP at a real Postfix, with TLS and without."""

import time
from collections import Counter
from pathlib import Path
from typing import Literal

import pytest

from roundup.model import Accepted
from roundup.sending.smtp import SmtpSender
from tests.estate import PASSWORD, Estate
from tests.fakes.driving import a_message, an_smtp_sender, sent, some_messages
from tests.fakes.servers import a_server


def body_of(octets: bytes) -> bytes:
    return octets.partition(b"\r\n\r\n")[2]


def log_with(log: Path, start: int, line: str, *, seconds: float = 20) -> str:
    """What the log says from `start` octets on, once it holds the line; what it says by then otherwise."""
    until = time.monotonic() + seconds
    while line not in (said := log.read_bytes()[start:].decode()) and time.monotonic() < until:
        time.sleep(0.05)
    return said


# TLS and AUTH ----------------------------------------------------------------------------------------------------


@pytest.fixture
def trusted(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """The estate, whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(estate.certificate))
    return estate


def at_the_estate(
    estate: Estate, security: Literal["starttls", "tls"], *, password: str = PASSWORD, host: str = "localhost"
) -> SmtpSender:
    port = estate.submission_port if security == "starttls" else estate.tls_port
    return an_smtp_sender(port, security=security, username="roundup", password=password, host=host, connections=3)


@pytest.mark.estate
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_it_speaks_tls_and_logs_in_at_postfix(trusted: Estate, security: Literal["starttls", "tls"]) -> None:
    address = f"tls-{security}@example.com"
    large = a_message(
        b"Subject: large\r\n\r\n" + b"a line of some fifty octets, give or take a few\r\n" * 20_000, to=address
    )
    driver = sent(at_the_estate(trusted, security), *some_messages(20, to=address), large)

    assert [Accepted] * 21 == [type(outcome) for _, outcome in driver.outcomes]
    mailbox = trusted.mailbox(address)
    assert 21 == len(mailbox)
    # Postfix adds headers of its own.
    assert 1 == sum(body_of(each) == body_of(large.content) for each in mailbox)


@pytest.mark.estate
def test_postfix_takes_pipelined_messages_once_each(estate: Estate) -> None:
    messages = [a_message(number=number, to=f"pipelined-{number % 5}@example.com") for number in range(100)]
    driver = sent(an_smtp_sender(estate.plain_port, connections=4), *messages)

    assert [Accepted] * 100 == [type(outcome) for _, outcome in driver.outcomes]
    arrived = [octets for number in range(5) for octets in estate.mailbox(f"pipelined-{number}@example.com")]
    ids = Counter(
        message.message_id for message in messages for octets in arrived if message.message_id.encode() in octets
    )
    assert {message.message_id: 1 for message in messages} == ids
    assert {b"hello\r\n"} == {body_of(octets) for octets in arrived}


@pytest.mark.estate
def test_postfix_refuses_one_of_many_and_the_others_arrive(estate: Estate) -> None:
    messages = some_messages(20, to="others@example.com")
    messages[7] = a_message(to="nobody@elsewhere.invalid", number=7)
    messages[8] = a_message(to="no body@example.com", number=8)
    driver = sent(an_smtp_sender(estate.plain_port, connections=1), *messages)
    refused = [to for to, outcome in driver.outcomes if not isinstance(outcome, Accepted)]

    assert "no body@example.com" in refused
    assert "others@example.com" not in refused
    assert 18 == len(estate.mailbox("others@example.com"))


@pytest.mark.estate
def test_a_wrong_password_is_tried_once_and_said(trusted: Estate) -> None:
    before = trusted.log.stat().st_size
    driver = sent(at_the_estate(trusted, "starttls", password="wrong"), a_message())

    assert "refused the login of roundup" in driver.no_way
    # Postfix writes its log from a process of its own, after the answer; a session's last line counts its commands.
    said = log_with(trusted.log, before, " auth=0/")
    assert 1 == said.count(" auth=0/1 "), said
    assert 1 == said.count("authentication failed"), said


@pytest.mark.estate
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    estate: Estate, security: Literal["starttls", "tls"]
) -> None:
    driver = sent(at_the_estate(estate, security), a_message(to="untrusted@example.com"))

    assert "has no certificate that can be trusted" in driver.no_way
    assert [] == estate.mailbox("untrusted@example.com")


def test_where_starttls_is_stripped_neither_password_nor_mail_is_sent() -> None:
    with a_server(lambda talk: talk.be_polite("AUTH PLAIN LOGIN")) as server:
        driver = sent(
            an_smtp_sender(server.port, security="starttls", username="roundup", password="secret"), a_message()
        )

        assert "does not offer what [smtp] asks for" in driver.no_way
        assert not {"AUTH", "MAIL"} & set(server.commands)
