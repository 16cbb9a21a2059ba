"""Rules about CSS: what some client drops, or drops much else for."""

import re
from collections.abc import Callable, Iterator

from roundup.rendering.lint_rules.mail import Mail, is_hidden, pixels, text_of
from roundup.rendering.lint_rules.rule import Rule, Severity
from roundup.words import figures, say

_GENERIC = {"serif", "sans-serif", "monospace", "system-ui", "inherit"}
_HACK = re.compile(r":(?!first|last|nth|not|is|has|only)[a-z-]+|::|\[[^\]]+\]|^#|^\.ii|^u\s|\*")
_FUNCTIONS = re.compile(r"\b(?:var|calc|clamp|min|max|light-dark|env)\(|\brgba?\([^)]*/", re.IGNORECASE)
_HEX = re.compile(r"#[0-9a-fA-F]{6}|transparent|inherit|currentcolor|none|0", re.IGNORECASE)
_SMALLEST, _TIGHTEST = 12.0, 1.3


def _selectors(mail: Mail) -> Iterator[str]:
    lost = [rule.selector for rule in mail.kept if not rule.within and not _HACK.search(rule.selector)]
    if lost:
        yield say(
            "The rule “{selector}” stays in a style block, which some drop: it must be inlined.",
            selector=lost[0],
        )


def _important(mail: Mail) -> Iterator[str]:
    weak = [
        f"{rule.selector} {{ {each.name} }}"
        for rule in mail.kept
        if rule.within
        for each in rule.declared
        if not each.is_important
    ]
    if weak or "!IMPORTANT" in mail.styles or re.search(r"\S!important", mail.styles):
        yield say(
            "In a media query a declaration is not “ !important” (small, after a blank): inlined ones win. {first}",
            first=weak[0] if weak else "",
        ).strip()


def _at_rules(mail: Mail) -> Iterator[str]:
    other = [name for name in mail.at_rules if name != "media"]
    if other:
        yield say(
            "The style block has @{name}: Gmail drops the whole block for any at-rule but a plain @media.",
            name=other[0],
        )
    if "/*" in mail.styles:
        yield say("The style block that stays has a CSS comment, for which Gmail may drop it all.")


def _media(mail: Mail) -> Iterator[str]:
    for within in dict.fromkeys(rule.within for rule in mail.kept if rule.within.startswith("media")):
        features = re.findall(r"\(\s*([a-z-]+)", within)
        odd = [each for each in features if each not in ("min-width", "max-width", "width", "prefers-color-scheme")]
        if odd:
            yield say("A media query asks for {feature}, which most programs do not know.", feature=odd[0])


def _values(mail: Mail) -> Iterator[str]:
    found = _first(mail, lambda _name, value: bool(_FUNCTIONS.search(value)))
    if found:
        yield say("A style attribute has “{declared}”: some programs drop the whole attribute for it.", declared=found)


def _urls(mail: Mail) -> Iterator[str]:
    if _first(mail, lambda _name, value: "url(" in value.lower()) or "url(" in mail.styles.lower():
        yield say("The CSS has a url(): it loads something, and can cost the whole attribute. Use an <img>.")


def _layout(mail: Mail) -> Iterator[str]:
    found = _first(
        mail,
        lambda name, value: (
            name in ("position", "float")
            or (name == "display" and value.endswith(("flex", "grid")))
            or (name.startswith("margin") and bool(re.search(r"(^|\s)-\d", value)))
        ),
    )
    if found:
        yield say(
            "A style attribute lays out by “{declared}”, which many programs do not follow. Use tables.", declared=found
        )


def _colours(mail: Mail) -> Iterator[str]:
    found = _first(mail, lambda name, value: name in ("color", "background-color") and not _HEX.fullmatch(value))
    odd = [each.get("bgcolor", "") for each in mail.tree.iter("*") if each.get("bgcolor") is not None]
    wrong = next((each for each in odd if not re.fullmatch(r"#[0-9a-fA-F]{6}", each)), found)
    if wrong:
        yield say(
            "The colour “{declared}” is not written as six hex digits (#1d4f8c), which every program reads.",
            declared=wrong,
        )


def _fonts(mail: Mail) -> Iterator[str]:
    found = _first(
        mail,
        lambda name, value: name == "font-family" and value.rpartition(",")[2].strip(" \"'").lower() not in _GENERIC,
    )
    if found:
        yield say("“{declared}” does not end in serif or sans-serif: not every reader has these fonts.", declared=found)


def _small_print(mail: Mail) -> Iterator[str]:
    for element, declared in mail.declared:
        size = pixels(declared.get("font-size", ""))
        if size is not None and size < _SMALLEST and text_of(element) and not is_hidden(element):
            yield say(
                "“{text}” is set in {size} px; less than 12 px can't be read by many.",
                text=text_of(element)[:40],
                size=figures(size),
            )
            return


def _line_height(mail: Mail) -> Iterator[str]:
    for element, declared in mail.declared:
        size, height = pixels(declared.get("font-size", "")), declared.get("line-height", "")
        if element.tag not in ("p", "li") or size is None or not height:
            continue
        factor = (pixels(height) or 0) / size if height.endswith("px") else _number(height)
        if factor is not None and factor < _TIGHTEST:
            yield say("The lines of “{text}” stand too close: line-height under 1.3.", text=text_of(element)[:40])
            return


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else None


def _first(mail: Mail, is_wrong: Callable[[str, str], bool]) -> str:
    """The first declaration of a `style` attribute that is wrong, as it stands; empty if none is."""
    return next(
        (
            f"{name}: {value}"
            for _, declared in mail.declared
            for name, value in declared.items()
            if is_wrong(name, value)
        ),
        "",
    )


RULES = (
    Rule("kept-selector", 19, Severity.WARNING, _selectors),
    Rule("important", 20, Severity.WARNING, _important),
    Rule("at-rule", 21, Severity.WARNING, _at_rules),
    Rule("media-feature", 22, Severity.WARNING, _media),
    Rule("modern-value", 23, Severity.WARNING, _values),
    Rule("css-url", 24, Severity.ERROR, _urls),
    Rule("css-layout", 25, Severity.WARNING, _layout),
    Rule("colour", 26, Severity.WARNING, _colours),
    Rule("font", 27, Severity.WARNING, _fonts),
    Rule("small-print", 28, Severity.WARNING, _small_print),
    Rule("line-height", 29, Severity.WARNING, _line_height),
)
