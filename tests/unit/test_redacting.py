"""No secret of ours is said, however it is spelled; and nothing else is taken out."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roundup import redacting
from roundup.redacting import HIDDEN, keep_secret, redacted

PASSWORD = 'hünter2-"<X Y>&+=/Z'
keep_secret(PASSWORD)


@pytest.mark.parametrize(
    "spelled",
    [
        PASSWORD, quote_plus(PASSWORD), b64encode(PASSWORD.encode()).decode(), PASSWORD.encode().hex(), repr(PASSWORD),
        b64encode(f"\0roundup\0{PASSWORD}".encode()).decode(), b64encode(f"\0me\0{PASSWORD}".encode()).decode(),
        b64encode(f"\0you\0{PASSWORD}".encode()).decode().rstrip("="),
        "hünter2-&quot;&lt;X Y&gt;&amp;+=/Z", 'hünter2-\\"<X Y>&+=/Z',
    ],
)  # fmt: skip
def test_every_spelling_is_hidden(spelled: str) -> None:
    said = redacted(f"535 5.7.8 no: {spelled} is wrong")

    assert "hünter2" not in said
    assert spelled not in said
    assert (said.startswith("535 5.7.8 no: "), HIDDEN in said, said.endswith(" is wrong")) == (True, True, True)


def test_the_password_of_an_address_is_hidden_whosever_it_is() -> None:
    assert f"https://ada:{HIDDEN}@example.org/feed" == redacted("https://ada:tiger@example.org/feed")
    assert "https://example.org:8080/a@b" == redacted("https://example.org:8080/a@b")


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_characters="hH"), max_size=80))
def test_what_holds_no_secret_stays_as_it_is(text: str) -> None:
    if "://" not in text:
        assert redacted(text) == text


def test_what_is_too_short_to_be_one_is_none() -> None:
    keep_secret("pw")
    keep_secret("")

    assert "pw is a prefix of pwd" == redacted("pw is a prefix of pwd")


@pytest.fixture
def watched() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    redacting.watch_over_logs()
    yield
    logging.setLogRecordFactory(before)


@pytest.mark.usefixtures("watched")
def test_whatever_a_library_logs_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("somebody.else")
    try:
        int(PASSWORD)
    except ValueError:
        logger.exception("login with %s failed", PASSWORD)
    logger.warning("all is %s", "well")

    assert "hünter2" not in caplog.text
    assert f"login with {HIDDEN} failed" in caplog.text
    assert f"invalid literal for int() with base 10: '{HIDDEN}'" in caplog.text
    assert "all is well" in caplog.text


def test_of_a_secret_in_which_another_stands_nothing_is_left_whichever_was_known_first() -> None:
    for first, second in (("lighthouse", "lighthouse-keeper"), ("watermill-keeper", "watermill")):
        keep_secret(first)
        keep_secret(second)

    assert f"{HIDDEN} and {HIDDEN}" == redacted("lighthouse-keeper and watermill-keeper")
