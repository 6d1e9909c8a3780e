"""Metrics and health on a loopback port: `/-/healthy`, `/-/ready`, `/metrics`."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from daemon.pulse import Beating
from daemon.store import Store, StoreError, alarms, deadlines, mailed, messages, runs, sources, standstill, watched
from rules.agenda import SILENT as SILENT_RUN

REQUEST_SECONDS = 5

COUNTERS = {
    "accepted": ("postroom_accepted_total", "Mails accepted and stored, one for each recipient"),
    "recipients_refused": ("postroom_recipients_refused_total", "Recipients refused because they are not ours"),
    "mails_postponed": ("postroom_mails_postponed_total", "Recipients postponed: too many mails a minute"),
    "connections_refused": ("postroom_connections_refused_total", "Connections refused over the limits"),
    "logins_refused": ("postroom_logins_refused_total", "Logins refused: a name or password was wrong"),
    "trouble": ("postroom_trouble_total", "Answers 4xx because of trouble of our own"),
    "quarantined": ("postroom_quarantined_total", "Mails set aside because they could not be read"),
    "template_fallbacks": ("postroom_template_fallbacks_total", "Mails in plain words because a template failed"),
    "letters_not_composed": ("postroom_letters_not_composed_total", "Notices that no mail could be made of"),
    "letters_guarded": ("postroom_letters_guarded_total", "Mails to customers that were held by the leak guard"),
    "notices_capped": ("postroom_notices_capped_total", "Notices that the caps per correspondent stopped"),
    "notices_braked": ("postroom_notices_braked_total", "Times a notice was made to wait by a brake"),
    "deadlines_fired": ("postroom_deadlines_fired_total", "Steps of policies whose time came and that happened"),
    "deadlines_late": ("postroom_deadlines_late_total", "Of these, how many were found more than 15 minutes late"),
    "deadlines_refused": ("postroom_deadlines_refused_total", "Times a step could not happen and was set aside"),
    "silence_runs": ("postroom_silence_runs_total", "Weekly looks for silent sources since the start, one a time zone"),
    "pings_failed": ("postroom_pings_failed_total", "Times the address of the dead man's switch could not be asked"),
    "bounces_attributed": ("postroom_bounces_attributed_total", "Mails of ours that came back, by our signed sender"),
    "worker_deaths": ("postroom_worker_deaths_total", "Times the worker died and was started again"),
    "worker_renewals": (
        "postroom_worker_renewals_total",
        "Times the worker was renewed: a loop stood still",
    ),
    "mailbox_renewals": ("postroom_mailbox_renewals_total", "Times a mailbox's reader was renewed: it stood still"),
    "reader_deaths": ("postroom_reader_deaths_total", "Times the reader died or hung with a request in hand"),
    "reader_renewals": ("postroom_reader_renewals_total", "Times the reader was renewed because it was worn"),
}
FATES = ("postroom_mails", "Mails by fate")
OUTBOX = ("postroom_outbox", "Outgoing mails by state")
OLDEST_PENDING = ("postroom_oldest_pending_seconds", "Age of the oldest mail that nobody has read yet")
OLDEST_UNSENT = ("postroom_oldest_unsent_seconds", "Age of the oldest outgoing mail that is not sent yet")
OLDEST_UNFIRED = ("postroom_oldest_unfired_seconds", "How long the oldest step is due that has not happened")
LOOP = ("postroom_loop_up", "1 while a loop of a process goes round, 0 while it stands still")
ALARMS = ("postroom_alarms", "Alarms that the admin was told of and that are not over")
LAST_MAIL = ("postroom_source_last_mail_timestamp_seconds", "When the last verified mail of a source came")
CONNECTIONS = ("postroom_connections", "SMTP connections open now")
LMTP_CONNECTIONS = ("postroom_lmtp_connections", "LMTP connections open now")
FREE = ("postroom_free_bytes", "Bytes free on the file system of the data directory")
WORKER = ("postroom_worker_up", "1 while the worker lives and says so")
BY_FATE = ("postroom_fates_total", "Mails that reached a fate since the start, by fate")
MAILBOX_READ = ("postroom_mailbox_last_success_timestamp_seconds", "When all folders of a mailbox were last read")
MAILBOX_WAITING = ("postroom_mailbox_waiting", "Mails seen in a mailbox and not fetched yet")
BY_MAILBOX = ("postroom_mailbox_mails_total", "Mails taken from a mailbox since the start")
ERRORS_BY_MAILBOX = ("postroom_mailbox_errors_total", "Times a mailbox could not be read since the start")
BY_OUTCOME = ("postroom_attempts_total", "Attempts to send since the start, by outcome")
STANDSTILL = ("postroom_standstill", "1 while nothing goes out until somebody releases it")
SILENT = ("postroom_sources_silent", "Sources whose controllers were told that they are silent")
LAST_LOOK = ("postroom_silence_run_timestamp_seconds", "When it was last looked for silent sources")
MISSED_LOOKS = ("postroom_silence_runs_missed", "Weekly looks that did not come at their time, since the first start")

GAUGES = (
    FATES, OUTBOX, OLDEST_PENDING, OLDEST_UNSENT, CONNECTIONS, LMTP_CONNECTIONS, FREE, WORKER, BY_FATE,
    BY_OUTCOME, MAILBOX_READ, MAILBOX_WAITING, BY_MAILBOX, ERRORS_BY_MAILBOX, SILENT,
    LAST_LOOK, MISSED_LOOKS, STANDSTILL, OLDEST_UNFIRED, LOOP, ALARMS, LAST_MAIL,
)  # fmt: skip


class Health:
    """Answers three paths; anything else is 404."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        counters: Callable[[], dict[str, int]],
        connections: Callable[[], int],
        worker_up: Callable[[], bool],
        mailboxes: Callable[[], list[dict[str, Any]]],
        free: Callable[[], int],
        loops: Callable[[], list[tuple[str, Beating]]],
        ready: Callable[[], bool],
    ) -> None:
        self._store = store
        self._now = now
        self._counters = counters
        self._connections = connections
        self._worker_up = worker_up
        self._mailboxes = mailboxes
        self._free = free
        self._loops = loops
        self._ready = ready
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    async def listen(self, place: str) -> tuple[str, int]:
        """Open the port; its address."""
        host, _, port = place.rpartition(":")
        self._server = await asyncio.start_server(self._answer, host.strip("[]"), int(port))
        address: tuple[str, int] = self._server.sockets[0].getsockname()[:2]
        return address

    def close(self) -> None:
        """Take no more requests."""
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            line = await asyncio.wait_for(reader.readline(), REQUEST_SECONDS)
            method, path, *_ = line.decode("latin-1").split() or ("", "", "")
            status, body = await self._page(path) if method in ("GET", "HEAD") else ("405 Method Not Allowed", b"")
            kind = "text/plain; version=0.0.4; charset=utf-8"
            head = f"HTTP/1.0 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            writer.write(head + (body if method == "GET" else b""))
            await asyncio.wait_for(writer.drain(), REQUEST_SECONDS)
        writer.close()

    async def _page(self, path: str) -> tuple[str, bytes]:
        match path:
            case "/-/healthy":
                return "200 OK", b"healthy\n"
            case "/-/ready":
                return ("200 OK", b"ready\n") if self._ready() else ("503 Service Unavailable", b"not ready\n")
            case "/metrics":
                try:
                    return "200 OK", await asyncio.to_thread(generate_latest, self._registry)
                except StoreError:
                    return "503 Service Unavailable", b"the database cannot be used now\n"
            case _:
                return "404 Not Found", b"not found\n"

    def collect(self) -> Iterator[Metric]:
        """What Prometheus asks for; the database is asked at that moment."""
        counted = self._counters()
        for key, (name, text) in COUNTERS.items():
            yield CounterMetricFamily(name, text, value=counted.get(key, 0))
        yield _labelled(CounterMetricFamily(*BY_FATE, labels=["fate"]), counted, "fate_")
        yield _labelled(CounterMetricFamily(*BY_OUTCOME, labels=["outcome"]), counted, "outbox_")
        yield _labelled(CounterMetricFamily(*BY_MAILBOX, labels=["mailbox"]), counted, "mailbox_mails_")
        yield _labelled(CounterMetricFamily(*ERRORS_BY_MAILBOX, labels=["mailbox"]), counted, "mailbox_errors_")
        yield from self._of_mailboxes()
        yield GaugeMetricFamily(*CONNECTIONS, value=self._connections())
        yield GaugeMetricFamily(*LMTP_CONNECTIONS, value=counted.get("lmtp_connections", 0))
        yield GaugeMetricFamily(*FREE, value=self._free())
        yield GaugeMetricFamily(*WORKER, value=int(self._worker_up()))
        up = GaugeMetricFamily(*LOOP, labels=["process", "loop"])
        for process, one in self._loops():
            up.add_metric([process, one.loop], int(not one.overdue))
        yield up
        yield from self._of_the_store()

    def _of_mailboxes(self) -> Iterator[Metric]:
        read = GaugeMetricFamily(*MAILBOX_READ, labels=["mailbox"])
        waiting = GaugeMetricFamily(*MAILBOX_WAITING, labels=["mailbox"])
        for one in self._mailboxes():
            if one["last_success"]:
                read.add_metric([one["id"]], datetime.fromisoformat(one["last_success"]).timestamp())
            waiting.add_metric([one["id"]], one["waiting"])
        yield read
        yield waiting

    def _of_the_store(self) -> Iterator[Metric]:
        now = self._now()
        with self._store.read() as connection:
            fates = messages.by_fate(connection)
            states = mailed.by_state(connection)
            pending, unsent = messages.oldest_pending(connection), mailed.oldest_unsent(connection)
            unfired, told = deadlines.oldest_due(connection, now), alarms.standing(connection)
            last = sources.last_by_source(connection, now)
            looked, missed = runs.last_done(connection, SILENT_RUN)
            silent = watched.number_silent(connection)
            still = standstill.standing(connection) is not None
        mails = GaugeMetricFamily(*FATES, labels=["fate", "source"])
        for fate, source, number in fates:
            mails.add_metric([fate, source or ""], number)
        letters = GaugeMetricFamily(*OUTBOX, labels=["state"])
        for state, number in states.items():
            letters.add_metric([state], number)
        yield mails
        yield letters
        yield GaugeMetricFamily(*OLDEST_PENDING, value=age(pending, now))
        yield GaugeMetricFamily(*OLDEST_UNSENT, value=age(unsent, now))
        yield GaugeMetricFamily(*OLDEST_UNFIRED, value=age(unfired, now))
        yield GaugeMetricFamily(*ALARMS, value=len(told))
        heard = GaugeMetricFamily(*LAST_MAIL, labels=["source"])
        for name, at in last.items():
            heard.add_metric([name], at.timestamp())
        yield heard
        yield GaugeMetricFamily(*SILENT, value=silent)
        yield GaugeMetricFamily(*STANDSTILL, value=int(still))
        yield GaugeMetricFamily(*MISSED_LOOKS, value=missed)
        if looked is not None:
            yield GaugeMetricFamily(*LAST_LOOK, value=looked.timestamp())


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since then; 0 where there is nothing."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _labelled(family: CounterMetricFamily, counted: dict[str, int], prefix: str) -> Metric:
    for key, number in sorted(counted.items()):
        if key.startswith(prefix):
            family.add_metric([key.removeprefix(prefix)], number)
    return family
