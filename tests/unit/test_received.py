"""A message as it arrived: what relays do to it is told, each in its own sentence."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import dkim  # type: ignore[import-untyped]  # it has no types
import pytest

from roundup.checking.received import Expected, judge
from roundup.messages import Addressee, stationery
from roundup.rendering import placeholder
from roundup.sending.dkim import Signer, dns_record
from roundup.sending.dkim_keys import read_key
from roundup.tokens import Purpose
from tests.builders import NONCE, SECRET, a_letterhead, a_rendered_issue

URL = "https://roundup.lantern.example/"
LEAVE = f"{URL}u/{placeholder('TOKEN', NONCE)}"
PEM = subprocess.run(
    ["openssl", "genpkey", "-algorithm", "rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
    capture_output=True, check=True, timeout=60,
).stdout  # fmt: skip
KEY = read_key(PEM)
#: What OpenDKIM 2.11 signs unless it is told otherwise.
_OPENDKIM = [b"from", b"to", b"subject", b"date", b"list-id", b"list-unsubscribe"]


def sent(*, signed: bool = True, domain: str = "lantern.example", name: str = "The Daily Lantern") -> bytes:
    """A message as roundup sends it."""
    letterhead = replace(a_letterhead(), name=name)
    if signed:
        letterhead = replace(letterhead, signers=(Signer(domain=domain, selector="s", key=KEY),))
    link = f'<a href="{LEAVE}">Unsubscribe</a>'
    page = f'<!DOCTYPE html><html lang="en"><body><p>It took an evening. {link}</p></body></html>'
    rendered = a_rendered_issue(html=page, text=f"It took an evening.\n\nUnsubscribe\n{LEAVE}\n")
    addressee = Addressee(email="ada@reader.example", name="", key=b"ada's  k", purpose=Purpose.TEST)
    return stationery(rendered, letterhead, SECRET).message(addressee, date=datetime(2026, 11, 27, tzinfo=UTC)).content


def received(
    octets: bytes, *, original: bytes = b"", verified: bool | None = None, name: str = "The Daily Lantern"
) -> dict[str, str]:
    """What is found in it, by the names of the rules."""
    expected = Expected(
        name=name,
        sender="roundup@lantern.example",
        public_url=URL,
        unsubscribe_mailto="leave@lantern.example",
        bounce_address="bounces@lantern.example",
        sent=original,
    )
    return {each.rule.id: each.what for each in judge(octets, expected, verified=verified)}


def test_what_arrived_as_it_was_sent_has_nothing_wrong() -> None:
    path = b"Return-Path: <bounces+" + b"a" * 36 + b"@lantern.example>\r\n"
    result = b"Authentication-Results: mx.reader.example; dkim=pass header.d=lantern.example; spf=pass; dmarc=pass\r\n"
    arrived = path + result + sent()
    assert {} == received(arrived, original=sent(), verified=True)
    # Saved by a mail program with the line ends of its own system.
    assert {} == received(arrived.replace(b"\r\n", b"\n"), verified=True)


@pytest.mark.parametrize(
    "name",
    [
        "Die tägliche Laterne, Zürich",
        "Предложение и обсуждение: ежедневный обзор независимого журнала, Санкт-Петербург",
        "日刊ランタン・政治と文化のための独立系雑誌の毎日のまとめ、東京から全国へ",
    ],
)
def test_a_name_that_is_long_or_foreign_arrives_as_it_is(name: str) -> None:
    assert {} == received(sent(name=name), verified=True, name=name)


def _without(name: bytes) -> Callable[[bytes], bytes]:
    return lambda octets: re.sub(rb"(?m)^" + name + rb":[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", b"", octets)


def _with(*headers: bytes) -> Callable[[bytes], bytes]:
    return lambda octets: b"".join(header + b"\r\n" for header in headers) + octets


def _put(before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    def put(octets: bytes) -> bytes:
        # Without the soft line breaks, which may stand anywhere.
        joined = octets if before in octets else octets.replace(b"=\r\n", b"")
        assert before in joined
        return joined.replace(before, after)

    return put


_FAULTS: dict[str, tuple[Callable[[bytes], bytes], str, str]] = {
    "unsigned": (_without(b"DKIM-Signature"), "received-unsigned", "came without a DKIM signature"),
    "one-click not signed": (
        lambda octets: _as_opendkim_signs(_without(b"DKIM-Signature")(octets)),
        "received-signed-headers",
        "The DKIM signature of lantern.example does not cover List-Unsubscribe-Post (its h=)",
    ),
    "signed partly": (
        lambda octets: _as_opendkim_signs(_without(b"DKIM-Signature")(octets)),
        "received-further-headers",
        "does not cover Message-ID, MIME-Version, Content-Type",
    ),
    "signed by the provider": (
        _put(b"d=lantern.example;", b"d=provider.example;"),
        "received-alignment",
        "is signed by provider.example and comes from roundup@lantern.example",
    ),
    "weak": (_put(b"a=rsa-sha256;", b"a=rsa-sha1;"), "received-weak", "has rsa-sha1, which anybody can misuse"),
    "footer": (
        _put(b"It took an evening.\r\n", b"It took an evening. Scanned for viruses.\r\n"),
        "received-signature",
        "was changed after lantern.example had signed it",
    ),
    "not believed": (
        _with(b"Authentication-Results: mx.reader.example; spf=softfail; dkim=pass; dmarc=fail"),
        "received-judged",
        "mx.reader.example was not convinced by the message (spf=softfail, dmarc=fail)",
    ),
    "encoded": (
        lambda octets: _with(b"List-Unsubscribe: =?utf-8?q?=3Chttps=3A//x?=")(_without(b"List-Unsubscribe")(octets)),
        "received-encoded",
        "List-Unsubscribe arrived encoded",
    ),
    "another way to leave": (
        lambda octets: _with(b"List-Unsubscribe: <https://provider.example/u>")(_without(b"List-Unsubscribe")(octets)),
        "received-leave",
        "(it is “<https://provider.example/u>”)",
    ),
    "one-click taken away": (
        _without(b"List-Unsubscribe-Post"), "received-one-click", "List-Unsubscribe-Post did not arrive as it was sent",
    ),
    "two dates": (_with(b"Date: Fri, 27 Nov 2026 00:00:00 +0000"), "received-headers", "Date should be in the message"),
    "another sender": (
        _put(b"roundup@lantern.example>", b"relay@provider.example>"), "received-headers", "From is “The Daily Lantern",
    ),
    "another Message-ID": (
        lambda octets: _with(b"Message-ID: <1@email.amazonses.com>")(_without(b"Message-ID")(octets)),
        "received-changed",
        "changed or took Message-ID",
    ),
    "another return path": (
        _with(b"Return-Path: <roundup@lantern.example>"),
        "received-return-path",
        "and not as bounces+TOKEN@lantern.example",
    ),
    "clicks counted": (
        _put(b'href=3D"', b'href=3D"https://clicks.provider.example/?to=3D'),
        "received-links",
        "Links were rewritten on the way (such as ",
    ),
    "a pixel": (
        _put(b"</p></body>", b'</p><img width=3D"1" height=3D"1" src=3D"https://o.example/p.gif"></body>'),
        "received-changed",
        "a picture in the message that nobody can see (https://o.example/p.gif)",
    ),
    "parts taken apart": (
        _put(b"Content-Type: text/html", b"Content-Type: application/octet-stream"),
        "received-body",
        "both its text and",
    ),
    "long lines": (_with(b"X-Long: " + b"x" * 1000), "received-long", "has more than 998 octets"),
}  # fmt: skip


def _as_opendkim_signs(octets: bytes) -> bytes:
    signature = dkim.sign(
        octets, b"s", b"lantern.example", PEM, canonicalize=(b"relaxed", b"relaxed"), include_headers=_OPENDKIM
    )
    return bytes(signature) + octets


@pytest.mark.parametrize("fault", _FAULTS)
def test_what_was_done_to_it_on_the_way_is_told(fault: str) -> None:
    mangle, rule, sentence = _FAULTS[fault]
    found = received(mangle(sent()))
    assert sentence in found.get(rule, ""), found


def test_what_was_sent_is_compared_word_by_word() -> None:
    arrived = _put(b"It took an evening.\r\n", b"It took an evening. Sent with love by Provider.\r\n")(sent())
    found = received(arrived, original=sent())
    assert "its words are not those that were sent" in found["received-changed"]


def test_a_signature_that_does_not_verify_is_told_though_its_body_fits() -> None:
    assert (
        "does not verify: its key in the DNS is another one" in received(sent(), verified=False)["received-signature"]
    )
    assert {} == received(sent(), verified=None)


@pytest.mark.parametrize(
    "octets", [b"", b"\r\n", b"no header\r\n\r\nno body", b"From: x\r\nFrom: y\r\n\r\n", bytes(range(256))]
)
def test_what_is_no_message_is_judged_and_breaks_nothing(octets: bytes) -> None:
    found = received(octets)
    assert {"received-unsigned", "received-headers", "received-leave"} <= found.keys()


def test_the_record_that_is_to_be_published_is_the_one_that_verifies() -> None:
    assert dkim.verify(sent(), dnsfunc=lambda _name, **_options: dns_record(KEY).encode())
