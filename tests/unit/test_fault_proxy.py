"""The fault proxy: the same seed takes the same decisions, and what it says it did is what both sides saw."""

import smtplib
from pathlib import Path

import pytest

from tests.fault_proxy import Fate, Odds, a_fault_proxy
from tests.sinks import a_sink

MESSAGE = b"Message-ID: <%d@example.com>\r\nSubject: hello\r\n\r\nhello\r\n"


def decisions(seed: int, line: int) -> list[bool]:
    fate = Fate(Odds(seed=seed, cut_up=0.3, cut_down=0.3, lose_reply=0.3), line)
    return [decided for _ in range(50) for decided in (fate.cuts("up"), fate.cuts("down"), fate.loses_reply())]


def test_the_same_seed_takes_the_same_decisions_and_another_takes_others() -> None:
    assert decisions(7, 1) == decisions(7, 1)
    assert len({tuple(decisions(seed, line)) for seed in (7, 8) for line in (1, 2)}) == 4


def test_one_way_does_not_disturb_the_chance_of_the_other() -> None:
    odds = Odds(seed=7, cut_up=0.5, cut_down=0.5)
    together, alone = Fate(odds, 1), Fate(odds, 1)
    ways = [together.cuts(way) for _ in range(50) for way in ("up", "down")]

    assert ways[::2] == [alone.cuts("up") for _ in range(50)]


def offered(port: int, number: int) -> str:
    """Offer one message on a line of its own, one command at a time, and say how far it came."""
    try:
        client = smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=10)
    except OSError:
        return "broken"
    try:
        client.sendmail("from@example.com", [f"reader{number}@example.com"], MESSAGE % number)
    except OSError:
        return "broken"
    else:
        return "accepted"
    finally:
        client.close()


def through(folder: Path, seed: int, **odds: float) -> tuple[list[str], dict[str, int], set[str]]:
    """Sixty messages through a proxy: how far each came, what the proxy counted, and who has one."""
    folder.mkdir()
    with a_sink(folder, keep=False) as sink, a_fault_proxy(folder, sink.port, seed=seed, **odds) as proxy:
        ends = [offered(proxy.port, number) for number in range(60)]
        return ends, dict(proxy.counts()), set(sink.copies())


def test_it_injects_what_it_counts_and_the_same_again_from_the_same_seed(tmp_path: Path) -> None:
    odds = {"cut_up": 0.03, "cut_down": 0.03, "lose_reply": 0.2}
    ends, counts, have = through(tmp_path / "first", 20261120, **odds)
    again = through(tmp_path / "second", 20261120, **odds)

    assert again == (ends, counts, have)
    assert counts.pop("lines") == 60
    assert set(counts) == {"cut_up", "cut_down", "lost_replies"}
    # smtplib takes the half of a reply for a whole one where the line ends in it: such a cut breaks nothing.
    assert sum(counts.values()) - counts["cut_down"] <= ends.count("broken") <= sum(counts.values())
    accepted = {f"reader{number}@example.com" for number, end in enumerate(ends) if end == "accepted"}
    assert accepted < have, "whoever's reply was lost has the message all the same"
    assert len(have - accepted) >= counts["lost_replies"]


def test_without_odds_nothing_is_changed(tmp_path: Path) -> None:
    ends, counts, have = through(tmp_path / "calm", 1)

    assert ends == ["accepted"] * 60
    assert counts == {"lines": 60}
    assert len(have) == 60


@pytest.mark.parametrize("strip", [True, False])
def test_it_strips_starttls_from_what_the_server_offers(tmp_path: Path, *, strip: bool) -> None:
    before_tls = ["8BITMIME", "SIZE 1000", "STARTTLS"]
    with (
        a_sink(tmp_path, security="starttls", before_tls=before_tls) as sink,
        a_fault_proxy(tmp_path, sink.port, seed=1, strip_starttls=strip) as proxy,
        smtplib.SMTP("127.0.0.1", proxy.port, local_hostname="client.example", timeout=10) as client,
    ):
        assert client.ehlo()[0] == 250
        offered_now = set(client.esmtp_features)
        counts = proxy.counts()

    assert offered_now == {"8bitmime", "size"} | (set() if strip else {"starttls"})
    assert counts["stripped"] == strip
