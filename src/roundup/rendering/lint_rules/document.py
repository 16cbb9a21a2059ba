"""Rules about the document as a whole."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from roundup.rendering.lint_rules.mail import Mail, text_of
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import figures, say, say_many

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_DEEPEST = 100
_BOTH = "light dark"


def _doctype(mail: Mail) -> Iterator[str]:
    if not mail.html.startswith("<!DOCTYPE html>"):
        yield say("The HTML part does not begin with <!DOCTYPE html>: it would be laid out by the oldest rules.")


def _language(mail: Mail) -> Iterator[str]:
    if not _LANGUAGE.fullmatch(mail.tree.get("lang", "")):
        yield say("<html> has no lang, or no right one: a screen reader will guess the language.")


def _direction(mail: Mail) -> Iterator[str]:
    if mail.tree.get("dir") not in ("ltr", "rtl", "auto"):
        yield say("<html> has no dir: a screen reader will guess which way it is read.")


def _children(mail: Mail) -> Iterator[str]:
    children = [] if mail.body is None else list(mail.body.iterchildren("*"))
    bare = [each for each in children if not each.get("lang") or each.get("dir") not in ("ltr", "rtl", "auto")]
    if bare:
        yield say(
            "<{element}> right in <body> has no lang or no dir. Clients drop those of <html>: they must stand there.",
            element=bare[0].tag,
        )


def _charset(mail: Mail) -> Iterator[str]:
    if not re.search(rb"<meta[^>]+charset=[\"']?utf-8", mail.html.encode()[:1024], re.IGNORECASE):
        yield say("The HTML part does not say charset=utf-8 at its beginning: letters may come out wrong.")


def _title(mail: Mail) -> Iterator[str]:
    titles = [text_of(each) for each in mail.tree.iter("title")]
    if titles != [" ".join(mail.subject.split())]:
        yield say("The <title> of the HTML part is not the subject: it is read out when the mail is opened.")


def _metas(mail: Mail, name: str) -> list[str]:
    return [each.get("content", "") for each in mail.tree.iter("meta") if each.get("name") == name]


def _viewport(mail: Mail) -> Iterator[str]:
    found = " ".join(_metas(mail, "viewport"))
    if "width=device-width" not in found or re.search(r"user-scalable\s*=\s*(no|0)|maximum-scale", found):
        yield say("The meta viewport must be width=device-width, and let readers zoom.")


def _colour_scheme(mail: Mail) -> Iterator[str]:
    for name in ("color-scheme", "supported-color-schemes"):
        if _metas(mail, name) != [_BOTH]:
            yield say(
                "There is no meta {name} that says “light dark”: dark modes turn the colours as they like.", name=name
            )


def _clients(mail: Mail) -> Iterator[str]:
    for name in ("x-apple-disable-message-reformatting", "format-detection"):
        if not _metas(mail, name):
            yield say("There is no meta {name}: Apple's programs change sizes, or make links of dates.", name=name)


_FORBIDDEN = ("script", "form", "input", "button", "iframe", "object", "embed", "video", "audio", "base", "svg")


def _forbidden(mail: Mail) -> Iterator[str]:
    for name, count in Counter(str(each.tag) for each in mail.tree.iter(*_FORBIDDEN)).items():
        yield say("The HTML part has a <{element}> ({count}), which mail clients remove.", element=name, count=count)
    for element in mail.tree.iter("link", "meta"):
        if element.get("rel") == "stylesheet" or element.get("http-equiv", "").lower() == "refresh":
            yield say("The HTML part has a <{element}> that loads something else.", element=element.tag)
    names = sorted({name for each in mail.tree.iter("*") for name in map(str, each.attrib) if name.startswith("on")})
    if names:
        yield say("The HTML part has a script in an attribute: {names}.", names=", ".join(names))


def _ids(mail: Mail) -> Iterator[str]:
    found = Counter(each.get("id") for each in mail.tree.iter("*") if each.get("id"))
    twice = [str(name) for name, count in found.items() if count > 1]
    if twice:
        yield say("Several elements have the id {name}; each id may stand once.", name=twice[0])


def _headings(mail: Mail) -> Iterator[str]:
    levels = [int(str(each.tag)[1]) for each in mail.tree.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield say_many(
            "The HTML part has {count} heading of the first rank; it should have one.",
            "The HTML part has {count} headings of the first rank; it should have one.",
            levels.count(1),
        )
    skipped = next((after for before, after in itertools.pairwise(levels) if after > before + 1), None)
    if skipped:
        yield say(
            "A heading h{level} comes without one of the rank above it: screen readers lose the thread.", level=skipped
        )


def _depth(mail: Mail) -> Iterator[str]:
    deepest, stack = 0, [(mail.tree, 1)]
    while stack:
        element, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in element.iterchildren("*"))
    if deepest > _DEEPEST:
        yield say(
            "Elements are nested {depth} deep: some programs cut the rest away. Look for an unclosed tag.",
            depth=figures(deepest),
        )


_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def _controls(mail: Mail) -> Iterator[str]:
    for part, content in (("HTML", mail.html), (say("text"), mail.text)):
        found = _CONTROLS.search(content)
        if found:
            before = " ".join(content[max(0, found.start() - 200) : found.start()].split()[-3:])
            code = f"U+{ord(found[0]):04X}"
            yield say(
                "The {part} part has the control character {code} after “{before}”.",
                part=part,
                code=code,
                before=before,
            )


RULES = (
    Rule("doctype", 1, Severity.ERROR, _doctype),
    Rule("language", 2, Severity.WARNING, _language),
    Rule("direction", 3, Severity.WARNING, _direction),
    Rule("language-in-body", 4, Severity.WARNING, _children),
    Rule("charset", 5, Severity.WARNING, _charset),
    Rule("title", 6, Severity.WARNING, _title),
    Rule("viewport", 7, Severity.WARNING, _viewport),
    Rule("colour-scheme", 8, Severity.WARNING, _colour_scheme),
    Rule("client-metas", 9, Severity.WARNING, _clients),
    Rule("forbidden-element", 10, Severity.ERROR, _forbidden),
    Rule("duplicate-id", 11, Severity.WARNING, _ids),
    Rule("one-heading", 12, Severity.WARNING, _headings),
    Rule("depth", 13, Severity.ERROR, _depth),
    Rule("control-character", 14, Severity.ERROR, _controls),
)
