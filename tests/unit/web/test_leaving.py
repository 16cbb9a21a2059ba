"""Leaving: one click, at once, and nobody leaves by looking (RFC 8058)."""

from datetime import timedelta

import pytest

from roundup.model import Status
from roundup.tokens import Purpose, Secret
from roundup.web import House
from tests.builders import INSTANT, SECRET
from tests.websites import Answer, Website, a_website, asked, request

ADA = "ada@lantern.example"
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", ONE_CLICK),
        ("multipart/form-data; boundary=x", MULTIPART),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click&x=" + b"y" * 100_000),
        ("", b""),
    ],
)
def test_the_one_click_post_takes_somebody_off_whatever_it_is_written_in(kind: str, body: bytes) -> None:
    with a_website(ADA) as site:
        answers = [site.post(site.link(ADA), body, content_type=kind) for _ in range(2)]

        assert [(200, "You have left")] * 2 == [(answer.status, answer.title) for answer in answers]
        assert "left" == site.status(ADA)
        assert not [name for answer in answers for name in answer.headers if name in ("set-cookie", "location")]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("page", ["", "/stay", "/preferences"])
def test_looking_changes_nothing(method: str, page: str) -> None:
    with a_website(ADA) as site:
        before = list(site.ledgers.subscribers.all())
        (answer,) = asked(site.app, [request(method, site.link(ADA) + page)])

        assert answer.status == (405 if page == "/stay" else 200)
        assert before == list(site.ledgers.subscribers.all())


def test_a_slash_at_the_end_makes_no_difference() -> None:
    with a_website(ADA) as site:
        looked, left = site.get(f"{site.link(ADA)}/"), site.post(f"{site.link(ADA)}/")

        assert (200, 200, "left") == (looked.status, left.status, site.status(ADA))


def test_below_a_path_of_another_site_everything_works_whatever_the_server_in_front_hands_on() -> None:
    house = House(public_url="https://lantern.example/roundup/")
    with a_website(ADA, house=house) as site:
        for path in (site.link(ADA), f"/roundup{site.link(ADA)}"):
            page = site.get(path)
            assert (200, True) == (page.status, f'href="/roundup{site.link(ADA)}/preferences"' in page.text)
        assert 'action="/roundup/subscribe"' in site.get("/").text
        left = site.post(f"/roundup{site.link(ADA)}")

        assert (200, "left", 404) == (left.status, site.status(ADA), site.get("/roundup/nothing").status)


def test_the_page_has_one_button_says_who_and_offers_less_mail() -> None:
    with a_website(ADA) as site:
        page = site.get(site.link(ADA))

        assert "Leave The Lantern" in page.title or page.title.startswith("Leave ")
        assert 1 == page.text.count("<button")
        assert "a…@lantern.example" in page.text
        assert ADA not in page.text
        assert "/preferences" in page.text


def test_leaving_is_taken_back_by_who_just_left() -> None:
    with a_website(ADA) as site:
        site.post(site.link(ADA))
        back = site.post(site.link(ADA) + "/stay")

        assert "You are back on the list" == back.title
        assert "active" == site.status(ADA)
        assert ["added", "left", "stayed"] == [each["what"] for each in told_of(site)["consents"]]


def test_who_bounced_and_takes_leaving_back_is_told_of_no_mail() -> None:
    with a_website(ADA) as site:
        site.ledgers.subscribers.set_status(ADA, Status.BOUNCED, at=INSTANT)
        site.post(site.link(ADA))
        back = site.post(site.link(ADA) + "/stay")

        assert ("You have left", "bounced") == (back.title, site.status(ADA))


def test_who_paused_and_takes_leaving_back_pauses() -> None:
    with a_website(ADA) as site:
        site.post(f"{site.link(ADA)}/preferences", {"pause": "14"})
        site.post(site.link(ADA))
        back = site.post(site.link(ADA) + "/stay")

        assert ("You are back on the list", "paused") == (back.title, site.status(ADA))
        assert "13 April 2015" in site.get(f"{site.link(ADA)}/preferences").text


def test_who_left_long_ago_is_not_brought_back_by_an_old_page() -> None:
    with a_website(ADA) as site:
        site.post(site.link(ADA))
        site.clock.at += timedelta(hours=25)
        site.post(site.link(ADA) + "/stay")

        assert "left" == site.status(ADA)


def test_the_page_offers_that_as_long_as_it_works() -> None:
    with a_website(ADA) as site:
        site.clock.at += timedelta(days=300)
        offered = []
        for wait in (timedelta(0), timedelta(hours=23), timedelta(hours=2)):
            site.clock.at += wait
            # Whoever follows the link again, or clicks again, has not left anew.
            pages = [site.post(site.link(ADA)), site.get(site.link(ADA)), site.post(site.link(ADA))]
            assert ["You have left"] * 3 == [page.title for page in pages]
            offered.append(["put me back" in page.text for page in pages])
        late = site.post(site.link(ADA) + "/stay")

        assert [[True] * 3, [True] * 3, [False] * 3] == offered
        assert ("You have left", False) == (late.title, "put me back" in late.text)


@pytest.mark.parametrize("status", [Status.BOUNCED, Status.COMPLAINED, Status.REMOVED, Status.PENDING])
def test_nobody_else_is_brought_back_by_that_page(status: Status) -> None:
    with a_website(ADA) as site:
        site.ledgers.subscribers.set_status(ADA, status, at=INSTANT)
        site.post(site.link(ADA) + "/stay")

        assert status.value == site.status(ADA)


@pytest.mark.parametrize("page", ["", "/stay", "/preferences"])
def test_a_test_mails_link_changes_nothing(page: str) -> None:
    with a_website(ADA) as site:
        answer = site.post(site.link(ADA, Purpose.TEST) + page)

        assert "This is a test" == answer.title
        assert "active" == site.status(ADA)


def test_links_that_a_former_secret_signed_still_work() -> None:
    with a_website(ADA) as site:
        old = site.link(ADA)
        key, _ = SECRET.read_token(old.removeprefix("/u/")) or (b"", None)
        rotated = Secret(b"another secret of thirty-two characters", (SECRET.octets,))

        assert (key, Purpose.LEAVE) == rotated.read_token(old.removeprefix("/u/"))
        assert rotated.read_token(rotated.token(key, Purpose.LEAVE)) is not None
        assert Secret(b"another secret of thirty-two characters").read_token(old.removeprefix("/u/")) is None


def test_who_was_forgotten_has_left_and_may_say_so_again() -> None:
    with a_website(ADA) as site:
        link = site.link(ADA)
        site.ledgers.personal.forget(ADA, SECRET.forgotten(ADA), at=INSTANT)
        answers = [site.get(link), site.post(link), site.post(link)]

        assert [(200, "You have left")] * 3 == [(answer.status, answer.title) for answer in answers]


def test_a_made_up_link_is_nobodys() -> None:
    with a_website(ADA) as site:
        for token in ("x", "A" * 32, "é", "%00", site.link(ADA)[3:-1] + "A"):
            answer: Answer = site.post(f"/u/{token}")
            assert (404, "This link is not known here") == (answer.status, answer.title)
        assert "active" == site.status(ADA)


def test_many_leave_at_once_and_each_is_written_down() -> None:
    people = [f"p{number}@lantern.example" for number in range(120)]
    with a_website(*people) as site:
        leaving = [
            request("POST", site.link(email), visitor=f"192.0.{number}.1") for number, email in enumerate(people)
        ]
        answers = asked(site.app, leaving)

        assert {200} == {answer.status for answer in answers}
        assert {"left"} == {site.status(email) for email in people}
        assert "192.0.17.0/24" == told_of(site, people[17])["consents"][-1]["network"]


def told_of(site: Website, email: str = ADA) -> dict[str, list[dict[str, str]]]:
    found = site.ledgers.personal.of(email)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("method", "page", "allowed"),
    [
        ("PUT", "", {"GET", "HEAD", "POST"}), ("DELETE", "/preferences", {"GET", "HEAD", "POST"}),
        ("GET", "/stay", {"POST"}),
    ],
)  # fmt: skip
def test_another_method_is_told_which_there_are(method: str, page: str, allowed: set[str]) -> None:
    with a_website(ADA) as site:
        (answer,) = asked(site.app, [request(method, site.link(ADA) + page)])

        assert (405, "That did not work") == (answer.status, answer.title)
        assert allowed == set(answer.headers["allow"].split(", "))
