"""What the daemon says to strangers, and what it must never say."""

import re

_LINE = re.compile(rb"\d{3}[ -][ -~]*")
_LEAKS = re.compile(
    rb"Traceback|Error: \(|Exception|\.py\b|aiosmtpd|asyncio|sqlite|SELECT |INSERT |/tmp/|/home/|/usr/|0x[0-9a-f]{6}",
    re.IGNORECASE,
)


def leaks(answers: bytes) -> list[bytes]:
    """Lines that are no proper answer or show what is inside; an answer that was cut off is none."""
    lines = answers.split(b"\n")[:-1]
    return [line for line in lines if not _LINE.fullmatch(line.removesuffix(b"\r")) or _LEAKS.search(line)]
