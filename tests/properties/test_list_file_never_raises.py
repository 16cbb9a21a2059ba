"""Whatever octets a list file holds, they are a list or a sentence that says why not."""

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.email_address import mailable_form
from roundup.errors import ListError
from roundup.list_changes import Taken
from tests.lists import ReadList, read_list

LAWS = settings(max_examples=250, deadline=None)
SHARDS = st.sampled_from(
    [b"email", b"name", b"status", b"cadence", b"sections", b",", b";", b"\t", b"\n", b"\r\n", b"\r", b'"', b'""',
     b"ada@x.example", b"bo@x.example", b"ADA@x.example", b"left", b"active", b"vip", b"weekly", b" ", b"\x00", b"\xff",
     b"\xfe", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xe9", b"\xd8\x00", b"=cmd()", b"'", b"\x1a", b"#"]
)  # fmt: skip
FILES = st.one_of(
    st.binary(max_size=200),
    st.lists(SHARDS, max_size=30).map(b"".join),
    st.lists(SHARDS, max_size=20).map(lambda shards: b"email,name,status\n" + b"".join(shards)),
    st.text(max_size=60).map(lambda text: ("email\n" + text).encode("utf-16", "surrogatepass")),
)


@LAWS
@given(octets=FILES, headed=st.booleans())
def test_any_octets_are_a_list_or_refused_with_a_sentence(octets: bytes, *, headed: bool) -> None:
    read = list_or_sentence(octets, headed=headed)
    if isinstance(read, str):
        assert read.startswith("list.csv:")
        assert read.endswith("Nothing was changed.")
        return

    assert all(row.email == mailable_form(row.email) and row.name.isprintable() for row in read.rows)
    assert all(line >= 1 for line in [*(row.line for row in read.rows), *(row.line for row in read.bad)])
    taken = Taken(name="list.csv")
    for row in read.rows:
        taken.see(row)
    for bad in read.bad:
        taken.see(bad)
    assert all(line.startswith("list.csv:") and "\n" not in line for line in taken.complaints)


def list_or_sentence(octets: bytes, *, headed: bool) -> ReadList | str:
    try:
        return read_list(octets, headed=headed)
    except ListError as refused:
        return str(refused)
