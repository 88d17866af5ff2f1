"""Recordings that tests draw and write."""

import struct

import numpy as np

from kerasrecipes.answers.sound import Audio


def tone(random, seconds=0.3, rate=8000):
    """Draw a tone in noise, `(samples,)` from -0.9 to 0.9."""
    time = np.arange(int(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * random.uniform(100, 900) * time) + random.normal(0, 0.1, len(time))
    return (0.9 * wave / np.abs(wave).max()).astype(np.float32) if len(time) else wave


def write(path, samples, rate=8000):
    """Write samples as a WAV file of 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(Audio(samples=samples, sample_rate=rate).wav())
    return path


def wav(raw, *, kind, bits, channels, rate, size=None, extensible=False, junk=b""):
    """Put a WAV file together chunk by chunk."""
    width = channels * bits // 8
    form = struct.pack(
        "<HHIIHH", 0xFFFE if extensible else kind, channels, rate, rate * width, width, bits
    )
    if extensible:
        form += struct.pack("<HHI", 22, bits, 0) + struct.pack("<H", kind) + bytes(14)
    chunks = struct.pack("<4sI", b"fmt ", len(form)) + form
    if junk:
        chunks += struct.pack("<4sI", b"LIST", len(junk)) + junk + b"\0" * (len(junk) % 2)
    chunks += struct.pack("<4sI", b"data", len(raw) if size is None else size) + raw
    return struct.pack("<4sI4s", b"RIFF", len(chunks) + 4, b"WAVE") + chunks
