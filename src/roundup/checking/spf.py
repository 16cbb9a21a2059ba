"""SPF: who may send for a domain (RFC 7208). Pure: it asks through `Names`.

Not the whole of it: which addresses a record lets through is for receivers to say, and `check --send-to` shows what
they say. Here a record is looked at for what makes it worth nothing to everybody.
"""

import re
from collections.abc import Iterator

from roundup.checking import Finding
from roundup.checking.catalogue import finding
from roundup.checking.names import Names
from roundup.words import figures, say

#: RFC 7208 §4.6.4: with more questions the record counts as an error, and as good as none.
MOST_QUESTIONS = 10
_ASKING = {"include", "a", "mx", "ptr", "exists", "redirect"}
_TERM = re.compile(r"([+?~-]?)([a-z0-9]+)(?:([:=])([^/\s]*))?((?:/\d+)*(?://\d+)?)", re.IGNORECASE)
_MECHANISMS = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}


def judge(domain: str, names: Names) -> Iterator[Finding]:
    """What is wrong with the record of a domain. Raises `NamesError`."""
    records = _records(domain, names)
    if not records:
        yield finding(
            "spf-missing",
            say(
                "{domain} has no SPF record, so Gmail, Yahoo and Outlook reject or bin its mail: ask whoever runs your "
                "mail server which one to publish, as a TXT record of {domain}.",
                domain=domain,
            ),
        )
        return
    if len(records) > 1:
        yield finding(
            "spf-several",
            say(
                "{domain} has {count} SPF records, and then none counts (RFC 7208 §4.5): merge them into one.",
                domain=domain,
                count=figures(len(records)),
            ),
        )
        return
    yield from _one(domain, records[0], names)


def _one(domain: str, record: str, names: Names) -> Iterator[Finding]:
    wrong = next((term for term in record.split()[1:] if not _is_term(term)), None)
    if wrong is not None:
        yield finding(
            "spf-wrong",
            say(
                "The SPF record of {domain} has “{term}”, which is nothing that SPF knows, and then all of it counts "
                "for nothing: correct it.",
                domain=domain,
                term=wrong,
            ),
        )
        return
    if any(term.lower() in {"all", "+all"} for term in record.split()):
        yield finding(
            "spf-anybody",
            say(
                "The SPF record of {domain} ends in +all, by which anybody may send in its name: write ~all or -all.",
                domain=domain,
            ),
        )
    questions = _questions(record, names, {domain.lower()})
    if questions > MOST_QUESTIONS:
        yield finding(
            "spf-lookups",
            say(
                "The SPF record of {domain} takes {count} DNS lookups, and with more than {most} it counts for nothing "
                "(RFC 7208 §4.6.4): take out an include that is no longer used.",
                domain=domain,
                count=figures(questions),
                most=MOST_QUESTIONS,
            ),
        )


def _records(domain: str, names: Names) -> list[str]:
    return [each for each in names.texts(domain) if re.match(r"v=spf1(\s|$)", each, re.IGNORECASE)]


def _is_term(term: str) -> bool:
    found = _TERM.fullmatch(term)
    if found is None:
        return False
    _, name, mark, value, _ = found.groups()
    if mark == "=":
        # Unknown modifiers are to be ignored (§6).
        return True
    return name.lower() in _MECHANISMS and (bool(value) or name.lower() in {"all", "a", "mx", "ptr"})


def _questions(record: str, names: Names, seen: set[str]) -> int:
    """How many lookups a receiver needs; counted no further than is too many."""
    count = 0
    for term in record.split()[1:]:
        found = _TERM.fullmatch(term)
        if found is None or found[2].lower() not in _ASKING:
            continue
        count += 1
        target = (found[4] or "").lower()
        if found[2].lower() in {"include", "redirect"} and target and "%" not in target and target not in seen:
            seen.add(target)
            for each in _records(target, names)[:1]:
                count += _questions(each, names, seen)
        if count > 2 * MOST_QUESTIONS:
            break
    return count
