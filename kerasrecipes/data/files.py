"""Text out of files, whatever their encoding."""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kerasrecipes.errors import UserError

_SHOWN = 200  # characters of a name in a message, which is to be one line
# Where a shell's `<(…)` and standard input are: pipes that have a writer.
_HANDED_OVER = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_LARGEST_LINE = 2**24  # bytes that are looked at together
# Bytes by which the encoding is judged, and bytes that are read at a time.
_SAMPLE = 2**16
_BLOCK = 2**20
# The mark of UTF-32 (little endian) begins with that of UTF-16, so it is tried before.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_text(source: str | Path | bytes) -> str:
    """Read a whole file, or its content, as text: UTF-8, UTF-16 or UTF-32, and line by line Latin-1
    (Windows-1252).

    Raises:
        UserError: if it cannot be read, or is not text.
    """
    return b"".join(utf8(source)).decode("utf-8").replace("\r\n", "\n")


def utf8(source: str | Path | bytes) -> Iterator[bytes]:
    """Yield a file's content as UTF-8, piece by piece; a line that is not UTF-8 is read as
    Windows-1252.

    Args:
        source: path of the file, or its content.

    Raises:
        UserError: if it cannot be read, or is not text.
    """
    name = shown(source)
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file:
            encoding, skipped = _encoding(file.read(_SAMPLE), name)
            file.seek(skipped)
            if encoding == "utf-8":
                yield from _lines_as_utf8(file)
            else:
                decoder = codecs.getincrementaldecoder(encoding)("replace")
                while block := file.read(_BLOCK):
                    yield decoder.decode(block).encode("utf-8", "replace")
    except OSError as error:
        raise UserError(f"cannot read {name}: {error.strerror or error}") from None


def first_bytes(source: str | Path | bytes, size: int) -> bytes:
    """Return the beginning of a file, or of its content, as UTF-8.

    Args:
        source: path of the file, or its content.
        size: most bytes of it.

    Raises:
        UserError: if it cannot be read, or is not text.
    """
    found = bytearray()
    for piece in utf8(source):
        found += piece
        if len(found) >= size:
            break
    return bytes(found[:size])


def shown(source: str | Path | bytes) -> str:
    """Return how a message names a file or what came from standard input, in at most 200 signs."""
    return "standard input" if isinstance(source, bytes) else str(source)[:_SHOWN]


def is_regular(path: str | os.PathLike[str]) -> bool:
    """Return whether a file can be read without waiting: it is no pipe, socket or device.

    The pipes that a shell hands over, such as `/dev/fd/63`, count as files.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) or (stat.S_ISFIFO(mode) and str(path).startswith(_HANDED_OVER))


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open a file for reading, but nothing that would be waited for.

    Raises:
        UserError: if it is a folder, pipe, socket or device, or its name is none.
        OSError: if it is not there or cannot be read.
    """
    try:
        os.stat(path)
    except ValueError as error:  # a null character in it
        raise UserError(f"cannot read {shown(str(path))!r}: {error}") from None
    if os.path.isdir(path):
        raise UserError(f"{shown(str(path))} is a folder where a file is needed")
    if not is_regular(path):
        raise UserError(f"{shown(str(path))} is not a file but a pipe, socket or device")
    return open(path, "rb")


def utf8_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a small file that was written as UTF-8; nothing is waited for.

    Raises:
        UserError: if it is a folder, pipe, socket or device, or its name is none.
        OSError: if it is not there or cannot be read.
        UnicodeDecodeError: if it is not UTF-8.
    """
    with open_regular(path) as file:
        return file.read().decode("utf-8")


def text_files(folder: str | os.PathLike[str]) -> list[str]:
    """List the text files below a folder in the order of their names; hidden ones are left out."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        # Changed in place, so that `os.walk` enters no hidden folder.
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        files = [
            os.path.join(place, name)
            for name in names
            if not name.startswith(".")
            and Path(name).suffix.lower() in (".txt", ".text", ".md", "")
        ]
        found += filter(is_regular, files)
    return sorted(found)


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return a sorting key that puts `page2` before `page10`."""
    parts = re.split(r"([0-9]+)", name)
    # Tuples of one form, as Python does not compare a number with text; numbers go first.
    # `isdecimal`, for `isdigit` also takes the superscript of `5²`, of which `int` makes nothing.
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts if part]


class Utf8Stream(io.RawIOBase):
    """A file that is read as UTF-8, whatever its encoding is.

    Args:
        source: path of the file, or its content.

    Attributes:
        quotes: quotation marks so far.
    """

    def __init__(self, source: str | bytes):
        self.pieces, self.rest, self.quotes = utf8(source), b"", 0

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer, and return the number of bytes."""
        self.rest = self.rest or next(self.pieces, b"")
        piece, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(piece)] = piece
        self.quotes += piece.count(b'"')
        return len(piece)


def _encoding(head: bytes, name: str) -> tuple[str, int]:
    """Return the encoding of a file by its beginning, and the length of its byte order mark."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding, len(mark)
    zeros = [head[place::2].count(0) for place in (0, 1)]
    if not any(zeros):
        return "utf-8", 0
    # In UTF-16 without a mark every second byte of Latin text is zero, and next to no other.
    if max(zeros) > 0.3 * len(head) / 2 and min(zeros) < 0.05 * len(head):
        encoding = "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
        if all(
            sign >= " " or sign.isspace()
            for sign in head[: len(head) // 2 * 2].decode(encoding, "replace")
        ):
            return encoding, 0
    raise UserError(f"{name} is not text: it holds binary data")


def _lines_as_utf8(file: Any) -> Iterator[bytes]:
    rest = b""
    while block := file.read(_BLOCK):
        # Cut at line ends, so that the bytes of one character stay together.
        whole, newline, rest_ = (rest + block).rpartition(b"\n")
        if not newline and len(rest_) < _LARGEST_LINE:
            rest = rest_
            continue
        yield _as_utf8(whole + newline or rest_)
        rest = rest_ if newline else b""
    if rest:
        yield _as_utf8(rest)


def _as_utf8(piece: bytes) -> bytes:
    try:
        # Most files are UTF-8 throughout, which one call finds out for a whole piece.
        piece.decode("utf-8")
        return piece
    except UnicodeDecodeError:
        return b"".join(map(_line_as_utf8, piece.splitlines(keepends=True)))


def _line_as_utf8(line: bytes) -> bytes:
    try:
        line.decode("utf-8")
        return line
    except UnicodeDecodeError:
        return line.decode("cp1252", "replace").encode("utf-8")
