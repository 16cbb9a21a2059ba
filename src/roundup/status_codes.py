"""What enhanced status codes (RFC 3463) say, in replies and in reports alike. Pure.

5.7.x (policy), 5.1.7 and 5.1.8 (the sender's address) are about us, not about the subscriber: taking them for a bad
address is how whole lists have been wiped.
"""

import re

#: No part of an IP address, of a version (`4.5.7.1`, `Mail/5.1.1`) or of a longer number.
ENHANCED = re.compile(r"(?<![\w/])(?<![0-9]\.)([245])\.([0-9]{1,3})\.([0-9]{1,3})(?!\w|\.[0-9])")
#: What stands before one where mail servers write it: a reply code (`550-5.1.1`, `550 #5.1.0`), or else the beginning
#: of a line, a mark or a word for it (`(#5.1.1)`, `Status: 5.1.1`).
_REPLY = re.compile(r"(?<![\w.])([245])[0-9]{2}[-:\s]*[#(<\[]?\s*\Z")
_MARK = re.compile(r"(?:^|[#(<\[:;=]|\b(?:code|error|status))[ \t]*\Z", re.IGNORECASE | re.MULTILINE)
_BEFORE = 30


def said_in(text: str) -> re.Match[str] | None:
    """The code that a text says: the first behind a reply code of its class, else the first that is marked as one. Any
    other may be anything's number, and readers are struck off for it."""
    found = list(ENHANCED.finditer(text))
    for each in found:
        reply = _REPLY.search(text, max(0, each.start() - _BEFORE), each.start())
        if reply and reply[1] == each[1]:
            return each
    return next((each for each in found if _MARK.search(text, max(0, each.start() - _BEFORE), each.start())), None)


def is_about_sender(subject: str, detail: str) -> bool:
    """Whether a code's second and third number speak of the sender."""
    return subject == "7" or (subject == "1" and detail in ("7", "8"))
