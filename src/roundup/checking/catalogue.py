"""All that can be wrong, in order of damage: errors, warnings and notes, and in each what harms most first. Pure.

The order is that of the values: mail that goes twice or to who has left, what is lost, nonsense, mail that does not go
out, mail that is not seen, and then the rest. docs/check.md explains each by its name.
"""

from roundup.checking import Area, Finding, Rule, Severity

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

_TABLE: tuple[tuple[str, Area, Severity], ...] = (
    # Somebody is mailed again, or cannot leave.
    ("database-gone", Area.DATABASE, _E),
    ("database-damaged", Area.DATABASE, _E),
    ("pages-redirect", Area.PUBLIC_PAGES, _E),
    ("pages-refuse", Area.PUBLIC_PAGES, _E),
    ("pages-secret", Area.PUBLIC_PAGES, _E),
    ("pages-strange", Area.PUBLIC_PAGES, _E),
    ("pages-certificate", Area.PUBLIC_PAGES, _E),
    ("pages-unreachable", Area.PUBLIC_PAGES, _E),
    ("no-way-to-leave", Area.SETTINGS, _E),
    ("received-encoded", Area.RECEIVED, _E),
    ("received-leave", Area.RECEIVED, _E),
    ("received-one-click", Area.RECEIVED, _E),
    ("received-links", Area.RECEIVED, _E),
    ("list-broken", Area.LIST, _E),
    # What happened is lost.
    ("disk-full", Area.DISK, _E),
    ("database-read-only", Area.DATABASE, _E),
    # Nonsense is mailed, or forged.
    ("secret-example", Area.SECRETS, _E),
    ("clock", Area.CLOCK, _E),
    ("template", Area.TEMPLATES, _E),
    ("issue-lint", Area.ISSUE, _E),
    ("settings-example", Area.SETTINGS, _E),
    # Nothing goes out.
    ("secret", Area.SECRETS, _E),
    ("database", Area.DATABASE, _E),
    ("password", Area.SECRETS, _E),
    ("dkim-key", Area.SECRETS, _E),
    ("smtp", Area.MAIL_SERVER, _E),
    ("outbox", Area.MAIL_SERVER, _E),
    ("smtp-size", Area.MAIL_SERVER, _E),
    ("mailbox", Area.MAILBOX, _E),
    ("sources-none", Area.SOURCES, _E),
    ("issue-held", Area.ISSUE, _E),
    ("calendar-never", Area.CALENDAR, _E),
    # It is not seen, or answers do not come.
    ("received-nothing", Area.RECEIVED, _E),
    ("received-unsigned", Area.RECEIVED, _E),
    ("received-signature", Area.RECEIVED, _E),
    ("received-signed-headers", Area.RECEIVED, _E),
    ("received-alignment", Area.RECEIVED, _E),
    ("received-judged", Area.RECEIVED, _E),
    ("received-weak", Area.RECEIVED, _E),
    ("received-headers", Area.RECEIVED, _E),
    ("received-body", Area.RECEIVED, _E),
    ("spf-missing", Area.DNS, _E),
    ("spf-several", Area.DNS, _E),
    ("spf-wrong", Area.DNS, _E),
    ("spf-lookups", Area.DNS, _E),
    ("spf-anybody", Area.DNS, _E),
    ("dkim-missing", Area.DNS, _E),
    ("dkim-differs", Area.DNS, _E),
    ("dmarc-missing", Area.DNS, _E),
    ("dmarc-several", Area.DNS, _E),
    ("dmarc-policy", Area.DNS, _E),
    ("mx-null", Area.DNS, _E),
    ("mx-missing", Area.DNS, _E),
    ("reverse", Area.DNS, _E),
    ("no-answer", Area.SETTINGS, _E),
    # Worse for some, or harm to come.
    ("issue-on-hold", Area.ISSUE, _W),
    ("pages-certificate-ends", Area.PUBLIC_PAGES, _W),
    ("smtp-open", Area.MAIL_SERVER, _W),
    ("source-trouble", Area.SOURCES, _W),
    ("source-defects", Area.SOURCES, _W),
    ("public-template", Area.TEMPLATES, _W),
    ("issue-warning", Area.ISSUE, _W),
    ("list-nobody", Area.LIST, _W),
    ("list-rows", Area.LIST, _W),
    ("signups-wait", Area.LIST, _W),
    ("database-journal", Area.DATABASE, _W),
    ("zone-data", Area.CALENDAR, _W),
    ("no-mailto", Area.SETTINGS, _W),
    ("no-one-click", Area.SETTINGS, _W),
    ("no-bounce-address", Area.SETTINGS, _W),
    ("dmarc-outdated", Area.DNS, _W),
    ("dns-silent", Area.DNS, _W),
    ("clock-unknown", Area.CLOCK, _W),
    ("received-further-headers", Area.RECEIVED, _W),
    ("received-return-path", Area.RECEIVED, _W),
    ("received-long", Area.RECEIVED, _W),
    ("received-changed", Area.RECEIVED, _W),
    ("no-privacy-page", Area.SETTINGS, _W),
    # Good to know.
    ("database-older", Area.DATABASE, _N),
    ("smtp-utf8", Area.MAIL_SERVER, _N),
    ("smtp-pipelining", Area.MAIL_SERVER, _N),
    ("received-by-hand", Area.RECEIVED, _N),
    ("nothing-new", Area.ISSUE, _N),
    ("not-looked-at", Area.SETTINGS, _N),
)
RULES = tuple(Rule(id=name, area=area, severity=severity) for name, area, severity in _TABLE)
_BY_NAME = {rule.id: rule for rule in RULES}
_PLACES = {rule: place for place, rule in enumerate(RULES)}


def finding(name: str, what: str, *, area: Area | None = None) -> Finding:
    """A finding of the rule with this name; `area`: where the rule is for any. Raises KeyError for no rule."""
    rule = _BY_NAME[name]
    return Finding(rule=rule if area is None else Rule(id=rule.id, area=area, severity=rule.severity), what=what)


def in_order(found: list[Finding]) -> list[Finding]:
    """Errors first, and what harms most first among them."""
    return sorted(found, key=lambda each: _PLACES[_BY_NAME[each.rule.id]])
