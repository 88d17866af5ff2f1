"""Recordings with transcripts: from sound of any rate and words to samples and symbols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from kerasrecipes.data.audio.preprocessor import SpeechPreprocessor, Stride, Tokenization
from kerasrecipes.data.audio.waves import ArrayWaves, Waves, faster, resampled
from kerasrecipes.data.examples import Examples, batch_random
from kerasrecipes.data.ragged import MULTIPLE, Ragged, padded_length
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import Count, Share
from kerasrecipes.recipe import Splits

IN_MEMORY = 2**26  # samples of a split that are kept decoded, 256 MB
MOST_RATE = 16000  # samples a second that speech needs at most
_PAUSE = (0.05, 0.25)  # seconds between recordings that are joined


class SpeechExamples(Examples):
    """Recordings with transcripts, as a source gives them.

    Args:
        waves: the recordings, all that there are.
        transcripts: what is said in each.
        speakers: who says it; empty where that is not known.
        indices: which of the recordings these examples are; by default all, in order.
    """

    def __init__(
        self,
        waves: Waves,
        transcripts: Sequence[str],
        speakers: Sequence[str],
        indices: np.ndarray | None = None,
    ):
        self.waves, self.all_transcripts, self.all_speakers = waves, transcripts, speakers
        self.indices = np.arange(len(transcripts)) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def transcripts(self) -> list[str]:
        """What is said in each example."""
        return [self.all_transcripts[int(index)] for index in self.indices]

    @property
    def speaker_names(self) -> list[str]:
        """Who speaks in each example."""
        return [self.all_speakers[int(index)] for index in self.indices]

    @property
    def seconds(self) -> np.ndarray:
        """How long each example is, `(examples,)`."""
        return self.waves.lengths[self.indices] / self.waves.rates[self.indices]

    def take(self, indices: np.ndarray) -> tuple[list[Any], list[str]]:
        """Return files, or samples where they are in memory, and transcripts."""
        chosen = self.indices[indices]
        named = [self.waves.name(int(index)) for index in chosen]
        sound = named if all(named) else self.waves.read(chosen)
        return list(sound), [self.all_transcripts[index] for index in chosen]

    def select(self, indices: np.ndarray) -> SpeechExamples:
        """Return a collection of only the examples at these indices."""
        return SpeechExamples(
            self.waves, self.all_transcripts, self.all_speakers, self.indices[indices]
        )

    def at_rate(self, rate: int) -> SpeechExamples:
        """Return examples in memory at another rate, where there are few enough of them."""
        if self.seconds.sum() * rate > IN_MEMORY:
            return self
        sound = self.waves.read(self.indices)
        rates = self.waves.rates[self.indices]
        rows = (resampled(x, int(r), rate) for x, r in zip(sound, rates, strict=True))
        return SpeechExamples(
            ArrayWaves(Ragged.of(rows), rate), self.transcripts, self.speaker_names
        )


class EncodedSpeech(Examples):
    """Recordings as samples, and transcripts as symbols; some joined, or played faster or slower.

    What is drawn for a training batch depends on the seed and the indices in it alone, so that a
    resumed training hears the same; elsewhere on the example alone.

    Args:
        recordings: with transcripts that the preprocessor knows.
        preprocessor: of the training.
        joined: the most recordings of one speaker that are joined to one example.
        speed: largest change of speed and pitch, as a share; 0 for none.
        changing: whether each batch draws anew, as for training.
        seed: of the draws.
    """

    # Files are decoded and sound is resampled while the device computes.
    prepared_ahead = True

    def __init__(
        self,
        recordings: SpeechExamples,
        preprocessor: SpeechPreprocessor,
        *,
        joined: int = 1,
        speed: float = 0.0,
        changing: bool = False,
        seed: int = 0,
    ):
        self.recordings, self.preprocessor = recordings, preprocessor
        self.joined, self.speed, self.changing, self.seed = joined, speed, changing, seed
        counts = [self._random(index).integers(1, joined + 1) for index in range(len(recordings))]
        # How many are joined stays, so that the examples' lengths are known beforehand.
        self.counts = np.array(counts, np.int64).reshape(-1)
        seconds = recordings.seconds if len(recordings) else np.zeros(0)
        mean = float(seconds.mean()) if len(recordings) else 0.0
        expected = seconds + (self.counts - 1) * (mean + sum(_PAUSE) / 2)
        # In hundredths of a second, the frames of a spectrogram.
        self.lengths = np.maximum(1, np.ceil(expected * 100 / MULTIPLE)).astype(np.int64) * MULTIPLE
        by_speaker: dict[str, list[int]] = {}
        for place, name in enumerate(recordings.speaker_names):
            by_speaker.setdefault(name, []).append(place)
        self._others = {name: np.array(places) for name, places in by_speaker.items()}

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def signature(self) -> Any:
        """Structure of a batch, `(shape, dtype)` for each column; an axis that varies is `None`."""
        x = {
            "samples": ((None, None), np.dtype(np.float32)),
            "length": ((None,), np.dtype(np.int32)),
        }
        return x, ((None, None), np.dtype(np.int32))

    @property
    def y(self) -> np.ndarray:
        """Symbols of all examples, `(examples, longest)`, where they do not change."""
        return self._padded([self._labels(parts) for parts in self.parts(np.arange(len(self)))])

    @property
    def transcripts(self) -> list[str]:
        """What is said in each example, as the model can write it."""
        return [
            self.preprocessor.decode(self._labels(parts))
            for parts in self.parts(np.arange(len(self)))
        ]

    def parts(self, indices: np.ndarray) -> list[np.ndarray]:
        """Return which recordings each example joins."""
        random = self._batch_random(indices)
        return [self._joined(int(index), random) for index in indices]

    def sound(self, indices: np.ndarray) -> list[np.ndarray]:
        """Return the samples of examples, `(samples,)` each."""
        random = self._batch_random(indices)
        rows = [self._joined(int(index), random) for index in indices]
        return [
            self._sound(parts, random or self._random(int(index) + len(self)))
            for index, parts in zip(indices, rows, strict=True)
        ]

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch: `samples` and `length`, and symbols padded with 0."""
        labels = [self._labels(parts) for parts in self.parts(indices)]
        return self.preprocessor(self.sound(indices)), self._padded(labels)

    def select(self, indices: np.ndarray) -> EncodedSpeech:
        """Return a collection of only the examples at these indices."""
        return EncodedSpeech(
            self.recordings.select(indices),
            self.preprocessor,
            joined=self.joined,
            speed=self.speed,
            changing=self.changing,
            seed=self.seed,
        )

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are about as long, group by group."""
        assert self.lengths is not None
        rounded = np.array([padded_length(int(length)) for length in self.lengths])
        return [np.flatnonzero(rounded == length) for length in np.unique(rounded)]

    def _random(self, index: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, index])

    def _batch_random(self, indices: np.ndarray) -> np.random.Generator | None:
        return batch_random(self.seed, indices) if self.changing else None

    def _joined(self, index: int, random: np.random.Generator | None) -> np.ndarray:
        random = random or self._random(index)
        count = int(self.counts[index]) - 1
        if not count:
            return np.array([index])
        others = self._others[self.recordings.speaker_names[index]]
        return np.array([index, *random.choice(others, count)])

    def _labels(self, parts: np.ndarray) -> np.ndarray:
        texts = self.recordings.all_transcripts
        said = " ".join(texts[self.recordings.indices[part]] for part in parts)
        found = self.preprocessor.encode(said)
        assert found is not None, "recordings with unknown symbols are left out before"
        return found

    def _sound(self, parts: np.ndarray, random: np.random.Generator) -> np.ndarray:
        waves, rate = self.recordings.waves, self.preprocessor.sample_rate
        chosen = self.recordings.indices[parts]
        pieces: list[np.ndarray] = []
        for index, samples in zip(chosen, waves.read(chosen), strict=True):
            pieces.append(resampled(samples, int(waves.rates[index]), rate))
            pieces.append(np.zeros(int(random.uniform(*_PAUSE) * rate), np.float32))
        sound = np.concatenate(pieces[:-1])
        return faster(sound, 1 + random.uniform(-1, 1) * self.speed) if self.speed else sound

    @staticmethod
    def _padded(labels: Sequence[np.ndarray]) -> np.ndarray:
        rows = Ragged.of(labels)
        return rows.padded(padded_length(int(rows.lengths.max(initial=1)))).astype(np.int32)


def prepare(
    splits: Splits,
    *,
    sample_rate: Count | None = None,
    tokenization: Tokenization = "characters",
    lowercase: bool = True,
    joined: Count = 1,
    speed: Share = 0.1,
    stride: Stride = 2,
) -> Splits:
    """Bring sound to one rate and transcripts to symbols.

    Args:
        splits: of `SpeechExamples`; with `trained_info` they are prepared as in that training.
        sample_rate: samples a second that the model takes; by default the most frequent rate of the
            training recordings, at most 16,000.
        tokenization: what the model writes for a frame: characters, or whole words of a small
            vocabulary, such as digits.
        lowercase: whether capitals become small letters.
        joined: the most recordings of one speaker that are joined to one example, as digits to a
            number; of all splits.
        speed: largest change of speed and pitch of training recordings, as a share.
        stride: hundredths of a second to a frame of the recurrent layers: 1, 2 or 4.

    Returns:
        Splits of `EncodedSpeech`. `info` gains a `SpeechPreprocessor`.

    Raises:
        UserError: if no transcript has letters, or all are too long for their recordings.
    """
    info, notes = splits.trained_info or splits.info, list(splits.notes)
    if splits.trained_info is None:
        train = cast(SpeechExamples, splits.train)
        preprocessor = SpeechPreprocessor.fit(
            train.transcripts, sample_rate or _usual_rate(train), tokenization, lowercase=lowercase
        )
        info = replace(info, preprocessor=preprocessor)
    preprocessor = SpeechPreprocessor.of(info)
    parts: dict[str, Any] = {}
    for name in ("train", "validation", "test"):
        whole = cast(SpeechExamples, getattr(splits, name))
        part, told = _possible(whole, preprocessor, name, stride)
        notes += told
        changing = name == "train"
        parts[name] = EncodedSpeech(
            part.at_rate(preprocessor.sample_rate) if len(part) else part,
            preprocessor,
            joined=joined,
            speed=speed if changing else 0.0,
            changing=changing,
            seed=("train", "validation", "test").index(name),
        )
    if splits.trained_info is None and not len(parts["train"]):
        raise UserError("no training recording is long enough for its transcript")
    return replace(splits, **parts, info=info, notes=tuple(notes))


def _usual_rate(train: SpeechExamples) -> int:
    rates = Counter(int(rate) for rate in train.waves.rates[train.indices])
    return min(MOST_RATE, rates.most_common(1)[0][0]) if rates else MOST_RATE


def _possible(
    part: SpeechExamples, preprocessor: SpeechPreprocessor, name: str, stride: Stride
) -> tuple[SpeechExamples, list[str]]:
    """Leave out recordings whose transcript the model cannot write, or not in so short a time."""
    encoded = [preprocessor.encode(text) for text in part.transcripts]
    seconds = part.seconds if len(part) else np.zeros(0)
    unknown = np.array([row is None for row in encoded], bool)
    # A path has a frame for each symbol, and a blank between two that are equal.
    frames = [0 if row is None else len(row) + (row[1:] == row[:-1]).sum() for row in encoded]
    short = np.array(frames, np.int64) > np.floor(100 * seconds / stride)
    notes = []
    if unknown.any():
        what = "words" if preprocessor.tokenization == "words" else "characters"
        notes.append(f"left out: {unknown.sum():,} {name} transcripts with unknown {what}")
    if short.any():
        notes.append(f"left out: {short.sum():,} {name} recordings too short for their transcripts")
    return part.select(np.flatnonzero(~unknown & ~short)), notes
