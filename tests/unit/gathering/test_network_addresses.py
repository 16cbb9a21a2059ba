"""Which network addresses may be connected to, and how long a name may take."""

import threading
import time

import pytest

from roundup.gathering.addresses import is_public, resolve
from roundup.gathering.connecting import Deadline, Door, PrivateAddressError


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fec0::1", "192.88.99.1", "2001:10::1", "2001:1::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
        "ff02::1", "ff0e::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:c0a8:101::", "2001:0:0:0:0:0:80ff:fffe",
        "100::1", "localhost", "127.1", "", "nonsense",
    ],
)  # fmt: skip
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


def test_a_name_is_resolved_to_addresses_each_once() -> None:
    found = resolve("localhost", 80, seconds=5)
    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found))


def test_a_name_that_nobody_has_is_told() -> None:
    with pytest.raises(OSError, match=r"not known|No address|failure"):
        resolve("nobody.invalid", 80, seconds=20)


@pytest.mark.parametrize("name", ["a" * 300, "xn--\u00e4", "\0", "a..b"])
def test_a_name_that_is_none_is_told(name: str) -> None:
    with pytest.raises((OSError, ValueError)):
        resolve(name, 80, seconds=20)


def door(*found: str, private_host: str | None = None, seconds: float = 5.0) -> Door:
    def resolver(_host: str, _port: int, *, seconds: float) -> list[str]:
        assert seconds > 0
        return list(found)

    return Door(deadline=Deadline(seconds=seconds), private_host=private_host, resolver=resolver)


def test_a_door_refuses_a_name_with_one_private_address_among_public_ones() -> None:
    with pytest.raises(PrivateAddressError, match=r"both\.example \(127\.0\.0\.1\)"):
        door("93.184.216.34", "127.0.0.1").open("both.example", 80)


def test_a_door_refuses_a_private_host_that_another_one_vouched_for() -> None:
    with pytest.raises(PrivateAddressError):
        door("127.0.0.1", private_host="wiki.intranet").open("other.intranet", 80)


def test_a_door_without_an_address_leads_nowhere() -> None:
    with pytest.raises(OSError, match="no address"):
        door().open("nobody.example", 80)


def test_a_deadline_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with Deadline(seconds=60) as deadline:
        assert 59 < deadline.remaining <= 60
        assert not deadline.passed
    time.sleep(0.05)
    assert threading.active_count() <= before


def test_a_deadline_passes() -> None:
    with Deadline(seconds=0.01) as deadline:
        time.sleep(0.05)
        assert deadline.passed
        assert deadline.remaining == 0.0
