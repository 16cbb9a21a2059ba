"""Whether what arrived is signed as receivers ask for: DKIM (RFC 6376, 8301), and what RFC 8058 §4 wants covered.
Pure."""

import base64
import hashlib
import re
from collections.abc import Iterator

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.checking.received.mail import Expected, Received, Signature, is_aligned
from roundup.words import say

#: Without these in h= anybody on the way may change them, and one-click does not count (RFC 8058 §4).
_NEEDED = ("From", "List-Unsubscribe", "List-Unsubscribe-Post")
#: RFC 6376 §5.4.1, and what else readers and filters go by.
_FURTHER = ("To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type", "List-Id")


def judge(mail: Received, expected: Expected) -> Iterator[Finding]:
    """What is wrong with its signatures."""
    if not mail.signatures:
        yield finding(
            "received-unsigned",
            say(
                "The message came without a DKIM signature, and Gmail, Yahoo and Outlook refuse such newsletters: let "
                "your mail server sign, or roundup ([[dkim]], docs/dkim.md)."
            ),
        )
        return
    ours = [each for each in mail.signatures if is_aligned(each.domain, expected.sender.rpartition("@")[2])]
    if not ours:
        yield finding(
            "received-alignment",
            say(
                "The message is signed by {domains} and comes from {sender}, so that the signature does not speak for "
                "its sender (DMARC): have your mail server sign with the sender's domain.",
                domains=", ".join(each.domain for each in mail.signatures),
                sender=expected.sender,
            ),
        )
    best = min(ours or mail.signatures, key=lambda each: len(_missing(mail, each, (*_NEEDED, *_FURTHER))))
    yield from _covered(mail, best)
    yield from _strong(best)
    yield from _unchanged(mail, best)


def _missing(mail: Received, signature: Signature, names: tuple[str, ...]) -> list[str]:
    """Of these headers, those that it has and the signature does not cover."""
    return [name for name in names if mail.every(name) and name.lower() not in signature.covers]


def _covered(mail: Received, signature: Signature) -> Iterator[Finding]:
    needed = _missing(mail, signature, _NEEDED)
    if needed:
        yield finding(
            "received-signed-headers",
            say(
                "The DKIM signature of {domain} does not cover {names} (its h=), so mail programs do not offer to "
                "leave with one click (RFC 8058 §4): have your mail server sign it too (OpenDKIM: SignHeaders and "
                "OversignHeaders; Rspamd: sign_headers), or let roundup sign ([[dkim]]).",
                domain=signature.domain,
                names=", ".join(needed),
            ),
        )
    further = _missing(mail, signature, _FURTHER)
    if further:
        yield finding(
            "received-further-headers",
            say(
                "The DKIM signature of {domain} does not cover {names}, so anybody on the way may change it unseen: "
                "have it signed too.",
                domain=signature.domain,
                names=", ".join(further),
            ),
        )


def _strong(signature: Signature) -> Iterator[Finding]:
    """RFC 8301 §3.1: no SHA-1; RFC 6376 §8.2: no l=."""
    if signature.algorithm.endswith("sha1") or signature.has_length:
        what = "l=" if signature.has_length else signature.algorithm
        yield finding(
            "received-weak",
            say(
                "The DKIM signature of {domain} has {what}, which anybody can misuse to sign something else, and "
                "receivers do not trust: have your mail server sign without it.",
                domain=signature.domain,
                what=what,
            ),
        )


def _unchanged(mail: Received, signature: Signature) -> Iterator[Finding]:
    if signature.has_length or not signature.algorithm.endswith("sha256"):
        return
    digest = hashlib.sha256(_canonical(mail.body, relaxed=signature.canonical_body == "relaxed")).digest()
    if base64.b64encode(digest).decode() != signature.body_hash:
        yield finding(
            "received-signature",
            say(
                "The message was changed after {domain} had signed it (its body hash does not fit), so that the "
                "signature is broken: find what adds a footer or rewrites links behind the one that signs, and end it.",
                domain=signature.domain,
            ),
        )


def _canonical(body: bytes, *, relaxed: bool) -> bytes:
    """RFC 6376 §3.4.3 and §3.4.4."""
    if relaxed:
        body = re.sub(rb"[ \t]+(?=\r\n|$)", b"", re.sub(rb"[ \t]+", b" ", body))
    body = re.sub(rb"(?:\r\n)+\Z", b"", body)
    return b"" if relaxed and not body else body + b"\r\n"


def judged(mail: Received) -> Iterator[Finding]:
    """What the receiver itself says in its Authentication-Results (RFC 8601), the first of which is its own."""
    told = mail.one("Authentication-Results")
    found = re.findall(
        r"\b(spf|dkim|dmarc)\s*=\s*(fail|softfail|permerror|temperror|policy|none)\b", told, re.IGNORECASE
    )
    wrong = [f"{method}={result}" for method, result in found]
    if any(method.lower() == "dkim" for method, _ in found) and re.search(r"\bdkim\s*=\s*pass\b", told, re.IGNORECASE):
        # One of several signatures is enough.
        wrong = [each for each in wrong if not each.lower().startswith("dkim")]
    if wrong:
        yield finding(
            "received-judged",
            say(
                "{receiver} was not convinced by the message ({results}): mend what else is said here of SPF, DKIM and "
                "DMARC, and send it again.",
                receiver=told.partition(";")[0].strip() or "?",
                results=", ".join(wrong),
            ),
        )
