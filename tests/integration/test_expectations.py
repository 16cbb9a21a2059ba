"""Other people's suites of feeds, where the corpus is beside the project: what they expect is what we read."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.expectations import FIELDS, SUITES, Claim, claims

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of feeds and content is not beside the project")
#: How many claims each suite makes, at least: a check that compares nothing proves nothing.
LEAST = {"feedparser": 700, "gofeed": 140, "feed-rs": 380, "rss-parser": 1_800}


def _listed(suite: str) -> list[dict[str, Any]]:
    text = Path(__file__).with_name("deviations.toml").read_text(encoding="utf-8")
    return [each for each in tomllib.loads(text)["deviation"] if each["suite"] == suite]


def _told(suite: str, made: list[Claim], theirs: set[tuple[str, str]]) -> dict[str, float]:
    """The agreement of each field, printed; claims in which the suite is wrong do not count."""
    counted = [claim for claim in made if claim.agrees or (claim.path, claim.field) not in theirs]
    all_, agreed = Counter(claim.field for claim in counted), Counter(claim.field for claim in counted if claim.agrees)
    shares = {field: agreed[field] / all_[field] for field in FIELDS if all_[field]}
    wrong = len(made) - len(counted)
    print(
        f"{suite}: " + ", ".join(f"{field} {agreed[field]} of {all_[field]}" for field in shares), f"({wrong} theirs)"
    )
    return shares


@pytest.mark.parametrize("suite", SUITES)
def test_what_a_suite_expects_is_read(suite: str) -> None:
    made = list(claims(CORPUS, suite))
    assert len(made) >= LEAST[suite]
    listed = _listed(suite)
    theirs = {(each["path"], each["field"]) for each in listed if each.get("theirs")}
    shares = _told(suite, made, theirs)

    deviating = {(claim.path, claim.field) for claim in made if not claim.agrees}
    assert deviating == {(each["path"], each["field"]) for each in listed}
    assert all(each["reason"] for each in listed)
    for field, share in shares.items():
        assert share >= (0.99 if field in {"title", "link", "date"} else 0.95), field
