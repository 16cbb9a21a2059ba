"""Bylines as feeds write them."""

import pytest

from roundup.gathering.authors import names


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (["Ada Marsh"], ("Ada Marsh",)),
        (["Ada Marsh (ada@example.org)"], ("Ada Marsh",)),
        (["noreply@blogger.com (Ada Marsh)"], ("Ada Marsh",)),
        (["Ada Marsh <ada@example.org>"], ("Ada Marsh",)),
        (["Simon St.Laurent (mailto:"], ("Simon St.Laurent",)),
        (["ada@example.org"], ()),
        (["NARUSE, Yui"], ("NARUSE, Yui",)),
        (["Julian Borger and Patrick Wintour in New York"], ("Julian Borger and Patrick Wintour in New York",)),
        (["ORF Online und Teletext GmbH & Co KG"], ("ORF Online und Teletext GmbH & Co KG",)),
        (["A", "B", "a", ""], ("A", "B")),
        (["@user Full Name"], ("@user Full Name",)),
        (["<b>Ada</b> &amp; Eve"], ("Ada & Eve",)),
    ],
)
def test_names_are_kept_whole_and_addresses_are_not_printed(raw: list[str], expected: tuple[str, ...]) -> None:
    assert names(raw) == expected


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("Jane, jane@x.org", ("Jane",)), ("Jane at jane@x.org", ("Jane",)), ("JANE DOE;jane@x.org", ("JANE DOE",)),
        ("eve@x.org / Eve", ("Eve",)), ("Bo - bo@x.org", ("Bo",)), ("Jane <a@b.c>, Bob", ("Jane, Bob",)),
        ("Jane Doe (@jane)", ("Jane Doe (@jane)",)), ("@jane", ("@jane",)),
    ],
)  # fmt: skip
def test_an_address_beside_a_name_is_not_printed(given: str, printed: tuple[str, ...]) -> None:
    assert printed == names([given])
