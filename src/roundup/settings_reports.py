"""Who is told how a run went, as roundup.toml says it: [reports]."""

from typing import Literal

from pydantic import Field

from roundup.settings_values import Part, WebAddress


class ReportsSettings(Part):
    """`[reports]`: where a run's report goes besides the terminal."""

    mail: Literal["problems", "daily", "never"] = Field(
        default="problems", description="To the editor: only what needs a person, every issue, or nothing."
    )
    log: str = Field(default="", description="A file that gets a line of JSON for every report.")
    webhook: WebAddress = Field(
        default="", description="An address that gets every report as JSON; ROUNDUP_WEBHOOK keeps it out of this file."
    )
    ping: WebAddress = Field(
        default="",
        description="An address that is asked after every run, /fail added if it went wrong: a dead man's switch "
        "notices when nobody asks any more. ROUNDUP_PING keeps it out of this file.",
    )
