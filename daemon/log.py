"""What the daemon says to stderr: an event word and values, never what a customer wrote, nor a secret.

An event is one line, whatever its values hold; below it an exception may follow, indented.
"""

import io
import json
import logging
import os
import sys
from typing import TextIO

# structlog draws tracebacks with rich where it finds it. We never ask it to, and five megabytes of rich and pygments in
# each of three processes are more than all else that logging costs.
_rich = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

from config.masking import masked  # noqa: E402

if _rich is None:
    del sys.modules["rich"]
else:
    sys.modules["rich"] = _rich

get_logger = structlog.get_logger

_INDENT = "    | "


def set_up(level: str, process: str) -> None:
    """JSON lines under systemd, readable lines elsewhere; libraries speak only when something is wrong."""
    under_systemd = "JOURNAL_STREAM" in os.environ or "INVOCATION_ID" in os.environ
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if under_systemd
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_below)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info if under_systemd else _as_it_is,
            _harmless if under_systemd else _harmless_line,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    said = logging.StreamHandler(sys.stderr)
    said.setFormatter(_OfLibraries(as_json=under_systemd))
    logging.basicConfig(level=logging.WARNING, handlers=[said])
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd logs what clients send


class _OfLibraries(logging.Formatter):
    """What libraries say, as events of ours look."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__("%(levelname)s %(name)s %(message)s")
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """One line, and one more where it has an exception."""
        said = masked(super().format(record))
        if self._as_json:
            return json.dumps({"event": "library", "level": record.levelname.lower(), "said": said})
        first, *more = said.split("\n")
        return "\n".join((printable(first), *(_INDENT + printable(line) for line in more)))


def printable(text: str) -> str:
    """A text without what ends a line or commands a terminal: such characters are written out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _below(out: TextIO, exception: structlog.types.ExcInfo) -> None:
    """An exception under its event: none of its lines can be taken for one."""
    told = io.StringIO()
    structlog.dev.plain_traceback(told, exception)
    lines = masked(told.getvalue()).strip("\n").split("\n")
    out.write("".join(f"\n{_INDENT}{printable(line)}" for line in lines))


def _harmless(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    return {masked(name): value if name == "exc_info" else _masked(value) for name, value in event.items()}


def _harmless_line(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    kept = _harmless(_, __, event)
    return {name: printable(value) if isinstance(value, str) else value for name, value in kept.items()}


def _masked(value: object) -> object:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return masked(value if isinstance(value, str) else repr(value))


def _as_it_is(_: object, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    return event
