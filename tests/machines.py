"""Machines on a network of their own, on this machine: network namespaces, each with a cable to a switch (Linux only).

The hub is the machine at which the switch stands: whoever listens there is reached by all. None of them reaches this
machine's own network, nor it them. A namespace has no name; it lasts as long as a process that is in it, and the first
of these ends when the test's process does, however that comes. So nothing is left behind.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

_NET = "10.213.7"
_NEEDED = ("ip", "nsenter", "unshare")


def missing_parts() -> str:
    """What a network lacks on this machine; empty: nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    return ", ".join(f"{name} is not installed" for name in _NEEDED if shutil.which(name) is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine, seen from outside."""

    #: A process in it.
    process: int
    address: str
    #: Its place at the switch.
    port: str = ""

    @property
    def within(self) -> tuple[str, ...]:
        """What stands before a command that is to run there; the process keeps its number."""
        return ("nsenter", f"--net=/proc/{self.process}/ns/net")

    def run(self, *command: str) -> None:
        """Run a command there, to its end."""
        done = subprocess.run([*self.within, *command], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A hub and the machines around it."""

    hub: Machine
    machines: Sequence[Machine]

    def unplug(self, machine: Machine) -> None:
        """Pull a machine's cable: nobody is told, and nothing passes any more."""
        self.hub.run("ip", "link", "set", machine.port, "down")

    def plug_in(self, machine: Machine) -> None:
        """Put it back."""
        self.hub.run("ip", "link", "set", machine.port, "up")


@contextmanager
def a_network(count: int) -> Iterator[Network]:
    """So many machines around a hub."""
    with ExitStack() as stack:
        hub = Machine(process=stack.enter_context(_a_namespace()), address=f"{_NET}.1")
        hub.run("ip", "link", "add", "switch", "type", "bridge")
        _give_address(hub, "switch")
        machines = [_plugged_in(hub, number, stack.enter_context(_a_namespace())) for number in range(1, count + 1)]
        yield Network(hub=hub, machines=machines)


@contextmanager
def _a_namespace() -> Iterator[int]:
    """A network namespace with nothing in it but a process that waits for the end of its input. Gives its number."""
    with subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"?\n")
            process.stdin.flush()
            # Its echo says that it is in the new namespace.
            assert process.stdout.readline() == b"?\n", "this kernel lets nobody make a network namespace"
            yield process.pid
        finally:
            process.kill()


def _plugged_in(hub: Machine, number: int, process: int) -> Machine:
    machine = Machine(process=process, address=f"{_NET}.{number + 1}", port=f"port{number}")
    hub.run("ip", "link", "add", machine.port, "type", "veth", "peer", "name", "cable", "netns", str(process))
    hub.run("ip", "link", "set", machine.port, "master", "switch", "up")
    _give_address(machine, "cable")
    return machine


def _give_address(machine: Machine, link: str) -> None:
    machine.run("ip", "address", "add", f"{machine.address}/24", "dev", link)
    for each in ("lo", link):
        machine.run("ip", "link", "set", each, "up")
