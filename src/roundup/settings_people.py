"""The public pages and the people on the list, in roundup.toml: `[signup]`, `[archive]`, `[privacy]`, `[serve]`."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from roundup.settings_values import Part, Retained, Text, WebAddress


class SignupSettings(Part):
    """`[signup]`: the page on which people sign up."""

    open: bool = Field(default=True, description="false: nobody can sign up on the page.")
    wording: str = Field(
        default="",
        description="What people agree to, under the button; kept with each consent. A sentence of ours if left out.",
    )
    per_hour: Annotated[int, Field(ge=1)] = Field(default=300, description="The most confirmation mails in an hour.")
    per_network: Annotated[int, Field(ge=1)] = Field(
        default=10, description="The most sign-ups in an hour from one network."
    )


class ArchiveSettings(Part):
    """`[archive]`: past issues as pages."""

    public: bool = Field(default=True, description="false: only those who have the mail can open it as a page.")
    search_engines: bool = Field(default=False, description="true: search engines may list the pages.")


class PrivacySettings(Part):
    """`[privacy]`: what is kept of people, and for how long. 0: for ever."""

    policy: WebAddress = Field(
        default="", description="Your privacy page; linked from the page on which people sign up."
    )
    unconfirmed: Retained = Field(
        default=timedelta(days=7), description="Sign-ups that nobody confirmed are erased after so long."
    )
    deliveries: Retained = Field(
        default=timedelta(days=400), description="Which issue went to whom; afterwards only the sums are kept."
    )
    left: Retained = Field(
        default=timedelta(0),
        description="Who left, bounced or complained; afterwards only that no list file brings them back.",
    )


class ServeSettings(Part):
    """`[serve]`: how `roundup serve` is reached."""

    trusted_proxies: list[Text] = Field(
        default=["127.0.0.1", "::1"],
        description="The addresses of the web servers in front, which are believed who asks (X-Forwarded-For).",
    )
