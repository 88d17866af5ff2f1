"""Sound as users have it, decoded: WAV by itself, other formats by soundfile.

Reference:
    [Multimedia Programming Interface and Data Specifications
    1.0](https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html) (IBM and Microsoft,
    1991), with the extensible format of 2003.
"""

from __future__ import annotations

import functools
import io
import os
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kerasrecipes.data.files import open_regular, shown
from kerasrecipes.errors import UserError

WAV = (".wav", ".wave")
# What soundfile reads beside WAV.
OTHERS = (".aif", ".aiff", ".au", ".flac", ".mp3", ".oga", ".ogg", ".opus")

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES = (100, 1_000_000)  # samples a second that are taken for possible
Sound = str | Path | bytes


@dataclass(frozen=True)
class Header:
    """What a file of sound says of itself.

    Args:
        sample_rate: samples a second.
        channels: number of channels.
        length: samples of each channel.
        kind: format of a WAV file's samples, 1 for whole numbers and 3 for fractions.
        bits: of each sample of a WAV file.
        start: where the samples of a WAV file begin, in bytes.
    """

    sample_rate: int
    channels: int
    length: int
    kind: int = 0
    bits: int = 0
    start: int = 0

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.length / self.sample_rate


@functools.cache
def workers() -> ThreadPoolExecutor:
    """Return the threads that decode sound; they wait for files in parallel."""
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="audio")


def is_sound(path: Path) -> bool:
    """Return whether a file is sound, by its name."""
    return path.suffix.lower() in (*WAV, *OTHERS) and not path.name.startswith(".")


def header(source: Sound) -> Header:
    """Read what a file says of itself, and none of its samples.

    Args:
        source: a file, or the content of one.

    Returns:
        The header; a WAV file that is cut off is as long as what is left of it.

    Raises:
        UserError: if it is not sound.
    """
    with _opened(source) as file:
        return _header(file, source)


def decode(source: Sound) -> tuple[np.ndarray, int]:
    """Read all samples, the mean of the channels.

    Args:
        source: a file, or the content of one.

    Returns:
        `(samples,)` float32 from -1 to 1, and the number of samples a second. What is no number
        becomes silence.

    Raises:
        UserError: if it is not sound.
    """
    with _opened(source) as file:
        found = _header(file, source)
        if found.kind:
            file.seek(found.start)
            raw = file.read(found.length * found.channels * found.bits // 8)
            samples = _samples(raw, found)
        else:
            file.seek(0)
            samples = _soundfile(source).read(file, dtype="float32", always_2d=True)[0]
    mono = samples.mean(axis=1, dtype=np.float32) if samples.shape[1] > 1 else samples[:, 0]
    return np.clip(np.nan_to_num(mono, nan=0, posinf=1, neginf=-1), -1, 1), found.sample_rate


@contextmanager
def _opened(source: Sound) -> Iterator[BinaryIO]:
    """Open a file of sound, or its content; what fails while it is open names it."""
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file:
            yield file
    except UserError:
        raise
    except FileNotFoundError:
        raise refusal(source, "there is no such file") from None
    except (OSError, ValueError, struct.error, RuntimeError, MemoryError) as error:
        raise refusal(source, (str(error).splitlines() or ["it is broken"])[0]) from error


def refusal(source: Sound, reason: str) -> UserError:
    """Return the error of a file that is no sound.

    Args:
        source: the file, or its content.
        reason: why it is none.
    """
    return UserError(f"{shown(source)} cannot be read as sound: {reason}")


def _header(file: BinaryIO, source: Sound) -> Header:
    start = file.read(12)
    if not start:
        raise refusal(source, "it is empty")
    if start[:4] in (b"RIFF", b"RF64") and start[8:12] == b"WAVE":
        return _wav_header(file, source)
    file.seek(0)
    info = _soundfile(source).info(file)
    return Header(int(info.samplerate), int(info.channels), int(info.frames))


def _wav_header(file: BinaryIO, source: Sound) -> Header:
    """Read the chunks of a WAV file up to its samples."""
    form: tuple[int, int, int, int] | None = None
    for name, size, place in _chunks(file):
        if name == b"fmt ":
            content = file.read(min(size, 40))
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content)
            if kind == _EXTENSIBLE and len(content) >= 26:
                kind = struct.unpack_from("<H", content, 24)[0]
            form = kind, channels, rate, bits
        elif name == b"data":
            if form is None:
                raise refusal(source, "its samples come before their format")
            _check_form(source, *form)
            kind, channels, rate, bits = form
            there = file.seek(0, os.SEEK_END) - place
            # A recorder that was interrupted leaves no size, or one that is too large.
            length = min(size, there) if size else there
            return Header(rate, channels, length * 8 // (bits * channels), kind, bits, place)
    raise refusal(source, "it has no samples")


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, size and place of each chunk of a WAV file."""
    while len(head := file.read(8)) == 8:
        size, place = struct.unpack("<I", head[4:])[0], file.tell()
        yield head[:4], size, place
        file.seek(place + size + size % 2)  # chunks begin at even places


def _check_form(source: Sound, kind: int, channels: int, rate: int, bits: int) -> None:
    known = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
    if bits not in known.get(kind, ()):
        said = f"format {kind} with {bits} bits"
        raise refusal(source, f"WAV of {said}; save it as 16 bits PCM")
    if not channels or not _RATES[0] <= rate <= _RATES[1]:
        raise refusal(source, f"it says {channels} channels and {rate:,} samples a second")


def _samples(raw: bytes, form: Header) -> np.ndarray:
    """Convert bytes to `(samples, channels)` from -1 to 1."""
    width = form.bits // 8 * form.channels
    raw = raw[: len(raw) // width * width]
    flat: np.ndarray
    if form.kind == _FLOAT:
        flat = np.frombuffer(raw, f"<f{form.bits // 8}").astype(np.float32)
    elif form.bits == 8:
        flat = (np.frombuffer(raw, np.uint8).astype(np.float32) - 128) / 128
    elif form.bits == 24:
        parts = np.frombuffer(raw, np.uint8).reshape(-1, 3).astype(np.int32)
        # Shifted to the top of 32 bits, where the sign is.
        whole = (parts[:, 0] << 8) | (parts[:, 1] << 16) | (parts[:, 2] << 24)
        flat = whole.astype(np.float32) / np.float32(2**31)
    else:
        flat = np.frombuffer(raw, f"<i{form.bits // 8}").astype(np.float32)
        flat /= np.float32(2 ** (form.bits - 1))
    return flat.reshape(-1, form.channels)


def _soundfile(source: Sound) -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError where its library is missing
        raise refusal(
            source,
            "it is not WAV, and other formats need soundfile: pip install 'kerasrecipes[audio]'",
        ) from error
    return soundfile
