"""Clips with sound: frames at one rate, and the loudness of bands of their sound in each frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, Protocol, cast

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Positive
from kerasrecipes.recipe import Splits

RATE = 8000  # samples of sound a second
IN_MEMORY = 2**29  # bytes of a split that are kept
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


class LazyClip(Protocol):
    """A clip in files, of which only the size is in memory."""

    @property
    def name(self) -> str:
        """Name of the file."""
        ...

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        ...

    @property
    def fps(self) -> float:
        """Frames a second."""
        ...

    @property
    def samples(self) -> int:
        """Samples of its sound, `RATE` a second."""
        ...

    def read(self) -> Clip:
        """Read the clip."""
        ...

    def read_sound(self) -> np.ndarray:
        """Read its sound, `(samples,)` float32."""
        ...


class ClipExamples(Examples):
    """Clips as a source gives them; those in files are read when they are taken.

    Args:
        clips: of any length and size.
    """

    def __init__(self, clips: Sequence[Clip | LazyClip]):
        self.clips = list(clips)

    def __len__(self) -> int:
        return len(self.clips)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return clips, and their names."""
        chosen = [self.clip(int(index)) for index in indices]
        return chosen, [clip.name for clip in chosen]

    def clip(self, number: int) -> Clip:
        """Return a clip, read where it is in files.

        Args:
            number: of the example, from 0.
        """
        found = self.clips[number]
        return found if isinstance(found, Clip) else found.read()

    def sound(self, number: int) -> np.ndarray:
        """Return the sound of a clip, `(samples,)`; no frames are read for it.

        Args:
            number: of the example, from 0.
        """
        found = self.clips[number]
        return found.sound if isinstance(found, Clip) else found.read_sound()

    def length(self, number: int) -> tuple[int, float, int]:
        """Return the number of frames of a clip, frames a second, and samples of its sound.

        Args:
            number: of the example, from 0.
        """
        found = self.clips[number]
        if isinstance(found, Clip):
            return len(found.frames), found.fps, len(found.sound)
        return found.frame_count, found.fps, found.samples

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
    def fit(
        cls, sounds: Iterable[np.ndarray], *, size: int, fps: int, bands: int
    ) -> FoleyPreprocessor:
        """Measure from which rise of loudness on an event is heard.

        Args:
            sounds: of the training's clips, `(samples,)` each.
            size: height and width of a frame.
            fps: frames a second.
            bands: number of bands.

        Returns:
            The preprocessor.

        Raises:
            UserError: if all clips are silent.
        """
        plain = cls(size=size, fps=fps, bands=bands)
        rises = (np.diff(plain.loudness(sound).sum(axis=1)) for sound in sounds)
        largest = np.array([rise.max(initial=0) for rise in rises])
        if not len(largest) or largest.max() <= 0:
            raise UserError("all clips are silent: there is no sound to learn")
        # A fifth of the rise that the loudest event of a clip has in the median.
        return replace(plain, threshold=round(float(np.median(largest[largest > 0])) / 5, 4))

    @property
    def hop(self) -> int:
        """Samples of a frame."""
        return RATE // self.fps

    def frame_count(self, frames: int, fps: float, samples: int) -> int:
        """Return of how many frames at the model's rate both pictures and sound of a clip are.

        Args:
            frames: of the clip.
            fps: frames a second of it.
            samples: of its sound.
        """
        return min(max(1, round(frames * self.fps / fps)), samples // self.hop)

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
        Splits of `(windows, frames, size, size, 1)` uint8, and loudness `(windows, frames, bands)`;
        `Arrays` of what fits in memory, and `ClipWindows` of more. `info` gains a
        `FoleyPreprocessor`.

    Raises:
        UserError: if no clip is as long as a window, or all are silent.
    """
    info = splits.trained_info or splits.info
    if splits.trained_info is None:
        if not 2 <= bands <= 128 or not 1 <= fps <= 100:
            raise UserError(f"bands={bands}, fps={fps}: must be from 2 to 128 and from 1 to 100")
        train = cast(ClipExamples, splits.train)
        sounds = (train.sound(number) for number in range(len(train)))
        preprocessor = FoleyPreprocessor.fit(sounds, size=size, fps=fps, bands=bands)
        shape = (round(seconds * fps), size, size, 1)
        info = replace(info, preprocessor=preprocessor, input_shape=shape)
    preprocessor = FoleyPreprocessor.of(info)
    length = (info.input_shape or (1,))[0] or 1

    def windows(part: Any) -> Examples:
        found = ClipWindows.of(part, preprocessor, length)
        # A frame and a band are bytes and float32.
        each = length * (preprocessor.size**2 + 4 * preprocessor.bands)
        # Clip by clip, so that no more than one is there in its own size.
        small = len(found) * each <= IN_MEMORY
        return Arrays(*found.take(np.arange(len(found)))) if small else found

    made = splits.map(windows)
    if splits.trained_info is None and not all(map(len, (made.train, made.validation, made.test))):
        raise UserError(f"a split has no clip of {seconds:g} seconds; give a smaller seconds=")
    return replace(made, info=info)


class ClipWindows(Examples):
    """Windows of clips, which are read when they are taken.

    Args:
        clips: of any length and size.
        preprocessor: of the training.
        length: frames of a window.
        places: `(windows, 2)`, the clip of each and which of its windows it is.
    """

    # Files are decoded while the device computes.
    prepared_ahead = True

    def __init__(
        self,
        clips: ClipExamples,
        preprocessor: FoleyPreprocessor,
        length: int,
        places: np.ndarray,
    ):
        self.clips, self.preprocessor = clips, preprocessor
        self.window, self.places = length, places

    @classmethod
    def of(cls, clips: ClipExamples, preprocessor: FoleyPreprocessor, length: int) -> ClipWindows:
        """Return all whole windows of clips.

        Args:
            clips: of any length and size.
            preprocessor: of the training.
            length: frames of a window.
        """
        counts = [preprocessor.frame_count(*clips.length(n)) // length for n in range(len(clips))]
        rows = [(number, place) for number, count in enumerate(counts) for place in range(count)]
        return cls(clips, preprocessor, length, np.array(rows, np.int64).reshape(-1, 2))

    def __len__(self) -> int:
        return len(self.places)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return frames, `(batch, frames, size, size, 1)` uint8, and loudness, `(batch, frames,
        bands)`.
        """
        side = self.preprocessor.size
        x = np.zeros((len(indices), self.window, side, side, 1), np.uint8)
        y = np.zeros((len(indices), self.window, self.preprocessor.bands), np.float32)
        chosen = self.places[np.asarray(indices, int)]
        for number in np.unique(chosen[:, 0]):
            clip = self.clips.clip(int(number))
            frames = self.preprocessor(clip.frames, clip.fps)
            loudness = self.preprocessor.loudness(clip.sound)
            for row in np.flatnonzero(chosen[:, 0] == number):
                start = int(chosen[row, 1]) * self.window
                x[row] = frames[start : start + self.window]
                y[row] = loudness[start : start + self.window]
        return x, y

    def select(self, indices: np.ndarray) -> ClipWindows:
        """Return a collection of only the windows at these indices."""
        places = self.places[np.asarray(indices, int)]
        return ClipWindows(self.clips, self.preprocessor, self.window, places)
