"""Whatever is asked of the public pages, they answer, and nobody is changed who did not ask."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roundup.tokens import Purpose
from roundup.web import House
from tests.builders import INSTANT, KEY, SECRET
from tests.unit.web.test_archive import freeze
from tests.websites import PUBLIC, Website, a_website, asked, request

ADA = "ada@lantern.example"
LAWS = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOUSE = House(public_url=PUBLIC, weekly=True, sections=("Books", "Trams"))
KEY_OF_NOBODY = b"nobody's"
TOKENS = st.one_of(
    st.text(max_size=50),
    st.binary(min_size=24, max_size=24).map(lambda octets: octets.hex()),
    st.sampled_from(
        [
            SECRET.token(KEY_OF_NOBODY, Purpose.LEAVE), SECRET.token(KEY_OF_NOBODY, Purpose.TEST),
            SECRET.confirm_token(KEY_OF_NOBODY, INSTANT), SECRET.view_token(KEY, 0), SECRET.view_token(KEY, 7),
            "..", "%2e%2e%2f", "\x00", "a/b", "\ud800",
        ]
    ),
)  # fmt: skip
PATHS = st.one_of(
    st.sampled_from(
        ["/", "/embed", "/subscribe", "/archive", "/archive/", "/archive/feed.xml", f"/archive/{KEY}", "//", ""]
    ),
    st.builds("/u/{}".format, TOKENS),
    st.builds("/u/{}/{}".format, TOKENS, st.sampled_from(["stay", "preferences", ""])),
    st.builds("/confirm/{}".format, TOKENS),
    st.builds("/v/{}".format, TOKENS),
    st.builds("/archive/{}".format, TOKENS),
    st.builds("/archive/{}/{}".format, st.sampled_from([str(KEY), "2026-13-01"]), TOKENS),
    st.text(max_size=30).map(lambda text: f"/{text}"),
)
QUERIES = st.one_of(
    st.just(""), st.text(max_size=30), st.sampled_from(["before=x", "before=2015-01-01", "next=//x.example"])
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["referer", "origin", "content-type", "if-none-match", "host", "x-forwarded-for", "content-length"]
    ),
    st.one_of(
        st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n"), max_size=40),
        st.sampled_from(
            ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "http://[", 'W/"x", *']
        ),
    ),
    max_size=4,
)
FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["email", "shown", "website", "cadence", "section", "sections", "pause", "framed", "x"]),
        st.text(max_size=20),
    ),
    max_size=8,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    FIELDS.map(
        lambda pairs: "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in pairs).encode()
    ),
)


@contextmanager
def the_site() -> Iterator[Website]:
    with a_website(ADA, house=HOUSE) as site:
        freeze(site)
        yield site


def test_every_request_is_answered_and_changes_nobody_else() -> None:
    with the_site() as site:
        app = site.app
        before = site.ledgers.subscribers.find(ADA)

        @LAWS
        @given(
            method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "x"]),
            path=PATHS, query=QUERIES, headers=HEADERS, body=BODIES,
        )  # fmt: skip
        def ask(*, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
            made = request(method, path, body=body, headers=headers)
            made.scope["query_string"] = query.encode("utf-8", "replace")
            (answer,) = asked(app, [made])

            assert answer.status in {200, 304, 400, 404, 405, 413, 415, 422}
            assert "location" not in answer.headers
            assert "set-cookie" not in answer.headers
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "nosniff" == answer.headers["x-content-type-options"]
            assert "Traceback" not in answer.body.decode("utf-8", "replace")
            assert before == site.ledgers.subscribers.find(ADA)

        ask()


def test_a_million_guesses_hit_nobody() -> None:
    with the_site() as site:
        assert 0 == guesses(site, 1_000_000)
        assert "active" == site.status(ADA)


def guesses(site: Website, count: int) -> int:
    """How many of so many made-up tokens are taken for somebody's: changed ones of a real person, and random ones."""
    chosen = random.Random(20261126)  # noqa: S311 - guesses that can be made again
    real = site.link(ADA).removeprefix("/u/")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    hits = 0
    for number in range(count):
        if number % 2:
            token = "".join(chosen.choices(letters, k=32))
        else:
            place = chosen.randrange(11, 31)
            token = real[:place] + chosen.choice(letters.replace(real[place], "")) + real[place + 1 :]
        hits += SECRET.read_token(token) is not None
    return hits
