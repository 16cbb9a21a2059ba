"""What confirmation mails say, from `templates/email/confirmation.html` and `.txt`: rendered once, as long as pages are
served."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2
from jinja2.sandbox import SandboxedEnvironment

from roundup.confirming import ConfirmationText
from roundup.errors import TemplateError
from roundup.rendering import Masthead
from roundup.rendering.colours import readable_on
from roundup.rendering.template_faults import TEMPLATE_FAULTS, Folders, Unknown, sentence
from roundup.rendering.text import wrap
from roundup.words import say

#: Stands where the link goes; nothing else in a mail looks like it.
_LINK = "https://link.invalid/0f7c2b9e"


def confirmation_text(masthead: Masthead, folders: Sequence[Path]) -> ConfirmationText:
    """The texts. `folders`: where templates of the email are, the first that has a file winning. Raises
    `TemplateError`."""
    environment = SandboxedEnvironment(
        loader=Folders(folders),
        undefined=Unknown,
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
    html, text = (_filled(environment, f"confirmation.{kind}", values) for kind in ("html", "txt"))
    if _LINK not in html or _LINK not in text:
        raise TemplateError(say("templates/email/confirmation.html and .txt must print {{{{ link }}}}."))
    return ConfirmationText(subject=subject, text=text, html=html, link=_LINK)


def _filled(environment: SandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
    try:
        filled = environment.get_template(name).render(values)
        filled.encode()
    except TEMPLATE_FAULTS as error:
        raise TemplateError(sentence(error, name)) from error
    return filled
