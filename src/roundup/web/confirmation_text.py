"""What confirmation mails say, from `templates/email/confirmation.html` and `.txt`: rendered once, as long as pages are
served."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from roundup.confirming import ConfirmationText
from roundup.errors import TemplateError
from roundup.rendering import Masthead
from roundup.rendering.colours import readable_on
from roundup.rendering.text import wrap
from roundup.words import borrowed, say

#: Stands where the link goes; nothing else in a mail looks like it.
_LINK = "https://link.invalid/0f7c2b9e"


def confirmation_text(masthead: Masthead, folders: Sequence[Path]) -> ConfirmationText:
    """The texts. `folders`: where templates of the email are, the first that has a file winning. Raises
    `TemplateError`."""
    environment = SandboxedEnvironment(
        loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
        undefined=jinja2.StrictUndefined,
        autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False, default_for_string=False),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["say"] = masthead.words.say
    environment.filters["wrap"] = wrap
    subject = masthead.words.say("Please confirm: {newsletter}", newsletter=masthead.name)
    values = {
        "newsletter": masthead,
        "subject": subject,
        "link": _LINK,
        "accent": readable_on(masthead.accent, "#ffffff"),
    }
    try:
        html, text = (environment.get_template(f"confirmation.{kind}").render(values) for kind in ("html", "txt"))
    except jinja2.TemplateError as error:
        raise TemplateError(
            say("templates/email/confirmation.html or .txt is broken: {error}", error=borrowed(error))
        ) from None
    if _LINK not in html or _LINK not in text:
        raise TemplateError(say("templates/email/confirmation.html and .txt must print {{{{ link }}}}."))
    return ConfirmationText(subject=subject, text=text, html=html, link=_LINK)
