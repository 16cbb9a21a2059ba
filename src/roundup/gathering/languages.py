"""In which language a piece is: what a feed says of itself or an entry; a content file's front matter, name, or folder.
Pure.

Hugo, Zola, Nikola and MkDocs write `index.fr.md`; Jekyll's and Pelican's sites `lang: fr`; many keep a folder `fr/`.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from roundup.gathering.matter import Matter, first, text
from roundup.words import mark

OTHER = mark("in another language")

#: ISO 639-1, and the two of three letters that sites use.
_CODES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg
    ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
    no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ast fil
    """.split()  # noqa: SIM905  forty lines of quotes say no more
)
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([A-Za-z]{2,4}|\d{3}))?", re.IGNORECASE)
#: A tag as RFC 5646 §2.1 has it, as far as sites write such: language, script, region, variants, private use. Longer
#: languages are only reserved (§2.2.1).
_WELL_FORMED = re.compile(
    r"(?P<language>[a-z]{2,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-x(?:-[a-z0-9]{1,8})+)?)",
    re.IGNORECASE | re.ASCII,
)
#: As RFC 5646 §4.4.1 advises, and the rest of a locale.
_LONGEST_TAG = 50
#: What the C library's names of locales have after the language: `en_US.UTF-8`, `ca_ES@euro`.
_LOCALES_REST = re.compile(r"[.@].*", re.DOTALL)
#: Undetermined, several, none, and one without a code: ISO 639-2 says that nothing is said.
_NO_LANGUAGE = frozenset({"und", "mul", "zxx", "mis"})
#: What programs are written in, which pieces about them say under the same key.
_PROGRAMS = frozenset({"awk", "cpp", "css", "elm", "lua", "php", "sql", "vue", "xml", "zig"})
#: Codes of three letters where there is one of two (RFC 5646 §2.2.1 wants that), and codes that were given up.
_SHORTER = {
    "ara": "ar", "chi": "zh", "cze": "cs", "deu": "de", "dut": "nl", "eng": "en", "fra": "fr", "fre": "fr", "ger": "de",
    "in": "id", "ita": "it", "iw": "he", "ji": "yi", "jpn": "ja", "nld": "nl", "pol": "pl", "por": "pt", "rus": "ru",
    "spa": "es", "swe": "sv", "tur": "tr", "ukr": "uk", "zho": "zh",
}  # fmt: skip
_KEYS = ("lang", "language", "locale")
_SUFFIXED = re.compile(r"(.+)\.([a-z]{2,3}(?:[-_][A-Za-z]{2,4})?)", re.IGNORECASE)
#: Folders above those of languages.
_ABOVE = frozenset({"_posts", "posts", "content", "blog", "src", "pages", "docs"})


def tag(written: str) -> str:
    """A language as BCP 47 writes it (RFC 5646 §2.1.1: `pt_br` is `pt-BR`); empty for what is none."""
    match = _WELL_FORMED.fullmatch(_LOCALES_REST.sub("", written.strip()).replace("_", "-"))
    if match is None or len(written) > _LONGEST_TAG:
        return ""
    language = _SHORTER.get(match["language"].lower(), match["language"].lower())
    if language in _NO_LANGUAGE or (len(language) == 2 and language not in _CODES):
        # `cn` and `jp` are countries.
        return ""
    parts = (language, (match["script"] or "").title(), (match["region"] or "").upper())
    return "-".join(part for part in parts if part) + match["rest"].lower()


def of(path: PurePosixPath, matter: Matter, language: str = "") -> str:
    """The language of a file, as BCP 47 writes it; `language` is that of a file that says nothing; empty if nobody
    knows."""
    said = text(matter.get("lang")) or next(
        (word for key in _KEYS[1:] if (word := text(matter.get(key))) and word.lower() not in _PROGRAMS), ""
    )
    return tag(said) or tag(without_language(path.stem)[1]) or tag(_folder(path)) or tag(language)


def without_language(stem: str) -> tuple[str, str]:
    """A file's name without its suffix, and without the language in it; and that language, empty if there is none."""
    match = _SUFFIXED.fullmatch(stem)
    if match is None or not _is_language(match[2]):
        return stem, ""
    return match[1], match[2]


def is_other(path: PurePosixPath, matter: Matter, language: str) -> bool:
    """Whether a file is in another language than `language`; one that says nothing is in that one.

    `pt` and `pt-BR` are one language, `pt-PT` and `pt-BR` are two.
    """
    said = first(matter, _KEYS)
    theirs = said or without_language(path.stem)[1] or _folder(path)
    match, ours = _TAG.fullmatch(theirs), _TAG.fullmatch(language)
    if match is None or ours is None:
        return False
    if match[1].lower() != ours[1].lower():
        return True
    return bool(match[2] and ours[2]) and match[2].lower() != (ours[2] or "").lower()


def twins(paths: Iterable[str]) -> tuple[str, str] | None:
    """Two files that are one piece in two languages: `x.md` and `x.fr.md`, or `en/x.md` and `fr/x.md`; None if there
    are none."""
    whole = list(paths)
    return _by_suffix(whole) or _by_folder(whole)


def _by_folder(whole: Sequence[str]) -> tuple[str, str] | None:
    """Files of one name in the folders of two languages; one that any folder may have (`index.md`) proves nothing."""
    tops = {top for path in whole if (top := path.partition("/")[0]) != path}
    known = {top for top in tops if _is_language(top)}
    met: dict[str, str] = {}
    for path in whole if len(known) > 1 else ():
        top, _, rest = path.partition("/")
        if top in known and "index." not in rest and met.setdefault(rest, path) != path:
            return met[rest], path
    return None


def _by_suffix(whole: Sequence[str]) -> tuple[str, str] | None:
    """Files of one folder whose names differ in a language."""
    suspects: dict[str, str] = {}
    for path in whole:
        # Most names have but one dot, and a folder may hold ten thousand.
        if path.count(".") > 1:
            name = path.rpartition("/")[2]
            stem, language = without_language(name.rpartition(".")[0])
            if language:
                key = f"{path.removesuffix(name)}{stem}"
                if key in suspects:
                    return suspects[key], path
                suspects[key] = path
    if suspects:
        for path in whole:
            found = suspects.get(path.rpartition(".")[0])
            if found is not None:
                return path, found
    return None


def _folder(path: PurePosixPath) -> str:
    """The language that the folder at the top is named after; empty if it is not."""
    parts = [part for part in path.parent.parts if part.lower() not in _ABOVE]
    return parts[0] if parts and _is_language(parts[0]) else ""


def _is_language(text: str) -> bool:
    match = _TAG.fullmatch(text)
    return match is not None and match[1].lower() in _CODES
