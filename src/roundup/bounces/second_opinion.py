"""Bounces that are written for people, not by RFC 3464. The only file that knows flufl.bounce, Mailman's collection of
them."""

from email.message import Message

from flufl.bounce import all_failures


def failed(message: Message) -> bool | None:
    """Whether a message says that its mail was not delivered; False: it says that it is late; None: neither."""
    temporary, permanent = all_failures(message)
    if permanent:
        return True
    return False if temporary else None
