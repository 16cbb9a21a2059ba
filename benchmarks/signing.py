"""What DKIM costs: the delivery into smtp-sink unsigned, and signed with Ed25519, RSA-2048 and both.

As everywhere, in each round all senders send to the same sink in shuffled order, and a ratio is that of one round: here
to the delivery that is not signed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from benchmarks import newsletters
from benchmarks.senders import BOTH, ED25519, RSA, SAFE, Bench
from benchmarks.throughput import Case, Findings, measure, ratios

_SIZES = {"12 KB": 12_000, "45 KB": 45_000}
_SENDERS = (SAFE, ED25519, RSA, BOTH)
#: On one line, messages are signed while the sink is waited for; on sixteen, there is no such time.
CASES = tuple(
    Case(sink="smtp-sink", size=size, connections=lines, senders=_SENDERS) for size in _SIZES for lines in (1, 16)
)
#: Ed25519 costs at most a tenth of the delivery rate.
LEAST = {ED25519: 0.9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One way of signing in one case: medians over the rounds."""

    case: Case
    sender: str
    rounds: int
    rate: float
    #: Median, lowest and highest of the rounds' ratios to the unsigned delivery.
    ratio: tuple[float, float, float]
    #: Microseconds of CPU a message, of the sending.
    cpu: float


def measured(work: Path, *, people: int, rounds: int, seed: int, tell: Callable[[str], None]) -> Findings:
    """Every way of signing, round by round."""
    write_keys(work)
    bench = Bench(work=work, mails=newsletters.sized(work, _SIZES), installed={})
    return measure(bench, CASES, people=people, rounds=rounds, seed=seed, tell=tell)


def write_keys(folder: Path) -> None:
    """Keys for `senders`: ed25519.pem and rsa.pem."""
    keys: dict[str, Ed25519PrivateKey | RSAPrivateKey] = {
        "ed25519": Ed25519PrivateKey.generate(),
        "rsa": generate_private_key(65537, 2048),
    }
    for name, key in keys.items():
        path = folder / f"{name}.pem"
        path.touch(mode=0o600)
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def costs(findings: Findings) -> list[Cost]:
    """The table's lines."""
    lines = []
    for case in CASES:
        for sender in _SENDERS:
            found = [each for each in findings.measures if each.case == case and each.sender == sender]
            shares = ratios(findings.measures, case, sender, SAFE)
            if not shares:
                continue
            lines.append(
                Cost(
                    case=case,
                    sender=sender,
                    rounds=len(found),
                    rate=median(each.rate for each in found),
                    ratio=(median(shares), min(shares), max(shares)),
                    cpu=median(each.sent.cpu / each.sent.messages * 1e6 for each in found),
                )
            )
    return lines
