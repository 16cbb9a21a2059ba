"""Laws of addresses, links and names: to write one properly twice is to write it properly once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.email_address import AddressError, clean_name, compared_form, mailable_form
from roundup.identity import normal_link

LAWS = settings(max_examples=200, deadline=None)
LOCALS = st.text("abcXYZ019.+-_'!#$%&*/=?^`{|}~äß\u0130 ", min_size=1, max_size=12)
DOMAINS = st.one_of(
    st.sampled_from(["x.example", "Lantern.EXAMPLE", "bücher.example", "xn--bcher-kva.example", "ＦＵＬＬ.example"]),
    st.text("abcäßſıİ漢-.", min_size=1, max_size=12).map(lambda text: f"{text}.example"),
)
ADDRESSES = st.builds("{}@{}".format, LOCALS, DOMAINS)
LINKS = st.one_of(
    st.builds(
        "{}://{}{}{}".format,
        st.sampled_from(["http", "https", "HTTPS"]),
        st.sampled_from(["www.X.example", "x.example:443", "x.example:8080", "u:p@x.example"]),
        st.text("/aB%20é+.", max_size=8).map(lambda path: f"/{path}"),
        st.sampled_from(["", "/", "?p=12", "?utm_source=x", "?a=%20&mc_cid=1&b=", "?a=é#top", "#a", "?a=1;b=2"]),
    ),
    st.from_regex(r"https?://[a-z.]{1,12}(:[0-9]{1,5})?/[ -~]{0,20}", fullmatch=True),
)


@LAWS
@given(given_address=ADDRESSES)
def test_a_mailable_form_is_its_own_mailable_form(given_address: str) -> None:
    try:
        mailable = mailable_form(given_address)
    except AddressError:
        return

    assert mailable == mailable_form(mailable)
    assert mailable.rpartition("@")[2].isascii()
    if mailable.isascii():
        assert compared_form(mailable) == compared_form(mailable_form(mailable.upper()))


@LAWS
@given(text=st.text(max_size=40))
def test_whatever_is_given_as_an_address_is_taken_or_refused(text: str) -> None:
    try:
        mailable = mailable_form(text)
    except AddressError:
        return

    assert mailable.count("@") == 1
    assert mailable.isprintable()


@LAWS
@given(text=st.text(max_size=40))
def test_a_clean_name_is_clean_and_prints(text: str) -> None:
    name = clean_name(text)

    assert name == clean_name(name)
    assert name.isprintable()


@LAWS
@given(link=LINKS)
def test_a_normal_link_under_any_scheme_is_itself(link: str) -> None:
    normal = normal_link(link)

    assert normal == normal_link(f"https://{normal}") == normal_link(f"http://{normal}#x")
