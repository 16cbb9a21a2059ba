"""The pages of the desk, from its templates."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
from starlette.responses import HTMLResponse

from roundup import shipped
from roundup.audience import Variant, why_not_mailed
from roundup.desk.at_work import AtWork
from roundup.desk.editing import Editing, cards_of, own_of
from roundup.desk.frames import name_of
from roundup.desk.guard import Token
from roundup.desk.looking import Looking
from roundup.desk.past import Past, charts, past_issues
from roundup.desk.sight import Sight
from roundup.rendering import budget
from roundup.rendering.colours import readable_on
from roundup.rendering.lint import Finding, Severity
from roundup.subjects import PREHEADER_LENGTH, SUBJECT_LENGTH
from roundup.words import figures, say, say_many, spoken

_ACCENT = """:root {{ --accent: {light}; }}
@media (prefers-color-scheme: dark) {{ :root {{ --accent: {dark}; }} }}
"""
_PAPER, _NIGHT = "#fbfaf8", "#1d1c1b"
#: Where a rule's finding is told: beside what it is about.
_BESIDE = {
    "subject": "subject", "preheader": "preheader", "preheader-repeats": "preheader", "size": "size",
    "style-size": "size", "leave-link": "size", "few-words": "size",
}  # fmt: skip
#: The ways to look at the mail.
VIEWS = ("phone", "desktop", "text", "source")


class Pages:
    """Fills the templates of `templates/desk`, which are the program's own: a newsletter has none."""

    def __init__(self, looking: Looking, editing: Editing, work: AtWork, token: Token) -> None:
        self._looking = looking
        self._editing = editing
        self._work = work
        self._token = token
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(folder()),
            undefined=jinja2.StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"own": own_of, "say": say, "say_many": say_many, "figures": figures}
        self._templates.globals["why_not_mailed"] = why_not_mailed
        self._templates.filters |= {
            "stamp": self._stamp,
            "clock": self._clock,
            "full_day": spoken().full_day,
            "picture": name_of,
        }

    def page(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, filled."""
        shared = {
            "newsletter": self._looking.settings.newsletter.name,
            "language": spoken().tag,
            "direction": spoken().direction,
            "token": self._token.text,
            "tag": "",
            "notice": "",
            "alarm": "",
            "here": "",
            "revision": self.revision,
        }
        return HTMLResponse(self._templates.get_template(name).render(shared | values), status_code=status)

    def style(self) -> str:
        """The style sheet, in the newsletter's own colour."""
        accent = self._looking.settings.look.accent
        light, dark = readable_on(accent, _PAPER), readable_on(accent, _NIGHT)
        return (folder() / "desk.css").read_text(encoding="utf-8") + _ACCENT.format(light=light, dark=dark)

    @property
    def revision(self) -> str:
        """Changes with everything that is to be seen."""
        return f"{self._looking.revision}.{self._work.revision}"

    def today(
        self, *, chosen: Mapping[str, str], links: Mapping[str, str], notice: str = "", alarm: str = ""
    ) -> HTMLResponse:
        """The issue due next, and all that can be done with it. `chosen`: how the mail is shown."""
        looking = self._looking
        sight, cards = looking.sight, cards_of(looking)
        settings = looking.settings
        view = chosen.get("view", "")
        drawn = cards.cards() if cards is not None else []
        beside, others = _placed(sight.findings, [card.ranked.shown.title for card in drawn])
        return self.page(
            "today.html",
            status=409 if alarm else 200,
            here="today", sight=sight, tag=sight.tag, notice=notice, alarm=alarm,
            cards=drawn, groups=cards.groups() if cards is not None else [],
            order=settings.ranking.order, told=sight.explanation,
            due=sight.instant.astimezone(settings.newsletter.zone), zone=settings.newsletter.zone.key,
            until=_until(sight.instant, looking.now),
            sender=settings.newsletter.name, editor=settings.editor.email,
            size=len(sight.copy.html.encode()) if sight.copy is not None else 0, limit=budget.LIMIT,
            subject_length=SUBJECT_LENGTH, preheader_length=PREHEADER_LENGTH,
            view=view if view in VIEWS else "phone",
            scheme="dark" if chosen.get("scheme") == "dark" else "light", pictures=chosen.get("pictures") != "off",
            variant=min(number_of(chosen), len(sight.variants)), variants=[_named(each) for each in sight.variants],
            beside=beside, others=others, links=links,
            shown={card.ranked.shown.link for card in drawn}, editing=self._editing, work=self._work,
            minimum=settings.selection.minimum, weekly=sight.key.edition != "main",
            approval=settings.schedule.approval == "required", approved=sight.is_approved,
        )  # fmt: skip

    def issues(self, *, notice: str = "", alarm: str = "") -> HTMLResponse:
        """The past issues."""
        past = past_issues(self._looking)
        return self.page(
            "issues.html", here="issues", past=past, charts=charts(past, self._looking.sight), notice=notice,
            alarm=alarm, state=_state,
        )  # fmt: skip

    def issue(self, sight: Sight, *, notice: str = "", alarm: str = "") -> HTMLResponse:
        """One past issue."""
        return self.page(
            "issue.html", status=409 if alarm else 200, here="issues", sight=sight, told=sight.explanation,
            notice=notice, alarm=alarm, work=self._work,
        )  # fmt: skip

    def _stamp(self, moment: datetime) -> str:
        return spoken().stamp(moment.astimezone(self._looking.settings.newsletter.zone), with_year=False)

    def _clock(self, moment: datetime) -> str:
        return spoken().clock(moment.astimezone(self._looking.settings.newsletter.zone))


def folder() -> Path:
    """Where the desk's templates, style and script are."""
    return shipped.templates() / "desk"


def number_of(chosen: Mapping[str, str]) -> int:
    """Which variant is asked for; 0: the whole issue."""
    number = chosen.get("variant", "")
    return int(number) if number.isdecimal() and len(number) < 4 else 0


def _named(variant: Variant) -> str:
    """Whose variant it is: the sections that they chose."""
    return spoken().names(variant.choices[0]) if variant.choices else ""


def _state(past: Past) -> str:
    """What has become of an issue, in a word."""
    record = past.record
    if record.hold:
        return say("held")
    as_told = record.frozen_at is None and not record.is_released
    return say(record.told if as_told and record.told else record.state.value)


def _placed(findings: tuple[Finding, ...], titles: list[str]) -> tuple[dict[str, list[Finding]], list[Finding]]:
    """Findings beside what they are about: a part of the page or a piece's title. The others, errors first."""
    beside: dict[str, list[Finding]] = {}
    others: list[Finding] = []
    for finding in sorted(findings, key=lambda each: each.severity is not Severity.ERROR):
        about = _BESIDE.get(finding.id) or next((title for title in titles if title and title in finding.what), "")
        if about:
            beside.setdefault(about, []).append(finding)
        else:
            others.append(finding)
    return beside, others


def _until(instant: datetime, now: datetime) -> str:
    """How long it is to the due time, roundly."""
    minutes = round((instant - now).total_seconds() / 60)
    if minutes < 0:
        return say("its time has come")
    if minutes < 90:
        return say_many("in {count} minute", "in {count} minutes", minutes)
    hours = round(minutes / 60)
    if hours < 48:
        return say_many("in {count} hour", "in {count} hours", hours)
    return say_many("in {count} day", "in {count} days", round(hours / 24))
