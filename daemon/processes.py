"""Children that end with their parent, and the notes that systemd wants."""

import ctypes
import os
import signal
import socket

_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE, _SPARE = 1 << 20, 2 << 20


def end_with_parent() -> None:
    """Be killed when the thread that started this process ends (Linux, prctl(2))."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def keep_small() -> None:
    """Let all threads allocate from one arena of glibc, and give back what is large as soon as it is free (mallopt(3)).

    Threads here wait for disks and peers, hardly for memory; left alone, each keeps an arena of its own, and one large
    mail raises the limit above which memory is given back. Other C libraries have no such call and need none.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _SPARE)  # asyncio asks for 256 KiB at every read: not from the kernel each time


def give_back() -> None:
    """Return free memory to the system (malloc_trim(3)): after a peak glibc keeps what lies between the rest.

    A few milliseconds; nothing where the C library has no such call.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def notify_systemd(text: str) -> None:
    """Tell the service manager, if there is one: `READY=1`, `WATCHDOG=1`, `STATUS=…` (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect("\0" + address[1:] if address.startswith("@") else address)
            sock.sendall(text.encode())
        except OSError:
            return  # a service manager that went away is no reason to stop


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear `WATCHDOG=1`: twice in its own limit."""
    limit = os.environ.get("WATCHDOG_USEC")
    return int(limit) / 2_000_000 if limit else None
