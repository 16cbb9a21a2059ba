"""Octets -> what a returned message says. Pure.

Sources: RFC 3464 and RFC 6522 (delivery status notifications), RFC 3463 (status codes), RFC 5965 (complaints), RFC 3834
(answers by machines), RFC 2369 (unsubscribe mail). Whom it speaks of is told by signed tokens alone, never by an
address that stands somewhere in it, but for unsubscribe mail (see `docs/decisions/2026-11-27-bounces.md`).
"""

import re
from dataclasses import dataclass
from email.message import Message

from roundup.bounces import mail, second_opinion
from roundup.bounces.automatic import is_automatic, is_from_a_mail_server
from roundup.returned import Kind
from roundup.status_codes import is_about_sender, said_in

#: Where the address stands to which a message was delivered.
_DELIVERED = (
    "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To", "X-Delivered-To", "To", "Cc",
)  # fmt: skip
#: Complaints by people (RFC 5965 §7.3); `not-spam`, `virus` and `auth-failure` (RFC 6591) are none.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
_LEAVE_TOKEN = r"[A-Za-z0-9_-]{32}"  # noqa: S105 - what a token looks like
#: As our own List-Unsubscribe asks for it: the word, and what proves whose it is. A token that was cut off or grew on
#: its way proves nothing, but the word was said.
_UNSUBSCRIBE = re.compile(r"unsubscribe(?:\s+([A-Za-z0-9_-]{20,64}))?\s*[.!]?\s*", re.IGNORECASE)
_LEAVE_LINK = re.compile(rf"(?:/u/|unsubscribe(?:%20|\+|=20| ))({_LEAVE_TOKEN})(?![A-Za-z0-9_-])")
_SAID_LETTERS = 400
#: `smtp;`, which not everybody writes.
_DIAGNOSTIC_TYPE = re.compile(r"\s*[A-Za-z][\w-]*\s*;")


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """The addresses that mail comes back to; empty: there is none."""

    #: The envelope sender without its token.
    bounces: str
    #: Where unsubscribe mail goes.
    leaving: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a message says."""

    kind: Kind
    #: Return-path tokens and leaving tokens that stand where ours would; whether they are, their signatures tell.
    return_tokens: tuple[str, ...] = ()
    leave_tokens: tuple[str, ...] = ()
    #: With UNSUBSCRIBE: who says so, and whether that is believed where no token proves who it is.
    sender: str = ""
    believed: bool = False
    #: With BOUNCE: `5.1.1`, and what the mail server said, on one line.
    status: str = ""
    text: str = ""


def read(octets: bytes, boxes: Boxes) -> Report:
    """What a message says. Raises nothing for what it is."""
    message = mail.opened(octets)
    all_parts = mail.parts(message)
    delivered = _return_tokens(" ".join(str(each) for name in _DELIVERED for each in message.get_all(name, ())), boxes)
    complaint = _complaint(all_parts, octets, boxes)
    if complaint is not None:
        return complaint
    report = _status_report(all_parts)
    if report is None and is_from_a_mail_server(message):
        report = _vague_report(message)
    if report is not None:
        kind, status, text = report
        return Report(kind=kind, return_tokens=delivered, status=status, text=text)
    return _unsubscribe(message, delivered, boxes)


def _return_tokens(text: str, boxes: Boxes) -> tuple[str, ...]:
    local, _, domain = boxes.bounces.rpartition("@")
    if not local:
        return ()
    # Mail servers may fold the case of a local part (and of a domain).
    pattern = rf"{re.escape(local)}\+([a-z2-7]{{36}})@{re.escape(domain)}"
    return tuple(dict.fromkeys(each.lower() for each in re.findall(pattern, text, re.IGNORECASE)))


def _complaint(all_parts: list[Message], octets: bytes, boxes: Boxes) -> Report | None:
    """RFC 5965: a part says that it is a complaint, and another holds our message, with our tokens if nobody has taken
    them out."""
    for part in all_parts:
        if part.get_content_type() != "message/feedback-report":
            continue
        said = _fields(part)
        if not any(each.get("Feedback-Type", "").strip().lower() in _COMPLAINTS for each in said):
            return Report(kind=Kind.OTHER)
        # Our message as it was sent: soft line breaks may cut a token in two.
        text = octets.decode("ascii", "replace").replace("=\r\n", "").replace("=\n", "")
        return Report(
            kind=Kind.COMPLAINT,
            return_tokens=_return_tokens(text, boxes),
            leave_tokens=tuple(dict.fromkeys(_LEAVE_LINK.findall(text)))[:20],
        )
    return None


def _fields(part: Message) -> list[Message]:
    """The groups of fields of a `message/…` part, whichever way the parser took it."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [each for each in payload if isinstance(each, Message)]
    return [mail.opened(group.encode("utf-8", "replace")) for group in re.split(r"\r?\n\r?\n", str(payload))[:50]]


def _status_report(all_parts: list[Message]) -> tuple[Kind, str, str] | None:
    """RFC 3464: what it says of our one recipient; if there are several, the worst."""
    notice: tuple[Kind, str, str] | None = None
    for part in all_parts:
        if part.get_content_type() not in ("message/delivery-status", "message/global-delivery-status"):
            continue
        for each in _fields(part):
            action = mail.header(each, "Action").lower()
            status, text = _status(each)
            if action == "failed":
                return Kind.BOUNCE, status, text
            if action:
                notice = Kind.NOTICE, status, text
    return notice


def _status(said: Message) -> tuple[str, str]:
    """The status code, and what the mail server said. Where the report's own code is vague (x.0.0), or none, the mail
    server's is taken if it has one (RFC 3464 §2.3.6). So it is where it is about us: some wrap every refusal of a
    recipient in 5.1.1, and for a policy nobody may be struck off."""
    diagnostic = _DIAGNOSTIC_TYPE.sub("", mail.header(said, "Diagnostic-Code")).strip()[:_SAID_LETTERS]
    own, by_server = said_in(mail.header(said, "Status")), said_in(diagnostic)
    if own is None or (by_server and by_server[1] == own[1] and _says_more(by_server, own)):
        own = by_server
    return own[0] if own else "5.0.0", diagnostic


def _says_more(by_server: re.Match[str], own: re.Match[str]) -> bool:
    return own[0].endswith(".0.0") or is_about_sender(by_server[2], by_server[3])


def _vague_report(message: Message) -> tuple[Kind, str, str] | None:
    """A bounce in prose, by the second opinion. A code that stands in it is believed; without one it is 5.0.0, which
    is counted and takes nobody off the list by itself."""
    try:
        failed = second_opinion.failed(message)
    except Exception:  # noqa: BLE001 - whatever a library makes of a hostile message must not stop the others' reading
        return None
    if failed is None:
        return None
    text = mail.text(message)
    found = said_in(text)
    line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0].strip() if found else ""
    return Kind.BOUNCE if failed else Kind.NOTICE, found[0] if found else "5.0.0", line[:_SAID_LETTERS]


def _unsubscribe(message: Message, delivered: tuple[str, ...], boxes: Boxes) -> Report:
    """Unsubscribe mail, or nothing that anybody acts upon. A machine's answer may quote our mail with its token: it is
    believed only where our own List-Unsubscribe would have put it, and from no machine that says that it answers."""
    automatic = is_automatic(message)
    answers = mail.header(message, "Auto-Submitted").lower().startswith("auto-replied") or is_from_a_mail_server(
        message
    )
    asks = _UNSUBSCRIBE.fullmatch(mail.header(message, "Subject"))
    if asks is None or not asks[1]:
        first = next((line.strip() for line in mail.text(message).splitlines() if line.strip()), "")
        asks = _UNSUBSCRIBE.fullmatch(first) or asks
    senders = mail.addresses(message, "From")
    sender = senders[0] if len(senders) == 1 else ""
    believed = bool(sender and boxes.leaving) and boxes.leaving.lower() in mail.addresses(message, *_DELIVERED)
    if asks is not None and asks[1] and not answers:
        # A token that is nobody's (the secret or the database was lost) must not keep anybody on the list.
        return Report(
            kind=Kind.UNSUBSCRIBE,
            return_tokens=delivered,
            leave_tokens=(asks[1],),
            sender=sender,
            believed=believed,
        )
    if asks is not None and believed and not automatic:
        return Report(kind=Kind.UNSUBSCRIBE, return_tokens=delivered, sender=sender, believed=True)
    return Report(kind=Kind.AUTO_REPLY if automatic else Kind.OTHER, return_tokens=delivered)
