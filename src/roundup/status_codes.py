"""What enhanced status codes (RFC 3463) say, in replies and in reports alike. Pure.

5.7.x (policy), 5.1.7 and 5.1.8 (the sender's address) are about us, not about the subscriber: taking them for a bad
address is how whole lists have been wiped.
"""

import re

ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


def is_about_sender(subject: str, detail: str) -> bool:
    """Whether a code's second and third number speak of the sender."""
    return subject == "7" or (subject == "1" and detail in ("7", "8"))
