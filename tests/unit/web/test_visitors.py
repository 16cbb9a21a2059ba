"""Who asks: as the web servers in front tell it, in whichever way they write it."""

import pytest

from roundup.web import House
from roundup.web.shares import FROM_ONE_NETWORK, Shares
from roundup.web.visitors import Trusted, client
from tests.builders import INSTANT
from tests.websites import PUBLIC, a_website, asked, request

FRONT = "127.0.0.1"
ADA = "ada@lantern.example"


@pytest.mark.parametrize(
    ("told", "asks"),
    [
        ("198.51.100.4", "198.51.100.4"),
        ("198.51.100.4:4711", "198.51.100.4"),
        ('"198.51.100.4:4711"', "198.51.100.4"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ('"[2001:db8::7]:4711"', "2001:db8::7"),
        ("::ffff:198.51.100.4", "198.51.100.4"),
        # Whoever asks may write what they like; what a web server in front appends stands last.
        ("192.0.2.1, 198.51.100.4", "198.51.100.4"),
        ("unknown, 198.51.100.4", "198.51.100.4"),
        ("198.51.100.4, 10.1.2.3", "198.51.100.4"),
        # The last of them that is known.
        ("192.0.2.1, unknown, 10.1.2.3", "10.1.2.3"),
        ("unknown", FRONT),
        ("_hidden", FRONT),
        ("", FRONT),
        ("[", FRONT),
    ],
)
def test_the_client_is_the_nearest_that_is_no_web_server_in_front(told: str, asks: str) -> None:
    assert asks == client(FRONT, told, Trusted([FRONT, "10.0.0.0/8", "proxy.example"]))


def test_who_is_no_web_server_in_front_is_not_believed() -> None:
    assert "203.0.113.9" == client("203.0.113.9", "198.51.100.4", Trusted([FRONT]))
    assert "198.51.100.4" == client("203.0.113.9", "198.51.100.4", Trusted(["*"]))


def test_what_is_written_down_is_the_network_of_the_client() -> None:
    with a_website(ADA, house=House(public_url=PUBLIC, trusted_proxies=(FRONT,))) as site:
        told = {"x-forwarded-for": '"[2001:db8:1:2::7]:4711"'}
        asked(site.app, [request("POST", site.link(ADA), headers=told, visitor=FRONT)])
        kept = site.ledgers.personal.of(ADA)

        assert kept is not None
        assert ["", "2001:db8:1::/48"] == [each["network"] for each in kept["consents"]]
        assert INSTANT == site.clock.at


def test_a_network_has_so_many_requests_at_once_and_web_servers_in_front_have_as_many_as_come() -> None:
    shares = Shares(Trusted([FRONT]))

    assert [True] * FROM_ONE_NETWORK == [shares.take(f"198.51.100.{number}") for number in range(FROM_ONE_NETWORK)]
    assert (False, True) == (shares.take("198.51.100.250"), shares.take("203.0.113.9"))
    assert all(shares.take(FRONT) for _ in range(2 * FROM_ONE_NETWORK))
    shares.give_back("198.51.100.1")
    assert (True, False) == (shares.take("198.51.100.250"), shares.take("198.51.100.250"))


def test_requests_through_a_web_server_in_front_are_counted_for_whom_it_names() -> None:
    with a_website(ADA, house=House(public_url=PUBLIC, trusted_proxies=(FRONT,))) as site:
        told, other = (
            request("POST", site.link(ADA), headers={"x-forwarded-for": who}, visitor=FRONT)
            for who in ("198.51.100.4", "203.0.113.9")
        )
        app = site.app
        crowd = asked(app, [*[told] * (FROM_ONE_NETWORK + 5), other])

        assert ["60"] * 5 == [answer.headers["retry-after"] for answer in crowd if answer.status == 503]
        assert 200 == crowd[-1].status
        assert 200 == asked(app, [told])[0].status
