"""roundup.toml: every fault at once, on its line, in an editor's words; and never a secret."""

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from roundup.errors import SettingsError
from roundup.settings import Settings, load

GOOD = """\
[newsletter]
name = "The Daily Lantern"
id = "daily-lantern"
timezone = "Europe/London"
from = "roundup@lantern.example"
postal_address = "1 Example Street, London"

[editor]
email = "editor@lantern.example"

[[sources]]
feed = "https://lantern.example/feed/"

[[sources]]
folder = "content"
link = "https://lantern.example/{year}/{slug}/"

[smtp]
outbox = "outbox"
"""


def loaded(folder: Path, content: str) -> Settings:
    (folder / "roundup.toml").write_text(content, encoding="utf-8")
    return load(folder)


def refused(folder: Path, content: str) -> list[str]:
    """What is said of a file that is refused: the headline, and a line for each fault without its path."""
    with pytest.raises(SettingsError) as error:
        loaded(folder, content)
    headline, *faults = str(error.value).split("\n")
    return [headline, *(fault.removeprefix(f"{folder}/roundup.toml:") for fault in faults)]


# What is left out ------------------------------------------------------------------------------------------------


def test_what_is_left_out_has_the_values_of_the_plan(tmp_path: Path) -> None:
    settings = loaded(tmp_path, GOOD)
    selection, ranking, schedule = settings.selection, settings.ranking, settings.schedule

    assert (timedelta(hours=24), 1, 20, "list") == (
        selection.max_age, selection.minimum, selection.maximum, selection.overflow,
    )  # fmt: skip
    assert ("hot", timedelta(hours=4)) == (ranking.order, ranking.doubling)
    assert (time(17), frozenset(range(5)), [], timedelta(hours=6), timedelta(hours=1)) == (
        schedule.at, schedule.weekdays, schedule.skip, schedule.max_lateness, schedule.gather_every,
    )  # fmt: skip
    assert ("resend", "safe", "sqlite:///roundup.db") == (
        settings.delivery.in_doubt, settings.delivery.journal, settings.store.url,
    )  # fmt: skip


def test_a_folder_has_a_language_and_names_for_its_authors(tmp_path: Path) -> None:
    given = GOOD.replace('folder = "content"', 'folder = "content"\nlanguage = "en"\nauthors = {gray = "John Gray"}')
    feed, folder = loaded(tmp_path, given).sources
    assert (feed.authors, feed.language) == ({}, None)
    assert (folder.authors, folder.language) == ({"gray": "John Gray"}, "en")


def test_a_source_without_a_name_is_called_by_its_host_or_folder(tmp_path: Path) -> None:
    assert ["lantern.example", "content"] == [source.called for source in loaded(tmp_path, GOOD).sources]


def test_nobodys_password_is_part_of_a_sources_name(tmp_path: Path) -> None:
    given = GOOD.replace('feed = "https://', 'feed = "https://ada:battery-staple@www.')
    assert "battery-staple" in given
    assert "lantern.example" == loaded(tmp_path, given).sources[0].called


@pytest.mark.parametrize(
    ("written", "meant"),
    [("90s", 90), ("30m", 1800), ("24h", 86400), ("1.5h", 5400), ("7d", 604800), ("2w", 1209600), (" 4 h ", 14400)],
)
def test_a_length_of_time_is_a_number_and_a_unit(tmp_path: Path, written: str, meant: int) -> None:
    settings = loaded(tmp_path, f'{GOOD}[ranking]\ndoubling = "{written}"\n')

    assert timedelta(seconds=meant) == settings.ranking.doubling


def test_dates_may_be_toml_dates_or_texts(tmp_path: Path) -> None:
    settings = loaded(tmp_path, f'{GOOD}[schedule]\nskip = [2026-12-25, "2026-12-26"]\n')

    assert [date(2026, 12, 25), date(2026, 12, 26)] == settings.schedule.skip


def test_a_public_url_ends_in_a_slash(tmp_path: Path) -> None:
    content = GOOD.replace("[editor]", 'public_url = "https://roundup.lantern.example"\n[editor]')

    assert "https://roundup.lantern.example/" == loaded(tmp_path, content).newsletter.public_url


# Faults ----------------------------------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_each_with_its_line_and_key(tmp_path: Path) -> None:
    content = (
        GOOD.replace('timezone = "Europe/London"', 'timezone = "Europe/Lodnon"')
        .replace('name = "The Daily Lantern"\n', "")
        .replace("postal_address", "postal_adress")
        + '[selection]\nmax_age = "a day"\nmaximum = 0\n\n[schedule]\nat = "25:00"\ndays = ["mon", "lundi"]\n'
    )

    assert [
        "8 settings are wrong; nothing was done.",
        "1: newsletter.name: is missing",
        "1: newsletter.postal_address: is missing",
        '3: newsletter.timezone: "Europe/Lodnon" is no time zone; write one such as "Europe/London"',
        "5: newsletter.postal_adress: is not a key that roundup knows; did you mean postal_address?",
        '20: selection.max_age: write a number and a unit: "30m", "24h", "7d"',
        "21: selection.maximum: write 1 or more (it is 0)",
        '24: schedule.at: write a time such as "17:00"',
    ] == refused(tmp_path, content)[:8]
    assert refused(tmp_path, content)[8].startswith("25: schedule.days[2]: “lundi” is not one of 'mon', 'tue',")


ONE_FAULT = [
    ("[sourcse]\n", "sourcse: is not a key that roundup knows; did you mean sources?"),
    ("[ranking]\ndubling = '4h'\n", "ranking.dubling: is not a key that roundup knows; did you mean doubling?"),
    ("[ranking]\nzebra = 1\n", "ranking.zebra: is not a key that roundup knows"),
    ("[ranking]\norder = 'best'\n", "ranking.order: “best” is not one of 'hot', 'newest' or 'most-commented'"),
    ("[selection]\nminimum = 'three'\n", "selection.minimum: write a whole number (it is 'three')"),
    ("[ranking]\ndoubling = 4\n", 'ranking.doubling: write a number and a unit: "30m", "24h", "7d"'),
    ("[ranking]\ndoubling = '-4h'\n", 'ranking.doubling: write a number and a unit: "30m", "24h", "7d"'),
    ("[selection]\nmax_age = '999999999999d'\n", "selection.max_age: write at most 3650d"),
    (f"[selection]\nmax_age = '{'9' * 400}w'\n", "selection.max_age: write at most 3650d"),
    ("[look]\naccent = 'red'\n", 'look.accent: “red” is no colour; write one such as "#8a1c1c"'),
    ("[schedule]\nskip = ['Christmas']\n", "schedule.skip[1]: write a date such as 2026-12-25"),
    ("[schedule]\nat = 17\n", 'schedule.at: write a time such as "17:00"'),
    ("[[appeal]]\nlink = 'https://x.example/'\n", "appeal[1].text: is missing"),
    (
        "[[appeal]]\ntext = 'T'\nlink = 'x.example'\n",
        "appeal[1].link: write an address that begins with https:// and has no blanks",
    ),
]


@pytest.mark.parametrize(("added", "told"), ONE_FAULT)
def test_a_fault_is_told_in_an_editors_words(tmp_path: Path, added: str, told: str) -> None:
    headline, fault = refused(tmp_path, GOOD + added)
    line, _, what = fault.partition(": ")

    assert ("One setting is wrong; nothing was done.", told) == (headline, what)
    assert 20 <= int(line) <= 22


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ('link = "https://lantern.example/{year}/{slug}/"', "", "a folder needs link"),
        ('feed = "https://lantern.example/feed/"', 'name = "Nothing"', "a source has either feed or folder"),
        ('folder = "content"', 'folder = "content"\nfeed = "https://x.example/"', "a source has either feed or folder"),
        ("{slug}", "{slog}", "slog"),
        (
            'feed = "https://lantern.example/feed/"',
            'feed = "https://lantern.example/feed/"\nauthors = {gray = "John Gray"}',
            "authors and language are for a folder",
        ),
        (
            'feed = "https://lantern.example/feed/"',
            'feed = "https://lantern.example/feed/"\nlanguage = "en"',
            "authors and language are for a folder",
        ),
        ('folder = "content"', 'folder = "lantern.example"', "two sources are called “lantern.example”"),
        ('outbox = "outbox"', "", "[smtp] has either host or outbox"),
        ('outbox = "outbox"', 'host = "x.example"\noutbox = "o"', "[smtp] has either host or outbox"),
        ('outbox = "outbox"', 'host = "x.example"\nsecurity = "none"', 'security = "none" is for this machine alone'),
        ('from = "roundup@lantern.example"', 'from = "The Lantern <a@x.example>"', "newsletter.from: "),
        ('id = "daily-lantern"', 'id = "Daily Lantern"', "newsletter.id: “Daily Lantern” does not have the right form"),
        ('email = "editor@lantern.example"', "", "editor.email: is missing"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, there: str, instead: str, told: str) -> None:
    assert there in GOOD

    assert told in "\n".join(refused(tmp_path, GOOD.replace(there, instead)))


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://roundup.example/", True),
        ("http://localhost:8000/", True),
        ("http://127.0.0.1/", True),
        ("http://roundup.example/", False),
        ("http://localhost.evil.example/", False),
        ("roundup.example", False),
    ],
)
def test_readers_leave_over_https(tmp_path: Path, url: str, *, taken: bool) -> None:
    content = GOOD.replace("[editor]", f'public_url = "{url}"\n[editor]')
    if taken:
        assert url == loaded(tmp_path, content).newsletter.public_url
    else:
        assert "newsletter.public_url: write an address" in refused(tmp_path, content)[1]


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ('days = ["mon", "tue", "wed", "thu", "fri"]', 22),
        ('days = ["sun", "mon"]', 22),
        ('days = ["mon", "thu"]', 70),
        ('days = ["fri"]', 166),
    ],
)
def test_an_issue_is_decided_before_the_next_is_due(tmp_path: Path, schedule: str, hours: int) -> None:
    content = f'{GOOD}[schedule]\napproval = "required"\n{schedule}\napproval_deadline = '

    assert timedelta(hours=hours) == loaded(tmp_path, f'{content}"{hours}h"\n').schedule.approval_deadline
    refusal = refused(tmp_path, f'{content}"{hours + 1}h"\n')[1]
    assert f"schedule.approval_deadline: the next issue is due by then; write {hours}h at most" in refusal


@pytest.mark.parametrize(
    "added",
    [
        '[store]\nurl = "postgresql://roundup:hunter2@db.example/roundup"\n',
        'password = "hunter2"\n',
        'username = ["roundup", "hunter2"]\n',
        '[store]\nurl = ["postgresql://roundup:hunter2@db.example/roundup"]\n',
        '[store]\npassword = "hunter2"\n',
        '[secret]\nsmtp_password = "hunter2"\n',
    ],
)
def test_no_secret_stands_in_a_message(tmp_path: Path, added: str) -> None:
    assert "hunter2" not in "\n".join(refused(tmp_path, GOOD + added))


@pytest.mark.parametrize(
    "url",
    ["sqlite:///data/a:b@c.db", "postgresql://roundup@db.example/roundup", "postgres:///roundup?host=/run&port=5433"],
)
def test_a_database_is_a_file_or_on_a_server(tmp_path: Path, url: str) -> None:
    assert url == loaded(tmp_path, f'{GOOD}[store]\nurl = "{url}"\n').store.url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://roundup:hunter2@db.example/roundup", "a password does not belong here"),
        ("postgres://roundup:hun/ter2@db.example/roundup", "a password does not belong here"),
        ("postgresql://db.example/roundup?user=me&password=hunter2", "a password does not belong here"),
        ("postgresql+psycopg://db.example/roundup", 'write "postgresql://…"'),
        ("mysql://roundup:hunter2@db.example/roundup", 'write "sqlite:///roundup.db" or "postgresql://'),
        ("sqlite:///", 'write "sqlite:///roundup.db" or "postgresql://'),
        ("roundup.db", 'write "sqlite:///roundup.db" or "postgresql://'),
    ],
)
def test_a_database_of_another_kind_or_with_its_password_is_refused(tmp_path: Path, url: str, said: str) -> None:
    headline, fault = refused(tmp_path, f'{GOOD}[store]\nurl = "{url}"\n')

    assert "One setting is wrong; nothing was done." == headline
    assert fault.startswith(f"21: store.url: {said}")
    assert "ter2" not in fault


@pytest.mark.parametrize("table", ["smtp", "store"])
def test_no_secret_stands_in_a_message_about_a_table_that_is_none(tmp_path: Path, table: str) -> None:
    content = f'{table} = "proto://roundup:hunter2@host.example/"\n' + GOOD.replace('[smtp]\noutbox = "outbox"\n', "")

    assert "hunter2" not in "\n".join(refused(tmp_path, content))


# The file itself -------------------------------------------------------------------------------------------------


def test_a_directory_without_settings_is_told_what_makes_them(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"There is no roundup\.toml in .*`roundup init` makes one"):
        load(tmp_path)


@pytest.mark.parametrize("content", ["[newsletter\n", 'name = "a" "b"\n', "a = 1\na = 2\n"])
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match=r"roundup\.toml: .*\(at line \d"):
        loaded(tmp_path, content)


def test_what_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "roundup.toml").write_bytes(b'[newsletter]\nname = "Z\xeb"\n')

    with pytest.raises(SettingsError, match=r"roundup\.toml: this is no text in UTF-8"):
        load(tmp_path)
