"""roundup.toml: every key, what it may hold, and what is said when it is wrong.

All faults are reported at once, each with file, line and key. Secrets are not settings: see `credentials.py`.
"""

import json
import tomllib
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator

from roundup import words
from roundup.errors import SettingsError
from roundup.settings_bounces import BouncesSettings
from roundup.settings_choice import (
    InboxSettings,
    RankingSettings,
    SectionSettings,
    SelectionSettings,
    TalkedAboutSettings,
)
from roundup.settings_faults import Fault, faults_of
from roundup.settings_mail import DeliverySettings, DkimSettings, Smtp
from roundup.settings_people import ArchiveSettings, PrivacySettings, ServeSettings, SignupSettings
from roundup.settings_reports import ReportsSettings
from roundup.settings_sources import SourceSettings
from roundup.settings_values import (
    Colour,
    Day,
    Duration,
    Email,
    Fonts,
    Language,
    Part,
    PublicAddress,
    SchemaMaker,
    StoreAddress,
    Text,
    TimeOfDay,
    WebAddress,
    Weekday,
    ZoneName,
)
from roundup.words import borrowed, say, say_many, speak

FILE = "roundup.toml"
#: An issue is sent or dropped so long before the next is due, though clocks may change in between.
_BEFORE_THE_NEXT = timedelta(hours=2)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Newsletter(Part):
    """`[newsletter]`: what every issue says of itself."""

    name: Text = Field(description="The name that readers see: the sender's name, the title of every page.")
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")] = Field(
        description="Small letters, digits and dashes; never changes: it is the mail's List-Id."
    )
    language: Language = Field(default="en-GB", description="Such as en-GB.")
    timezone: ZoneName = Field(description="Every day is a day here: Europe/London.")
    sender: Email = Field(alias="from", description="The address that the mail comes from.")
    reply_to: Email | None = Field(default=None, description="Where answers go; the sender if left out.")
    postal_address: Text = Field(description="A bulk sender must show one.")
    website: WebAddress = Field(default="", description="The magazine's own site.")
    public_url: PublicAddress = Field(
        default="", description="Where readers reach `roundup serve`: the pages on which they leave."
    )
    unsubscribe_mailto: Email | None = Field(default=None, description="A mailbox that takes “unsubscribe” mail.")
    bounce_address: Email | None = Field(
        default=None, description="Envelope sender, with a token: bounces+TOKEN@…; the sender if left out."
    )

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)


class Editor(Part):
    """`[editor]`: the person who decides."""

    email: Email = Field(description="Reports go here, and previews are addressed to it.")


class ScheduleSettings(Part):
    """`[schedule]`: when an issue is due."""

    at: TimeOfDay = Field(default=time(17), description="Local time.")
    days: list[Weekday] = Field(
        default=["mon", "tue", "wed", "thu", "fri"], description="The days on which an issue is due."
    )
    skip: list[Day] = Field(default=[], description="Days on which none is.")
    max_lateness: Duration = Field(default=timedelta(hours=6), description="Later than this, a person must decide.")
    gather_every: Duration = Field(default=timedelta(hours=1), description="How often the sources are read.")
    approval: Literal["none", "required"] = Field(
        default="none", description="required: an issue goes out once the editor has approved it."
    )
    approval_deadline: Duration = Field(
        default=timedelta(hours=4), description="With approval: how long to wait, from the due time."
    )
    after_deadline: Literal["drop", "send"] = Field(
        default="drop", description="With approval: what happens then; drop: its pieces go into the next issue."
    )
    weekly: Weekday | None = Field(
        default=None, description="The day of the weekly edition, for readers who chose it; left out: none."
    )

    @field_validator("approval_deadline")
    @classmethod
    def _is_over_before_the_next(cls, deadline: timedelta, given: ValidationInfo) -> timedelta:
        days = sorted(_DAYS.index(day) for day in set(given.data.get("days", ())))
        gaps = [after - day for day, after in zip(days, [*days[1:], *(day + 7 for day in days[:1])], strict=True)]
        longest = timedelta(days=min(gaps, default=7)) - _BEFORE_THE_NEXT
        if given.data.get("approval") == "required" and deadline > longest:
            hours = int(longest.total_seconds()) // 3600
            raise ValueError(say("the next issue is due by then; write {hours}h at most", hours=hours))
        return deadline

    @property
    def weekdays(self) -> frozenset[int]:
        """The days as numbers; 0 is Monday."""
        return frozenset(_DAYS.index(day) for day in self.days)

    @property
    def weekly_day(self) -> int | None:
        """The day of the weekly edition as a number; None: there is none."""
        return None if self.weekly is None else _DAYS.index(self.weekly)


class Look(Part):
    """`[look]`: what an issue looks like."""

    accent: Colour = Field(default="#8a1c1c", description="#rrggbb")
    logo: WebAddress = Field(default="", description="A picture's address; the name in type if left out.")
    font: Fonts = Field(default="Georgia, Times, serif", description="Fonts to read in; the last: serif or sans-serif.")
    pictures: Literal["lead", "all", "none"] = Field(default="lead", description="Which pieces have a picture.")

    @field_validator("logo")
    @classmethod
    def _is_shown(cls, logo: str) -> str:
        if logo and not logo.startswith("https://"):
            raise ValueError(say("write a picture's address that begins with https://; mail programs show no other"))
        return logo


class House(Part):
    """`[[appeal]]` and `[[sponsor]]`: a paragraph of the house's own."""

    text: Text
    link: WebAddress = ""
    first: Day | None = Field(default=None, alias="from", description="The first day on which it is shown.")
    last: Day | None = Field(default=None, alias="until", description="The last day on which it is shown.")


class StoreSettings(Part):
    """`[store]`: where the newsletter remembers."""

    url: StoreAddress = Field(
        default="sqlite:///roundup.db",
        description="A file, relative to this directory; or postgresql://user@host/database, without a password.",
    )


class Settings(Part):
    """All of roundup.toml."""

    newsletter: Newsletter
    editor: Editor
    sources: Annotated[list[SourceSettings], Field(min_length=1)]
    selection: SelectionSettings = SelectionSettings()
    ranking: RankingSettings = RankingSettings()
    inbox: InboxSettings = InboxSettings()
    talked_about: TalkedAboutSettings = TalkedAboutSettings()
    section: list[SectionSettings] = Field(default=[], max_length=8)
    schedule: ScheduleSettings = ScheduleSettings()
    look: Look = Look()
    appeal: list[House] = Field(default=[])
    sponsor: list[House] = Field(default=[])
    smtp: Smtp
    delivery: DeliverySettings = DeliverySettings()
    dkim: list[DkimSettings] = Field(default=[], max_length=2)
    bounces: BouncesSettings = BouncesSettings()
    signup: SignupSettings = SignupSettings()
    archive: ArchiveSettings = ArchiveSettings()
    privacy: PrivacySettings = PrivacySettings()
    serve: ServeSettings = ServeSettings()
    reports: ReportsSettings = ReportsSettings()
    store: StoreSettings = StoreSettings()

    @field_validator("dkim")
    @classmethod
    def _signs_for_the_sender(cls, given: list[DkimSettings], told: ValidationInfo) -> list[DkimSettings]:
        for each in given if "newsletter" in told.data else []:
            each.signs_for(told.data["newsletter"].sender)
        if len({(each.selector, each.domain) for each in given}) < len(given):
            raise ValueError(say("two keys cannot have one selector: the DNS has one record for it"))
        return given

    @model_validator(mode="after")
    def _names_differ(self) -> "Settings":
        names = [source.called for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(say("two sources are called “{twice}”: give one of them a name", twice=twice[0]))
        return self


def known_keys() -> dict[str, list[str]]:
    """The keys of each table, as roundup.toml writes them; those of the top level under ""."""
    tables: dict[str, type[Part]] = {
        "newsletter": Newsletter, "editor": Editor, "sources": SourceSettings, "selection": SelectionSettings,
        "ranking": RankingSettings, "inbox": InboxSettings, "talked_about": TalkedAboutSettings,
        "section": SectionSettings, "schedule": ScheduleSettings,
        "look": Look, "appeal": House, "sponsor": House,
        "smtp": Smtp, "delivery": DeliverySettings, "dkim": DkimSettings, "bounces": BouncesSettings,
        "signup": SignupSettings, "archive": ArchiveSettings,
        "privacy": PrivacySettings, "serve": ServeSettings, "reports": ReportsSettings,
        "store": StoreSettings, "": Settings,
    }  # fmt: skip
    return {table: [field.alias or name for name, field in part.model_fields.items()] for table, part in tables.items()}


def schema() -> str:
    """The JSON Schema of roundup.toml, as it ships in `roundup.schema.json`: editors complete and check by it."""
    return (
        json.dumps(
            Settings.model_json_schema(by_alias=True, schema_generator=SchemaMaker), indent=2, ensure_ascii=False
        )
        + "\n"
    )


def load(directory: Path) -> Settings:
    """The settings of the newsletter in `directory`. Raises `SettingsError` with every fault at once."""
    path = directory / FILE
    try:
        return read(path.read_text(encoding="utf-8"), path)
    except FileNotFoundError:
        raise SettingsError(
            say(
                "There is no {file} in {resolve}. `roundup init` makes one; -C DIR names another directory.",
                file=FILE,
                resolve=directory.resolve(),
            )
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(say("{path}: this is no text in UTF-8. Save it as UTF-8.", path=path)) from None
    except OSError as error:
        raise SettingsError(
            say("{path} cannot be read: {strerror}.", path=path, strerror=borrowed(error.strerror))
        ) from None


def read(content: str, path: Path) -> Settings:
    """The settings that `content` holds; `path` is for what is said of them. Raises `SettingsError`. From now on the
    newsletter's language is spoken."""
    try:
        told = tomllib.loads(content)
        speak(_language(told))
        return Settings.model_validate(told)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    except ValidationError as error:
        raise _refused(path, faults_of(error, content, known_keys())) from None


def _language(told: Mapping[str, Any]) -> words.Words:
    """The newsletter's language, before it is known that anything else is right: what is wrong is said in it, too."""
    try:
        return words.of(str(told["newsletter"]["language"]))
    except (TypeError, KeyError, ValueError):
        return words.of("en-GB")


def _refused(path: Path, faults: list[Fault]) -> SettingsError:
    lines = [
        f"{path}:{fault.line}: {fault.key}: {fault.what}" for fault in sorted(faults, key=lambda f: (f.line, f.key))
    ]
    count = say_many(
        "One setting is wrong; nothing was done.", "{count} settings are wrong; nothing was done.", len(lines)
    )
    return SettingsError("\n".join([count, *lines]))
