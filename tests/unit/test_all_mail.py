"""All mail below a folder is read, and what is mixed up between two readers is seen."""

from pathlib import Path

from tests.all_mail import broken_below
from tests.unit.test_message_rules import MESSAGE, TOKEN, sent


def hers() -> bytes:
    return sent(MESSAGE)


def his() -> bytes:
    octets = hers().replace(b"ada@example.com", b"bo@example.net").replace(b"main.1@", b"main.2@")
    return octets.replace(TOKEN.encode(), b"b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0")


def below(folder: Path, *mails: bytes) -> list[str]:
    (folder / "kept").mkdir()
    for number, octets in enumerate(mails, 1):
        (folder / "kept" / f"{number}.eml").write_bytes(octets)
    return broken_below(folder)


def test_copies_of_two_readers_and_a_second_copy_break_no_rule(tmp_path: Path) -> None:
    assert below(tmp_path, hers(), his(), hers()) == []


def test_a_broken_message_is_named_with_its_place(tmp_path: Path) -> None:
    broken = below(tmp_path, hers(), his().replace(b"Subject: What", b"Subject: Re: What"))

    assert broken == ["kept/2.eml: M24: Subject is 'Re: What a library is for'"]


def test_somebody_elses_token_address_or_number_is_seen(tmp_path: Path) -> None:
    for mark in (TOKEN.encode(), b"ada@example.com", b"20261120.main.1@lantern.example.org"):
        folder = tmp_path / mark.decode().replace("@", "-")
        folder.mkdir()
        broken = below(folder, hers(), his().replace(b"None of it", mark))
        assert [each.partition(" it has")[0] for each in broken] == ["kept/2.eml: M26:"]


def test_one_message_id_for_two_readers_is_seen(tmp_path: Path) -> None:
    assert any("M26" in each for each in below(tmp_path, hers(), his().replace(b"main.2@", b"main.1@")))


def test_what_a_preview_wrote_is_nobodys_mail(tmp_path: Path) -> None:
    (tmp_path / "issue.eml").write_bytes(b"Subject: x\r\n\r\n")

    assert broken_below(tmp_path) == []
