"""Rules about pictures and links."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from lxml import etree

from roundup.rendering.lint_rules.mail import Mail, squeezed, text_of
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import say

_EMPTY_NAMES = ("", "read more", "more", "here", "click here", "learn more")
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})(?:/\S*)?", re.IGNORECASE)
_NOT_MAILED = re.compile(r"\.(?:svg|webp|avif)(?:[?#]|$)|^data:", re.IGNORECASE)
_FEWEST_WORDS = 50


def _image_texts(mail: Mail) -> Iterator[str]:
    for image in mail.tree.iter("img"):
        if image.get("alt") is None:
            yield say('The image {address} has no alt; write alt="" if it says nothing.', address=image.get("src", ""))
    for link in mail.links():
        images = list(link.iter("img"))
        if images and not text_of(link) and not link.get("aria-label") and not any(each.get("alt") for each in images):
            yield say(
                "The image {address} is a link and says nothing of itself: give it an alt.",
                address=images[0].get("src", ""),
            )


def _image_sizes(mail: Mail) -> Iterator[str]:
    for image in mail.tree.iter("img"):
        if not image.get("width", "").isdigit() or not (
            image.get("height") is None or image.get("height", "").isdigit()
        ):
            yield say(
                "The image {address} has no whole numbers as width and height: Outlook shows it in any size.",
                address=image.get("src", ""),
            )


def _image_addresses(mail: Mail) -> Iterator[str]:
    for image in mail.tree.iter("img"):
        if not image.get("src", "").startswith(("https://", "cid:")):
            yield say(
                "The image {address} is not https; most clients will not show it.", address=repr(image.get("src", ""))
            )


def _image_formats(mail: Mail) -> Iterator[str]:
    for image in mail.tree.iter("img"):
        if _NOT_MAILED.search(image.get("src", "")):
            yield say(
                "The image {address} is of a kind that not every program shows: use JPEG, PNG or GIF.",
                address=image.get("src", ""),
            )


def _few_words(mail: Mail) -> Iterator[str]:
    words = mail.seen
    count = len(words.split())
    # Chinese has no blanks between words: a word is about two signs.
    if max(count, sum(each > "\u3000" for each in words) // 2) < _FEWEST_WORDS:
        yield say(
            "The issue has only {count} words: filters distrust a mail with less than {least}.",
            count=count,
            least=_FEWEST_WORDS,
        )


def _addresses(mail: Mail) -> Iterator[str | tuple[str, Severity]]:
    for link in mail.links():
        href = link.get("href", "")
        if href.startswith("http://"):
            yield (
                say("The link {address} is not https: some readers will be warned of it.", address=href),
                Severity.WARNING,
            )
        elif not href.startswith(("https://", "mailto:", "tel:")):
            yield say(
                "The link “{name}” leads to {address}, which is no whole https address.",
                name=_name(link),
                address=repr(href),
            )


def _names(mail: Mail) -> Iterator[str]:
    for link in mail.links():
        if _name(link).lower() in _EMPTY_NAMES:
            yield say(
                "The link to {address} is called “{name}”: say what it is about.",
                address=link.get("href"),
                name=_name(link),
            )


def _hosts(mail: Mail) -> Iterator[str | tuple[str, Severity]]:
    for link in mail.links():
        match = _ADDRESS.fullmatch(text_of(link))
        host = (urlsplit(link.get("href", "")).hostname or "").removeprefix("www.")
        if match and host and match[1].lower().removeprefix("www.") != host:
            told = say(
                "The link “{text}” leads to {host}: it looks like a fraud, and filters take it for one.",
                text=text_of(link),
                host=host,
            )
            # A title that is a name of a site is its author's.
            yield told, Severity.WARNING if squeezed(text_of(link)) in mail.written else Severity.ERROR


def _name(link: etree._Element) -> str:
    """What a link is called when it is read out (Accessible Name and Description Computation 1.2)."""
    images = " ".join(image.get("alt", "") for image in link.iter("img"))
    return " ".join((link.get("aria-label") or f"{''.join(map(str, link.itertext()))} {images}").split())


RULES = (
    Rule("image-text", 40, Severity.WARNING, _image_texts),
    Rule("image-size", 41, Severity.WARNING, _image_sizes),
    Rule("image-address", 42, Severity.ERROR, _image_addresses),
    Rule("image-format", 42, Severity.WARNING, _image_formats),
    Rule("few-words", 43, Severity.WARNING, _few_words),
    Rule("address", 44, Severity.ERROR, _addresses),
    Rule("link-name", 45, Severity.WARNING, _names),
    Rule("link-host", 46, Severity.ERROR, _hosts),
)
