"""Archives of the user's data, unpacked into the cache: zip, tar, and single compressed files.

What an archive holds is written below a folder of its own, whatever names it claims, and not more
of it than an honest archive of its size holds.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from kerasrecipes.data.files import is_regular
from kerasrecipes.errors import UserError
from kerasrecipes.files import is_there

SUFFIXES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz")
_SINGLE: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
# What may be unpacked: so many bytes in any case, and more where the archive itself is large. Texts
# shrink to a tenth, images not at all; an archive that grows a hundredfold is made to do so.
_ALWAYS, _LARGEST_RATIO = 2**28, 100
_MOST_MEMBERS = 1_000_000
_BLOCK = 2**20
_FAILURES = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError),
    *(NotImplementedError, RuntimeError, OSError, UnicodeError),
)
# Beside the data: what unpackers leave, and what is read by people.
_NO_DATA = re.compile(r"(?i)^([._]|readme|licen[cs]e|about|changelog|notice)")


def unpacked(data: str) -> str | None:
    """Unpack an archive into the cache, where it was not unpacked before.

    Args:
        data: path of a file.

    Returns:
        The folder that it was unpacked to, or the one file in it; `None` if it is no archive.

    Raises:
        UserError: if it cannot be unpacked, or would write outside its folder or without end.
    """
    path = Path(data).expanduser()
    if path.suffix.lower() not in SUFFIXES or not is_regular(path):
        return None
    # Imported here, for it brings what reads images.
    from kerasrecipes.data.feature_cache import digest, home

    state = path.stat()
    name = digest(str(path.resolve()), str(state.st_size), str(state.st_mtime_ns))
    folder = home() / "unpacked" / name
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            _unpack(path, folder, max(_ALWAYS, _LARGEST_RATIO * state.st_size))
        return str(_only(folder))
    except _FAILURES as error:
        if isinstance(error, UserError):
            raise
        reason = str(error).strip().splitlines()[:1] or [type(error).__name__]
        raise UserError(f"cannot unpack {data}: {reason[0][:160]}") from None


def inputs_of(inputs: Iterable[Any]) -> tuple[list[Any], dict[str, str]]:
    """Return inputs with archives replaced by what they were unpacked to.

    Args:
        inputs: paths, texts, or contents of files.

    Returns:
        The inputs, and the archive of each path that took the place of one.

    Raises:
        UserError: if an archive cannot be unpacked.
    """
    found, archived = list(inputs), {}
    for number, item in enumerate(found):
        if not isinstance(item, (str, Path)) or not is_there(item):
            continue
        if (place := unpacked(str(item))) is not None:
            found[number], archived[place] = place, str(item)
    return found, archived


def renamed(answers: Iterable[Any], archived: Mapping[str, str], **changes: Any) -> list[Any]:
    """Return answers whose inputs have the names that the user gave, those of archives.

    Args:
        answers: dataclasses with `input`.
        archived: the archive of each path that it was unpacked to.
        changes: further fields that are replaced.
    """
    found = []
    for answer in answers:
        name = answer.input
        for place, archive in archived.items():
            if name is not None and name.startswith(place):
                name = archive + name[len(place) :]
        found.append(replace(answer, input=name, **changes))
    return found


def _unpack(path: Path, folder: Path, most: int) -> None:
    """Write all members below a folder, which appears whole or not at all."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as place:
        room = shutil.disk_usage(place).free
        written, root = 0, Path(place) / "content"
        root.mkdir()
        for number, (name, file) in enumerate(_members(path)):
            target = root / _safe(name, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "wb") as copy:
                # Counted as it comes: what an archive says of its sizes need not be true.
                while block := file.read(_BLOCK):
                    written += len(block)
                    if written > most or number >= _MOST_MEMBERS:
                        raise UserError(
                            f"cannot unpack {path}: it grows to more than {most / 2**20:,.0f} MB, "
                            "as no data does; unpack it yourself if you trust it"
                        )
                    if written > room:
                        raise UserError(f"cannot unpack {path}: the disk of {folder} is full")
                    copy.write(block)
        try:
            os.rename(root, folder)
        except OSError:
            # Another process was as quick.
            if not folder.is_dir():
                raise


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield names and contents of the files in an archive; links and devices are left out."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                mode = entry.external_attr >> 16
                if entry.is_dir() or (mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG)):
                    continue
                if entry.flag_bits & 1:
                    raise UserError(f"cannot unpack {path}: it is encrypted")
                with archive.open(entry) as file:
                    yield entry.filename, file
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is not None:
                    yield member.name, content
    elif path.suffix.lower() in _SINGLE and path.stat().st_size:
        with _SINGLE[path.suffix.lower()](path, "rb") as file:
            yield path.stem, file
    else:
        raise UserError(f"cannot unpack {path}: it is damaged, or not a {path.suffix} file")


def _safe(name: str, path: Path) -> Path:
    """Return a member's name as a path that stays in its folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or any(part in ("..", "/") or ":" in part or "\0" in part for part in parts):
        raise UserError(f"cannot unpack {path}: its entry {name[:80]!r} leads out of its folder")
    return Path(*parts)


def _only(folder: Path) -> Path:
    """Return what a folder holds if that is one folder or one file of data, else the folder."""
    inside = [item for item in folder.iterdir() if not _NO_DATA.match(item.name)]
    if len(inside) != 1:
        return folder
    return _only(inside[0]) if inside[0].is_dir() else inside[0]
