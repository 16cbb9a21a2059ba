"""What is wrong in a template, told to whoever wrote it with file and line."""

import traceback
from dataclasses import fields, is_dataclass
from pathlib import Path

import jinja2

from roundup.words import borrowed, say

#: What rendering a template can raise, whoever wrote it.
TEMPLATE_FAULTS = (
    jinja2.TemplateError,
    # What a template's own expressions can raise: `1 / 0`, `"a" + 1`, `"x".index("y")`, an include of itself.
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class Unknown(jinja2.StrictUndefined):
    """A name that a template uses and nobody gave; it fails at once, in an editor's words."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        owner, name = self._undefined_obj, self._undefined_name
        if is_dataclass(owner):
            known = ", ".join(field.name for field in fields(owner))
            return say(
                "a {owner} has no “{name}”; it has {known}",
                owner=type(owner).__name__.removesuffix("View").lower(),
                name=name,
                known=known,
            )
        if self._undefined_hint is None and owner is jinja2.utils.missing:
            return say("“{name}” is nothing that a template can show", name=name)
        return super()._undefined_message


class Folders(jinja2.FileSystemLoader):
    """Template folders, the first that has a file winning."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, object]:  # type: ignore[override]
        """See `jinja2.BaseLoader`."""
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            file = next(Path(folder, template) for folder in self.searchpath if Path(folder, template).is_file())
            raise jinja2.TemplateSyntaxError(
                say("the file is not saved as UTF-8"), line, template, str(file)
            ) from error


def sentence(error: Exception, name: str) -> str:
    """`FILE, line N: what is wrong.`"""
    file, line = _place(error)
    where = say("{file}, line {line}", file=file, line=line) if file else name
    return f"{where}: {_what(error)}."


def _place(error: Exception) -> tuple[str, int]:
    """Where in a template the error is; ("", 0) when in none."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return error.filename or error.name or "", error.lineno
    # jinja2 rewrites tracebacks so that the frames of a template bear its file and line.
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).suffix not in ("", ".py")
    ]
    return (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)


def _what(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateNotFound):
        return say("there is no template {name}", name=error.name)
    if isinstance(error, jinja2.exceptions.SecurityError):
        return say("a template may not do this ({error})", error=borrowed(error))
    if isinstance(error, RecursionError):
        return say("the template includes itself")
    if isinstance(error, jinja2.UndefinedError):
        # In our own words, see `Unknown`.
        return str(error).rstrip(".")
    return borrowed((getattr(error, "message", None) or str(error) or type(error).__name__).rstrip("."))
