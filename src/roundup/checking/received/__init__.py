"""What arrived, judged: the rules M1 to M29 for a bulk sender's message, as far as its octets tell. Pure.

Above all that the DKIM signature covers both headers by which readers leave: the usual signers do not sign
List-Unsubscribe-Post unless they are told to.
"""

from collections.abc import Sequence

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.checking.received import bodies, heads, signing
from roundup.checking.received.mail import Expected, Received
from roundup.words import say

__all__ = ["Expected", "judge"]


def judge(octets: bytes, expected: Expected, *, verified: bool | None = None) -> Sequence[Finding]:
    """What is wrong with a message that arrived. `verified`: whether its signature was; None: nobody tried."""
    mail = Received(octets)
    found = [
        *signing.judge(mail, expected),
        *signing.judged(mail),
        *heads.judge(mail, expected),
        *bodies.judge(mail, expected),
    ]
    if verified is False and not any(each.rule.id == "received-signature" for each in found):
        found.append(
            finding(
                "received-signature",
                say(
                    "The DKIM signature of {domain} does not verify: its key in the DNS is another one, or headers "
                    "were changed after it was made.",
                    domain=mail.signatures[0].domain if mail.signatures else "?",
                ),
            )
        )
    return found
