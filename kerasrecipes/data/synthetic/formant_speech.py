"""Synthesised speech: nonsense words of vowels and consonants, by speakers of several voices.

A pulse train or noise, the voice, is filtered by the resonances of the mouth, the formants, whose
frequencies are what tells one vowel from another. They move from letter to letter, and all of them
are higher in a shorter mouth, so that no spectrum is that of one letter alone: a letter is heard by
how its spectrum lies among its neighbours'. The speakers of the test split are heard in no other.

Reference:
    [Software for a Cascade/Parallel Formant Synthesizer](https://doi.org/10.1121/1.383940) (Klatt,
    1980); formants of vowels by [Control Methods Used in a Study of the
    Vowels](https://doi.org/10.1121/1.1906875) (Peterson and Barney, 1952)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from kerasrecipes.data.audio.speech import SpeechExamples
from kerasrecipes.data.audio.waves import ArrayWaves
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

RATE = 8000  # samples a second
COUNT, SPEAKERS = 1100, 40
_WORDS, _TIMES, _VOICE_SEED = ("ama", "esi", "olu", "uka"), 40, 7

_HOP, _FFT = 80, 256  # samples between frames, of which there are 100 a second; and of a frame
_BANDWIDTHS = np.array([60.0, 90.0, 150.0])  # of the formants, Hz
_SMOOTHING = 5  # frames over which the mouth moves


class Letter(NamedTuple):
    """How a letter is spoken.

    Args:
        formants: three resonances in Hz; for a burst or hiss the middle of its noise.
        voice: loudness of the pulses.
        noise: loudness of the noise.
        frames: hundredths of a second, silence before a burst included.
        closed: hundredths of a second of silence at its beginning.
    """

    formants: tuple[float, float, float]
    voice: float
    noise: float
    frames: int
    closed: int = 0


VOWELS = {
    "a": Letter((730, 1090, 2440), 1.0, 0.01, 11),
    "e": Letter((530, 1840, 2480), 1.0, 0.01, 11),
    "i": Letter((270, 2290, 3010), 0.9, 0.01, 11),
    "o": Letter((570, 840, 2410), 1.0, 0.01, 11),
    "u": Letter((300, 870, 2240), 0.9, 0.01, 11),
}
CONSONANTS = {
    "m": Letter((250, 900, 2200), 0.35, 0.005, 7),
    "n": Letter((250, 1700, 2600), 0.35, 0.005, 7),
    "l": Letter((360, 1300, 2900), 0.6, 0.005, 7),
    "s": Letter((3300, 3600, 3800), 0.0, 0.35, 9),
    "f": Letter((1200, 2400, 3600), 0.0, 0.06, 9),
    "t": Letter((2800, 3200, 3600), 0.0, 0.40, 8, 6),
    "k": Letter((1500, 1700, 2600), 0.0, 0.40, 8, 6),
}
LETTERS = {**VOWELS, **CONSONANTS}


class Speaker(NamedTuple):
    """A voice.

    Args:
        pitch: pulses a second.
        mouth: factor of all formants, higher for a shorter mouth.
        pace: factor of the length of letters.
        breath: noise in the voice.
        room: loudness of the noise of the room, as a share of the voice.
    """

    pitch: float
    mouth: float
    pace: float
    breath: float
    room: float


@dataclass(frozen=True)
class FormantSpeech(SyntheticSource):
    """Nonsense words, spoken by drawn voices."""

    summary: str = (
        f"{COUNT:,} synthesised recordings of one to three nonsense words by {SPEAKERS} voices, "
        f"{RATE:,} samples a second, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Synthesise the recordings and divide them by speaker; the same seed gives the same."""
        random = np.random.default_rng(request.seed)
        voices = [speaker(random) for _ in range(SPEAKERS)]
        transcripts = [sentence(random) for _ in range(COUNT)]
        waves = [
            spoken(random, text, voices[number % SPEAKERS])
            for number, text in enumerate(transcripts)
        ]
        examples = SpeechExamples(
            ArrayWaves(Ragged.of(waves), RATE),
            transcripts,
            [f"voice {number % SPEAKERS + 1}" for number in range(COUNT)],
        )
        parts, notes = make_splits(
            {"train": examples}, request, groups=lambda part: part.speaker_names
        )
        return splits_of(parts, Info(), notes)


@dataclass(frozen=True)
class ShortWords(SyntheticSource):
    """A few short words, each many times by one voice."""

    summary: str = (
        f"{_TIMES * len(_WORDS)} synthesised recordings of {len(_WORDS)} short words by one voice, "
        f"{RATE:,} samples a second, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Synthesise the recordings, the same each time, and divide them by the seed."""
        random = np.random.default_rng(_VOICE_SEED)
        # In a quiet room, of which a network can tell little.
        voice = speaker(random)._replace(room=0.001, breath=0.004)
        transcripts = [word for _ in range(_TIMES) for word in _WORDS]
        waves = [spoken(random, text, voice) for text in transcripts]
        names = ["one voice"] * len(waves)
        examples = SpeechExamples(ArrayWaves(Ragged.of(waves), RATE), transcripts, names)
        parts, _ = make_splits(
            {"train": examples},
            request,
            labels=lambda part: np.unique(part.transcripts, return_inverse=True)[1],
        )
        return splits_of(parts, Info())  # that generated words are divided is no news


def speaker(random: np.random.Generator) -> Speaker:
    """Draw a voice: high voices have short mouths, as children and many women do."""
    height = random.random()
    return Speaker(
        pitch=90 * 2.6**height * random.uniform(0.93, 1.07),
        mouth=0.88 + 0.3 * height + random.uniform(-0.03, 0.03),
        pace=random.uniform(0.8, 1.25),
        breath=random.uniform(0.0, 0.03),
        room=random.uniform(0.002, 0.02),
    )


def sentence(random: np.random.Generator) -> str:
    """Draw one to three words of two syllables each."""
    consonants, vowels = list(CONSONANTS), list(VOWELS)
    words = []
    for _ in range(random.integers(1, 4)):
        drawn = [random.choice(letters) for letters in (consonants, vowels, consonants, vowels)]
        words.append("".join(drawn))
    return " ".join(words)


def spoken(random: np.random.Generator, text: str, voice: Speaker) -> np.ndarray:
    """Synthesise a sentence.

    Args:
        random: of what differs each time that the same is said.
        text: letters of `LETTERS`, and spaces, which are pauses.
        voice: that says it.

    Returns:
        `(samples,)` float32, `RATE` a second, from -1 to 1.
    """
    formants, voiced, noisy = _tracks(random, text, voice)
    frames = len(formants)
    samples = frames * _HOP
    # The pitch falls by a fifth towards the end, and wavers.
    course = np.linspace(1.1, 0.88, samples) * (1 + 0.03 * np.sin(np.arange(samples) / 900))
    phase = np.cumsum(voice.pitch * course * random.uniform(0.92, 1.08) / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    hiss = random.normal(0, 0.15, samples)
    loudness = np.repeat(np.stack([voiced, noisy + voice.breath * voiced], axis=1), _HOP, axis=0)
    wave = _filtered(pulses * loudness[:, 0] + hiss * loudness[:, 1], formants)
    wave = wave / max(np.abs(wave).max(), 1e-6) * random.uniform(0.2, 0.9)
    room = random.normal(0, voice.room, samples) * np.abs(wave).max()
    return np.clip(wave + room, -1, 1).astype(np.float32)


def _tracks(
    random: np.random.Generator, text: str, voice: Speaker
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return formants `(frames, 3)` in Hz, and loudness of voice and noise, `(frames,)`."""
    neutral = Letter((500, 1500, 2500), 0.0, 0.0, 8)
    said = [neutral, *(LETTERS.get(letter, neutral) for letter in text), neutral]
    rows: list[tuple[Sequence[float], float, float]] = []
    for letter in said:
        frames = max(3, round(letter.frames * voice.pace * random.uniform(0.85, 1.15)))
        closed = round(letter.closed * voice.pace)
        rows += [(letter.formants, 0.0, 0.0)] * closed
        rows += [(letter.formants, letter.voice, letter.noise)] * max(2, frames - closed)
    kernel = np.ones(_SMOOTHING) / _SMOOTHING
    target = np.array([row[0] for row in rows]) * voice.mouth
    padded = np.pad(target, ((_SMOOTHING // 2, _SMOOTHING // 2), (0, 0)), mode="edge")
    moved = [np.convolve(track, kernel, "valid") for track in padded.T]
    voiced, noisy = (np.array([row[place] for row in rows]) for place in (1, 2))
    return np.stack(moved, axis=1), voiced, noisy


def _filtered(source: np.ndarray, formants: np.ndarray) -> np.ndarray:
    """Filter frame by frame, in the spectrum, and add the overlapping frames."""
    frames = len(formants)
    starts = np.arange(frames) * _HOP
    padded = np.pad(source, (0, _FFT))
    window = np.hanning(2 * _HOP + 1)[:-1]  # halves of neighbours sum to 1
    cut = padded[starts[:, None] + np.arange(2 * _HOP)] * window  # (frames, window)
    frequencies = np.fft.rfftfreq(_FFT, 1 / RATE)[None, :, None]
    # A resonance's gain falls off with the distance from its frequency, by its bandwidth.
    distance = (frequencies - formants[:, None, :]) / _BANDWIDTHS
    gains = 1 / np.sqrt(1 + distance**2)
    envelope = gains @ np.array([1.0, 0.6, 0.35])  # (frames, bins)
    shaped = np.fft.irfft(np.fft.rfft(cut, _FFT) * envelope, _FFT)
    found = np.zeros(frames * _HOP + _FFT)
    for start, frame in zip(starts, shaped, strict=True):
        found[start : start + _FFT] += frame
    return found[: frames * _HOP]
