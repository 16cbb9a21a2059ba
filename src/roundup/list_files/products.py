"""What the programs that lists come from call things: their columns, and the words of their statuses. Pure.

A word that is in no table here makes nobody active: it is told, and the person is not mailed. The columns and words are
those of the products' own exports and documents of 2026: Mailchimp, Substack, Ghost, listmonk, Buttondown, beehiiv,
Kit, MailerLite, MailPoet. Mailman and plain lists have neither.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from roundup.model import Status

_S = Status
_GONE = {"true": _S.LEFT, "false": _S.ACTIVE, "yes": _S.LEFT, "no": _S.ACTIVE, "1": _S.LEFT, "0": _S.ACTIVE}
_COMES = {"true": _S.ACTIVE, "false": _S.LEFT, "yes": _S.ACTIVE, "no": _S.LEFT, "1": _S.ACTIVE, "0": _S.LEFT}

#: Our own words (plan §2.6).
OWN_WORDS = {status.value: status for status in Status}
OWN_COLUMNS = ("email", "name", "status", "cadence", "sections", "paused_until", "since")

#: Words that mean the same wherever they stand.
_ANYWHERE = OWN_WORDS | {
    "subscribed": _S.ACTIVE, "enabled": _S.ACTIVE, "confirmed": _S.ACTIVE, "opted in": _S.ACTIVE, "opted-in": _S.ACTIVE,
    "unsubscribed": _S.LEFT, "opted out": _S.LEFT, "opted-out": _S.LEFT, "cancelled": _S.LEFT, "canceled": _S.LEFT,
    "blocklisted": _S.LEFT, "blacklisted": _S.LEFT, "blocked": _S.LEFT,
    "unconfirmed": _S.PENDING, "not confirmed": _S.PENDING, "unactivated": _S.PENDING,
    "cleaned": _S.BOUNCED, "undeliverable": _S.BOUNCED, "hard bounced": _S.BOUNCED,
    "junk": _S.COMPLAINED, "spam": _S.COMPLAINED, "marked as spam": _S.COMPLAINED, "spam complaint": _S.COMPLAINED,
    "actif": _S.ACTIVE, "abonné": _S.ACTIVE, "inscrit": _S.ACTIVE, "désabonné": _S.LEFT, "désinscrit": _S.LEFT,
    "aktiv": _S.ACTIVE, "angemeldet": _S.ACTIVE, "abonniert": _S.ACTIVE, "abgemeldet": _S.LEFT,
    "activo": _S.ACTIVE, "suscrito": _S.ACTIVE, "dado de baja": _S.LEFT, "مشترك": _S.ACTIVE,
    "deleted": _S.REMOVED, "disabled": _S.REMOVED, "inactive": _S.REMOVED, "suppressed": _S.REMOVED,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """How one product writes its lists. All headings and words are in lower case."""

    name: str
    #: A file is this product's if its heading has all columns of one of these.
    signs: tuple[frozenset[str], ...]
    #: The columns that say who is to be mailed, and what each word in them means. Where they disagree, the one that
    #: keeps most mail away counts.
    statuses: Mapping[str, Mapping[str, Status]]
    #: What the mere presence of a column says of everybody in the file.
    everybody: Mapping[str, Status]
    #: Quotes in a cell stand behind a backslash, and are not doubled (RFC 4180 §2.7 has no such thing).
    backslashes: bool = False
    #: Rows with an address in such a domain ask to be deleted.
    deleted_domain: str = ""

    def wrote(self, headings: Collection[str]) -> bool:
        """Whether a file with these headings is this product's."""
        return any(sign.issubset(headings) for sign in self.signs)


def _product(name: str, *signs: Collection[str], **more: object) -> Product:
    given = {"statuses": {}, "everybody": {}, **more}
    return Product(name=name, signs=tuple(frozenset(sign) for sign in signs), **given)  # type: ignore[arg-type]


_BUTTONDOWN = dict.fromkeys(
    ("regular", "premium", "gifted", "trialed", "churning", "churned", "past_due", "paused", "unpaid"), _S.ACTIVE
) | {
    "unactivated": _S.PENDING, "upcoming": _S.PENDING, "unsubscribed": _S.LEFT, "blocked": _S.LEFT,
    "removed": _S.REMOVED, "complained": _S.COMPLAINED, "undeliverable": _S.BOUNCED,
}  # fmt: skip
_LISTMONK = {
    "enabled": _S.ACTIVE, "disabled": _S.REMOVED, "blocklisted": _S.LEFT,
    "confirmed": _S.ACTIVE, "unconfirmed": _S.PENDING, "unsubscribed": _S.LEFT,
}  # fmt: skip
#: `cold`, who has not opened for months, is left to the editor: it is in no table.
_KIT = {
    "active": _S.ACTIVE, "confirmed": _S.ACTIVE, "inactive": _S.PENDING, "unconfirmed": _S.PENDING,
    "cancelled": _S.LEFT, "unsubscribed": _S.LEFT, "bounced": _S.BOUNCED, "complained": _S.COMPLAINED,
}  # fmt: skip
_MAILPOET = {
    "subscribed": _S.ACTIVE, "unsubscribed": _S.LEFT, "unconfirmed": _S.PENDING, "inactive": _S.REMOVED,
    "bounced": _S.BOUNCED,
}  # fmt: skip
_BEEHIIV = {"active": _S.ACTIVE, "inactive": _S.LEFT, "pending": _S.PENDING}
_MAILERLITE = {
    "active": _S.ACTIVE, "unsubscribed": _S.LEFT, "unconfirmed": _S.PENDING, "bounced": _S.BOUNCED,
    "junk": _S.COMPLAINED,
}  # fmt: skip

#: In the order in which they are tried.
PRODUCTS = (
    _product("MailPoet", {"global status"}, {"list status"},
             statuses={"global status": _MAILPOET, "list status": _MAILPOET}, backslashes=True),
    _product("Mailchimp", {"leid", "euid"}, {"member_rating"}, {"optin_time", "confirm_time"},
             everybody={"unsub_time": _S.LEFT, "unsub_campaign_id": _S.LEFT, "clean_time": _S.BOUNCED,
                        "clean_campaign_id": _S.BOUNCED}),
    _product("Substack", {"email_disabled"}, statuses={"email_disabled": _GONE},
             deleted_domain="deletion-request.substack.com"),
    _product("Ghost", {"subscribed_to_emails"}, statuses={"subscribed_to_emails": _COMES}),
    _product("Buttondown", {"subscriber_type"}, statuses={"subscriber_type": _BUTTONDOWN}),
    _product("listmonk", {"uuid", "attributes"}, {"email", "name", "attributes"}, statuses={"status": _LISTMONK}),
    _product("beehiiv", {"unsubscribed_at", "status"}, {"tier", "status"}, statuses={"status": _BEEHIIV}),
    _product("Kit", {"email_address", "state"}, {"first_name", "state"}, {"email_address", "first_name", "status"},
             statuses={"state": _KIT, "status": _KIT}),
    _product("MailerLite", {"subscriber", "status"}, {"email", "status", "opens"}, {"email", "status", "sent"},
             statuses={"status": _MAILERLITE}),
)  # fmt: skip
#: A file that is nobody's in particular.
OTHER = _product(
    "", statuses={"status": _ANYWHERE, "state": _ANYWHERE, "subscription status": _ANYWHERE, "statut": _ANYWHERE,
                  "estado": _ANYWHERE, "stato": _ANYWHERE, "الحالة": _ANYWHERE, "subscribed": _COMES,
                  "unsubscribed": _GONE, "opted out": _GONE, "opt-out": _GONE},
)  # fmt: skip
#: A file of our own columns: our own words alone.
OWN = _product("roundup", statuses={"status": OWN_WORDS})

#: Columns that keep mail away from everybody who has anything in them, whoever wrote the file.
FILLED: Mapping[str, Status] = {
    "unsub_time": _S.LEFT, "unsubscribed_at": _S.LEFT, "unsubscribed at": _S.LEFT, "unsubscription_date": _S.LEFT,
    "unsubscribe date": _S.LEFT, "unsubscribed date": _S.LEFT, "date unsubscribed": _S.LEFT,
    "clean_time": _S.BOUNCED, "bounced_at": _S.BOUNCED, "complained_at": _S.COMPLAINED, "deleted_at": _S.REMOVED,
}  # fmt: skip

#: Mailchimp puts each status into a file of its own, and people name such files so.
FILE_NAMES: Mapping[str, Status] = {
    "unsubscribed": _S.LEFT, "unsubscribe": _S.LEFT, "optout": _S.LEFT, "opt-out": _S.LEFT, "nonsubscribed": _S.REMOVED,
    "cleaned": _S.BOUNCED, "bounced": _S.BOUNCED, "bounces": _S.BOUNCED, "complained": _S.COMPLAINED,
    "complaints": _S.COMPLAINED, "suppress": _S.LEFT, "blocklist": _S.LEFT, "blacklist": _S.LEFT,
}  # fmt: skip

#: What the columns for the address, the name and its halves, and the beginning may be called: the plainest first.
EMAIL = (
    "email", "e-mail", "email address", "email_address", "e-mail address", "mail", "emailaddress", "subscriber",
    "e-mail-adresse", "e-mail adresse", "deine e-mail adresse", "mailadresse", "adresse e-mail", "adresse email",
    "adresse mail", "courriel", "correo electrónico", "correo", "dirección de correo electrónico", "indirizzo email",
    "e-mailadres", "endereço de e-mail", "البريد الإلكتروني", "address", "adresse",
)  # fmt: skip
NAME = ("name", "full name", "full_name", "fullname", "display name", "nom complet", "nombre completo", "الاسم")
FIRST_NAME = ("first name", "first_name", "firstname", "vorname", "prénom", "nombre")
LAST_NAME = ("last name", "last_name", "lastname", "surname", "nachname", "nom", "apellido", "apellidos")
SINCE = (
    "since", "confirm_time", "optin_time", "created_at", "created at", "subscription_date", "creation_date",
    "subscribed at", "subscribed_at", "date added", "date_added",
)  # fmt: skip
