"""Whether the headers arrived as they were sent: those by which readers leave, above all. Pure.

Relays have encoded long headers (cpython #85725, Odoo #289182; Gmail ignores them then), taken List-* away for their
own, and put their own Message-ID in place of ours.
"""

import re
from collections import Counter
from collections.abc import Iterator

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.checking.received.mail import Expected, Received
from roundup.words import say

#: RFC 5322 §3.6, RFC 2045 §4.
_ONCE = ("From", "To", "Subject", "Date", "MIME-Version")
_AT_MOST_ONCE = ("Message-ID", "Reply-To", "Content-Type", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id")
#: Read as text by programs: an encoded-word makes them something else (RFC 2047 §5).
_AS_TEXT = re.compile(r"list-.*|message-id|feedback-id|auto-submitted|precedence", re.IGNORECASE)
_TOKEN = r"[A-Za-z0-9_-]{32}"  # noqa: S105 - the shape of one
_LONGEST_LINE = 998


def judge(mail: Received, expected: Expected) -> Iterator[Finding]:
    """What is wrong with the headers."""
    yield from _encoded(mail)
    yield from _leaving(mail, expected)
    yield from _counted(mail)
    yield from _sender(mail, expected)
    yield from _kept(mail, expected)
    yield from _return_path(mail, expected)
    if max(len(line) for line in mail.octets.split(b"\r\n")) > _LONGEST_LINE:
        yield finding(
            "received-long",
            say(
                "A line of the message has more than {most} octets (RFC 5322 §2.1.1): something on the way joined "
                "lines, and another server may cut them.",
                most=_LONGEST_LINE,
            ),
        )


def _encoded(mail: Received) -> Iterator[Finding]:
    names = [name for name, value in mail.headers if _AS_TEXT.fullmatch(name) and "=?" in value]
    if names:
        yield finding(
            "received-encoded",
            say(
                "{names} arrived encoded (=?utf-8?…), which no mail program understands, so nobody can leave with one "
                "click: something between roundup and the mailbox rewrites long headers; mail past it, or update it.",
                names=", ".join(dict.fromkeys(names)),
            ),
        )


def _leaving(mail: Received, expected: Expected) -> Iterator[Finding]:
    """RFC 2369 §3.2, RFC 8058 §3.1."""
    ways = re.findall(r"<([^<>]*)>", mail.one("List-Unsubscribe"))
    mailto = expected.unsubscribe_mailto
    page = not expected.public_url or any(
        re.fullmatch(rf"{re.escape(expected.public_url)}u/{_TOKEN}", way) for way in ways
    )
    mailbox = not mailto or any(way.startswith(f"mailto:{mailto}?subject=unsubscribe%20") for way in ways)
    if not (page and mailbox) and not any("=?" in value for value in mail.every("List-Unsubscribe")):
        yield finding(
            "received-leave",
            say(
                "List-Unsubscribe did not arrive as it was sent (it is “{found}”), so readers do not leave here: find "
                "what takes it away or puts its own in its place, and turn that off.",
                found=mail.one("List-Unsubscribe")[:80],
            ),
        )
    if expected.public_url and mail.one("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        yield finding(
            "received-one-click",
            say(
                "List-Unsubscribe-Post did not arrive as it was sent (it is “{found}”), so nobody can leave with one "
                "click: find what takes it away on the way, and turn that off.",
                found=mail.one("List-Unsubscribe-Post")[:80],
            ),
        )


def _counted(mail: Received) -> Iterator[Finding]:
    counted = Counter(name.lower() for name, _ in mail.headers)
    wrong = [name for name in _ONCE if counted[name.lower()] != 1]
    wrong += [name for name in _AT_MOST_ONCE if counted[name.lower()] > 1]
    if wrong:
        yield finding(
            "received-headers",
            say(
                "{names} should be in the message exactly once, and is missing or there twice, and Gmail refuses such "
                "mail (RFC 5322 §3.6): find what on the way adds or takes it.",
                names=", ".join(wrong),
            ),
        )


def _sender(mail: Received, expected: Expected) -> Iterator[Finding]:
    found = mail.senders
    if [(name, address.lower()) for name, address in found] != [(expected.name, expected.sender.lower())]:
        yield finding(
            "received-headers",
            say(
                "From is “{found}” and should be “{name} <{sender}>”: your mail server puts another sender in its "
                "place; let it take this one.",
                found=", ".join(f"{name} <{address}>" for name, address in found),
                name=expected.name,
                sender=expected.sender,
            ),
        )


def _kept(mail: Received, expected: Expected) -> Iterator[Finding]:
    """What is worse for some when it is gone: Message-ID (copies are folded by it), and what keeps vacation programs
    from answering (RFC 3834 §5)."""
    domain = expected.sender.rpartition("@")[2]
    kept = {
        "Message-ID": mail.one("Message-ID").endswith(f"@{domain}>"),
        "List-Id": f".{domain}>" in mail.one("List-Id"),
        "Auto-Submitted": mail.one("Auto-Submitted") == "auto-generated",
        "Precedence": mail.one("Precedence") == "bulk",
    }
    changed = [name for name, is_kept in kept.items() if not is_kept]
    if changed:
        yield finding(
            "received-changed",
            say(
                "Something on the way changed or took {names}: copies are not folded, rules for this newsletter do not "
                "find it, or vacation programs answer; let your mail server hand headers on as they are.",
                names=", ".join(changed),
            ),
        )


def _return_path(mail: Received, expected: Expected) -> Iterator[Finding]:
    """The envelope sender, written down by the last hop (RFC 5321 §4.4): with the token, or bounces are nobody's."""
    told = mail.one("Return-Path").strip("<>").lower()
    if not told or not expected.bounce_address:
        return
    local, _, domain = expected.bounce_address.lower().rpartition("@")
    if not re.fullmatch(rf"{re.escape(local)}\+[a-z2-7]{{36}}@{re.escape(domain)}", told):
        yield finding(
            "received-return-path",
            say(
                "The envelope sender arrived as {found} and not as {local}+TOKEN@{domain}, so that nobody can tell "
                "whose bounce it is: let your mail server keep the envelope sender.",
                found=told,
                local=local,
                domain=domain,
            ),
        )
