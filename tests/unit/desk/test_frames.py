"""The mail in a frame: the octets that are mailed, but for the colours, the pictures and where links open."""

import re

from hypothesis import given
from hypothesis import strategies as st

from roundup.desk.frames import addresses, framed, name_of
from tests.browsers import example

PAGE = (
    "<html><head><title>x</title></head>"
    '<body background="https://a.example/b.png" style="background:url(https://a.example/c.png)">'
    '<img alt="A hall" src="https://a.example/1.png" width="5">'
    "<img src='https://a.example/2.png?a=1&amp;b=2' srcset=\"x 2x\"><style>"
    "@media (prefers-color-scheme: dark) { p { color: #fff } }"
    "@media ( prefers-color-scheme:light ) { p { color: #000 } }"
    "</style></body></html>"
)


def test_only_the_frames_own_changes_are_made_to_the_shipped_mail() -> None:
    html = example()[1]
    shown = framed(html, scheme="light", pictures=True)
    back = shown.replace('<base target="_blank"><style>:root{color-scheme:light only}</style>', "", 1)
    back = back.replace("(max-width:0px)", "(prefers-color-scheme: dark)")
    for name, url in addresses(html).items():
        back = back.replace(f"/picture/{name}", url)
    assert back == html


def test_the_scheme_is_decided_for_every_media_query() -> None:
    dark, light = framed(PAGE, scheme="dark", pictures=True), framed(PAGE, scheme="light", pictures=True)
    assert "prefers-color-scheme" not in dark + light
    assert dark.index("(min-width:0px)") < dark.index("(max-width:0px)")
    assert light.index("(max-width:0px)") < light.index("(min-width:0px)")


def test_every_picture_comes_from_the_desk_or_from_nowhere() -> None:
    on, off = framed(PAGE, scheme="light", pictures=True), framed(PAGE, scheme="light", pictures=False)
    for url in ("https://a.example/1.png", "https://a.example/2.png?a=1&b=2", "https://a.example/c.png"):
        assert f"/picture/{name_of(url)}" in on
        assert addresses(PAGE)[name_of(url)] == url
    assert re.findall(r"<img[^>]*\bsrc", off) == []
    assert "srcset" not in on + off
    assert 'alt="A hall"' in off


def test_a_page_without_a_head_is_shown_as_it_is() -> None:
    assert framed("<p>x</p>", scheme="dark", pictures=False) == "<p>x</p>"


@given(st.text(alphabet="<img src='\">=\\ ur(l)htps:/&#;\n", max_size=80), st.booleans())
def test_no_markup_breaks_it(text: str, pictures: bool) -> None:
    shown = framed(f"<head></head>{text}", scheme="dark", pictures=pictures)
    assert shown.startswith("<head><base")
    assert set(addresses(text)) >= set(re.findall(r"/picture/([0-9a-f]{24})", shown)) - set(
        re.findall(r"/picture/([0-9a-f]{24})", text)
    )
