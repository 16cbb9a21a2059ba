"""`[[sources]]` of roundup.toml: where pieces come from, and where their comments are counted."""

import re

from pydantic import Field, model_validator

from roundup.gathering.patterns import check_pattern
from roundup.settings_values import FeedPlace, Language, Part, Text, WebAddress, ZoneName
from roundup.words import say


class CommentsSettings(Part):
    """`[sources.comments]`: where else the comments of a source are counted. Of several numbers the largest counts."""

    file: FeedPlace | None = Field(
        default=None, description="A CSV or JSON file, url,count: in this directory, or an address."
    )
    folder: Text | None = Field(default=None, description="Comments as files, in a folder for each piece: Staticman.")
    isso: WebAddress = Field(default="", description="The address of an Isso server.")
    wordpress: WebAddress = Field(default="", description="The front page of a WordPress site, for its REST API.")
    pages: bool = Field(default=False, description="true: each piece's page is asked for the count in its JSON-LD.")

    @model_validator(mode="after")
    def _somewhere(self) -> "CommentsSettings":
        if not (self.file or self.folder or self.isso or self.wordpress or self.pages):
            raise ValueError(say("say where comments are counted: file, folder, isso, wordpress or pages"))
        return self


class SourceSettings(Part):
    """`[[sources]]`: a feed or a folder."""

    feed: FeedPlace | None = Field(default=None, description="A feed's address, or a file in this directory.")
    folder: Text | None = Field(default=None, description="A folder of Markdown, HTML and reST files.")
    link: Text | None = Field(
        default=None, description="A folder's web addresses: https://example.org/{year}/{month:02}/{slug}/"
    )
    authors: dict[Text, Text] = Field(
        default={}, description="For a folder: the names to print for what its files say of their authors."
    )
    language: Language | None = Field(
        default=None, description="For a folder in several languages: that of its pieces. Without it all files count."
    )
    name: str = Field(default="", description="What to call it; the feed's host or the folder if left out.")
    timezone: ZoneName | None = Field(
        default=None, description="For dates without a zone; the newsletter's if left out."
    )
    base: WebAddress = Field(
        default="", description="For a feed's file: the address that it comes from, for its relative links."
    )
    allow_private: bool = Field(default=False, description="true: it may live on an intranet or loopback address.")
    comments: CommentsSettings | None = Field(default=None, description="Where else its comments are counted.")

    @model_validator(mode="after")
    def _one_kind(self) -> "SourceSettings":
        if (self.feed is None) == (self.folder is None):
            raise ValueError(say("a source has either feed or folder"))
        if self.folder is not None and self.link is None:
            raise ValueError(
                say('a folder needs link, the pattern of its web addresses: "https://example.org/{{slug}}/"')
            )
        if self.link is not None:
            check_pattern(self.link)
        if self.feed is not None and (self.authors or self.language):
            raise ValueError(say("authors and language are for a folder; a feed says them itself"))
        return self

    @property
    def called(self) -> str:
        """Its name, or what it is called without one."""
        if self.name:
            return self.name
        if self.folder is not None:
            return self.folder
        # Without the name and password that may stand before the host: names are logged.
        return re.sub(r"^https?://(?:[^/?#]*@)?(www\.)?([^/?#]+).*$", r"\2", str(self.feed))
