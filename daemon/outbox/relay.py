"""The relays that take our mail, in the order of the file; one object for all sender threads of the process."""

import threading
from collections.abc import Sequence
from typing import Protocol

from config.machine import Relay as RelaySettings
from config.models import Settings
from daemon.log import get_logger
from daemon.outbox.maildir import MaildirRelay
from daemon.outbox.outcome import MayGo, Outcome
from daemon.outbox.smtp_relay import SmtpRelay
from daemon.shift import Shift
from daemon.store.outgoing import InHand

log = get_logger(__name__)


class Relay(Protocol):
    """Where mail goes out; used by many threads."""

    def down_for(self) -> float:
        """Seconds until a relay that was down is tried again; 0 if it may be tried now."""

    def busy_for(self) -> float:
        """Seconds until it may take one more mail, as far as its limits go."""

    def room(self) -> int:
        """How many mails it may take now, as far as its pace goes."""

    def send(self, envelope_sender: str, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over one mail; `may_go` is called right before its contents leave."""

    def close(self) -> None:
        """End what is open and not in use; what is in use ends when it is given back."""


class Relays:
    """The first that is up takes the mail; one that refuses it has the last word."""

    def __init__(self, relays: Sequence[Relay]) -> None:
        self._relays = relays

    def wait(self) -> float:
        """Seconds until it makes sense to take up a letter."""
        down = [relay.down_for() for relay in self._relays]
        up = next((relay for relay, seconds in zip(self._relays, down, strict=True) if not seconds), None)
        return up.busy_for() if up else min(down, default=60.0)

    def room(self) -> int:
        """How many letters it makes sense to take up at once, at least one."""
        up = next((relay for relay in self._relays if not relay.down_for()), None)
        return max(1, up.room()) if up else 1

    def send(self, envelope_sender: str, letter: InHand, may_go: MayGo) -> Outcome:
        """Hand over to the first relay that takes part."""
        outcome = Outcome("untried", "no relay is configured", down=True)
        for relay in self._relays:
            found = relay.send(envelope_sender, letter, may_go)
            if not found.down:
                return found
            if found.state != "untried" or outcome.state == "untried":
                outcome = found
        return outcome

    def close(self) -> None:
        """End all connections."""
        for relay in self._relays:
            relay.close()


class Outlet:
    """The relays of the present settings; a reload brings new ones, with certificates read anew."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._lock = threading.Lock()
        self._of = shift.settings
        self._relays = open_relays(shift.settings)

    @property
    def relays(self) -> Relays:
        """Those of now."""
        with self._lock:
            if self._of is not self._shift.settings:
                self._relays.close()
                self._of = self._shift.settings
                self._relays = open_relays(self._of)
            return self._relays

    def close(self) -> None:
        """Say goodbye."""
        self._relays.close()


def open_relays(settings: Settings) -> Relays:
    """The configured relays; whoever has chosen to do without TLS is reminded of it."""
    for relay in settings.postroom.relay:
        if relay.url.startswith("smtp:") and relay.tls != "required":
            log.warning("relay-without-required-tls", relay=relay.url, tls=relay.tls)
    return Relays([_one(settings, relay) for relay in settings.postroom.relay])


def senders_for(settings: Settings) -> int:
    """Threads that keep every relay busy."""
    return max(1 if relay.url.startswith("maildir:") else relay.connections for relay in settings.postroom.relay)


def _one(settings: Settings, relay: RelaySettings) -> Relay:
    if relay.url.startswith("maildir:"):
        return MaildirRelay(settings.directory / relay.url.removeprefix("maildir:"))
    return SmtpRelay(relay, settings.postroom.hostname, settings.directory)
