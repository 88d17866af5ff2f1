"""Atomic and lasting writing: a file appears whole or not at all, and outlives a power cut.

A file is written under a temporary name, forced to the disk, renamed, and its folder forced to the
disk too. Temporary names tell the process that writes, so that what a killed one leaves is known
as such.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from kerasrecipes import processes
from kerasrecipes.errors import UserError

# Names of files and folders that are being written; the groups are the writer's machine and
# process, which names of earlier versions lack.
_FILE = re.compile(r"\..+?(?:\.([0-9a-f]{8})-(\d+))?\.[a-z0-9_]{8}\.part", re.DOTALL)
_FOLDER = re.compile(r"\.part(?:-([0-9a-f]{8})-(\d+))?-[a-z0-9_]{8}")

# Digest of all bytes before it, at the end of a sealed file. Readers of `.npz` and `.npy` look
# for nothing there.
_SEAL = b"\nsha256 "
_DIGEST = 32  # bytes, twice as many digits

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EROFS: "the disk can only be read",
    errno.EFBIG: "the file is larger than the system allows",
    errno.EIO: "the disk reports an error",
    errno.EACCES: "permission denied",
}


def is_there(path: str | Path) -> bool:
    """Whether there is a file or folder of this name.

    A word that cannot be a name, too long or with a null character in it, names nothing.
    """
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


@contextmanager
def replacing(
    path: str | Path, *, sealed: bool = False, keep: Path | None = None, private: bool = False
) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes the place of `path` when the block ends without an error.

    A reader, and a process killed at any moment, sees either the old file or the complete new one.

    Args:
        path: where the file is to appear; its folder exists.
        sealed: whether a digest of all bytes follows them, by which `is_intact` finds damage.
        keep: where the file that is at `path` until then goes; a process that is killed between
            both leaves it there, and none at `path`.
        private: whether only the owner may read it, from its first byte.

    Yields:
        A binary file, open for writing and reading.

    Raises:
        OSError: if the disk is full or the folder cannot be written; `path` is then as it was.
    """
    path = Path(path)
    # A name may have 255 bytes; of a long one the beginning is enough.
    prefix = f".{path.name[:40]}{owner('.')}."
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=".part")
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            if sealed:
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                file.seek(0, os.SEEK_END)
                file.write(_SEAL + digest.encode())
                file.flush()
            os.fsync(file.fileno())
        if not private:  # as it was made
            os.chmod(temporary, 0o666 & ~_umask())
        if keep is not None:
            with suppress(FileNotFoundError):
                os.replace(path, keep)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def replacing_path(path: str | Path) -> Iterator[Path]:
    """Path of a temporary file or folder of the same name that takes the place of `path` when the
    block ends.

    For writers that want a name instead of an open file.
    """
    with replacing_paths([Path(path)]) as (temporary,):
        yield temporary


@contextmanager
def replacing_paths(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Paths of temporary files or folders that take the places of `paths`, of one folder, when the
    block ends; see `replacing_path`. Of all but the first some need not be made.
    """
    parent = paths[0].absolute().parent
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=f".part{owner('-')}-"))
    try:
        temporary = [folder / path.name for path in paths]
        yield temporary
        for written in folder.rglob("*"):
            if written.is_dir():
                sync_folder(written)
            else:
                _sync(written)
        # The first one is what a reader looks for: it comes last.
        for made, path in reversed([*zip(temporary, paths, strict=True)]):
            if made.exists() or path is paths[0]:
                os.replace(made, path)
        sync_folder(parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write `content` to `path` by temporary name and rename.

    Args:
        path: where the file is to appear; its folder exists.
        content: all of the file.
    """
    with replacing(path) as file:
        file.write(content)


def write_text(path: str | Path, content: str) -> None:
    """Write `content` to `path` as UTF-8, by temporary name and rename.

    Args:
        path: where the file is to appear; its folder exists.
        content: all of the file; line ends stay as they are.
    """
    write_bytes(path, content.encode())


def make_folder(path: str | Path, *, new: bool = False) -> None:
    """Make a folder, and those above it that are missing, so that they outlive a power cut.

    Args:
        path: of the folder.
        new: whether it must not exist.

    Raises:
        FileExistsError: if it exists and is to be new, or is no folder.
        OSError: if it cannot be made.
    """
    path = Path(path)
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=not new)
    for folder in missing:
        sync_folder(folder.parent)


def sync_folder(folder: str | Path) -> None:
    """Force the names in a folder to the disk, where the system can do so.

    Raises:
        OSError: if the disk fails.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders, and others' may be closed to readers.
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network disks know no such call.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOSYS):
            raise
    finally:
        os.close(descriptor)


def is_intact(path: str | Path) -> bool | None:
    """Whether a sealed file holds the bytes that were written; `None` if it has no seal.

    Raises:
        OSError: if it cannot be read.
    """
    length = len(_SEAL) + 2 * _DIGEST
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END) - length
        if size < 0:
            return None
        file.seek(size)
        seal = file.read()
        if not seal.startswith(_SEAL):
            return None
        file.seek(0)
        found = hashlib.sha256()
        while size > 0 and (block := file.read(min(size, 2**20))):
            found.update(block)
            size -= len(block)
    return found.hexdigest().encode() == seal[len(_SEAL) :]


def remove_leftovers(folder: str | Path, *, owned: bool = False, deep: bool = True) -> None:
    """Remove what killed processes left half-written in a folder.

    Args:
        folder: which they wrote to.
        owned: whether no other process may write here, as where a lock is held; everything
            half-written is then removed. Otherwise only what a dead process of this machine left.
        deep: whether an owned folder is owned with all folders within.
    """
    folder = Path(folder)
    with suppress(OSError):
        for path in list(folder.rglob(".*") if owned and deep else folder.iterdir()):
            if path.is_symlink():
                continue
            found = (_FOLDER if path.is_dir() else _FILE).fullmatch(path.name)
            here = found is not None and found[1] == processes.machine()
            if found is None or not (owned or (here and not processes.is_alive(int(found[2])))):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def telling_failures(go_on: str) -> Iterator[None]:
    """Replace an error of the disk by one line that says what failed and how to go on.

    Args:
        go_on: the end of the line, such as what is kept and the command that goes on.

    Raises:
        UserError: in its place.
    """
    try:
        yield
    except OSError as error:
        raise UserError(f"{failure(error)}; {go_on}") from error


def is_of_disk(error: OSError) -> bool:
    """Whether an error is the disk's and would meet whatever is written, not one file's alone.

    Args:
        error: of a call that reads or writes.
    """
    return error.errno in _REASONS


def failure(error: OSError) -> str:
    """Say in a few words what failed, and on which file."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    what = _REASONS.get(error.errno or 0) or error.strerror or first
    place = error.filename2 or error.filename
    return f"{what}: {os.fsdecode(place)}" if isinstance(place, (str, bytes)) else what


def owner(separator: str) -> str:
    """Return the part of a temporary file's name that says which process writes it.

    Args:
        separator: before it.
    """
    return f"{separator}{processes.machine()}-{os.getpid()}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def expanded(path: str | Path) -> Path:
    """Return a path in which `~` is the home folder, as it is where there is no such user.

    Args:
        path: as a user wrote it.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)
