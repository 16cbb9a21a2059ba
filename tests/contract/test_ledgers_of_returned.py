"""The contract of returned mail: what a message makes of its delivery and its subscriber, once."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from roundup.archive import IssueState
from roundup.bounces.reports import Boxes
from roundup.mailboxes.maildir import Maildir
from roundup.model import WEEKLY_EDITION, DeliveryState, IssueId, IssueKey, Status
from roundup.returned import Became, Came, Kind, Taken
from roundup.returning import Returning, read_mailbox
from roundup.scheduling import instant_of
from roundup.store import Ledgers
from roundup.subscribers import Choice, Consent, Saying
from roundup.tokens import Purpose
from tests.builders import INSTANT, KEY, SECRET, a_frozen_issue, a_schedule, an_issue
from tests.fakes.journals import ACCEPTED, LATER, NEXT_DAY, OUTCOMES, Run, a_run, another_run, frozen, numbered, states
from tests.lists import leave
from tests.returned_mail import BOUNCES, LEAVING, a_bounce, a_complaint, a_maildir, a_message, path_of

ADA = "ada@lantern.example"


def mailed(ledgers: Ledgers, outcome: str = "accepted") -> IssueId:
    """An issue of which Ada's delivery came to an outcome."""
    run = a_run(ledgers, ADA)
    run.send_one(OUTCOMES[outcome])
    return run.issue


def key_of(ledgers: Ledgers, email: str = ADA) -> bytes:
    person = ledgers.subscribers.find(email)
    assert person is not None
    return person.key


def status_of(ledgers: Ledgers, email: str = ADA) -> Status:
    person = ledgers.subscribers.find(email)
    assert person is not None
    return person.status


def came(
    ledgers: Ledgers, kind: Kind = Kind.BOUNCE, *, name: str = "1", status: str = "5.1.1", issue: IssueKey = KEY
) -> Came:
    """A message about Ada, proved by a token."""
    digest = hashlib.sha256(f"{name}{kind}{status}{issue}".encode()).digest()
    return Came(
        name=name, digest=digest, kind=kind, key=key_of(ledgers), issue=issue, status=status, text="as the server said"
    )


def taken(ledgers: Ledgers, *messages: Came, at: datetime = LATER) -> list[Became]:
    return [each.what for each in ledgers.returned.take(messages, at=at)]


@pytest.mark.parametrize(
    ("kind", "status", "becomes", "person", "delivery"),
    [
        (Kind.BOUNCE, "5.1.1", Became.GONE, Status.BOUNCED, "bounced"),
        (Kind.BOUNCE, "5.2.2", Became.COUNTED, Status.ACTIVE, "bounced"),
        (Kind.BOUNCE, "5.7.1", Became.ABOUT_US, Status.ACTIVE, "bounced"),
        (Kind.COMPLAINT, "", Became.COMPLAINED, Status.COMPLAINED, "complained"),
        (Kind.NOTICE, "4.4.1", Became.NOTICED, Status.ACTIVE, "accepted"),
        (Kind.UNSUBSCRIBE, "", Became.LEFT, Status.LEFT, "accepted"),
    ],
)
def test_what_a_message_makes_of_whom_it_is_about(  # noqa: PLR0917
    ledgers: Ledgers, kind: Kind, status: str, becomes: Became, person: Status, delivery: str
) -> None:
    issue = mailed(ledgers)

    assert [becomes] == taken(ledgers, came(ledgers, kind, status=status))
    assert (person, {delivery: 1}) == (status_of(ledgers), states(ledgers, issue))


@pytest.mark.parametrize(
    ("outcome", "becomes", "delivery"),
    [
        ("unknown", Became.GONE, "bounced"),
        ("refused", Became.NOBODY, "refused"),
    ],
)
def test_only_what_was_accepted_or_may_have_been_bounces(
    ledgers: Ledgers, outcome: str, becomes: Became, delivery: str
) -> None:
    issue = mailed(ledgers, outcome)

    assert [becomes] == taken(ledgers, came(ledgers))
    assert {delivery: 1} == states(ledgers, issue)
    assert (status_of(ledgers) is Status.BOUNCED) == (becomes is Became.GONE)


def test_the_same_message_twice_changes_nothing_twice(ledgers: Ledgers) -> None:
    mailed(ledgers)
    first = came(ledgers, Kind.UNSUBSCRIBE)
    assert [Became.LEFT, Became.AGAIN] == taken(ledgers, first, replace(first, name="a copy"))
    ledgers.subscribers.add(ADA, "", at=LATER)

    assert [Became.AGAIN] == taken(ledgers, first, at=LATER + timedelta(days=1))
    assert Status.ACTIVE is status_of(ledgers)
    assert {"1": True, "a copy": True} == dict(ledgers.returned.known(["1", "a copy", "another"]))


def test_who_asks_with_a_token_that_nobody_knows_any_more_leaves_by_their_address(ledgers: Ledgers) -> None:
    mailed(ledgers)
    asked = replace(came(ledgers, Kind.UNSUBSCRIBE), key=b"of before", sender=ADA.upper())

    assert [Became.LEFT] == taken(ledgers, asked)
    assert Status.LEFT is status_of(ledgers)


def test_a_letter_to_a_return_path_is_not_ours(ledgers: Ledgers) -> None:
    mailed(ledgers)

    assert [(Became.NOT_OURS, False)] == [
        (each.what, each.ours) for each in ledgers.returned.take([came(ledgers, Kind.OTHER)], at=LATER)
    ]


def test_who_came_back_since_stays(ledgers: Ledgers) -> None:
    mailed(ledgers)
    leave(ledgers.subscribers, key_of(ledgers), at=LATER)
    ledgers.subscribers.add(ADA, "", at=LATER + timedelta(days=1))

    assert [Became.NOBODY] == taken(ledgers, came(ledgers), at=LATER + timedelta(days=2))
    assert Status.ACTIVE is status_of(ledgers)


def test_who_left_has_left_whatever_bounces_and_who_complains_complains(ledgers: Ledgers) -> None:
    mailed(ledgers)
    leave(ledgers.subscribers, key_of(ledgers), at=LATER)
    assert [Became.NOBODY] == taken(ledgers, came(ledgers))
    assert Status.LEFT is status_of(ledgers)

    assert [Became.COMPLAINED] == taken(ledgers, came(ledgers, Kind.COMPLAINT, name="2", issue=NEXT_DAY))
    assert Status.COMPLAINED is status_of(ledgers)


def test_an_old_issue_and_one_that_never_was_change_nobody(ledgers: Ledgers) -> None:
    issue = mailed(ledgers)
    messages = (came(ledgers), came(ledgers, name="2", issue=NEXT_DAY))

    assert [Became.NOBODY, Became.NOBODY] == taken(ledgers, *messages, at=INSTANT + timedelta(days=31))
    assert (Status.ACTIVE, {"accepted": 1}) == (status_of(ledgers), states(ledgers, issue))


def test_what_proves_nothing_is_not_ours(ledgers: Ledgers) -> None:
    mailed(ledgers)
    nobody = Came(name="1", digest=bytes(32), kind=Kind.COMPLAINT)
    stranger = Came(name="2", digest=bytes(31) + b"2", kind=Kind.BOUNCE, key=b"nobody's", issue=KEY)
    leaver = Came(name="3", digest=bytes(31) + b"3", kind=Kind.UNSUBSCRIBE, sender="who@lantern.example")
    wrong = Came(name="4", digest=bytes(31) + b"4", kind=Kind.UNSUBSCRIBE, sender="no address@@")
    result = ledgers.returned.take([nobody, stranger, leaver, wrong], at=LATER)

    assert [Became.NOT_OURS, Became.NOBODY, Became.NOBODY, Became.NOBODY] == [each.what for each in result]
    assert [False, True, False, False] == [each.ours for each in result]
    assert Status.ACTIVE is status_of(ledgers)


def test_unsubscribe_mail_from_an_address_is_its_persons_word(ledgers: Ledgers) -> None:
    mailed(ledgers)
    (left,) = ledgers.returned.take(
        [Came(name="1", digest=bytes(32), kind=Kind.UNSUBSCRIBE, sender="Ada@LANTERN.example")], at=LATER
    )

    assert Taken(what=Became.LEFT, ours=True, email=ADA) == left
    person = ledgers.personal.of(ADA)
    assert person is not None
    assert [("left", "unsubscribe mail")] == [(each["what"], each["source"]) for each in person["consents"]]


@pytest.mark.parametrize(
    ("token", "to", "sender", "becomes"),
    [
        # Signed with a secret that was lost; cut off on its way; ours, of somebody who was erased.
        ("A" * 32, LEAVING, ADA, Became.LEFT),
        ("A" * 29, LEAVING, ADA, Became.LEFT),
        (SECRET.token(b"nobody's", Purpose.LEAVE), LEAVING, ADA, Became.LEFT),
        # A test mail's; addressed to nobody of ours; from nobody on the list.
        (SECRET.token(b"nobody's", Purpose.TEST), LEAVING, ADA, Became.NOBODY),
        ("A" * 32, "leave@another.example.org", ADA, Became.NOBODY),
        ("A" * 32, LEAVING, "who@lantern.example", Became.NOBODY),
    ],
)
def test_a_token_that_is_nobodys_keeps_nobody_on_the_list(  # noqa: PLR0917
    ledgers: Ledgers, tmp_path: Path, token: str, to: str, sender: str, becomes: Became
) -> None:
    mailed(ledgers)
    box = the_mailbox(tmp_path / "box", a_message(f"unsubscribe {token}", sender=sender, to=to))
    read = read_mailbox(box, ledgers, at=LATER)

    assert [(becomes, sender)] == [(each.what, each.email) for each in read.taken]
    assert (status_of(ledgers) is Status.LEFT) == (becomes is Became.LEFT)
    assert any(f"  {sender}: " in line for line in read.lines())
    # It may be meant for another newsletter that reads the same mailbox.
    ours = becomes is Became.LEFT and SECRET.read_token(token) is not None
    assert (0 if ours else 1) == len(list((tmp_path / "box" / "new").iterdir()))


def test_five_issues_in_fourteen_days_are_too_many(ledgers: Ledgers) -> None:
    became = []
    for number in range(5):
        key = IssueKey(day=KEY.day + timedelta(days=4 * number))
        at = INSTANT + timedelta(days=4 * number)
        issue = (
            mailed(ledgers)
            if number == 0
            else ledgers.archive.freeze(a_frozen_issue(an_issue(key=key, instant=at), at=at))
        )
        if number:
            a_run(ledgers, issue=issue).send_one(ACCEPTED)
        became += taken(ledgers, came(ledgers, name=str(number), status="5.2.2", issue=key), at=at)

    assert [Became.COUNTED] * 4 + [Became.WORN_OUT] == became
    assert Status.BOUNCED is status_of(ledgers)


def test_who_was_put_on_the_list_in_the_second_of_their_first_issue_may_be_gone(ledgers: Ledgers) -> None:
    # A list is followed and mailed by one run, and deliveries count whole seconds.
    run = a_run(ledgers, ADA)
    ledgers.subscribers.add(ADA, "Ada Marsh", at=INSTANT + timedelta(milliseconds=300))
    leave(ledgers.subscribers, key_of(ledgers), at=INSTANT + timedelta(milliseconds=310))
    ledgers.subscribers.add(ADA, "", at=INSTANT + timedelta(milliseconds=400))
    run.send_one(ACCEPTED)

    assert [Became.GONE] == taken(ledgers, came(ledgers))
    assert Status.BOUNCED is status_of(ledgers)


def test_who_has_chosen_something_since_reads_and_stays(ledgers: Ledgers) -> None:
    # The next issue tells whether the address is well.
    mailed(ledgers)
    person = ledgers.subscribers.find(ADA)
    assert person is not None
    later = LATER + timedelta(hours=1)
    choice = Choice(cadence=person.cadence, sections=(), paused_until=None)
    ledgers.subscribers.choose({person.key: (choice, Consent(what=Saying.CHOSE, at=later))})

    assert [Became.NOBODY] == taken(ledgers, came(ledgers), at=later)


def the_mailbox(path: Path, *messages: bytes) -> Returning:
    return Returning(
        mailbox=Maildir(a_maildir(path, list(messages))),
        boxes=Boxes(bounces=BOUNCES, leaving=LEAVING),
        secret=SECRET,
        schedule=a_schedule(),
        keep=timedelta(days=30),
    )


def test_a_mailbox_is_read_once_and_only_ours_is_put_away(ledgers: Ledgers, tmp_path: Path) -> None:
    mailed(ledgers)
    to, key = path_of(KEY, key_of(ledgers), SECRET), key_of(ledgers)
    forged = path_of(KEY, b"ada's  k", SECRET).replace("+a", "+b")
    box = the_mailbox(
        tmp_path / "box",
        a_bounce(to, status="4.4.1", action="delayed"),
        a_message("Lunch?", to="editor@lantern.example.org"),
        a_bounce(forged),
        a_message(f"unsubscribe {SECRET.token(key, Purpose.TEST)}", sender="test@lantern.example"),
        a_message("Re: The Daily Lantern", "What a fine bridge!", sender=ADA, to=to),
        a_message("Out of office", sender=ADA, to=to),
        a_complaint(f"Return-Path: <{to}>"),
    )
    first = read_mailbox(box, ledgers, at=LATER)
    again = read_mailbox(box, ledgers, at=LATER)

    assert {"complained": 1, "noticed": 2, "not-ours": 3, "nobody": 1} == first.count()
    assert ({}, []) == (again.count(), again.troubles)
    assert 4 == len(list((tmp_path / "box" / "new").iterdir()))
    assert Status.COMPLAINED is status_of(ledgers)


def test_killed_before_it_is_put_away_it_is_put_away_the_next_time(ledgers: Ledgers, tmp_path: Path) -> None:
    issue = mailed(ledgers)
    box = the_mailbox(tmp_path / "box", a_bounce(path_of(KEY, key_of(ledgers), SECRET)))
    # A file where its folder would be: the commit is done, and nothing after it.
    (tmp_path / "box" / ".Roundup").touch()
    first = read_mailbox(box, ledgers, at=LATER)
    (tmp_path / "box" / ".Roundup").unlink()
    again = read_mailbox(box, ledgers, at=LATER)

    assert ({"gone": 1}, 1) == (first.count(), len(first.troubles))
    assert ({}, []) == (again.count(), again.troubles)
    assert [] == list((tmp_path / "box" / "new").iterdir())
    assert {"bounced": 1} == states(ledgers, issue)


@pytest.mark.parametrize("closed", [False, True])
def test_twenty_who_refuse_us_hold_what_goes_out_next_once(ledgers: Ledgers, tmp_path: Path, *, closed: bool) -> None:
    people = numbered(25)
    run = a_run(ledgers, *people)
    for _ in range(20):
        run.send_one(ACCEPTED)
    if closed:
        ledgers.archive.close(run.issue, IssueState.SENT, at=LATER)
    paths = [path_of(KEY, key_of(ledgers, email), SECRET) for email in people]
    box = the_mailbox(
        tmp_path / "box", *(a_bounce(to, status="5.7.1", salt=str(number)) for number, to in enumerate(paths))
    )
    first = read_mailbox(box, ledgers, at=LATER)
    held = ledgers.archive.find(NEXT_DAY if closed else KEY)
    assert held is not None

    assert ({"about-us": 20, "nobody": 5}, 1) == (first.count(), len(first.warnings))
    assert "20 mail servers" in held.hold
    assert closed or not another_run(ledgers).has_turn(run.issue, at=LATER)
    assert {Status.ACTIVE} == {person.status for person in ledgers.subscribers.all()}
    # Released, it stays released.
    ledgers.archive.hold(held.key, "", instant=held.instant, at=LATER)
    assert [] == read_mailbox(box, ledgers, at=LATER).warnings


def test_of_whom_one_in_fifty_must_refuse_us_only_those_count_who_were_mailed(ledgers: Ledgers) -> None:
    for email in numbered(2):
        ledgers.subscribers.add(email, "", at=INSTANT)
        leave(ledgers.subscribers, key_of(ledgers, email), at=INSTANT)
    mailed(ledgers)
    taken(ledgers, came(ledgers, status="5.7.1"))

    assert [(1, 1)] == [(each.reports, each.people) for each in ledgers.returned.refusing()]


def refused_by_twenty(ledgers: Ledgers, folder: Path) -> Returning:
    """A mailbox with twenty reports that the issue of `KEY`, which all had, was refused because of us."""
    people = numbered(20)
    run = a_run(ledgers, *people)
    for _ in range(20):
        run.send_one(ACCEPTED)
    ledgers.archive.close(run.issue, IssueState.SENT, at=LATER)
    paths = [path_of(KEY, key_of(ledgers, email), SECRET) for email in people]
    reports = [a_bounce(to, status="5.7.1", salt=str(number)) for number, to in enumerate(paths)]
    return the_mailbox(folder / "box", *reports)


def test_the_issue_that_this_very_run_would_send_is_the_one_that_is_held(ledgers: Ledgers, tmp_path: Path) -> None:
    box = refused_by_twenty(ledgers, tmp_path)
    ledgers.memory.begin(INSTANT)
    due = instant_of(NEXT_DAY.day, a_schedule())
    read_mailbox(box, ledgers, at=due + timedelta(minutes=1))

    assert [(NEXT_DAY, True)] == [(each.key, each.firm) for each in ledgers.archive.firmly_held()]


def test_refusals_stop_whatever_is_on_its_way(ledgers: Ledgers, tmp_path: Path) -> None:
    box = refused_by_twenty(ledgers, tmp_path)
    weekly = IssueKey(day=NEXT_DAY.day, edition=WEEKLY_EDITION)
    under_way = [Run(ledgers.journal, frozen(ledgers, key=key), at=INSTANT) for key in (NEXT_DAY, weekly)]
    collected = read_mailbox(box, ledgers, at=LATER)

    assert 1 == len(collected.warnings)
    assert {NEXT_DAY, weekly} == {each.key for each in ledgers.archive.firmly_held()}
    assert not any(each.journal.has_turn(each.issue, at=LATER) for each in under_way)


def test_refusals_leave_another_reason_alone_and_hold_the_issue_after_it(ledgers: Ledgers, tmp_path: Path) -> None:
    box = refused_by_twenty(ledgers, tmp_path)
    ledgers.archive.hold(NEXT_DAY, "It may have been sent.", instant=LATER, at=LATER, firm=True)
    read_mailbox(box, ledgers, at=LATER)
    first, second = ledgers.archive.firmly_held()

    assert (NEXT_DAY, "It may have been sent.") == (first.key, first.hold)
    assert "20 mail servers" in second.hold


def test_a_reading_that_takes_too_long_goes_on_the_next_time(ledgers: Ledgers, tmp_path: Path) -> None:
    mailed(ledgers)
    box = the_mailbox(tmp_path / "box", a_bounce(path_of(KEY, key_of(ledgers), SECRET)))
    first = read_mailbox(replace(box, budget=-1.0), ledgers, at=LATER)

    assert ({}, 1, {"gone": 1}) == (
        first.count(), len(first.troubles), read_mailbox(box, ledgers, at=LATER).count()
    )  # fmt: skip


def test_names_of_long_ago_are_forgotten(ledgers: Ledgers) -> None:
    mailed(ledgers)
    taken(ledgers, came(ledgers, Kind.NOTICE))
    ledgers.returned.prune(LATER)
    assert {"1": True} == dict(ledgers.returned.known(["1"]))
    ledgers.returned.prune(LATER + timedelta(seconds=1))

    assert {} == dict(ledgers.returned.known(["1"]))
    assert DeliveryState.BOUNCED.value not in states(ledgers, ledgers.archive.all()[0].id)
