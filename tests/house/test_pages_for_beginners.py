"""docs/connecting.md, moving.md, deliverability.md and start.md: their settings are settings, their products known."""

import re
import tomllib
from pathlib import Path

import pytest

from roundup.list_files.reading import ListReading
from roundup.settings import read
from roundup.settings_sources import SourceSettings
from tests.lists import opened

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
#: What is given to nobody's key: settings of a newsletter that has nothing else.
REST = {
    "newsletter": (
        'name = "N"\nid = "n"\nlanguage = "en-GB"\ntimezone = "Europe/London"\nfrom = "a@example.org"\n'
        'postal_address = "1 Street"\nwebsite = "https://example.org/"\n'
    ),
    "editor": 'email = "e@example.org"\n',
    "smtp": 'outbox = "outbox"\n',
    "selection": "",
}
SOURCE = '[[sources]]\nfeed = "https://example.org/feed/"\n'


def _blocks(page: str) -> list[str]:
    return re.findall(r"```toml\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", [*_blocks("connecting.md")])
def test_what_connects_a_site_is_a_source(block: str) -> None:
    whole = block if "[[sources]]" in block else SOURCE + block
    (given,) = tomllib.loads(whole)["sources"]
    assert SourceSettings.model_validate(given).called


@pytest.mark.parametrize(
    ("table", "block"), [("newsletter", block) for block in _blocks("deliverability.md")]
    + [*zip(("selection", "smtp", "newsletter"), _blocks("start.md"), strict=True)],
)  # fmt: skip
def test_what_is_to_be_written_is_understood(table: str, block: str, tmp_path: Path) -> None:
    tables = {**REST, table: block.removeprefix(f"[{table}]\n") + (REST[table] if table == "newsletter" else "")}
    text = "".join(f"[{name}]\n{keys}\n" for name, keys in tables.items()) + SOURCE
    assert read(text, tmp_path / "roundup.toml").newsletter.name == "N"


def test_every_product_to_move_from_has_an_export_that_is_recognised() -> None:
    page = (DOCS / "moving.md").read_text(encoding="utf-8")
    table = page.split("| --- | --- | --- |", 1)[1].split("\n\n", 1)[0]
    products = [name.strip() for name in re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE)]
    assert len(products) == 11
    for product in [name for name in products if name not in {"Mailman", "anything else"}]:
        (path, *_) = sorted((ROOT / "tests" / "exports").glob(f"{product.lower()}*"))
        reading = ListReading(path.name, opened(path.read_bytes()))
        assert [*reading]
        assert {*reading.products.values()} == {product}
