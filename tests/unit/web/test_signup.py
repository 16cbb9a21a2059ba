"""Signing up: double opt-in, the same answer for everybody, and no way to flood others."""

import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from roundup.model import Deferred, NotOffered, Outcome, Refused, Reply, Status, Unknown
from roundup.signing_up import Rationing
from roundup.web import House
from tests.builders import INSTANT
from tests.fakes.senders import TAKEN, RecordingSender
from tests.websites import PUBLIC, Answer, Website, a_website, asked, request

ADA, NEW = "ada@lantern.example", "new@lantern.example"


def ask(site: Website, email: str, **more: str) -> Answer:
    """Fill in the form as a person does, some seconds after it was shown."""
    shown = site.get("/").value("shown")
    site.clock.at += timedelta(seconds=5)
    return site.post("/subscribe", {"email": email, "website": "", "shown": shown, **more})


def mailed(site: Website) -> list[str]:
    """To whom confirmations go that may go now."""
    before = len(site.sender.offered)
    site.mailroom.mail_all()
    return [message.envelope_to for message in site.sender.offered[before:]]


def link_in(site: Website, place: int = -1) -> str:
    """The path of the link in a confirmation mail."""
    message = message_from_bytes(site.sender.offered[place].content, policy=policy.SMTP)
    body = message.get_body(("plain",))
    assert body is not None
    found = re.search(rf"{re.escape(PUBLIC)}(confirm/\S+)", body.get_content())
    assert found is not None
    return f"/{found[1]}"


def test_somebody_signs_up_confirms_and_is_on_the_list() -> None:
    with a_website() as site:
        asked_for = ask(site, "New@Lantern.example", referer="https://lantern.example/today?x=1")
        assert "Look into your inbox" == asked_for.title
        assert "pending" == site.status(NEW)
        assert ["New@lantern.example"] == mailed(site)
        shown = site.get(link_in(site))
        assert ("One last click", 1) == (shown.title, shown.text.count("<button"))
        assert "pending" == site.status(NEW)
        done = site.post(link_in(site))

        assert "You are on the list" == done.title
        assert "active" == site.status(NEW)


def test_consent_is_written_down_with_what_was_shown_and_where() -> None:
    with a_website() as site:
        shown = site.get("/")
        site.clock.at += timedelta(seconds=5)
        form = {"email": NEW, "shown": shown.value("shown")}
        site.post("/subscribe", form, referer="https://lantern.example/today?x=1")
        mailed(site)
        site.post(link_in(site))
        told = site.ledgers.personal.of(NEW)

        assert told is not None
        (consent,) = told["consents"]
        assert consent["wording"] in shown.text
        assert ("confirmed", "https://lantern.example/today", "192.0.2.0/24") == (
            consent["what"], consent["source"], consent["network"],
        )  # fmt: skip
        assert consent["at"] == (INSTANT + timedelta(seconds=5)).isoformat()


def test_the_answer_is_the_same_for_who_is_on_the_list_and_who_is_not() -> None:
    with a_website(ADA) as site:
        answers = [ask(site, email) for email in (ADA, NEW, ADA, NEW)]

        assert 1 == len({answer.body for answer in answers})
        assert sorted([ADA, NEW]) == sorted(mailed(site))
        assert "active" == site.status(ADA)


def test_nothing_that_was_typed_comes_back_in_the_mail() -> None:
    with a_website() as site:
        ask(site, NEW, name="FREE PILLS http://spam.example", first_name="FREE")
        mailed(site)
        content = site.sender.offered[0].content

        assert b"FREE" not in content
        assert b"spam.example" not in content
        message = message_from_bytes(content, policy=policy.SMTP)
        assert ("auto-generated", NEW) == (message["Auto-Submitted"], message["To"])
        assert message["List-Unsubscribe"] is None


def test_a_hundred_racing_sign_ups_make_one_row_and_one_mail() -> None:
    with a_website() as site:
        shown = site.get("/").value("shown")
        site.clock.at += timedelta(seconds=5)
        body = f"email={NEW}&shown={shown}".encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        racing = [
            request("POST", "/subscribe", body=body, headers=kind, visitor=f"10.{number}.0.1") for number in range(100)
        ]
        answers = asked(site.app, racing)

        assert 1 == len({answer.body for answer in answers})
        assert [NEW] == [person.email for person in site.ledgers.subscribers.all()]
        assert [NEW] == mailed(site)


def test_an_address_is_asked_once_a_day_and_three_times_in_a_week() -> None:
    with a_website() as site:
        days = []
        for _ in range(6):
            ask(site, NEW)
            ask(site, NEW)
            days.append(mailed(site))
            site.clock.at += timedelta(hours=25)

        assert [[NEW], [NEW], [NEW], [], [], []] == days


def test_the_addresses_of_one_mailbox_are_asked_as_one() -> None:
    with a_website() as site:
        for email in ("a+1@x.example", "a+2@x.example", "A@x.example", "a+1+2@X.example", "a@x.example"):
            ask(site, email)
        assert ["a+1@x.example"] == mailed(site)
        for email in ("ab@x.example", "a@y.example", "a+1@y.example", "+a@x.example", "a.b@x.example"):
            ask(site, email)

        assert ["ab@x.example", "a@y.example", "+a@x.example", "a.b@x.example"] == mailed(site)


def test_a_flood_from_one_network_leaves_room_for_others() -> None:
    house = House(public_url=PUBLIC, rationing=Rationing(per_hour=20, per_network=5))
    with a_website(house=house) as site:
        app, shown = site.app, site.get("/").value("shown")
        site.clock.at += timedelta(seconds=5)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        flood = [
            request("POST", "/subscribe", body=f"email=x{n}@flood.example&shown={shown}".encode(), headers=kind)
            for n in range(300)
        ]
        asked(app, flood)
        honest = f"email={NEW}&shown={shown}".encode()
        asked(app, [request("POST", "/subscribe", body=honest, headers=kind, visitor="198.51.100.4")])
        went = mailed(site)

        assert NEW == went[0]
        assert 6 == len(went)


def test_a_flood_from_everywhere_keeps_within_the_hours_ration_and_honest_people_come_first() -> None:
    house = House(public_url=PUBLIC, rationing=Rationing(per_hour=20, per_network=50))
    with a_website(house=house) as site:
        app, shown = site.app, site.get("/").value("shown")
        site.clock.at += timedelta(seconds=5)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        flood = [
            request(
                "POST", "/subscribe", body=f"email=x{n}@flood.example&shown={shown}".encode(), headers=kind,
                visitor=f"10.0.{n % 10}.1",
            )
            for n in range(400)
        ]  # fmt: skip
        asked(app, flood)
        honest = f"email={NEW}&shown={shown}".encode()
        asked(app, [request("POST", "/subscribe", body=honest, headers=kind, visitor="198.51.100.4")])
        first, second = mailed(site), mailed(site)
        site.clock.at += timedelta(minutes=61)
        third = mailed(site)

        assert (NEW, 20, []) == (first[0], len(first), second)
        assert 20 == len(third)


@pytest.mark.parametrize("more", [{"website": "http://spam.example"}, {"shown": ""}, {"shown": "A" * 24}])
def test_programs_that_fill_in_forms_put_nobody_on_the_list(more: dict[str, str]) -> None:
    with a_website() as site:
        answer = ask(site, NEW, **more)

        assert 200 == answer.status
        assert "" == site.status(NEW)
        assert [] == mailed(site)


def test_who_is_too_fast_or_comes_from_another_site_clicks_once_more() -> None:
    with a_website() as site:
        shown = site.get("/").value("shown")
        fast = site.post("/subscribe", {"email": NEW, "shown": shown})
        assert "Wait two seconds" in fast.text
        assert NEW == fast.value("email")
        site.clock.at += timedelta(seconds=3)
        again = site.post("/subscribe", {"email": NEW, "shown": fast.value("shown")})

        assert "Look into your inbox" == again.title
        elsewhere = site.post("/subscribe", {"email": NEW})
        assert "One more click" in elsewhere.text
        assert "Wait" not in elsewhere.text


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "a b@x.example", "<script>@x.example", "x" * 400 + "@x.example"]
)
def test_what_is_no_address_is_told_and_shown_again(email: str) -> None:
    with a_website() as site:
        answer = ask(site, email)

        assert 422 == answer.status
        assert "That is not an email address" in answer.text
        assert "<script>" not in answer.text


@pytest.mark.parametrize("status", ["left", "bounced", "complained", "removed", "paused"])
def test_their_own_sign_up_brings_anybody_back(status: str) -> None:
    with a_website(ADA) as site:
        site.ledgers.subscribers.set_status(ADA, Status(status), at=INSTANT)
        ask(site, ADA)
        assert status == site.status(ADA)
        mailed(site)
        site.post(link_in(site))

        assert "active" == site.status(ADA)


def test_a_link_to_confirm_is_too_old_after_two_days() -> None:
    with a_website() as site:
        ask(site, NEW)
        mailed(site)
        site.clock.at += timedelta(hours=49)
        answers = [site.get(link_in(site)), site.post(link_in(site))]

        assert ["This link is too old"] * 2 == [answer.title for answer in answers]
        assert "pending" == site.status(NEW)


def test_a_link_that_confirmed_once_brings_nobody_back_who_left_since() -> None:
    with a_website() as site:
        ask(site, NEW)
        mailed(site)
        site.post(link_in(site))
        site.post(site.link(NEW))
        again = site.post(link_in(site))

        assert "This link is too old" == again.title
        assert "left" == site.status(NEW)


def test_a_link_that_confirmed_once_confirms_no_sign_up_of_somebody_elses() -> None:
    with a_website() as site:
        ask(site, NEW)
        mailed(site)
        site.post(link_in(site))
        site.post(site.link(NEW))
        ask(site, NEW)
        mailed(site)
        again = site.post(link_in(site, 0))
        assert ("This link is too old", "left") == (again.title, site.status(NEW))
        site.post(link_in(site))

        assert "active" == site.status(NEW)


@pytest.mark.parametrize(
    ("outcome", "again"),
    [
        (Deferred(reply=Reply(code=450, text="4.2.0 later")), [NEW]),
        (NotOffered(why="the line broke"), [NEW]),
        (Unknown(why="the line broke"), []),
        (Refused(reply=Reply(code=550, text="5.1.1 nobody")), []),
    ],
)
def test_a_mail_that_was_put_off_is_offered_again_and_one_in_doubt_is_not(outcome: Outcome, again: list[str]) -> None:
    with a_website() as site:
        site.sender = RecordingSender({NEW: [outcome, TAKEN]})
        ask(site, NEW)
        at_once = [mailed(site), mailed(site)]
        site.clock.at += timedelta(minutes=2)

        assert [[NEW], [], again, []] == [*at_once, mailed(site), mailed(site)]


def test_without_a_way_out_sign_ups_wait_for_one() -> None:
    with a_website() as site:
        site.sender.trouble = "The mail server does not answer."
        ask(site, NEW)
        assert [] == mailed(site)
        site.sender.trouble = ""
        site.clock.at += timedelta(minutes=2)

        assert [NEW] == mailed(site)


def test_after_an_outage_a_link_may_be_followed_as_long_as_after_any_mail() -> None:
    with a_website() as site:
        site.sender.trouble = "The mail server does not answer."
        ask(site, NEW)
        for _ in range(30):
            mailed(site)
        site.sender.trouble = ""
        site.clock.at += timedelta(hours=47)
        assert [NEW] == mailed(site)
        site.clock.at += timedelta(hours=47)
        assert "One last click" == site.get(link_in(site)).title
        site.post(link_in(site))

        assert "active" == site.status(NEW)


def test_a_closed_form_takes_nobody_in() -> None:
    with a_website(house=House(public_url=PUBLIC, signup=False)) as site:
        answer = ask(site, NEW)

        assert "<form" not in answer.text
        assert "" == site.status(NEW)


def test_the_form_for_other_pages_may_stand_in_a_frame_and_no_other_page_may() -> None:
    with a_website(ADA) as site:
        framed = {
            path: "frame-ancestors *" in site.get(path).headers["content-security-policy"]
            for path in ("/", "/embed", "/subscribe", site.link(ADA), f"{site.link(ADA)}/preferences", "/archive/")
        }

        assert ["/embed"] == [path for path, may in framed.items() if may]
        assert "Look into your inbox" == ask(site, NEW, framed="1").title
