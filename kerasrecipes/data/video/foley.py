"""Clips with sound: frames at one rate, and the loudness of bands of their sound in each frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Positive
from kerasrecipes.recipe import Splits

RATE = 8000  # samples of sound a second
_LOWEST, _HIGHEST = 150.0, 3600.0  # Hz, of the bands
_FFT = 512
_QUIET = 1e-3  # amplitude that counts as silence
_DECADES = 3.0  # from it to full loudness


class Clip(NamedTuple):
    """Frames with their sound.

    Args:
        frames: `(frames, height, width)` uint8, shades of grey.
        fps: frames a second.
        sound: `(samples,)` float32, `RATE` a second.
        name: of the file; empty where there is none.
    """

    frames: np.ndarray
    fps: float
    sound: np.ndarray
    name: str = ""


class ClipExamples(Examples):
    """Clips as a source gives them.

    Args:
        clips: of any length and size.
    """

    def __init__(self, clips: Sequence[Clip]):
        self.clips = list(clips)

    def __len__(self) -> int:
        return len(self.clips)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return clips, and their names."""
        chosen = [self.clips[int(index)] for index in indices]
        return chosen, [clip.name for clip in chosen]

    def select(self, indices: np.ndarray) -> ClipExamples:
        """Return a collection of only the clips at these indices."""
        return ClipExamples([self.clips[int(index)] for index in indices])


@dataclass(frozen=True, kw_only=True)
class FoleyPreprocessor(Preprocessor):
    """Frames to squares at one rate, and sound to the loudness of bands and back.

    Args:
        size: height and width of a frame.
        fps: frames a second.
        bands: number of bands, evenly spaced for the ear.
        threshold: rise of loudness from one frame to the next that counts as an event.
    """

    kind: ClassVar[str] = "foley"
    inputs: ClassVar[str] = "clips with sound"

    size: int
    fps: int
    bands: int
    threshold: float = 1.0

    @classmethod
    def fit(cls, clips: Sequence[Clip], *, size: int, fps: int, bands: int) -> FoleyPreprocessor:
        """Measure from which rise of loudness on an event is heard.

        Args:
            clips: of the training.
            size: height and width of a frame.
            fps: frames a second.
            bands: number of bands.

        Returns:
            The preprocessor.

        Raises:
            UserError: if all clips are silent.
        """
        plain = cls(size=size, fps=fps, bands=bands)
        rises = [np.diff(plain.loudness(clip.sound).sum(axis=1)) for clip in clips]
        largest = np.array([rise.max(initial=0) for rise in rises])
        if not len(largest) or largest.max() <= 0:
            raise UserError("all clips are silent: there is no sound to learn")
        # A fifth of the rise that the loudest event of a clip has in the median.
        return replace(plain, threshold=round(float(np.median(largest[largest > 0])) / 5, 4))

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return RATE // self.fps

    @property
    def centres(self) -> np.ndarray:
        """Frequency of each band in Hz, `(bands,)`."""
        return np.geomspace(_LOWEST, _HIGHEST, self.bands)

    def __call__(self, frames: np.ndarray, fps: float | None = None) -> np.ndarray:
        """Return frames at the model's rate and size.

        Args:
            frames: `(frames, height, width)` uint8.
            fps: of them; by default the model's own.

        Returns:
            `(frames, size, size, 1)` uint8.
        """
        from PIL import Image

        fps = fps or self.fps
        count = max(1, round(len(frames) * self.fps / fps))
        places = np.minimum((np.arange(count) * fps / self.fps).astype(int), len(frames) - 1)
        side = (self.size, self.size)
        if frames.shape[1:] == side:
            return frames[places][..., None]
        small = [
            np.asarray(Image.fromarray(frame).resize(side, Image.Resampling.BOX))
            for frame in frames
        ]
        return np.stack(small)[places][..., None]

    def loudness(self, sound: np.ndarray) -> np.ndarray:
        """Return the loudness of each band in each frame.

        Args:
            sound: `(samples,)`, `RATE` a second.

        Returns:
            `(frames, bands)` float32, from 0 for silence to about 1.
        """
        count = len(sound) // self.hop
        # A window of two frames that begins with its frame, so that an impact counts at once.
        padded = np.pad(sound, (0, 2 * self.hop))
        cut = padded[np.arange(count)[:, None] * self.hop + np.arange(2 * self.hop)]
        window = np.hanning(4 * self.hop)[2 * self.hop :]
        spectrum = np.abs(np.fft.rfft(cut * window, max(_FFT, 2 * self.hop), axis=1)) / self.hop
        frequencies = np.fft.rfftfreq(max(_FFT, 2 * self.hop), 1 / RATE)
        distance = np.abs(np.log(np.maximum(frequencies, 1))[:, None] - np.log(self.centres))
        weights = np.maximum(0, 1 - distance / np.log(self.centres[1] / self.centres[0]))
        power = spectrum**2 @ weights
        decibels = np.log10((np.sqrt(power) + _QUIET) / _QUIET) / _DECADES
        return decibels.astype(np.float32)

    def decode(self, loudness: np.ndarray, seed: int = 0) -> np.ndarray:
        """Return sound of the loudness of bands: a tone of each, as loud as it is to be.

        Args:
            loudness: `(frames, bands)`.
            seed: of the phases.

        Returns:
            `(samples,)` float32.
        """
        loud = _QUIET * (10 ** (_DECADES * np.clip(loudness, 0, 1.5)) - 1)
        samples = np.arange(len(loud) * self.hop)
        places = samples / self.hop
        phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, self.bands)
        sound = np.zeros(len(samples))
        for band, centre in enumerate(self.centres):
            # It rises at once, and falls from frame to frame.
            now = loud[:, band]
            later = np.minimum(now, np.append(now[1:], 0))
            index = samples // self.hop
            share = places - index
            envelope = now[index] * (1 - share) + later[index] * share
            sound += envelope * np.sin(2 * np.pi * centre * samples / RATE + phases[band])
        return np.clip(2 * sound, -1, 1).astype(np.float32)

    def events(self, loudness: np.ndarray) -> np.ndarray:
        """Return the frames in which something begins to sound.

        Args:
            loudness: `(frames, bands)`.

        Returns:
            Their numbers, in order.
        """
        rise = np.diff(loudness.sum(axis=1), prepend=loudness[:1].sum(axis=1))
        padded = np.pad(rise, 1, constant_values=-np.inf)
        highest = (rise >= padded[:-2]) & (rise > padded[2:])
        return np.flatnonzero(highest & (rise > self.threshold))


def prepare(
    splits: Splits,
    *,
    size: Count = 32,
    fps: Count = 25,
    bands: Count = 20,
    seconds: Positive = 2.0,
) -> Splits:
    """Cut clips into windows of one length, small frames, and the loudness of bands.

    Args:
        splits: of clips.
        size: height and width of a frame in pixels.
        fps: frames a second.
        bands: bands of sound, evenly spaced for the ear.
        seconds: length of a window; of a longer clip there are several.

    Returns:
        Splits of `Arrays`: `(windows, frames, size, size, 1)` uint8, and loudness `(windows,
        frames, bands)`. `info` gains a `FoleyPreprocessor`.

    Raises:
        UserError: if no clip is as long as a window, or all are silent.
    """
    info = splits.trained_info or splits.info
    if splits.trained_info is None:
        if not 2 <= bands <= 128 or not 1 <= fps <= 100:
            raise UserError(f"bands={bands}, fps={fps}: must be from 2 to 128 and from 1 to 100")
        train = cast(ClipExamples, splits.train).clips
        preprocessor = FoleyPreprocessor.fit(train, size=size, fps=fps, bands=bands)
        shape = (round(seconds * fps), size, size, 1)
        info = replace(info, preprocessor=preprocessor, input_shape=shape)
    preprocessor = FoleyPreprocessor.of(info)
    length = (info.input_shape or (1,))[0] or 1

    def windows(part: ClipExamples) -> Arrays:
        pairs = [_windows(clip, preprocessor, length) for clip in part.clips]
        x = [row for frames, _ in pairs for row in frames]
        y = [row for _, loudness in pairs for row in loudness]
        side = (length, preprocessor.size, preprocessor.size, 1)
        return Arrays(
            np.stack(x) if x else np.zeros((0, *side), np.uint8),
            np.stack(y) if y else np.zeros((0, length, preprocessor.bands), np.float32),
        )

    made = splits.map(lambda part: windows(cast(ClipExamples, part)))
    if splits.trained_info is None and not all(map(len, (made.train, made.validation, made.test))):
        raise UserError(f"a split has no clip of {seconds:g} seconds; give a smaller seconds=")
    return replace(made, info=info)


def _windows(
    clip: Clip, preprocessor: FoleyPreprocessor, length: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    frames = preprocessor(clip.frames, clip.fps)
    loudness = preprocessor.loudness(clip.sound)
    count = min(len(frames), len(loudness)) // length
    cut = [slice(number * length, (number + 1) * length) for number in range(count)]
    return [frames[part] for part in cut], [loudness[part] for part in cut]
