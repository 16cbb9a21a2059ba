"""Addresses that may be mailed, and addresses that may be connected to."""

import pytest

from roundup.gathering.addresses import is_public
from roundup.gathering.links import absolute, is_local


@pytest.mark.parametrize(
    ("link", "base", "expected"),
    [
        ("https://example.org/a", "", "https://example.org/a"),
        (" https://example.org/a\n", "", "https://example.org/a"),
        ("/a", "https://example.org/feed/", "https://example.org/a"),
        ("//cdn.example.org/a.jpg", "https://example.org/", "https://cdn.example.org/a.jpg"),
        ("/a", "", None),
        ("c41042ae-0000", "", None),
        ("javascript:alert(1)", "https://example.org/", None),
        ("data:text/html,x", "", None),
        ("mailto:a@example.org", "", None),
        ("https://", "", None),
        ("http://[", "", None),
        ('https://example.org/"><script>', "", "https://example.org/%22%3E%3Cscript%3E"),
        ("https://example.org/a b", "", "https://example.org/a%20b"),
    ],
)
def test_only_web_addresses_are_mailed(link: str, base: str, expected: str | None) -> None:
    assert absolute(link, base) == expected


def test_links_to_the_readers_own_machine_are_known() -> None:
    assert is_local("http://localhost:2368/a")
    assert is_local("http://127.0.0.1/a")
    assert not is_local("https://example.org/localhost")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b:1::1", "::127.0.0.1", "not an address",
    ],
)  # fmt: skip
def test_addresses_inside_a_network_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)
