#!/usr/bin/env python3
"""Bring the catalogues of src/roundup/words up to date with what the code and the templates say, for translators.

Usage: scripts/words.py          add what is new, drop what nobody says any more, and tell what wants translating
       scripts/words.py --check  change nothing; exit 1 if a catalogue is not up to date, or not whole
"""

import re
import sys
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
WORDS = ROOT / "src" / "roundup" / "words"
KEYWORDS = {"say": None, "say_many": (1, 2), "mark": None}
METHODS = [
    # The faulty mail server speaks SMTP, and to no person.
    ("src/roundup/faults/**.py", "ignore"),
    ("src/roundup/**.py", "python"),
    ("templates/email/**", "jinja2"),
    ("templates/web/**", "jinja2"),
    ("templates/desk/**", "jinja2"),
]
HEADER = """\
# The words of roundup in LANGUAGE. Names in braces are filled in and stay as they are.
# scripts/words.py adds what is new; a sentence without a translation is said in English.
#"""


def said() -> Catalog:
    """Everything that is said anywhere."""
    catalogue = Catalog()
    found = extract_from_dir(ROOT, METHODS, {"templates/**": {"trimmed": "true"}}, KEYWORDS)
    for _file, _line, sentence, _comments, _context in sorted(found, key=lambda each: (each[0], each[1])):
        catalogue.add(sentence)
    return catalogue


def faults(message: Message) -> list[str]:
    """What is wrong with one translation."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    forms = [message.string] if isinstance(message.string, str) else list(message.string or [""])
    if message.fuzzy or not all(forms):
        return [f"is not translated: {ids[0]}"]
    loose = [form for form in forms if ids[0][0] in " ," and form[0] not in " ,،"]
    if loose:
        return [f"must begin with a blank or a comma, like “{ids[0]}”: {form}" for form in loose]
    wanted, optional = _names(ids[0]) & _names(ids[-1]), _names(ids[0]) | _names(ids[-1])
    wanted -= {"count"} if len(forms) > 1 else set()
    return [f"has other names in braces: {form}" for form in forms if not wanted <= _names(form) <= optional]


def _names(sentence: str) -> set[str]:
    return {
        name + ("!" + conversion if conversion else "")
        for _, name, _, conversion in Formatter().parse(sentence)
        if name
    }


def main(*, check: bool) -> int:
    """Go through all catalogues."""
    everything, wrong = said(), 0
    for path in sorted(WORDS.glob("*.po")):
        before = path.read_bytes()
        catalogue = read_po(BytesIO(before), locale=path.stem)
        dates = catalogue.creation_date, catalogue.revision_date
        catalogue.update(everything, no_fuzzy_matching=True, update_header_comment=False)
        catalogue.obsolete.clear()
        # A file changes only with its sentences.
        catalogue.creation_date, catalogue.revision_date = dates
        catalogue.header_comment = HEADER.replace("LANGUAGE", catalogue.locale.get_language_name("en") or path.stem)
        written = BytesIO()
        write_po(written, catalogue, width=120, omit_header=False, sort_output=True)
        # Which babel wrote it is nothing that translators need to see change.
        content = re.sub(rb'"Generated-By: [^"]*"\n', b"", written.getvalue())
        told = [f"{path.name}: {fault}" for message in catalogue if message.id for fault in faults(message)]
        if check and content != before:
            told.append(f"{path.name}: is not up to date: run scripts/words.py")
        if not check:
            path.write_bytes(content)
        print("\n".join(told) or f"{path.name}: whole, {len(catalogue)} sentences")
        wrong += bool(told)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
