"""The worst servers that there are, all at once, in one real gathering: in a process of its own, within its time and
memory, and nobody else harmed.
"""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.certificates import an_authority
from tests.hostile import Forbidden, Server, a_bomb, forbidden, serving, settle
from tests.newsletters import a_newsletter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is measured through /proc")

#: What the gathering may take: seconds (three times what a machine of 2 cores needs), and bytes of each process.
BUDGET = 60.0
MEMORY = 150_000_000
#: Seconds for a gathering that needs more, and how much later it may end: the machine has other things to do.
TOO_FEW = 4.0
GRACE = 8.0

#: Host names that lead inside, as a name service would answer.
NAMES = {
    "inside.example": ["127.0.0.1"],
    "intranet.example": ["10.0.0.5"],
    "both.example": ["93.184.216.34", "127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "unique.example": ["fd00::1"],
}
#: This machine, or what is beside it, written so that it might not be noticed.
SPELLINGS = (
    "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1",
    "017700000001", "0177.0.0.1", "0177.0.0.01", "127.0x0.0.1", "127.0.0.1.", "inside.example.", "0", "0.0.0.0", "0x0",
    "00000000", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:0:0:0:0:80ff:fffe]", "[::1%25lo]", "[fe80::1]", "[fe80::1%25lo]",
    "[fec0::1]", "[fd00::1]", "[fd00:ec2::254]", "[ff02::1]", "169.254.169.254", "2852039166", "0xa9fea9fe",
    "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "169.254.1.1", "10.0.0.1", "10.1", "172.16.0.1", "192.168.1.1",
    "192.168.257", "100.64.0.1", "198.18.0.1", "192.0.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "user@127.0.0.1", "localhost@127.0.0.1", "lantern.example:80@127.0.0.1", "%31%32%37.0.0.1", "127%2e0%2e0%2e1",
    "127。0。0。1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ.",
    *NAMES,
)  # fmt: skip
#: Whole addresses that are read in one way here and in another there.
TRICKS = (
    "//127.0.0.1:{port}/", "http://localhost\\@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@localhost/",
    "http://127.0.0.1:{port}#@localhost/", "http://127.0.0.1:{port}?@localhost/", "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/", "http:///127.0.0.1:{port}/", "HTTP://127.0.0.1:{port}/", "http://127.0.0.1:0{port}/",
    "http://\t127.0.0.1:{port}/", "http://127.0.0.1\t:{port}/", " http://127.0.0.1:{port}/", "http://[127.0.0.1]:{port}/",
    "gopher://127.0.0.1:{port}/", "file:///etc/passwd", "ftp://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}/!/",
)  # fmt: skip

#: What a site does, and what an editor reads.
FAULTS = {
    "silent": "took longer than", "drip-headers": "took longer than", "drip-body": "took longer than",
    "drip-chunks": "took longer than", "endless-continue": "took longer than", "large": "larger than 5,000,000 bytes",
    "large-unsaid": "larger than 5,000,000 bytes", "chunks": "larger than 5,000,000 bytes",
    "long-chunk-name": "", "endless-headers": "can't be reached", "endless-header": "can't be reached",
    "bomb": "larger than 5,000,000 bytes", "bomb-members": "larger than 5,000,000 bytes",
    "bomb-nested": "unpacks to more than 5,000,000 bytes", "bomb-thrice": "encoding", "bomb-deflate": "encoding",
    "bomb-file": "unpacks to more than 5,000,000 bytes", "deep": "needs too much memory",
    "slow": "seconds to read, so it was given up", "short": "was cut off", "short-gzip": "was cut off",
    "short-chunk": "was cut off", "reset": "can't be reached", "hung-up": "can't be reached", "babble": "",
    "empty": "is empty", "status/500": "failed (500)", "status/502": "failed (502)", "status/404": "(404)",
    "status/403": "refuses us", "status/304": "304", "wait-seconds": "asked too often", "wait-date": "failed (503)",
    "wait-for-ever": "failed (503)", "wait-nonsense": "asked too often", "loop": "redirects more than 5 times",
    "hops/6": "redirects more than 5 times",
}  # fmt: skip
_CERTIFICATES: dict[str, dict[str, Any]] = {
    "good": {},
    "expired": {"begins": -30, "ends": -2},
    "early": {"begins": 2, "ends": 30},
    "other name": {"names": "DNS:lantern.example"},
    "unknown authority": {},
}
HONEST = [f"good/{number}" for number in range(20)] + [f"heavy/{number}" for number in range(3)] + ["hops/5"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the gathering, and who saw what of it."""

    told: Mapping[str, Any]
    visitors: list[str]
    server: Server
    tls_ports: Mapping[str, int]
    forbidden_port: int

    def source(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.told["sources"][name]
        return found


def _tls(folder: Path, **wish: Any) -> ssl.SSLContext:
    """The server's side of a certificate that an authority of ours signed so."""
    made = an_authority(folder).sign(**wish)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made["certificate"], made["key"])
    return context


def _source(name: str, address: str, *, allow_private: bool = True) -> dict[str, Any]:
    return {"name": name, "feed": address, "allow_private": allow_private}


def _sources(server: Server, secure: Mapping[str, Server], inside: Forbidden) -> list[dict[str, Any]]:
    made = [_source(name, server.url(name)) for name in (*FAULTS, *HONEST, "unchanged", "bomb-entities", "items")]
    made += [_source(f"stall/{number}", server.url(f"stall/{number}")) for number in range(24)]
    targets = [f"http://{spelling}:{inside.port}/" for spelling in (*SPELLINGS, socket.gethostname())]
    targets += [trick.format(port=inside.port) for trick in TRICKS]
    for target in targets:
        made.append(_source(f"to {target}", server.url(f"to?target={quote(target)}")))
        # What the settings would take; they refuse the rest before anybody is asked.
        if re.match(r"https?://[^/\s]+", target):
            made.append(_source(f"at {target}", target, allow_private=False))
    made += [_source(f"tls {name}", each.url("good")) for name, each in secure.items()]
    made.append(_source("tls none", f"https://localhost:{server.server_port}/good"))
    down = secure["good"].url(f"to?target={quote(server.url('good'))}")
    made.append(_source("tls to plain", down))
    return made


def _gather(directory: Path, *, trusted: Path, seconds: float = BUDGET) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.gathering_process", str(directory), str(seconds), json.dumps(NAMES)]
    env = {**os.environ, "SSL_CERT_FILE": str(trusted)}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=4 * BUDGET, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    folder = tmp_path_factory.mktemp("hostile")
    # Made before anybody waits for them.
    a_bomb(layers=3)
    with ExitStack() as stack:
        server = stack.enter_context(serving())
        secure = {
            name: stack.enter_context(serving(_tls(folder / name, **wish))) for name, wish in _CERTIFICATES.items()
        }
        trusted = folder / "trusted.pem"
        known = [name for name in secure if name != "unknown authority"]
        trusted.write_text("".join((folder / name / "authority.pem").read_text() for name in known))
        inside = stack.enter_context(forbidden())
        directory = a_newsletter(folder, sources=[_source("unchanged", server.url("unchanged"))])
        first = _gather(directory, trusted=trusted)
        assert first["sources"]["unchanged"]["etag"] == '"v1"'
        (folder / "first").mkdir()
        (directory / "roundup.db").rename(folder / "first" / "roundup.db")
        rest = a_newsletter(folder / "all", sources=_sources(server, secure, inside))
        (folder / "first" / "roundup.db").rename(rest / "roundup.db")
        told = _gather(rest, trusted=trusted)
        settle()
        yield Outcome(
            told=told,
            visitors=inside.visitors,
            server=server,
            tls_ports={name: each.server_port for name, each in secure.items()},
            forbidden_port=inside.port,
        )


def test_it_ends_within_its_time(outcome: Outcome) -> None:
    assert outcome.told["seconds"] < BUDGET


def test_it_ends_within_a_time_that_is_too_short(tmp_path: Path) -> None:
    an_authority(tmp_path / "ca")
    with serving() as server:
        sources = [_source(name, server.url(name)) for name in [*(f"stall/{number}" for number in range(24)), "silent"]]
        directory = a_newsletter(tmp_path, sources=sources)
        told = _gather(directory, trusted=tmp_path / "ca" / "authority.pem", seconds=TOO_FEW)
    assert TOO_FEW - 1 < told["seconds"] < TOO_FEW + GRACE
    assert {source["state"] for source in told["sources"].values()} == {"failed"}


def test_no_process_needs_more_memory_than_it_may(outcome: Outcome) -> None:
    assert outcome.told["peak"] < MEMORY
    assert 0 < outcome.told["peak_of_children"] < MEMORY


def test_no_child_is_left_behind(outcome: Outcome) -> None:
    assert outcome.told["left_behind"] == []


def test_nobody_came_where_nobody_may_come(outcome: Outcome) -> None:
    assert outcome.visitors == []
    allowed = {outcome.server.server_port, *outcome.tls_ports.values()}
    assert {(host, int(port)) for host, port in (each.split() for each in outcome.told["connections"])} <= {
        # "localhost" is vouched for, at whatever port.
        (host, port)
        for host in ("127.0.0.1", "::1")
        for port in {*allowed, 80}
    }


def test_every_spelling_was_tried_and_refused(outcome: Outcome) -> None:
    tried = {name: source for name, source in outcome.told["sources"].items() if name.startswith(("to ", "at "))}
    assert len(tried) > 2 * len(SPELLINGS)
    assert {source["state"] for source in tried.values()} == {"failed"}
    seen = [name for name, source in tried.items() if "leads into a private network" in source["trouble"]]
    assert len({name.partition(" ")[2] for name in seen}) >= 60


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_source_is_unharmed(outcome: Outcome, name: str) -> None:
    found = outcome.source(name)
    assert (found["state"], found["trouble"]) == ("ok", "")
    assert found["pieces"] == (500 if name.startswith("heavy") else 30)


def test_an_unchanged_source_was_asked_twice_and_told_once(outcome: Outcome) -> None:
    found = outcome.source("unchanged")
    assert outcome.server.asked["unchanged"] == 2
    assert (found["state"], found["pieces"], found["etag"]) == ("ok", 30, '"v1"')


@pytest.mark.parametrize(("name", "told"), FAULTS.items())
def test_a_fault_is_told(outcome: Outcome, name: str, told: str) -> None:
    found = outcome.source(name)
    assert (found["state"], found["pieces"]) == ("failed", 0)
    assert told in found["trouble"]
    assert found["trouble"].count("\n") == 0


def test_a_server_that_asks_for_peace_gets_it(outcome: Outcome) -> None:
    waits = {name: outcome.source(name)["wait"] for name in outcome.told["sources"] if name.startswith("wait-")}
    assert waits["wait-seconds"] == 7200
    assert waits["wait-date"] == pytest.approx(10800, abs=5)
    assert waits["wait-for-ever"] == 86400
    assert waits["wait-nonsense"] is None


def test_many_large_bodies_that_stall_are_given_up(outcome: Outcome) -> None:
    stalled = [source for name, source in outcome.told["sources"].items() if name.startswith("stall/")]
    assert len(stalled) == 24
    assert all(source["state"] == "failed" for source in stalled)


@pytest.mark.parametrize("name", ["expired", "early", "other name", "unknown authority"])
def test_a_certificate_that_is_no_good_is_told(outcome: Outcome, name: str) -> None:
    assert "no valid certificate" in outcome.source(f"tls {name}")["trouble"]


def test_tls_is_needed_where_it_was_asked_for(outcome: Outcome) -> None:
    assert outcome.source("tls good")["state"] == "ok"
    assert outcome.source("tls none")["state"] == "failed"
    assert "from a protected connection to an open one" in outcome.source("tls to plain")["trouble"]


def test_servers_are_told_who_asks_and_where_to_complain(outcome: Outcome) -> None:
    (agent,) = outcome.server.agents
    assert agent.startswith("roundup/")
    assert agent.endswith("(+https://lantern.example.org/)")
