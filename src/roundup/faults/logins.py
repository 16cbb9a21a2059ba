"""AUTH as a server holds it (RFC 4954): PLAIN (RFC 4616) and LOGIN. Pure."""

import binascii
from base64 import b64decode
from collections.abc import Generator

from roundup.faults import Manners

#: Yields challenges, is sent the answers as they came (base64), and returns the server's verdict.
Login = Generator[bytes, bytes, bytes]

WELCOME = b"235 2.7.0 welcome"
_WRONG = b"535 5.7.8 wrong name or password"
_CANCELLED = b"501 5.7.0 as you like"
_NO_BASE64 = b"501 5.5.2 no base64"


def login(mechanism: str, initial: bytes, manners: Manners) -> Login:
    """One exchange with a mechanism that is offered. `initial`: the answer that came with the command; empty: none."""
    answers: list[bytes] = []
    challenges = (b"",) if mechanism == "PLAIN" else (b"Username:", b"Password:")
    for challenge in challenges:
        answer, initial = initial or (yield challenge), b""
        if answer == b"*":
            return _CANCELLED
        try:
            answers.append(b"" if answer == b"=" else b64decode(answer, validate=True))
        except binascii.Error:
            return _NO_BASE64
    # PLAIN: on whose behalf (nobody's), name, password, with NUL between.
    given = answers[0].split(b"\0")[1:] if mechanism == "PLAIN" else answers
    wanted = [manners.username.encode(), manners.password.encode()]
    return WELCOME if given == wanted else _WRONG
