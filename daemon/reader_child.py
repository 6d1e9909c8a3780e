"""The reader: parses and renders what strangers wrote, in a process that may die of it.

It sends and writes nothing but its answers, sees no configuration but templates, and runs under RLIMIT_AS. Started
by `daemon.reader`; ends when the worker does.
"""

import contextlib
import itertools
import os
import resource
import signal
import socket

import msgspec

from daemon import wire
from daemon.errands import Answer, Learn, Parse, Render, RenderReport, Request, Templates
from daemon.processes import end_with_parent, give_back, keep_small
from daemon.seams import crash_point
from parsers.detach import detached
from parsers.enclosures import Enclosures
from parsers.read import parse
from templates.model import Rendered, RenderJob, telling
from templates.render import Renderer, TemplateFault

MEMORY_LIMIT = 768 << 20
TRIM_EVERY = 500


class Reader:
    """Answers requests; nothing that a mail or a template does may end it but death."""

    def __init__(self) -> None:
        self._renderer = Renderer({})

    def answer(self, request: Request) -> Answer:
        """Do what is asked, or say why not."""
        try:
            match request:
                case Parse(raw, hints):
                    crash_point("reader-parse", raw)
                    return Answer(parsed=parse(raw, hints))
                case Learn(samples, hints):
                    from parsers.learn import propose  # only an admin at the command line asks for it

                    return Answer(proposal=propose(samples, hints))
                case Render(job, subject_only=True):
                    return Answer(rendered=Rendered(subject=self._renderer.subject(job), text=""))
                case Render(job, enclosing):
                    crash_point("reader-render")
                    return self._written(job, enclosing)
                case RenderReport(job):
                    crash_point("reader-render")
                    return Answer(rendered=self._renderer.render_report(job))
                case Templates(overrides):
                    self._renderer = Renderer(overrides)
                    return Answer()
        except MemoryError:
            return Answer(error="out of memory")
        except Exception as error:
            return Answer(error=f"{type(error).__name__}: {error}"[:500])

    def _written(self, job: RenderJob, enclosing: bytes | None) -> Answer:
        """The mail's words and what goes along; a template that fails takes nothing of that away."""
        found = detached(enclosing, mails=job.notice.role != "customer") if enclosing is not None else Enclosures()
        try:
            return Answer(rendered=self._renderer.render(telling(job, found)), enclosures=found)
        except TemplateFault as fault:
            return Answer(error=f"TemplateFault: {fault}"[:500], enclosures=found)


def main() -> None:
    """Serve the socket that stands in file descriptor 0 until it is closed."""
    end_with_parent()
    keep_small()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the acceptor decides
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sock = socket.socket(fileno=os.dup(0))
    decode, encode = msgspec.msgpack.Decoder(Request).decode, msgspec.msgpack.Encoder().encode
    reader = Reader()
    with contextlib.suppress(ConnectionError):  # the worker is gone, and so are we
        for number in itertools.count(1):
            if (frame := wire.receive(sock)) is None:
                break
            wire.send(sock, encode(reader.answer(decode(frame))))
            if number % TRIM_EVERY == 0:
                give_back()


if __name__ == "__main__":
    main()
