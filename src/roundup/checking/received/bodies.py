"""Whether the parts arrived as they were sent: links, footers, pixels. Pure."""

import re
from collections.abc import Iterator

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.checking.received.mail import Expected, Received
from roundup.words import say

#: Gmail shows no more of an HTML part.
_GMAIL_CLIPS = 102 * 1024


def judge(mail: Received, expected: Expected) -> Iterator[Finding]:
    """What is wrong with the parts."""
    text, page = mail.part("plain"), mail.part("html")
    if not text.strip() or not page.strip():
        yield finding(
            "received-body",
            say(
                "The message did not arrive with both its text and its HTML part, so some readers see nothing: find "
                "what on the way takes parts apart."
            ),
        )
        return
    yield from _links(mail, expected)
    yield from _pixels(mail, expected)
    if expected.sent:
        yield from _compared(mail, Received(expected.sent))
    if len(page.encode()) >= _GMAIL_CLIPS:
        yield finding(
            "received-long",
            say("The HTML part has more than 102 KB, and Gmail cuts it there: set [selection] maximum lower."),
        )


def _links(mail: Received, expected: Expected) -> Iterator[Finding]:
    """Both parts were sent with the same links. Who counts clicks rewrites those of one."""
    found = re.findall(r"<(https?://[^<>]*)>", mail.one("List-Unsubscribe"))
    leave = next((each for each in found if expected.public_url and each.startswith(expected.public_url)), "")
    lost = [each for each in [leave] if each and not (each in mail.links_of_html and each in mail.links_of_text)]
    apart = sorted(mail.links_of_html ^ mail.links_of_text)
    if expected.sent:
        before = Received(expected.sent)
        apart = sorted(mail.links_of_html - before.links_of_html) + sorted(mail.links_of_text - before.links_of_text)
    if lost or apart:
        yield finding(
            "received-links",
            say(
                "Links were rewritten on the way (such as {link}), so readers go by way of another, and the one by "
                "which they leave may not work: turn off click tracking at your mail provider.",
                link=(apart or lost)[0][:80],
            ),
        )


def _pixels(mail: Received, expected: Expected) -> Iterator[Finding]:
    pixels = [
        str(each.get("src"))
        for each in mail.page.iter("img")
        if each.get("width") in {"0", "1"} or each.get("height") in {"0", "1"}
    ]
    if pixels and not expected.sent:
        yield finding(
            "received-changed",
            say(
                "There is a picture in the message that nobody can see ({link}), which tells somebody who opened it: "
                "turn off open tracking at your mail provider.",
                link=pixels[0][:80],
            ),
        )


def _compared(mail: Received, sent: Received) -> Iterator[Finding]:
    """The decoded parts, by their words: how they are encoded is the relay's business (RFC 6376 apart)."""
    before, after = (
        (" ".join(each.part("plain").split()), " ".join(each.page.text_content().split())) for each in (sent, mail)
    )
    images = [str(each.get("src")) for each in mail.page.iter("img")]
    more = [each for each in images if each not in {str(image.get("src")) for image in sent.page.iter("img")}]
    if before != after or more:
        yield finding(
            "received-changed",
            say(
                "The message was changed on the way ({what}): turn off footers, disclaimers and open tracking at your "
                "mail provider.",
                what=more[0][:80] if more else say("its words are not those that were sent"),
            ),
        )
