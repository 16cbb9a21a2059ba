"""When something is wrong behind the pages, a sentence says so, and nothing was done."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from roundup import shipped
from roundup.errors import StoreError
from roundup.model import Subscriber
from roundup.subscribers import SubscriberBook
from roundup.tokens import Purpose
from roundup.web import House, Site, create_app
from roundup.web.pages import Pages
from roundup.web.troubles import Plainly
from roundup.web.trying import try_all
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
            secret=SECRET, clock=HandClock(INSTANT), templates=[shipped.templates() / "web"], tell=lambda _: None,
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


# Templates ------------------------------------------------------------------------------------------------------------

BROKEN = ["{% if %}", "{{ nothing }}", "{{ 1 / 0 }}", '{% include "left.html" %}', "{{ newsletter.nothing }}", "\xff"]


def with_templates(site: Website, *folders: Path, told: list[str]) -> Any:
    return create_app(
        Site(
            masthead=a_masthead(), subscribers=site.ledgers.subscribers, signups=site.ledgers.signups,
            archive=site.ledgers.archive, secret=SECRET, clock=HandClock(INSTANT), templates=[*folders],
            tell=told.append, house=House(public_url=PUBLIC),
        )
    )  # fmt: skip


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_template_keeps_nobody_from_leaving_and_is_told_once_with_file_and_line(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "left.html").write_text(f"<p>\n{content}", encoding="latin-1")
    told: list[str] = []
    with a_website(ADA) as site:
        app = with_templates(site, tmp_path, shipped.templates() / "web", told=told)
        answers = asked(app, [request("POST", site.link(ADA))] * 2)

        assert [(200, "You have left")] * 2 == [(answer.status, answer.title) for answer in answers]
        assert "put me back" in answers[0].text
        assert "left" == site.status(ADA)
    assert 1 == len(told)
    assert told[0].startswith(f"{tmp_path / 'left.html'}, line 2: ")


def test_when_no_template_can_be_used_people_still_leave_and_see_it(tmp_path: Path) -> None:
    told: list[str] = []
    with a_website(ADA) as site:
        app = with_templates(site, tmp_path, told=told)
        shown, left, home, nothing, archive = asked(
            app,
            [
                request("GET", site.link(ADA)), request("POST", site.link(ADA)), request("GET", "/"),
                request("GET", "/nothing"), request("GET", "/archive/"),
            ],
        )  # fmt: skip

        assert '<form method="post"><button' in shown.text
        assert (200, "You have left") == (left.status, left.title)
        assert {503} == {answer.status for answer in (home, nothing, archive)}
        assert "This page cannot be shown at the moment" in home.text
        assert home.headers["content-security-policy"] == left.headers["content-security-policy"]
        assert "left" == site.status(ADA)


def test_every_page_of_roundups_own_is_tried_and_nothing_is_wrong_in_it(tmp_path: Path) -> None:
    told: list[str] = []
    own = Pages([shipped.templates() / "web"], a_masthead(), PUBLIC, tell=told.append)
    try_all(own)
    assert told == []

    names = {path.name for path in (shipped.templates() / "web").iterdir()}
    for name in names:
        (tmp_path / name).write_text("{{ nothing }}")
    try_all(Pages([tmp_path, shipped.templates() / "web"], a_masthead(), PUBLIC, tell=told.append))
    # The frame around them all and the form in two of them are not reached.
    assert len(names) - 2 == len(told)


# What is written down -------------------------------------------------------------------------------------------------


def refuse(email: str) -> None:
    """What a database does with a row."""
    row = Exception(f"UNIQUE constraint failed. DETAIL: Key (compared)=({email}) already exists.")
    raise IntegrityError("INSERT INTO subscribers VALUES (?)", {"email": email}, row) from row


def test_what_is_logged_of_an_error_is_its_kind_and_place_and_nobody() -> None:
    with pytest.raises(IntegrityError) as caught:
        refuse(ADA)
    error = caught.value
    record = logging.LogRecord(
        "uvicorn.error", logging.ERROR, __file__, 1, "Exception in %s\n", (f"the task of <{ADA}>",),
        (type(error), error, error.__traceback__),
    )  # fmt: skip
    line = Plainly("%(message)s").format(record)

    assert line.startswith("Exception in the task of <a…@lantern.example> IntegrityError (Exception) ")
    assert re.search(r"test_trouble\.py:\d+$", line)
