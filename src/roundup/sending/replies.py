"""What the next hop's words mean for a delivery. Pure.

RFC 5321 §4.2.1: 4yz is temporary, 5yz permanent. RFC 3463: the second digit of the enhanced code tells whom it is
about. 5.7.x (policy), 5.1.7 and 5.1.8 (the sender's address) are about us, not about the subscriber: taking them for
a bad address is how whole lists have been wiped.
"""

from roundup.model import Accepted, Deferred, Outcome, Refused, Reply
from roundup.status_codes import ENHANCED, is_about_sender


def outcome_of(reply: Reply) -> Outcome:
    """What became of a message that got this reply to its recipient or to its final dot."""
    if 200 <= reply.code < 300:
        return Accepted(reply=reply)
    if reply.code >= 500 and not is_about_us(reply):
        return Refused(reply=reply, person_is_gone=_is_no_such_person(reply))
    return Deferred(reply=reply)


def is_about_us(reply: Reply) -> bool:
    """Whether a refusal is about the sender: the message may be offered again once that is mended."""
    found = ENHANCED.match(reply.text)
    if found is None:
        # RFC 5321 §4.2.2, RFC 4954 §6: not permitted, not authenticated.
        return reply.code in (530, 535, 538)
    return is_about_sender(found[2], found[3])


def _is_no_such_person(reply: Reply) -> bool:
    """Whether a refusal says that the address itself is bad (5.1.x): nobody is to be mailed there again."""
    found = ENHANCED.match(reply.text)
    return reply.code >= 500 and found is not None and found[1] + found[2] == "51" and not is_about_us(reply)
