"""What goes into an issue, in roundup.toml: `[selection]` with its rules, `[ranking]`, `[inbox]`, `[[section]]`."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from roundup.settings_values import Duration, Part, Text
from roundup.subjects import check
from roundup.words import say


class MatchSettings(Part):
    """`[selection.include]` and `[selection.exclude]`: what a rule looks for. A piece matches by any one of them."""

    tags: list[Text] = Field(default=[], description="Tags or categories; capitals don't count.")
    authors: list[Text] = Field(default=[], description="Names of authors.")
    sources: list[Text] = Field(default=[], description="Names of sources.")
    links: list[Text] = Field(default=[], description="Patterns of addresses: https://example.org/jobs/*")


_Most = Annotated[int, Field(ge=0, le=200)]


class SelectionSettings(Part):
    """`[selection]`: how much goes into an issue."""

    max_age: Duration = Field(default=timedelta(hours=24), description="How far before the last issue a piece may be.")
    minimum: Annotated[int, Field(ge=1)] = Field(default=1, description="With fewer new pieces they wait.")
    maximum: Annotated[int, Field(ge=1, le=200)] = Field(default=20, description="How many are shown in full.")
    overflow: Literal["list", "carry"] = Field(
        default="list", description="list: the rest as titles under “More”; carry: first in line for the next issue."
    )
    per_author: _Most = Field(default=0, description="The most pieces of one author in full; 0: no limit.")
    per_source: _Most = Field(default=0, description="The most pieces of one source in full; 0: no limit.")
    per_tag: _Most = Field(default=0, description="The most pieces with one tag in full; 0: no limit.")
    include: MatchSettings = Field(default=MatchSettings(), description="Only what matches; all if left out.")
    exclude: MatchSettings = Field(default=MatchSettings(), description="Never what matches.")


class RankingSettings(Part):
    """`[ranking]`: the order."""

    order: Literal["hot", "newest", "most-commented"] = Field(default="hot", description="hot, newest, most-commented")
    doubling: Duration = Field(
        default=timedelta(hours=4), description="Each doubling of comments counts as this much freshness."
    )
    comment_cap: Annotated[int, Field(ge=0)] = Field(
        default=0, description="More comments than this count as this many: they may be a quarrel. 0: no cap."
    )


class InboxSettings(Part):
    """`[inbox]`: what an issue shows of itself in an inbox."""

    subject: Annotated[str, Field(min_length=1), AfterValidator(check)] = Field(
        default="{title}{and_more}", description="A pattern of {title}, {and_more}, {count}, {date}, {newsletter} …"
    )
    preheader: Annotated[str, AfterValidator(check)] = Field(
        default="", description="A pattern, such as {second}; the next titles if left out."
    )


class TalkedAboutSettings(Part):
    """`[talked_about]`: the block “Still talked about”, of pieces that were in an issue and are commented on since."""

    maximum: Annotated[int, Field(ge=0, le=20)] = Field(default=0, description="How many at most; 0: no such block.")
    growth: Annotated[int, Field(ge=1)] = Field(default=5, description="How many comments must have come since.")
    within: Duration = Field(default=timedelta(days=7), description="How far back its issue may lie.")


class SectionSettings(MatchSettings):
    """`[[section]]`: a part of the issue with a heading of its own. A piece stands in the first that it matches."""

    name: Text = Field(description="The heading.")

    @model_validator(mode="after")
    def _looks_for_something(self) -> "SectionSettings":
        if not (self.tags or self.authors or self.sources or self.links):
            raise ValueError(say("say what belongs to the section: tags, authors, sources or links"))
        return self

    @field_validator("name")
    @classmethod
    def _may_be_listed(cls, name: str) -> str:
        # Readers' choices are kept, exported and imported as lists of these names.
        if any(mark in name for mark in ",;\n\r"):
            raise ValueError(say("a heading has no comma and no semicolon: readers choose among these names"))
        return " ".join(name.split())
