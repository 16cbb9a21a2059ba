"""What a site's own data files say of its authors: the names to print for the words that its pieces use.

Jekyll's and Eleventy's sites keep `_data/authors.yml`, Hugo's `data/authors.toml`, Material for MkDocs `.authors.yml`
and Docusaurus `authors.yml` beside the pieces. Only files in the folder are read, and no links out of it.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from roundup.gathering.folder_files import MAX_BYTES, octets_of
from roundup.gathering.frontmatter_tables import FrontMatterError, json_values, toml_values, yaml_values
from roundup.gathering.matter import first, text
from roundup.gathering.metadata import NAME_KEYS
from roundup.model import Defect
from roundup.words import figures, say

_FOLDERS = ("", "_data/", "data/", "src/_data/", "src/data/", "blog/", "docs/blog/")
_READERS = {".yml": yaml_values, ".yaml": yaml_values, ".toml": toml_values, ".json": json_values}
_NAMES = ("authors", ".authors")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteData:
    """What a site's data files say."""

    #: The names to print, by the words that stand for them, in small letters.
    authors: dict[str, str] = field(default_factory=dict)
    #: Files that can't be read.
    defects: tuple[Defect, ...] = ()


def site_data(folder: Path, source: str) -> SiteData:
    """The data of the site in a folder; empty if it keeps none. Never raises: a file that can't be read is a defect."""
    authors: dict[str, str] = {}
    defects: list[Defect] = []
    root = os.path.realpath(folder)
    for path, suffix in _places():
        try:
            octets = octets_of(folder / path)
        except OSError:
            # Most sites have none of these files.
            continue
        if not Path(os.path.realpath(folder / path)).is_relative_to(root):
            continue
        try:
            found = _authors(octets, suffix)
        except FrontMatterError as error:
            what = say("The file can't be read from there on. Its authors are printed as the pieces write them.")
            defects.append(Defect(source=source, where=f"{path}:{error.line}", what=what))
            continue
        for word, name in found:
            authors.setdefault(word, name)
    return SiteData(authors=authors, defects=tuple(defects))


def _places() -> Iterator[tuple[str, str]]:
    for place in _FOLDERS:
        for name in _NAMES:
            for suffix in _READERS:
                yield f"{place}{name}{suffix}", suffix


def _authors(octets: bytes, suffix: str) -> list[tuple[str, str]]:
    """The words and names in one file. Raises FrontMatterError."""
    if len(octets) > MAX_BYTES:
        raise FrontMatterError(say("is larger than {most} bytes, so it was not read", most=figures(MAX_BYTES)), line=1)
    written = octets.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    if written.lstrip().startswith(("- ", "[{")):
        # A list of people has no words that stand for them.
        return []
    values = _READERS[suffix](written, 1)
    inner = values.get("authors")
    # Material for MkDocs has one table round all.
    people = inner if isinstance(inner, dict) and len(values) == 1 else values
    found = ((str(word), first(row, NAME_KEYS) if isinstance(row, dict) else text(row)) for word, row in people.items())
    return [(word.casefold(), name) for word, name in found if word and name]
