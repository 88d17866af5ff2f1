"""A small synthesiser: notes to sound, each a few harmonics that fade."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

RATE = 22050  # samples a second
_HARMONICS = (1.0, 0.45, 0.28, 0.12, 0.08, 0.04)
# Seconds: of its beginning and its end, until it has lost most of its loudness, and all of it.
_ATTACK, _RELEASE, _FADE, _SILENT = 0.012, 0.18, 1.1, 12.0


def sound(notes: Iterable[tuple[int, float, float, float]], rate: int = RATE) -> np.ndarray:
    """Play notes.

    Args:
        notes: of each MIDI number, start and length in seconds, and loudness from 0 to 1.
        rate: samples a second.

    Returns:
        `(samples,)` float32 from -0.9 to 0.9, as long as the last note rings.
    """
    played = list(notes)
    seconds = max((start + length + _RELEASE for _, start, length, _ in played), default=0.0)
    found = np.zeros(round(seconds * rate), np.float32)
    for pitch, start, length, loudness in played:
        first = round(start * rate)
        tone = loudness * _tone(pitch, length, rate)[: len(found) - first]
        found[first : first + len(tone)] += tone
    peak = float(np.abs(found).max(initial=0.0))
    return found * np.float32(0.9 / peak) if peak else found


def _tone(pitch: int, length: float, rate: int) -> np.ndarray:
    time = np.arange(round(min(length + _RELEASE, _SILENT) * rate)) / rate
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    tone = np.zeros(len(time))
    for number, strength in enumerate(_HARMONICS, start=1):
        # What is above half of the rate would sound as another tone; high harmonics fade first.
        if number * frequency < rate / 2:
            fading = np.exp(-time * number**0.5 / _FADE)
            tone += strength * fading * np.sin(2 * np.pi * number * frequency * time)
    rise = np.minimum(1, time / _ATTACK)
    fall = np.clip((length + _RELEASE - time) / _RELEASE, 0, 1)
    return (tone * rise * fall).astype(np.float32)
