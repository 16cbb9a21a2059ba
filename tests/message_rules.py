"""The rules that hold for every message roundup emits, M1 to M26 and M29, checked on its octets alone.

They are what Gmail, Yahoo, Microsoft and the RFCs ask of a bulk sender. M10 and M11 (what the links do) are tested
with a running `serve`; M30 (SMTPUTF8) is seen on the wire, in the sender's tests; M31 (SpamAssassin) is judged by
`tests.spam`, in the acceptance tests; M27 and M28 (DKIM) by `tests.signatures`; M20 needs a part that is
not built yet.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cached_property
from urllib.parse import urlsplit

from lxml import html

from roundup import words

_ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "List-Id", "Auto-Submitted", "Precedence")
#: Headers that receivers compare as text: an encoded-word makes them something else (RFC 2047 §5).
_AS_TEXT = re.compile(r"list-.*|message-id|feedback-id|auto-submitted|precedence", re.IGNORECASE)
_UNFIT = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")
#: `None` alone between tags, in an attribute or on a line; in prose it is a word.
_UNRENDERED = re.compile(
    r"\{\{|\{%|%recipient%|\bundefined\b|\bru[0-9a-f]{8}[A-Z]+x|>\s*None\s*<|=\"None\"|^None$", re.MULTILINE
)
_URL = re.compile(r"https?://[^\s<>\"]+|mailto:[^\s<>\"]+")
#: 128 bits in base64.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,}")
_SMALLEST_PX = 11
_GMAIL_CLIPS = 102 * 1024


@dataclass(frozen=True)
class _Mail:
    octets: bytes
    envelope_to: str
    strangers: Sequence[str]
    now: datetime

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Every header as it stands, unfolded but not decoded."""
        head = self.octets.partition(b"\r\n\r\n")[0].decode("latin-1")
        lines = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
        return [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]

    def raw(self, name: str) -> str:
        """One header's undecoded value; empty if it is not there."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), "")

    @cached_property
    def parsed(self) -> EmailMessage:
        message = message_from_bytes(self.octets, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @cached_property
    def parts(self) -> list[EmailMessage]:
        return [part for part in self.parsed.iter_parts() if isinstance(part, EmailMessage)]

    def part(self, subtype: str) -> str:
        """A part's decoded text; empty if there is none or it does not decode."""
        for part in self.parts:
            if part.get_content_subtype() == subtype:
                return (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]
        return ""

    @cached_property
    def page(self) -> html.HtmlElement:
        return html.document_fromstring(self.part("html") or "<p></p>")

    @cached_property
    def ways_out(self) -> list[str]:
        """The URIs of List-Unsubscribe."""
        return re.findall(r"<([^<>]*)>", self.raw("List-Unsubscribe"))

    @property
    def leave_url(self) -> str:
        return next((way for way in self.ways_out if way.startswith("http")), "")

    @property
    def name(self) -> str:
        """The sender's, as readers see it."""
        addresses = self.parsed["From"].addresses if self.parsed["From"] else ()
        return addresses[0].display_name if addresses else ""

    def links(self) -> set[str]:
        return {str(link.get("href")) for link in self.page.iter("a") if link.get("href")}


def broken_rules(
    octets: bytes, envelope_to: str, *, tokens_of_others: Iterable[str] = (), now: datetime | None = None
) -> list[str]:
    """The rules that a message breaks, a sentence each; none if all is well.

    `tokens_of_others`: whatever must not stand in it: other people's tokens and addresses. `now`: when it was sent,
    if not just now.
    """
    mail = _Mail(octets, envelope_to, tuple(tokens_of_others), now or datetime.now(UTC))
    return [f"{rule}: {what}" for rule, check in _RULES for what in check(mail)]


def _headers_once(mail: _Mail) -> Iterator[str]:
    counted = Counter(name.lower() for name, _ in mail.headers)
    yield from (f"{name} stands there {counted[name.lower()]} times" for name in _ONCE if counted[name.lower()] != 1)
    yield from (f"{name} is there twice" for name in ("reply-to", "content-type", "sender") if counted[name] > 1)


def _one_sender(mail: _Mail) -> Iterator[str]:
    senders = mail.parsed["From"].addresses if mail.parsed["From"] else ()
    if len(senders) != 1:
        yield f"From has {len(senders)} addresses"
    if not mail.name:
        yield "From has no display name"


def _one_recipient(mail: _Mail) -> Iterator[str]:
    given = [each.addr_spec for each in mail.parsed["To"].addresses] if mail.parsed["To"] else []
    if given != [mail.envelope_to]:
        yield f"To is {given}, the envelope's recipient {mail.envelope_to}"
    yield from (f"it has a {name}" for name in ("Cc", "Bcc") if name in mail.parsed)


def _message_id(mail: _Mail) -> Iterator[str]:
    given, domain = mail.raw("Message-ID"), re.search(r"@([^>]*)", mail.raw("From"))
    if not domain or not re.fullmatch(rf"<[A-Za-z0-9.!#$%&*+/=?^_`{{|}}~-]+@{re.escape(domain[1])}>", given):
        yield f"Message-ID is {given!r}"


def _date(mail: _Mail) -> Iterator[str]:
    date = parsedate_to_datetime(mail.raw("Date"))
    if date.tzinfo is None or mail.raw("Date").endswith("-0000"):
        yield "Date has no offset"
    elif abs(date - mail.now) > timedelta(minutes=5):
        yield f"Date is {date}, and it was sent at {mail.now}"


def _lines(mail: _Mail) -> Iterator[str]:
    if re.search(rb"\r(?!\n)|(?<!\r)\n", mail.octets):
        yield "there is a bare CR or LF"
    if b"\x00" in mail.octets:
        yield "there is a NUL"
    longest = max(len(line) for line in mail.octets.split(b"\r\n"))
    if longest > 998:
        yield f"a line has {longest} octets"


def _not_encoded(mail: _Mail) -> Iterator[str]:
    yield from (f"{name} is encoded" for name, value in mail.headers if _AS_TEXT.fullmatch(name) and "=?" in value)
    for name in ("From", "To", "Reply-To"):
        if any("=?" in each for each in re.findall(r"<[^>]*>", mail.raw(name))):
            yield f"the address in {name} is encoded"


def _list_unsubscribe(mail: _Mail) -> Iterator[str]:
    kinds = sorted("mailto" if way.startswith("mailto:") else "web" for way in mail.ways_out)
    if kinds != ["mailto", "web"]:
        yield f"List-Unsubscribe has {kinds}"
    url = urlsplit(mail.leave_url)
    if url.scheme != "https" and url.hostname not in {"127.0.0.1", "localhost"}:
        yield "its web address is not https"
    if not _TOKEN.fullmatch(url.path.rpartition("/")[2]):
        yield "its token is too short"


def _one_click(mail: _Mail) -> Iterator[str]:
    head = mail.octets.partition(b"\r\n\r\n")[0] + b"\r\n"
    if b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" not in head:
        yield "List-Unsubscribe-Post is not there byte for byte"


def _list_id(mail: _Mail) -> Iterator[str]:
    value = mail.raw("List-Id")
    if len(value) > 255 or not re.fullmatch(r'(?:"[^"\\]*" )?<[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+>', value):
        yield f"List-Id is {value!r}"


def _automatic(mail: _Mail) -> Iterator[str]:
    for name, wanted in (("Auto-Submitted", "auto-generated"), ("Precedence", "bulk")):
        if mail.raw(name) != wanted:
            yield f"{name} is {mail.raw(name)!r}"


def _feedback_id(mail: _Mail) -> Iterator[str]:
    """Asked of a message that has one."""
    value = mail.raw("Feedback-ID")
    if value and (value.count(":") != 3 or mail.envelope_to in value):
        yield f"Feedback-ID is {value!r}"


def _two_parts(mail: _Mail) -> Iterator[str]:
    kinds = [mail.parsed.get_content_type(), *(part.get_content_type() for part in mail.parts)]
    if kinds != ["multipart/alternative", "text/plain", "text/html"]:
        yield f"its parts are {kinds}"
    if not mail.part("plain").strip() or not mail.page.text_content().strip():
        yield "a part is empty"
    if re.search(r"</?(?:p|td|div|span)\b", mail.part("plain")):
        yield "the text part is the HTML's source"


def _same_links(mail: _Mail) -> Iterator[str]:
    in_text = set(_URL.findall(mail.part("plain")))
    if in_text != mail.links():
        yield f"only in the text {sorted(in_text - mail.links())}, only in the HTML {sorted(mail.links() - in_text)}"


def _charset(mail: _Mail) -> Iterator[str]:
    for part in mail.parts:
        told = (part.get_content_charset(), str(part["Content-Transfer-Encoding"]))
        if told[0] != "utf-8" or told[1] not in {"quoted-printable", "base64"}:
            yield f"a part is {told}"
        try:
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            payload.decode("utf-8")
        except UnicodeDecodeError:
            yield "a part does not decode"
        if part.defects:
            yield f"a part has defects: {part.defects}"


def _visible_way_out(mail: _Mail) -> Iterator[str]:
    if mail.leave_url not in mail.part("plain").split():
        yield "the text part does not show the address at which one leaves"
    links = [link for link in mail.page.iter("a") if link.get("href") == mail.leave_url]
    called = words.of(mail.page.get("lang") or "en-GB").say("Unsubscribe")
    if not any(called in link.text_content() and _is_seen(link) for link in links):
        yield "the HTML part shows no link to leave"


def _is_seen(element: html.HtmlElement) -> bool:
    styles = [str(each.get("style") or "") for each in (element, *element.iterancestors())]
    sizes = [float(size) for style in styles for size in re.findall(r"font-size:\s*([\d.]+)px", style)]
    hidden = any(re.search(r"display:\s*none|visibility:\s*hidden|opacity:\s*0", style) for style in styles)
    return not hidden and bool(sizes) and sizes[0] >= _SMALLEST_PX


def _sender_named(mail: _Mail) -> Iterator[str]:
    """Both parts name the newsletter, and end with the same words: its postal address."""
    parts = [" ".join(part.split()) for part in (mail.part("plain"), mail.page.text_content())]
    if not all(mail.name in part for part in parts):
        yield f"a part does not name {mail.name}"
    if parts[0][-20:] != parts[1][-20:]:
        yield f"the postal address is not at the end of both parts: {parts[0][-20:]!r}, {parts[1][-20:]!r}"


def _harmless(mail: _Mail) -> Iterator[str]:
    forbidden = {"script", "iframe", "object", "embed", "form", "input", "link", "base"}
    for element in mail.page.iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag in forbidden or (element.tag == "meta" and element.get("http-equiv", "").lower() == "refresh"):
            yield f"there is a <{element.tag}>"
        for name, value in element.items():
            if name.lower().startswith("on") or re.match(r"\s*(?:javascript|data|vbscript):", value, re.IGNORECASE):
                yield f"there is {name}={value[:40]!r}"


def _absolute(mail: _Mail) -> Iterator[str]:
    for element in mail.page.iter():
        for name in ("href", "src", "background"):
            value = element.get(name) if isinstance(element.tag, str) else None
            if value is not None and not re.match(r"https?://[^/\s]+|mailto:[^@\s]+@", value):
                yield f"{name} is {value!r}"


def _light(mail: _Mail) -> Iterator[str]:
    size = len(mail.part("html").encode())
    if size >= _GMAIL_CLIPS or len(mail.octets) >= 500 * 1024:
        yield f"the HTML has {size} octets, the message {len(mail.octets)}"


def _subject(mail: _Mail) -> Iterator[str]:
    subject = str(mail.parsed["Subject"] or "")
    answer = re.match(r"(?:re|fwd?):", subject, re.IGNORECASE)
    if not subject.strip() or len(subject) > 255 or _UNFIT.search(subject) or answer:
        yield f"Subject is {subject!r}"


def _rendered(mail: _Mail) -> Iterator[str]:
    for content in (str(mail.parsed["Subject"]), mail.part("plain"), mail.part("html")):
        found = _UNRENDERED.search(content)
        if found:
            yield f"there is {found[0]!r}"


def _own_alone(mail: _Mail) -> Iterator[str]:
    everything = "\n".join(
        (mail.octets.replace(b"=\r\n", b"").decode("latin-1"), mail.part("plain"), mail.part("html"))
    ).lower()
    own = mail.envelope_to.lower()
    yield from (f"somebody else's {each!r}" for each in mail.strangers if each.lower() in everything.replace(own, ""))


def _return_path(mail: _Mail) -> Iterator[str]:
    """Asked of a received message, in which the last hop has written the envelope sender down."""
    value = mail.raw("Return-Path")
    if any(name.lower() == "return-path" for name, _ in mail.headers):
        if not re.fullmatch(r"<[^@<>+]+\+[a-z0-9]{20,}@[^@<>]+>", value):
            yield f"the envelope sender is {value!r}"
        if value and value in mail.raw("From"):
            yield "the envelope sender is From"


_RULES: tuple[tuple[str, Callable[[_Mail], Iterator[str]]], ...] = (
    ("M1", _headers_once),
    ("M2", _one_sender),
    ("M3", _one_recipient),
    ("M4", _message_id),
    ("M5", _date),
    ("M6", _lines),
    ("M7", _not_encoded),
    ("M8", _list_unsubscribe),
    ("M9", _one_click),
    ("M12", _list_id),
    ("M13", _automatic),
    ("M14", _feedback_id),
    ("M15", _two_parts),
    ("M16", _same_links),
    ("M17", _charset),
    ("M18", _visible_way_out),
    ("M19", _sender_named),
    ("M21", _harmless),
    ("M22", _absolute),
    ("M23", _light),
    ("M24", _subject),
    ("M25", _rendered),
    ("M26", _own_alone),
    ("M29", _return_path),
)
