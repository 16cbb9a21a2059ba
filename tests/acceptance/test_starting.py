"""cron/: what starts roundup every day is what systemd, cron and a container's engine take."""

import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from roundup import credentials
from roundup.errors import SettingsError
from tests.newsletters import COMMAND, a_newsletter, roundup

CRON = Path(__file__).parents[2] / "cron"
UNITS = sorted(path.name for path in CRON.glob("*.service"))
#: A backup asks no mail server.
BACKUP = "roundup-backup.service"
SECRETS = [
    "ROUNDUP_SMTP_PASSWORD", "ROUNDUP_SECRET", "ROUNDUP_DATABASE_URL", "ROUNDUP_IMAP_PASSWORD", "ROUNDUP_WEBHOOK",
    "ROUNDUP_PING",
]  # fmt: skip


def unit(name: str) -> configparser.RawConfigParser:
    read = configparser.RawConfigParser(strict=False, delimiters=("=",))
    # A key may stand there more than once, and its case matters.
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read_string((CRON / name).read_text(encoding="utf-8"))
    return read


def words_of(line: str) -> list[str]:
    """What a line starts, without the program and its directory."""
    line = re.sub(r"^/bin/sh -c 'exec (.*)'$", r"\1", line)
    program, option, directory, *words = line.split()
    assert (program, option, directory) == ("/usr/local/bin/roundup", "-C", "/srv/my-roundup")
    return words


@pytest.mark.skipif(
    not shutil.which("systemd-analyze") and os.environ.get("CI") != "true", reason="systemd is not installed"
)
@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_units_and_finds_them_tight(tmp_path: Path, name: str) -> None:
    for path in [*CRON.glob("*.service"), *CRON.glob("*.timer")]:
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/local/bin/roundup", "/bin/true"))
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    analysed = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(tmp_path / name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    exposure = re.search(r"exposure level for \S+ ([\d.]+)", analysed.stdout)
    # systemd itself calls 2 and less OK.
    assert exposure is not None
    assert float(exposure[1]) < 2


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_starts_a_command_there_is_and_hands_over_every_secret(tmp_path: Path, name: str) -> None:
    words = words_of(unit(name)["Service"]["ExecStart"])
    assert roundup(a_newsletter(tmp_path), *words, "--help").returncode == 0
    text = (CRON / name).read_text(encoding="utf-8")
    assert re.findall(r"^LoadCredential=(\S+)$", text, re.MULTILINE) == ([] if name == BACKUP else SECRETS)


def test_the_nightly_unit_keeps_a_backup_that_can_be_read(tmp_path: Path) -> None:
    # What the shell is given: systemd takes one of two $ and of two % away.
    command = unit(BACKUP)["Service"]["ExecStart"].replace("$$", "$").replace("%%", "%")
    directory, kept = a_newsletter(tmp_path), tmp_path / "kept"
    kept.mkdir()
    assert roundup(directory, "run").returncode == 0
    for there, here in {
        "/usr/local/bin/roundup": shlex.join(COMMAND),
        "/srv/my-roundup": str(directory),
        "/var/lib/my-roundup-backups": str(kept),
    }.items():
        assert there in command
        command = command.replace(there, here)
    made = subprocess.run(shlex.split(command), capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    [file] = kept.iterdir()
    assert re.fullmatch(r"roundup-[1-7]\.tar\.gz", file.name)
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_resident_tells_systemd_that_it_is_ready_and_may_take_as_long_as_a_message() -> None:
    service = unit("roundup-schedule.service")["Service"]
    assert (service["Type"], service["ExecReload"]) == ("notify", "/bin/kill -HUP $MAINPID")
    assert (service["TimeoutStopSec"], service["WatchdogSec"]) == ("11min", "2min")


def test_a_secret_is_taken_from_a_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(SettingsError, match="ROUNDUP_SMTP_PASSWORD"):
        credentials.smtp_password("roundup")
    (tmp_path / "ROUNDUP_SMTP_PASSWORD").write_text("correct horse\n")
    assert credentials.smtp_password("roundup") == "correct horse"


def test_the_crontabs_line_says_nothing_when_there_is_nothing_to_say(tmp_path: Path) -> None:
    [line] = [each for each in (CRON / "roundup.crontab").read_text().splitlines() if re.match(r"[\d*]", each)]
    assert line.split()[:5] == ["*/5", "*", "*", "*", "*"]
    started = roundup(a_newsletter(tmp_path), *words_of(line.split(maxsplit=5)[5]))
    assert (started.returncode, started.stdout, started.stderr) == (0, "", "")


def test_a_container_starts_the_resident_as_nobody_special_and_is_asked_how_it_is(tmp_path: Path) -> None:
    text = (CRON / "Containerfile").read_text(encoding="utf-8")
    said = dict(re.findall(r"^(ENTRYPOINT|CMD|USER|VOLUME|WORKDIR|STOPSIGNAL) (.*)$", text, re.MULTILINE))
    assert (json.loads(said["ENTRYPOINT"]), json.loads(said["CMD"])) == (["roundup"], ["schedule"])
    assert (said["USER"], said["VOLUME"], said["WORKDIR"]) == ("roundup", "/newsletter", "/newsletter")
    asked = json.loads(text.partition("HEALTHCHECK")[2].partition(" CMD ")[2].splitlines()[0])
    assert asked[0] == "roundup"
    directory = a_newsletter(tmp_path)
    assert roundup(directory, *asked[1:]).returncode == 0
    (directory / "roundup.toml").write_text("[")
    assert roundup(directory, *asked[1:]).returncode != 0


def test_compose_adds_workers_over_the_same_directory_that_may_take_as_long_as_a_message() -> None:
    services = yaml.safe_load((CRON / "compose-workers.yaml").read_text(encoding="utf-8"))["services"]
    assert set(services) == {"database", "schedule", "serve", "worker"}
    worker = services["worker"]
    assert (worker["command"], worker["volumes"]) == (["worker"], ["/srv/my-roundup:/newsletter"])
    assert worker["stop_grace_period"] == "11m"
    assert "ROUNDUP_DATABASE_URL" in worker["environment"]


def test_the_making_of_the_image_is_given_what_it_needs_and_nothing_else() -> None:
    lines = (CRON / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    given = {line[1:] for line in lines if line.startswith("!")}
    made_of = tomllib.loads((CRON.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wanted = {each.partition("/")[0] for each in made_of["targets"]["wheel"]["force-include"]}
    assert "*" in lines
    assert wanted | {"src", "pyproject.toml", "README.md", "LICENSE"} == given


def test_compose_starts_the_job_and_the_pages_over_one_directory() -> None:
    services = yaml.safe_load((CRON / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {name: each["command"][0] for name, each in services.items()} == {"schedule": "schedule", "serve": "serve"}
    assert {tuple(each["volumes"]) for each in services.values()} == {("/srv/my-roundup:/newsletter",)}
    assert services["schedule"]["stop_grace_period"] == "11m"
    # Whoever asks the pages comes through a web server of this machine.
    assert services["serve"]["ports"] == ["127.0.0.1:8025:8025"]
