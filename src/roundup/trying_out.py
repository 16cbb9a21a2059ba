"""A test mail: the very issue that a run would send, to a few addresses. Its links are marked as tests and change
nothing; neither does it."""

from collections.abc import Sequence

from roundup import messages
from roundup.email_address import AddressError, mailable_form
from roundup.errors import RoundupError, SettingsError
from roundup.messages import Addressee
from roundup.model import Accepted, NotOffered, Outcome, RenderedIssue, Unknown
from roundup.office import Office
from roundup.sending.singly import NoWayError, offered
from roundup.tokens import Purpose
from roundup.words import say


def mailable(addresses: Sequence[str]) -> list[str]:
    """The addresses in the form that is mailed. Raises `SettingsError` if one of them cannot be."""
    try:
        return [mailable_form(address) for address in addresses]
    except AddressError as error:
        raise SettingsError(say("Not an address that can be mailed: {error}", error=error)) from None


def send(office: Office, rendered: RenderedIssue, addresses: Sequence[str]) -> list[tuple[str, Outcome]]:
    """Offer an issue to some addresses. Raises `RoundupError` if there is no way to anybody."""
    secret = office.newsroom.secret
    stationery = messages.stationery(rendered, office.newsroom.letterhead, secret)
    tests = (
        Addressee(email=address, name="", key=secret.stranger(address), purpose=Purpose.TEST) for address in addresses
    )
    outcomes = offered(office.sender, (stationery.message(each, date=office.clock()) for each in tests))
    try:
        return list(zip(addresses, outcomes, strict=True))
    except NoWayError as error:
        raise RoundupError(str(error)) from None


def said(outcome: Outcome) -> str:
    """What became of one, for an editor."""
    if isinstance(outcome, NotOffered | Unknown):
        return say("not sent: {why}", why=outcome.why)
    word = say("accepted") if isinstance(outcome, Accepted) else say("not accepted")
    return f"{word}: {outcome.reply.code} {outcome.reply.text}"
