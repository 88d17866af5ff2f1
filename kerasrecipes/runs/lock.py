"""Locks: one process at a time works on the folder of a run or of a search.

The lock is a file that names its holder. A process that was killed cannot remove it, so it is
recognised as stale: by its number where it ran on this machine, and by its silence where it ran on
another one that shares the disk, for a holder touches its lock all the while.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kerasrecipes import files, processes
from kerasrecipes.data.files import utf8_text
from kerasrecipes.errors import UserError

NAME = "lock"
BEAT = 30.0  # seconds between touches
SILENCE = 600.0  # seconds after which the holder on another machine counts as gone

_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class InUse(UserError):
    """Another process works on the folder."""


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock.

    Args:
        host: name of its machine.
        machine: of `processes.machine`.
        process: its number there.
        beginning: of `processes.started`.
        since: when it took the lock, for people.
        token: unlike any other lock's.
    """

    host: str
    machine: str
    process: int
    beginning: str
    since: str
    token: str

    @classmethod
    def this(cls) -> Holder:
        """Return this process as a holder of a new lock."""
        return cls(
            host=socket.gethostname(),
            machine=processes.machine(),
            process=os.getpid(),
            beginning=processes.started(os.getpid()),
            since=datetime.now().astimezone().isoformat(" ", "seconds"),
            token=secrets.token_hex(8),
        )

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} since {self.since}"


def holder(folder: Path) -> Holder | None:
    """Return the living process that works on a folder, or `None`.

    Args:
        folder: of a run or of a search.
    """
    path = folder / NAME
    found = _read(path)
    return found if found is not None and not _is_stale(path, found) else None


def is_stale(folder: Path) -> bool:
    """Whether nobody works on a folder: its lock is stale, or it has none and is old.

    Args:
        folder: of a run or of a search.
    """
    path = folder / NAME
    if path.exists():
        return _is_stale(path, _read(path))
    # Asking within it would make it new.
    return _disk_time(folder.parent) - folder.stat().st_mtime > SILENCE


def refusal(folder: Path, found: Holder) -> InUse:
    """Return the error of a folder that another process works on.

    Args:
        folder: of a run or of a search.
        found: the process.
    """
    text = f"{folder} is in use by {found}; if that process is gone, remove {folder / NAME}"
    if found.machine != processes.machine():
        text += f" (after {SILENCE / 60:.0f} minutes of silence it counts as gone)"
    return InUse(text)


class Lock:
    """A lock that this process holds.

    Args:
        folder: which it may work on alone.

    Raises:
        InUse: if another process holds it.
        OSError: if the folder cannot be written.
    """

    def __init__(self, folder: Path):
        self.folder, self.path, self.owner = folder, folder / NAME, Holder.this()
        # Twice, for a stale lock is first put aside.
        if not (self._create() or (self._put_aside() and self._create())):
            other = _read(self.path)
            raise refusal(folder, other) if other else InUse(f"{folder} was taken just now")
        self._released = threading.Event()
        threading.Thread(target=self._beat, name="lock", daemon=True).start()

    def check(self) -> None:
        """Check that nobody has taken the lock, before anything is overwritten.

        Raises:
            InUse: if it was taken or removed, as after a long sleep of this machine.
        """
        found = _read(self.path)
        if found is None or found.token != self.owner.token:
            by = f"; it belongs to {found} now" if found else " by hand"
            raise InUse(f"the lock of {self.folder} was taken away{by}; this process stops")

    def release(self) -> None:
        """Give the folder free."""
        self._released.set()
        found = _read(self.path)
        if found is not None and found.token == self.owner.token:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _create(self) -> bool:
        content = (json.dumps(asdict(self.owner)) + "\n").encode()
        prefix = f".lock{files.owner('.')}."
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=prefix, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            # A link appears at once and whole, and fails where there is a file; on network disks
            # too.
            os.link(temporary, self.path)
            return True
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
        finally:
            with suppress(OSError):
                os.unlink(temporary)
        # Disks without links, such as a mounted cloud drive.
        try:
            with open(self.path, "xb") as file:
                file.write(content)
        except FileExistsError:
            return False
        return True

    def _put_aside(self) -> bool:
        """Remove a stale lock, and no other that has just taken its place."""
        stale = _read(self.path)
        if not _is_stale(self.path, stale):
            return False
        aside = self.path.with_name(f".lock.{self.owner.token[:8]}.part")
        try:
            os.rename(self.path, aside)
        except FileNotFoundError:
            return True
        try:
            if _read(aside) != stale:
                with suppress(OSError):
                    os.link(aside, self.path)
                return False
        finally:
            with suppress(OSError):
                os.unlink(aside)
        return True

    def _beat(self) -> None:
        while not self._released.wait(BEAT):
            found = _read(self.path)
            # Another's lock would seem alive when its holder is dead.
            if found is not None and found.token == self.owner.token:
                with suppress(OSError):
                    os.utime(self.path)


@contextmanager
def held(folder: Path) -> Iterator[Lock]:
    """Hold the lock of a folder.

    Args:
        folder: of a run or of a search.

    Yields:
        The lock, given free when the block ends.

    Raises:
        InUse: if another process holds it.
    """
    lock = Lock(folder)
    try:
        yield lock
    finally:
        lock.release()


def clear(folder: Path) -> None:
    """Remove the lock of a process that died, and what it left half-written.

    A folder that a living process works on, or that cannot be written, stays as it is.

    Args:
        folder: of a run or of a search.
    """
    files.remove_leftovers(folder)  # of whoever wrote without a lock, such as an export
    if (folder / NAME).exists():
        with suppress(InUse, OSError), held(folder):
            files.remove_leftovers(folder, owned=True)


def _read(path: Path) -> Holder | None:
    """Return whom a lock names; `None` if there is none or it cannot be read."""
    try:
        found = Holder(**json.loads(utf8_text(path)))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found.process, int) and isinstance(found.beginning, str) else None


def _is_stale(path: Path, found: Holder | None) -> bool:
    try:
        touched = path.stat().st_mtime
    except OSError:
        return True
    if found is None:  # of an earlier version, or a process died between making and writing it
        return time.time() - touched > BEAT
    if found.machine == processes.machine():
        return not processes.is_alive(found.process, found.beginning)
    if found.host == socket.gethostname() and touched < processes.booted():
        return True  # this machine was started anew since
    # Of two clocks, this machine's and that of the disk's server, one alone may go wrong.
    return min(time.time(), _disk_time(path.parent)) - touched > SILENCE


def _disk_time(folder: Path) -> float:
    """Seconds of the clock by which a folder's disk dates its files, if this process may write."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()
