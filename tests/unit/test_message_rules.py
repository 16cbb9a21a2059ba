"""The message rules see what they are for: each is broken here once, and it alone speaks."""

import re
from email.utils import format_datetime, localtime

import pytest

from tests.message_rules import broken_rules

TOKEN = "fub4gp9jfBUdEd59FG9jCtg86OnaUrrJ"
MESSAGE = (
    f"""Return-Path: <bounces+aafuuzd6434ifh3dpqkqgbsd35a6p5q2rlha@lantern.example.org>
From: The Daily Lantern <roundup@lantern.example.org>
Subject: What a library is for
List-Id: "The Daily Lantern" <daily-lantern.lantern.example.org>
Auto-Submitted: auto-generated
Precedence: bulk
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="b"
Date: DATE
To: Ada Marsh <ada@example.com>
Message-ID: <20261120.main.1@lantern.example.org>
List-Unsubscribe: <https://lantern.example.org/u/{TOKEN}>,
 <mailto:leave@lantern.example.org?subject=unsubscribe%20{TOKEN}>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

The Daily Lantern. None of it is new: https://lantern.example.org/1/
Unsubscribe:
https://lantern.example.org/u/{TOKEN}
The Daily Lantern, 1 Example Street, London

--b
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>The Daily Lantern. <a href="https://lantern.example.org/1/">One</a></p>
<p style="font-size:13px">
<a href="https://lantern.example.org/u/{TOKEN}">Unsubscribe</a></p>
<p>The Daily Lantern, 1 Example Street, London</p>

--b--
""".replace('="', '=3D"')
    .replace("boundary=3D", "boundary=")
    .replace("\n", "\r\n")
    .encode()
)


def sent(octets: bytes) -> bytes:
    return octets.replace(b"DATE", format_datetime(localtime()).encode())


def rules(octets: bytes) -> list[str]:
    broken = broken_rules(sent(octets), "ada@example.com", tokens_of_others=["bo@example.net", "his-token"])
    return sorted({rule.partition(":")[0] for rule in broken})


def test_a_good_message_breaks_no_rule() -> None:
    assert rules(MESSAGE) == []


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [
        ("M1", "Precedence: bulk", "Precedence: bulk\nPrecedence: bulk"),
        ("M2", "From: The", "From: bo@example.com, The"),
        ("M3", "To: Ada Marsh <ada@", "To: Ada Marsh <bo@"),
        ("M3", "To: Ada", "Cc: bo@example.com\nTo: Ada"),
        ("M4", "main.1@lantern.example.org", "main.1@mail.example.org"),
        ("M5", "Date: DATE", "Date: Fri, 20 Nov 2015 17:00:00 +0000"),
        ("M6", "None of it", "x" * 999),
        ("M7", "Precedence: bulk", "Precedence: bulk\nFeedback-ID: =?utf-8?q?a:b:c:d?="),
        ("M8", ",\n <mailto:leave@lantern.example.org", ",\n <https://lantern.example.org/leave"),
        ("M9", "List-Unsubscribe=One-Click", "list-unsubscribe=One-Click"),
        ("M12", "<daily-lantern.lantern.example.org>", "daily-lantern.lantern.example.org"),
        ("M13", "auto-generated", "no"),
        ("M14", "Precedence: bulk", "Precedence: bulk\nFeedback-ID: ada@example.com"),
        ("M15", "text/plain", "text/enriched"),
        ("M16", "org/1/\n", "org/2/\n"),
        ("M17", "plain; charset=utf-8", "plain; charset=latin-1"),
        ("M18", "font-size:13px", "font-size:9px"),
        ("M18", "font-size:13px", "font-size:13px; display:none"),
        ("M19", "Street, London</p>", "Street, Paris</p>"),
        ("M21", "<p>The", "<script>0</script><p>The"),
        ("M21", "<p>The", '<p onclick=3D"x()">The'),
        ("M22", "<p>The", '<img src=3D"/logo.png"><p>The'),
        ("M23", "<p>The", "<p>" + "<!-- comment -->\n" * 7000 + "The"),
        ("M24", "Subject: What", "Subject: Re: What"),
        ("M24", "Subject: What", "Subject: =?utf-8?q?=E2=80=AEWhat?="),
        ("M25", "None of it", "{{ piece.title }}"),
        ("M25", "None of it", "ru0a1b2c3dNAMEx"),
        ("M26", "None of it", "bo@example.net"),
        ("M26", "Precedence: bulk", "Precedence: bulk\nX-Trace: his-token"),
        ("M29", "<bounces+aafuuzd6434ifh3dpqkqgbsd35a6p5q2rlha@", "<bounces@"),
    ],
)
def test_a_broken_rule_is_named(rule: str, before: str, after: str) -> None:
    old, new = (text.replace("\n", "\r\n").encode() for text in (before, after))
    assert re.search(re.escape(old), MESSAGE)

    assert rule in rules(MESSAGE.replace(old, new, 1))
