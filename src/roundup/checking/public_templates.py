"""The templates that no issue uses: the public pages', and the confirmation mail's."""

from collections.abc import Sequence
from pathlib import Path

from roundup.checking import Area, Looked
from roundup.checking.catalogue import finding
from roundup.errors import TemplateError
from roundup.newsroom import Newsroom
from roundup.settings import Settings
from roundup.web.confirmation_text import confirmation_text
from roundup.web.pages import Pages
from roundup.web.trying import try_all
from roundup.words import say


def look(newsroom: Newsroom, folders: Sequence[Path], settings: Settings) -> Looked:
    """Fill every one. `folders`: where templates are, the newsletter's own first."""
    told: list[str] = []
    public_url = settings.newsletter.public_url
    try_all(Pages([folder / "web" for folder in folders], newsroom.masthead, public_url, tell=told.append))
    if settings.signup.open and public_url:
        try:
            confirmation_text(newsroom.masthead, [folder / "email" for folder in folders])
        except TemplateError as error:
            told.append(str(error))
    found = [
        finding(
            "public-template",
            say("{trouble} Until it is mended, roundup's own stands in its place, or sign-ups wait.", trouble=each),
        )
        for each in told
    ]
    return Looked(area=Area.TEMPLATES, findings=found)
