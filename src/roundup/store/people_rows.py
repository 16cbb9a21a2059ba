"""Rows of the list, and what they mean."""

from collections.abc import Iterable

from sqlalchemy import RowMapping

from roundup.audience import in_order
from roundup.list_changes import Known
from roundup.model import Cadence, Status, Subscriber, SubscriberId


def subscriber_of(row: RowMapping) -> Subscriber:
    """A person."""
    return Subscriber(
        id=SubscriberId(row["id"]),
        email=row["email"],
        name=row["name"],
        status=Status(row["status"]),
        cadence=Cadence(row["cadence"]),
        sections=sections_of(row["sections"]),
        key=bytes(row["key"]),
        origin=row["origin"],
        since=row["since"],
        paused_until=row["paused_until"],
        chose=row["chose"],
    )


def known_of(row: RowMapping) -> Known:
    """What a list file is compared with."""
    return Known(
        name=row["name"],
        status=Status(row["status"]),
        cadence=Cadence(row["cadence"]),
        sections=sections_of(row["sections"]),
        origin=row["origin"],
        paused_until=row["paused_until"],
        chose=row["chose"],
    )


def sections_of(joined: str) -> tuple[str, ...]:
    """Names of sections, from how they are kept."""
    return tuple(each for each in joined.split(",") if each)


def sections_as_kept(sections: Iterable[str]) -> str:
    """How names of sections are kept: the same for everybody who chose the same."""
    return ",".join(in_order(sections))
