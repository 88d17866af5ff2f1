"""Processes as a file can name them: who wrote it, and whether that one still lives."""

from __future__ import annotations

import functools
import hashlib
import os
import socket
import time
from contextlib import suppress
from pathlib import Path


@functools.cache
def machine() -> str:
    """Name of the space in which a process number means one process: 8 hexadecimal digits.

    It differs after a restart of the machine, and inside a container, where the same numbers count
    other processes.
    """
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def started(process: int) -> str:
    """Moment at which a process of this machine began, in the system's own count; empty where the
    system does not tell.

    Numbers are given again after a while: a process is the one that was meant if its beginning is.
    """
    with suppress(OSError, IndexError):
        # The name in parentheses may hold spaces itself; the beginning is the 22nd field in all.
        text = Path(f"/proc/{process}/stat").read_text(errors="replace")
        return text.rpartition(")")[2].split()[19]
    return ""


def is_alive(process: int, beginning: str = "") -> bool:
    """Whether a process of this machine lives.

    Args:
        process: its number.
        beginning: of `started`, by which it is told from a later one of the same number.
    """
    # Elsewhere the call below would end the process instead of asking for it.
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass  # somebody else's, or no number that a process can have
    return not beginning or started(process) in ("", beginning)


def booted() -> float:
    """Seconds of the clock at which this machine started; 0 where the system does not tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.time() - time.clock_gettime(clock) if clock is not None else 0.0
