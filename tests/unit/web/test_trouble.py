"""When something is wrong behind the pages, a sentence says so, and nothing was done."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from roundup import shipped
from roundup.errors import StoreError
from roundup.model import Subscriber
from roundup.subscribers import SubscriberBook
from roundup.tokens import Purpose
from roundup.web import House, Site, create_app
from tests.builders import INSTANT, SECRET, a_masthead
from tests.fakes.clocks import HandClock
from tests.websites import PUBLIC, Website, a_website, asked, request

ADA = "ada@lantern.example"


class BrokenBook:
    """A list that cannot be read or written just now."""

    is_at_hand = True

    def __init__(self, book: SubscriberBook, trouble: Exception) -> None:
        self._book = book
        self._trouble = trouble

    def by_keys(self, keys: Sequence[bytes]) -> Mapping[bytes, Subscriber]:  # noqa: ARG002 - it fails
        raise self._trouble

    def leave(self, leaving: Mapping[bytes, Any]) -> Mapping[bytes, Subscriber]:  # noqa: ARG002 - it fails
        raise self._trouble

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)


def broken(site: Website, trouble: Exception) -> Any:
    book: Any = BrokenBook(site.ledgers.subscribers, trouble)
    return create_app(
        Site(
            masthead=a_masthead(), subscribers=book, signups=site.ledgers.signups, archive=site.ledgers.archive,
            secret=SECRET, clock=HandClock(INSTANT), templates=[shipped.templates() / "web"],
            house=House(public_url=PUBLIC),
        )
    )  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_full_or_locked_database_is_told_and_asked_again_later(method: str) -> None:
    with a_website(ADA) as site:
        app = broken(site, StoreError("The database could not be used: database or disk is full."))
        (answer,) = asked(app, [request(method, site.link(ADA))])

        assert (503, "60", "Please come back in a minute") == (
            answer.status, answer.headers["retry-after"], answer.title,
        )  # fmt: skip
        assert "database" not in answer.text
        assert "active" == site.status(ADA)


def test_of_many_that_ask_at_once_each_is_told_and_the_next_are_served() -> None:
    with a_website(ADA) as site:
        app = broken(site, StoreError("locked"))
        answers = asked(app, [request("POST", site.link(ADA)) for _ in range(20)])
        (form,) = asked(app, [request("GET", "/")])

        assert {503} == {answer.status for answer in answers}
        assert 200 == form.status


def test_a_test_mails_link_asks_nothing_of_the_database() -> None:
    with a_website(ADA) as site:
        app = broken(site, StoreError("locked"))
        (answer,) = asked(app, [request("POST", f"/u/{SECRET.token(b'12345678', Purpose.TEST)}")])

        assert 200 == answer.status
