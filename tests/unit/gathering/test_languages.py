"""In which language a file is."""

from pathlib import PurePosixPath

import pytest

from roundup.gathering.languages import is_other, twins, without_language


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("a-piece.fr", ("a-piece", "fr")),
        ("index.pt-br", ("index", "pt-br")),
        ("a.zh_CN", ("a", "zh_CN")),
        ("a-piece", ("a-piece", "")),
        ("jekyll-3.9", ("jekyll-3.9", "")),
        ("what-is-node.js", ("what-is-node.js", "")),
        ("fr", ("fr", "")),
    ],
)
def test_a_name_may_end_in_a_language(stem: str, expected: tuple[str, str]) -> None:
    assert without_language(stem) == expected


@pytest.mark.parametrize(
    ("path", "said", "language", "other"),
    [
        ("a.md", "", "en", False),
        ("a.fr.md", "", "en", True),
        ("a.en.md", "", "en-GB", False),
        ("a.md", "fr", "en", True),
        ("a.md", "en-US", "en", False),
        ("a.md", "pt", "pt-BR", False),
        ("a.md", "pt-PT", "pt-BR", True),
        ("a.md", "pt_br", "pt-BR", False),
        ("a.md", "français", "en", False),
        ("fr/a.md", "", "en", True),
        ("fr/a.md", "", "fr", False),
        ("_posts/fr/a.md", "", "en", True),
        ("news/fr/a.md", "", "en", False),
        ("fr/a.md", "en", "en", False),
        ("a.fr.md", "en", "en", False),
    ],
)
def test_a_file_is_in_the_language_that_it_says(path: str, said: str, language: str, *, other: bool) -> None:
    assert is_other(PurePosixPath(path), {"lang": said}, language) is other


@pytest.mark.parametrize(
    ("paths", "pair"),
    [
        (["a.md", "a.fr.md"], ("a.md", "a.fr.md")),
        (["a.fr.md", "a.md", "b.md"], ("a.md", "a.fr.md")),
        (["x/a.en.md", "x/a.fr.md"], ("x/a.en.md", "x/a.fr.md")),
        (["a.md", "x/a.fr.md"], None),
        (["a.fr.md", "b.md"], None),
        (["en/post/a.md", "fr/post/a.md"], ("en/post/a.md", "fr/post/a.md")),
        (["en/a.md", "fr/b.md"], None),
        (["it/index.md", "hr/index.md"], None),
        (["fr/a.md", "news/a.md"], None),
        (["jekyll-3.9.md", "jekyll-3.md"], None),
    ],
)
def test_a_piece_in_two_languages_is_found(paths: list[str], pair: tuple[str, str] | None) -> None:
    assert twins(paths) == pair
