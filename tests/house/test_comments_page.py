"""The page on comments, `docs/comments.md`, says what is so: its examples are tried."""

import re
import tomllib
from pathlib import Path

import pytest

from roundup.gathering.counting.counts_file import CountsFile
from roundup.gathering.fetching import Fetcher
from roundup.settings_sources import CommentsSettings, SourceSettings
from tests.builders import a_piece

PAGE = (Path(__file__).parents[2] / "docs" / "comments.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_every_way_has_an_example() -> None:
    used = [key for example in EXAMPLES for source in tomllib.loads(example)["sources"] for key in source["comments"]]

    assert sorted(CommentsSettings.model_fields) == sorted(used)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_a_source_with_comments(example: str) -> None:
    (given,) = tomllib.loads(example)["sources"]

    assert SourceSettings.model_validate(given).comments is not None


def test_the_counts_file_that_is_shown_counts(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "comments.csv").write_text(shown, encoding="utf-8")
    pieces = [a_piece(id=name, link=f"https://example.org/2026/11/the-{name}/") for name in ("bridge", "library")]
    counts = CountsFile(tmp_path / "comments.csv", source="s", fetcher=Fetcher(user_agent="test")).count(pieces)

    assert ({"bridge": 12, "library": 3}, ()) == (counts.by_id, counts.defects)
