"""Memory of this machine, asked before arrays are made that it cannot hold."""

from __future__ import annotations

import functools
import os
from contextlib import suppress
from pathlib import Path

from kerasrecipes.errors import UserError

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


@functools.cache
def machine_memory() -> float:
    """Bytes of memory that this machine, or the container that the process runs in, has in all."""
    found = float("inf")
    with suppress(AttributeError, OSError, ValueError):  # not on this system
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    # A container's limit, of the second and the first version of control groups.
    for limit in ("memory.max", "memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            text = (Path("/sys/fs/cgroup") / limit).read_text(encoding="ascii")
            found = min(found, float(text))
    return found


def require(size: float, what: str) -> None:
    """Refuse what this machine's memory cannot hold.

    Args:
        size: bytes that it takes at least.
        what: it, in the plural, for people.

    Raises:
        UserError: if there is less memory than that.
    """
    if size > machine_memory():
        raise UserError(
            f"{what} take {readable(size)}, and this machine has {readable(machine_memory())} "
            "of memory"
        )


def readable(size: float) -> str:
    """Write a number of bytes as people do, such as 3.2 GB."""
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:,.3g} {unit}" if size < 1000 else f"{size:,.0f} {unit}"
