"""How a header is written: addresses, names and free text, folded, with nothing in them that could break out. Pure."""

import re
import textwrap
from email.charset import Charset
from email.header import Header
from email.headerregistry import Address

from roundup.email_address import one_line
from roundup.quoted_printable import CRLF

#: RFC 5322 §2.1.1 allows 78 characters a line, RFC 2047 §2 76 with encoded-words.
_LINE = 76
_LONGEST_WORD = 60
_UTF_8 = Charset("utf-8")
#: RFC 5322 §3.2.3: a name with one of these is written as a quoted string.
_SPECIALS = re.compile(r'[()<>@,:;.\\"\[\]]')
#: RFC 5322 §3.4.1, dot-atom @ dot-atom: nearly every address there is, known without a parser.
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_DOT_ATOMS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*", re.ASCII)


def mailbox(header: str, name: str, email: str) -> str:
    """A header with one address (RFC 5322 §3.4), without its last line end. Raises ValueError or
    HeaderParseError if it is none."""
    written = shown(name)
    if not (written.isascii() and "=?" not in written and len(written) <= _LONGEST_WORD):
        return f"{header}: {_encoded_words(header, written)}{CRLF} <{_address('', email)}>"
    line = f"{header}: {_address(written, email)}"
    # Without a name there is nowhere to fold: before a bare address in brackets, the rest would be its name.
    return line if len(line) <= _LINE or not written else f"{line.removesuffix(f' <{email}>')}{CRLF} <{email}>"


def address(name: str, email: str) -> str:
    """A name and an address on one line, neither encoded. Raises as `mailbox` does."""
    return _address(shown(name), email)


def _address(written: str, email: str) -> str:
    if not _DOT_ATOMS.fullmatch(email):
        # Read, for it raises, but written as given: `Address` takes the quotes from a dot in front (".ada"@…). It knows
        # nothing of RFC 6532 §3.2: what is not ASCII may stand wherever a letter may.
        Address(addr_spec=_BEYOND_ASCII.sub("a", email) if email.isprintable() else email)
    if not written:
        return email
    if _SPECIALS.search(written):
        written = '"' + written.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{written} <{email}>"


def unstructured(header: str, value: str) -> str:
    """A header of free text (RFC 5322 §2.2.1), without its last line end."""
    text = shown(value)
    if _is_plain(text):
        return f"{CRLF} ".join(textwrap.wrap(f"{header}: {text}", _LINE - 1, break_on_hyphens=False))
    return f"{header}: {_encoded_words(header, text)}"


def list_phrase(name: str) -> str:
    """RFC 2919 §3 allows a phrase before the id; one that would have to be encoded is left out, for List-* headers
    are compared as text."""
    plain = re.sub(r'["\\]', "", one_line(name))
    return f'"{plain}" ' if plain and plain.isascii() and len(plain) < 60 else ""


def shown(text: str) -> str:
    """Text on one line, as `one_line` has it, and in a tenth of its time where every character can be printed."""
    return " ".join(text.split()) if text.isprintable() else one_line(text)


def _is_plain(text: str) -> bool:
    """Whether a header may show a text as it is. One that looks like an encoded-word may not: it would be decoded
    into whatever its writer wants, a line break and a header of their own included (CVE-2024-6923)."""
    return text.isascii() and "=?" not in text and all(len(word) <= _LONGEST_WORD for word in text.split())


def _encoded_words(header: str, text: str) -> str:
    """RFC 2047 §2, folded. Not by `EmailMessage`, which reads encoded-words where they are only text."""
    # One word is what `Header` makes of a short text too, in eight times the time.
    word = _UTF_8.header_encode(text)
    if len(f"{header}: {word}") <= _LINE:
        return word
    return Header(text, "utf-8", header_name=header).encode(linesep=CRLF)
