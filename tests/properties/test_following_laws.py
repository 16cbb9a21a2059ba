"""A dry run says of the list just what a run would do with it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from roundup.audience import Audience
from roundup.errors import ListError
from roundup.following import follow, would_reach
from roundup.journal import Tally
from roundup.list_changes import FOLLOWED_FILE, Changes
from roundup.list_files import ListRow, Opened
from roundup.model import Cadence, Status
from roundup.store import Ledgers
from tests.builders import INSTANT, a_frozen_issue
from tests.fakes.stores import ledgers_in_memory
from tests.lists import nobody_forgotten, opened

PEOPLE = [f"p{number}@x.example" for number in range(12)]
ROWS = st.builds(
    "{},{},{},{}".format,
    st.sampled_from([*PEOPLE, "P3@X.example", "nobody"]),
    st.sampled_from(["", "active", "left", "paused", "removed", "vip"]),
    st.sampled_from(["", "daily", "weekly"]),
    st.sampled_from(["", "politics"]),
)
FILES = st.lists(ROWS, max_size=14).map(
    lambda rows: "\n".join(["email,status,cadence,sections", *rows]).encode(),
)
KNOWN = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.tuples(st.sampled_from(Status), st.sampled_from(Cadence), st.sampled_from([FOLLOWED_FILE, "import"])),
)
Person = tuple[Status, Cadence, str]


def a_file(octets: bytes | None) -> Opened | None:
    return None if octets is None else opened(octets)


def fill(ledgers: Ledgers, known: dict[str, Person]) -> None:
    for email, (status, cadence, origin) in known.items():
        row = ListRow(line=2, email=email, cadence=cadence)
        ledgers.subscribers.apply(Changes(new=((row, status),)), origin=origin, digest="", at=INSTANT)


@settings(max_examples=80, deadline=None)
@given(octets=st.one_of(st.none(), FILES), known=KNOWN)
def test_a_dry_run_reaches_whom_a_run_reaches(octets: bytes | None, known: dict[str, Person]) -> None:
    with ledgers_in_memory() as ledgers:
        fill(ledgers, known)
        foreseen: Tally | str
        try:
            foreseen = would_reach(a_file(octets), ledgers.subscribers, Audience(), at=INSTANT, hashed=nobody_forgotten)
        except ListError as refused:
            foreseen = str(refused)
        before = list(ledgers.subscribers.all())
        happened: Tally | str
        try:
            follow(a_file(octets), ledgers.subscribers, at=INSTANT, hashed=nobody_forgotten)
            happened = ledgers.journal.tally(ledgers.archive.freeze(a_frozen_issue()))
        except ListError as refused:
            happened = str(refused)
            assert before == list(ledgers.subscribers.all())

    assert foreseen == happened


@settings(max_examples=80, deadline=None)
@given(octets=FILES, known=KNOWN)
def test_following_a_file_twice_is_following_it_once_and_lifts_nobody(octets: bytes, known: dict[str, Person]) -> None:
    with ledgers_in_memory() as ledgers:
        fill(ledgers, known)
        try:
            follow(a_file(octets), ledgers.subscribers, at=INSTANT, hashed=nobody_forgotten)
        except ListError:
            return
        once = list(ledgers.subscribers.all())
        follow(a_file(octets + b"\n"), ledgers.subscribers, at=INSTANT, hashed=nobody_forgotten)
        people = {person.email: person for person in ledgers.subscribers.all()}

    assert once == list(people.values())
    may_be_active = (Status.ACTIVE, Status.REMOVED)
    lifted = [
        email
        for email, (status, _, _) in known.items()
        if status not in may_be_active and people[email].status is Status.ACTIVE
    ]
    assert [] == lifted
