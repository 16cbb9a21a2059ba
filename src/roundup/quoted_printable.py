"""Text as lines that every mail server takes: quoted-printable (RFC 2045 §6.7), no line beginning with a dot. Pure.

Every encoded run begins and ends at the start of a line, so that runs can be joined in any order. And because no line
begins with a dot, wherever runs are joined, a sender has nothing to double on its way (RFC 5321 §4.5.2).
"""

import re
from email.quoprimime import body_encode

CRLF = "\r\n"
#: RFC 2045 §6.7, rule 5: 76 characters a line, of which the last may be the `=` of a soft line break.
_LONGEST_LINE = 76
#: What is its own encoding, and fits on one line before a soft line break: printable ASCII but `=`, no dot in front,
#: no space at the end. Most names, addresses and every token.
_AS_IT_IS = re.compile(r"(?!\.)[ !-<>-~]{0,74}[!-<>-~]")
_LEADING_DOT = re.compile(rb"^\.([^\r]*)", re.MULTILINE)


def quoted(text: str) -> bytes:
    """A run of text, encoded, ending at the start of a line: by a line break of its own or by a soft one, which no
    decoder shows. Line breaks in the text are CRLF."""
    if _AS_IT_IS.fullmatch(text):
        return text.encode("ascii") + b"=\r\n"
    if not text:
        return b""
    # Not binascii.b2a_qp: it ends soft line breaks with a bare LF, and makes a line of 77 where one ends in a space.
    lines = body_encode(text.encode().decode("latin-1"), _LONGEST_LINE - 1, CRLF).encode("ascii")
    return _no_dot_first(lines if lines.endswith(b"\r\n") else lines + b"=\r\n")


def _no_dot_first(lines: bytes) -> bytes:
    # Again and again, because what follows a dot that got a line of its own may begin with the next one.
    while _LEADING_DOT.search(lines):
        lines = _LEADING_DOT.sub(_spelled, lines)
    return lines


def _spelled(line: re.Match[bytes]) -> bytes:
    """A line whose first dot is spelled `=2E`, alone on a line of its own where the two octets more are too many."""
    fits = len(line[1]) <= _LONGEST_LINE - len(b"=2E")
    return b"=2E" + line[1] if fits else b"=2E=\r\n" + line[1]
