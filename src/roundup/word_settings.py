"""`issues/DATE.toml`: the keys of the editor's word on one issue, and what they may hold (plan §2.1)."""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from roundup.settings_values import Part, Text, WebAddress
from roundup.subjects import PREHEADER_LENGTH, SUBJECT_LENGTH
from roundup.words import say


def _one_line(given: str) -> str:
    """A text that stands in a header or a heading. What is not printed there is refused rather than taken out: the
    editor is to see what readers will."""
    if any(sign in given for sign in "\r\n\v\f\x85\u2028\u2029"):
        raise ValueError(say("write it on one line"))
    if not given.isprintable():
        raise ValueError(say("it holds a sign that cannot be printed; write it anew"))
    return given.strip()


def _https(given: str) -> str:
    if given and not given.startswith("https://"):
        raise ValueError(say("write a picture's address that begins with https://; mail programs show no other"))
    return given


Line = Annotated[str, AfterValidator(_one_line)]
Title = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


class PieceWord(Part):
    """`[piece."ID OR LINK"]`: what the mail says of a piece in place of what its source says."""

    title: Title | None = Field(default=None, description="The title in the mail.")
    excerpt: str | None = Field(default=None, description="The excerpt in the mail; empty: none.")
    picture: Annotated[WebAddress, AfterValidator(_https)] | None = Field(
        default=None, description="The address of the picture in the mail."
    )
    alt: Line = Field(default="", description="What the picture shows.")

    @model_validator(mode="after")
    def _says_something(self) -> "PieceWord":
        if self.title is None and self.excerpt is None and self.picture is None:
            raise ValueError(say("say what to change: title, excerpt or picture"))
        return self


class AddedWord(Part):
    """`[[item]]`: a piece that no source has."""

    title: Title = Field(description="Its title.")
    link: Annotated[WebAddress, Field(min_length=1)] = Field(description="Where it leads.")
    excerpt: str = Field(default="", description="A few words on it.")
    author: Line = Field(default="", description="Whose it is.")


class CreditWord(Part):
    """`[credit]`: a sponsor's credit for this issue alone."""

    text: Title = Field(description="What it says.")
    link: WebAddress = Field(default="", description="Where it leads.")


class WordSettings(Part):
    """The whole file. Everything may be left out."""

    subject: Annotated[Line, Field(max_length=SUBJECT_LENGTH)] = Field(default="", description="The subject.")
    preheader: Annotated[Line, Field(max_length=PREHEADER_LENGTH)] = Field(
        default="", description="What an inbox shows behind the subject."
    )
    intro: str = Field(default="", description="Words at the top; an empty line begins a paragraph.")
    pin: list[Text] = Field(default=[], description="Ids or links of the pieces that come first, in this order.")
    exclude: list[Text] = Field(default=[], description="Ids or links of the pieces that stay out.")
    appeal: bool | None = Field(default=None, description="Whether appeals are shown; as their dates say if left out.")
    sponsor: bool | None = Field(default=None, description="Whether sponsors are; as their dates say if left out.")
    credit: CreditWord | None = Field(default=None, description="A sponsor's credit in place of the settings'.")
    piece: dict[Text, PieceWord] = Field(default={}, description="What the mail says of pieces, by id or link.")
    added: list[AddedWord] = Field(default=[], alias="item", description="Pieces that no source has.")
