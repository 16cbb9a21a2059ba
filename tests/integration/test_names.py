"""The DNS, really asked (on a port of this machine), and what is said of what it answers."""

from collections.abc import Iterator

import pytest

from roundup.checking.dns import Dns
from roundup.checking.name_rules import Domains, judge
from roundup.errors import SettingsError
from tests.fakes.name_servers import Zone, a_name_server


@pytest.fixture
def zone() -> Iterator[Zone]:
    with a_name_server(Zone()) as served:
        served.put("lantern.test", "TXT", "v=spf1 -all")
        served.put("lantern.test", "MX", "10 mx.lantern.test.")
        served.put("_dmarc.lantern.test", "TXT", "v=DMARC1; p=reject")
        yield served


def found(zone: Zone, domains: Domains) -> dict[str, str]:
    return {each.rule.id: each.what for each in judge(domains, Dns(zone.address))}


def test_a_domain_further_up_speaks_for_those_below_it(zone: Zone) -> None:
    zone.put("news.lantern.test", "TXT", "v=spf1 -all")
    zone.put("news.lantern.test", "A", "192.0.2.7")
    domains = Domains(sender="news.lantern.test", envelope="news.lantern.test", awaiting=["news.lantern.test"])
    assert {} == found(zone, domains)


def test_an_address_that_mails_needs_a_name_that_leads_back_to_it(zone: Zone) -> None:
    domains = Domains(sender="lantern.test", envelope="lantern.test", awaiting=[], mails_from="192.0.2.7")
    assert "This machine mails from 192.0.2.7, which has no name in the DNS" in found(zone, domains)["reverse"]
    zone.put("7.2.0.192.in-addr.arpa", "PTR", "mx.lantern.test.")
    assert "reverse" in found(zone, domains)
    zone.put("mx.lantern.test", "A", "192.0.2.7")
    assert {} == found(zone, domains)


def test_spf_records_that_include_one_another_are_counted_to_an_end(zone: Zone) -> None:
    zone.put("a.test", "TXT", "v=spf1 include:b.test a mx -all")
    zone.put("b.test", "TXT", "v=spf1 include:a.test redirect=a.test")
    domains = Domains(sender="lantern.test", envelope="a.test", awaiting=[])
    assert {} == found(zone, domains)
    zone.put("b.test", "TXT", "v=spf1 " + "exists:%{i}.x.test " * 8 + "-all")
    assert "takes 11 DNS lookups" in found(zone, domains)["spf-lookups"]


def test_a_long_record_comes_whole_and_no_such_name_is_an_answer(zone: Zone) -> None:
    zone.put("long.test", "TXT", "x" * 700)
    names = Dns(zone.address)
    assert ["x" * 700] == names.texts("long.test")
    assert [] == names.texts("nothing.test")
    assert [] == names.mail_servers("long.test")


@pytest.mark.parametrize("server", ["ns.example.org", "192.0.2.1:x"])
def test_a_name_server_that_is_none_is_told(server: str) -> None:
    with pytest.raises(SettingsError, match="is no name server that can be asked"):
        Dns(server)
