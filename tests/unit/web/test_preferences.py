"""Choosing: how often, of what, and a pause."""

from datetime import date, timedelta

import pytest

from roundup.model import Cadence, Status, Subscriber
from roundup.web import House
from tests.builders import INSTANT
from tests.websites import PUBLIC, Website, a_website

ADA = "ada@lantern.example"
HOUSE = House(public_url=PUBLIC, weekly=True, sections=("Books", "Trams"))
#: The form as a browser sends it when nothing is changed.
AS_IT_IS = {"cadence": "daily", "sections": "chosen", "section": ["Books", "Trams"], "pause": ""}


def person(site: Website) -> Subscriber:
    found = site.ledgers.subscribers.find(ADA)
    assert found is not None
    return found


def save(site: Website, **changes: str | list[str]) -> str:
    """Send the form with these changes. Returns the page that comes back."""
    form = {name: value for name, value in (AS_IT_IS | changes).items() if value != []}
    return site.post(f"{site.link(ADA)}/preferences", form).text


def test_somebody_chooses_and_sees_what_they_chose() -> None:
    with a_website(ADA, house=HOUSE) as site:
        page = save(site, cadence="weekly", section=["Trams"])

        assert "Saved." in page
        assert (Cadence.WEEKLY, ("Trams",), Status.ACTIVE, True) == (
            person(site).cadence, person(site).sections, person(site).status, person(site).chose,
        )  # fmt: skip
        again = site.get(f"{site.link(ADA)}/preferences").text
        assert 'value="weekly" checked' in again
        assert 'value="Trams" checked' in again
        assert 'value="Books" checked' not in again


@pytest.mark.parametrize("sections", [["Books", "Trams"], []])
def test_all_sections_or_none_are_the_whole_issue(sections: list[str]) -> None:
    with a_website(ADA, house=HOUSE) as site:
        save(site, section=["Books"])
        save(site, section=sections)

        assert () == person(site).sections


def test_a_pause_ends_by_itself_on_its_day() -> None:
    with a_website(ADA, house=HOUSE) as site:
        page = save(site, pause="14")
        until = date(2015, 4, 13)

        assert (Status.PAUSED, until) == (person(site).status, person(site).paused_until)
        assert "13 April 2015" in page
        book = site.ledgers.subscribers
        assert 0 == book.wake(until - timedelta(days=1), at=INSTANT)
        assert (1, Status.ACTIVE, None) == (
            book.wake(until, at=INSTANT), person(site).status, person(site).paused_until,
        )  # fmt: skip


def test_a_pause_is_kept_and_ended_as_the_form_says() -> None:
    with a_website(ADA, house=HOUSE) as site:
        save(site, pause="7")
        save(site, pause="keep", cadence="weekly")
        kept = person(site)
        save(site)

        assert (Status.PAUSED, date(2015, 4, 6), Cadence.WEEKLY) == (kept.status, kept.paused_until, kept.cadence)
        assert (Status.ACTIVE, None) == (person(site).status, person(site).paused_until)


@pytest.mark.parametrize("body", [b"List-Unsubscribe=One-Click", b"", b"pause=never", b"cadence=daily"])
@pytest.mark.parametrize("until", [date(2015, 4, 6), None])
def test_a_form_that_does_not_speak_of_a_pause_keeps_it(body: bytes, until: date | None) -> None:
    with a_website(ADA, house=HOUSE) as site:
        if until is None:
            site.ledgers.subscribers.set_status(ADA, Status.PAUSED, at=INSTANT)
        else:
            save(site, pause="7", section=["Trams"])
        before = person(site)
        site.post(f"{site.link(ADA)}/preferences", body)

        assert (Status.PAUSED, until) == (person(site).status, person(site).paused_until)
        assert before.sections == person(site).sections


def test_a_pause_without_an_end_is_chosen_in_the_form_and_ended_by_it() -> None:
    with a_website(ADA, house=HOUSE) as site:
        site.ledgers.subscribers.set_status(ADA, Status.PAUSED, at=INSTANT)
        shown = site.get(f"{site.link(ADA)}/preferences").text
        assert '<option value="keep" selected>until I end it</option>' in shown
        save(site, pause="keep", cadence="weekly")
        assert (Status.PAUSED, Cadence.WEEKLY) == (person(site).status, person(site).cadence)
        save(site, pause="")

        assert Status.ACTIVE is person(site).status


def test_a_section_that_is_named_twice_is_one() -> None:
    with a_website(ADA, house=HOUSE) as site:
        save(site, section=["Books", "Books"])

        assert ("Books",) == person(site).sections


@pytest.mark.parametrize(
    "changes",
    [
        {"cadence": "hourly"}, {"section": ["Sport", "<b>"]}, {"pause": "99999"}, {"pause": "-1"}, {"pause": "²"},
        {"cadence": "daily' OR 1=1"},
    ],
)  # fmt: skip
def test_what_is_not_offered_cannot_be_chosen(changes: dict[str, str | list[str]]) -> None:
    with a_website(ADA, house=HOUSE) as site:
        save(site, **changes)

        assert (Cadence.DAILY, (), Status.ACTIVE, None) == (
            person(site).cadence, person(site).sections, person(site).status, person(site).paused_until,
        )  # fmt: skip


def test_where_there_is_nothing_to_choose_what_people_had_is_kept() -> None:
    with a_website(ADA, house=HOUSE) as site:
        save(site, cadence="weekly", section=["Trams"])
        site.house = House(public_url=PUBLIC)
        page = site.post(f"{site.link(ADA)}/preferences", {"pause": "7"}).text

        assert "How often" in page, "who has the weekly edition is still told so"
        assert "Of what" not in page
        assert (Cadence.WEEKLY, ("Trams",)) == (person(site).cadence, person(site).sections)


@pytest.mark.parametrize("status", [status for status in Status if status not in (Status.ACTIVE, Status.PAUSED)])
def test_who_is_not_on_the_list_chooses_nothing_and_does_not_come_back_by_it(status: Status) -> None:
    with a_website(ADA, house=HOUSE) as site:
        site.ledgers.subscribers.set_status(ADA, status, at=INSTANT)
        save(site, cadence="weekly")

        assert (status, Cadence.DAILY) == (person(site).status, person(site).cadence)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"x=" + b"y" * 20_000, 413),
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 100), 400),
    ],
)
def test_what_is_no_form_of_ours_is_refused(kind: str, body: bytes, status: int) -> None:
    with a_website(ADA, house=HOUSE) as site:
        answer = site.post(f"{site.link(ADA)}/preferences", body, content_type=kind)

        assert (status, "That did not work") == (answer.status, answer.title)
