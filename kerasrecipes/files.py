"""Atomic writing: a file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO


def is_there(path: str | Path) -> bool:
    """Whether there is a file or folder of this name.

    A word that cannot be a name, too long or with a null character in it, names nothing.
    """
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


@contextmanager
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes the place of `path` when the block ends without an error.

    A reader, and a process killed at any moment, sees either the old file or the complete new one.

    Args:
        path: where the file is to appear; its folder exists.

    Yields:
        A binary file, open for writing.

    Raises:
        OSError: if the disk is full or the folder cannot be written; `path` is then as it was.
    """
    path = Path(path)
    descriptor, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=".part"
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


@contextmanager
def replacing_path(path: str | Path) -> Iterator[Path]:
    """Path of a temporary file of the same suffix that takes the place of `path` when the
    block ends.

    For writers that want a name instead of an open file.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        temporary = Path(folder) / path.name
        yield temporary
        os.replace(temporary, path)


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
