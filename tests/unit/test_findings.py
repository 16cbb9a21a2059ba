"""What is told of findings; and a check that is late or fails keeps nobody waiting and nothing from being told."""

import threading

import pytest

from roundup.checking import Area, Check, Finding, Looked
from roundup.checking.catalogue import RULES, finding, in_order
from roundup.checking.looking import look
from roundup.cli.findings import summary
from roundup.errors import StoreError


def test_all_is_well_is_said_where_it_is() -> None:
    assert "All is well." == summary([])
    assert "1 error, 2 warnings." == summary(
        [finding("mx-null", "a"), finding("zone-data", "b"), finding("dns-silent", "c")]
    )


def test_what_harms_most_comes_first() -> None:
    shuffled = [Finding(rule=rule, what="x") for rule in sorted(RULES, key=lambda rule: rule.id)]
    assert list(RULES) == [each.rule for each in in_order(shuffled)]


def test_a_check_that_never_ends_is_left_behind_and_the_others_are_told() -> None:
    never = threading.Event()
    found = look(
        [
            Check(
                areas=[Area.DNS, Area.CLOCK], look=lambda: [Looked(area=Area.DNS)] if never.wait() else [], seconds=0.2
            ),
            Check(areas=[Area.DISK], look=lambda: [Looked(area=Area.DISK, seen=["seen"])], seconds=60),
        ]
    )
    never.set()
    assert [Area.DNS, Area.CLOCK, Area.DISK] == [each.area for each in found]
    assert "There was no answer within 0.2 seconds" in found[0].findings[0].what
    assert (Area.CLOCK, "no-answer") == (found[1].findings[0].rule.area, found[1].findings[0].rule.id)
    assert ["seen"] == found[2].seen


def test_a_check_that_fails_is_told_and_one_with_a_fault_of_ours_is_no_finding() -> None:
    def fails() -> list[Looked]:
        raise StoreError("The database is away.")

    def breaks() -> list[Looked]:
        raise ZeroDivisionError

    (told,) = look([Check(areas=[Area.LIST], look=fails, seconds=60)])
    assert "The database is away." == told.findings[0].what
    with pytest.raises(ZeroDivisionError):
        look([Check(areas=[Area.LIST], look=breaks, seconds=60)])
