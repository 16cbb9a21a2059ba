"""Which picture a piece gets."""

from dataclasses import replace

from roundup.gathering.pictures import described, first_in, made, offered
from roundup.model import Picture

PAGE = "https://example.org/2015/a/"
REAL = '<img src="/real.jpg" alt="A &quot;real&quot; one" width="600">'


def test_the_first_real_picture_of_a_text_is_taken() -> None:
    noise = (
        '<img src="https://pixel.example/1.gif" width="1" height="1">'
        '<img src="https://feeds.feedburner.com/~r/x/4.png">'
        '<img alt="no source">'
        '<img src="data:image/gif;base64,R0">'
        '<img src="https://s.w.org/images/core/emoji/1.png">'
        '<img src="icon.png" height="16px">'
    )
    assert first_in(noise + REAL, PAGE) == Picture(url="https://example.org/real.jpg", alt='A "real" one')
    assert first_in(noise, PAGE) is None


def test_a_width_in_percent_is_no_small_picture() -> None:
    assert first_in('<img src="/a.jpg" width="10%">', PAGE) == Picture(url="https://example.org/a.jpg")


def test_a_film_is_no_picture() -> None:
    film = {"url": "https://example.org/v", "type": "application/x-shockwave-flash", "medium": "video"}
    still = {"url": "//example.org/s.jpg", "medium": "image"}
    assert offered([film], PAGE) is None
    assert offered([film, still], PAGE) == Picture(url="https://example.org/s.jpg")


def test_an_address_that_is_no_web_address_is_no_picture() -> None:
    assert made("javascript:alert(1)", base=PAGE) is None
    assert made("", base=PAGE) is None


def test_a_size_is_what_both_sides_state_in_pixels() -> None:
    def size(width: object, height: object) -> tuple[int | None, int | None]:
        picture = made("a.jpg", base=PAGE, stated={"width": width, "height": height})
        assert picture is not None
        return picture.width, picture.height

    assert (1200, 630) == size("1200", "630px")
    assert (1200, 630) == size(1200, 630.0)
    nothing_known = [size("600", None), size("100%", "200"), size("auto", "auto"), size("9" * 30, "9"), size(0, 0)]
    assert [(None, None)] * 5 == nothing_known


def test_a_size_comes_from_media_elements_and_from_the_text() -> None:
    media = {"url": "s.jpg", "medium": "image", "width": "640", "height": "480"}
    sized = Picture(url=f"{PAGE}s.jpg", width=640, height=480)
    assert sized == offered([media], PAGE)
    assert replace(sized, alt="Trams") == described(sized, '<img src="s.jpg" alt="Trams" width="64" height="48">', PAGE)
    assert replace(sized, alt="x") == first_in('<img src="s.jpg" alt="x" width="640" height=480>', PAGE)
