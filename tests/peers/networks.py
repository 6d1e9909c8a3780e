"""Networks of the tests' own: daemons that reach each other's peers only by a cable, which can be pulled."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest

NOBODY = "02:00:00:00:00:01"
"""A MAC address that no end of a cable has."""


@dataclass(frozen=True)
class Cable:
    """A network namespace, and the one cable that leads from it to this machine.

    Attributes:
        name: Of the namespace, and of the cable's end at this machine.
        inside: Address of whoever runs in there.
        outside: Address of this machine as it is seen from in there.
    """

    name: str
    inside: str
    outside: str

    @property
    def wrapper(self) -> tuple[str, ...]:
        """What a command is run by so that it runs in there."""
        return ("nsenter", f"--net=/run/netns/{self.name}")

    def pull(self) -> None:
        """Nothing gets through any more, and nobody is told.

        Both ends address what they send to nobody. An end that were down would lose its route and its address: what is
        sent would take another way, and a server that is told to listen there would not start.
        """
        _ip("neighbour", "replace", self.inside, "lladdr", NOBODY, "dev", self.name, "nud", "permanent")
        self._within("neighbour", "replace", self.outside, "lladdr", NOBODY, "dev", "eth0", "nud", "permanent")

    def plug(self) -> None:
        """It gets through again."""
        self._within("neighbour", "delete", self.outside, "dev", "eth0")
        _ip("neighbour", "delete", self.inside, "dev", self.name)

    def _within(self, *words: str) -> None:
        _ip("-n", self.name, *words)


@contextmanager
def cables(number: int) -> Iterator[list[Cable]]:
    """So many namespaces, each with a cable; skips where they cannot be made."""
    if os.geteuid() != 0 or not (shutil.which("ip") and shutil.which("nsenter")):
        pytest.skip("network namespaces: only root makes them, with Debian's packages iproute2 and util-linux")
    with ExitStack() as made:
        yield [made.enter_context(_cable(n)) for n in range(number)]


@contextmanager
def _cable(number: int) -> Iterator[Cable]:
    net = f"10.203.{os.getpid() % 250}"
    cable = Cable(f"pr{os.getpid()}n{number}"[-15:], f"{net}.{4 * number + 2}", f"{net}.{4 * number + 1}")
    try:
        _ip("netns", "add", cable.name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"network namespaces are not allowed here: {error.stderr}")
    try:
        _ip("link", "add", cable.name, "type", "veth", "peer", "name", "eth0", "netns", cable.name)
        _ip("address", "add", f"{cable.outside}/30", "dev", cable.name)
        _ip("link", "set", cable.name, "up")
        for words in (f"address add {cable.inside}/30 dev eth0", "link set eth0 up", "link set lo up"):
            _ip("-n", cable.name, *words.split())
        yield cable
    finally:
        _ip("netns", "delete", cable.name)  # its end of the cable goes with it, and so ours


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30)
