"""What enhanced status codes (RFC 3463) say, in replies and in reports alike. Pure.

5.7.x (policy), 5.1.7 and 5.1.8 (the sender's address) are about us, not about the subscriber: taking them for a bad
address is how whole lists have been wiped.
"""

import re

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
#: The same in the midst of a text, where addresses of machines (192.0.5.1) and versions (4.97.1) look alike: with no
#: number before or behind it, and of a subject that there is (RFC 3463 §3).
_WITHIN = r"(?<![\w.])([245])\.([0-7])\.(\d{1,3})(?![.\w]*\d)"
_AFTER_A_REPLY = re.compile(rf"(?<![\w.])[245]\d\d[ -]+[#(]?{_WITHIN}")
_ALONE = re.compile(_WITHIN)


def found_in(text: str) -> tuple[str, str, str] | None:
    """The class, subject and detail of the status code in a text: of the one behind a reply code if there is one, for
    that is what a mail server said (RFC 2034 §4); else of the first. None: there is none."""
    found = _AFTER_A_REPLY.search(text) or _ALONE.search(text)
    return None if found is None else (found[1], found[2], found[3])


def is_about_sender(subject: str, detail: str) -> bool:
    """Whether a code's second and third number speak of the sender."""
    return subject == "7" or (subject == "1" and detail in ("7", "8"))
