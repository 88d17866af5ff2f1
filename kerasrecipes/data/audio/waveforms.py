"""Waveforms sample by sample: recordings as codes of µ-law, each to be predicted from those before.

Reference:
    [Pulse Code Modulation (PCM) of Voice Frequencies](https://www.itu.int/rec/T-REC-G.711) (ITU-T
    G.711, 1988)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, cast

import numpy as np

from kerasrecipes.data.audio.speech import SpeechExamples
from kerasrecipes.data.audio.waves import resampled
from kerasrecipes.data.examples import Examples, batch_random
from kerasrecipes.data.ragged import padded_length
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Positive
from kerasrecipes.recipe import Splits

LEVELS = 256
SILENCE = LEVELS // 2  # the code of zero, which stands before the first sample
Condition = Literal["words", "speaker", "none"]
_MOST_RATE, _MOST_CLASSES = 16000, 1000


@dataclass(frozen=True, kw_only=True)
class WavePreprocessor(Preprocessor):
    """Sound to codes and back.

    Args:
        sample_rate: samples a second.
        seconds: how long the training recordings are, in the median.
        condition: what the model is told of a recording: its words, who speaks, or nothing.
    """

    kind: ClassVar[str] = "waveform"
    inputs: ClassVar[str] = "sound, sample by sample"

    sample_rate: int
    seconds: float = 1.0
    condition: Condition = "words"

    @classmethod
    def fit(
        cls, recordings: SpeechExamples, condition: Condition, sample_rate: int | None
    ) -> WavePreprocessor:
        """Choose the rate and the length.

        Args:
            recordings: of the training.
            condition: what the model is told of each.
            sample_rate: samples a second; by default the most frequent rate, at most 16,000.

        Returns:
            The preprocessor.
        """
        rates = Counter(int(rate) for rate in recordings.waves.rates[recordings.indices])
        rate = sample_rate or min(_MOST_RATE, rates.most_common(1)[0][0])
        seconds = float(np.round(np.median(recordings.seconds), 3))
        return cls(sample_rate=rate, seconds=seconds, condition=condition)

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Return codes, `(…,)` uint8, of samples from -1 to 1: fine where they are quiet."""
        bent = np.sign(samples) * np.log1p(255 * np.abs(np.clip(samples, -1, 1))) / np.log(256)
        return np.minimum(LEVELS - 1, np.floor((bent + 1) / 2 * LEVELS)).astype(np.uint8)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Return samples, float32, the middle of what each code stands for."""
        bent = (np.asarray(codes, np.float64) + 0.5) / LEVELS * 2 - 1
        return (np.sign(bent) * (256 ** np.abs(bent) - 1) / 255).astype(np.float32)


class EncodedWaves(Examples):
    """Recordings as codes, with those before each, and the class that the model is told.

    Args:
        recordings: with words and speakers.
        preprocessor: of the training.
        classes: index of each example's class.
        most: samples of an example at most.
        changing: whether each batch draws where in a longer recording it begins, as for training;
            elsewhere all begin at its beginning.
        seed: of the draws.
    """

    prepared_ahead = True

    def __init__(
        self,
        recordings: SpeechExamples,
        preprocessor: WavePreprocessor,
        classes: np.ndarray,
        most: int,
        *,
        changing: bool = False,
        seed: int = 0,
    ):
        self.recordings, self.preprocessor, self.classes = recordings, preprocessor, classes
        self.most, self.changing, self.seed = most, changing, seed
        seconds = recordings.seconds if len(recordings) else np.zeros(0)
        samples = np.minimum(most, np.maximum(1, seconds * preprocessor.sample_rate))
        # In sixteenths of a thousand, so that recordings about as long go together.
        self.lengths = np.ceil(samples / 64).astype(np.int64) * 64

    def __len__(self) -> int:
        return len(self.recordings)

    @property
    def signature(self) -> Any:
        """Structure of a batch, `(shape, dtype)` for each column; an axis that varies is `None`."""
        x = {
            "samples": ((None, None), np.dtype(np.int32)),
            "label": ((None,), np.dtype(np.int32)),
        }
        return x, ((None, None), np.dtype(np.int32)), ((None, None), np.dtype(np.float32))

    def codes(self, indices: np.ndarray) -> list[np.ndarray]:
        """Return the codes of whole recordings, `(samples,)` each."""
        waves, rate = self.recordings.waves, self.preprocessor.sample_rate
        chosen = self.recordings.indices[indices]
        return [
            self.preprocessor(resampled(samples, int(waves.rates[index]), rate))
            for index, samples in zip(chosen, waves.read(chosen), strict=True)
        ]

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch: codes before each sample and the class; the codes; 0 for padding."""
        random = batch_random(self.seed, indices) if self.changing else None
        rows, before = [], []
        for codes in self.codes(indices):
            start = 0
            if random is not None and len(codes) > self.most:
                start = int(random.integers(len(codes) - self.most + 1))
            rows.append(codes[start : start + self.most])
            before.append(codes[start - 1] if start else SILENCE)
        longest = padded_length(max((len(row) for row in rows), default=1))
        y = np.full((len(rows), longest), SILENCE, np.int32)
        weight = np.zeros((len(rows), longest), np.float32)
        for place, row in enumerate(rows):
            y[place, : len(row)], weight[place, : len(row)] = row, 1
        x = np.concatenate([np.array(before, np.int32)[:, None], y[:, :-1]], axis=1)
        return {"samples": x, "label": self.classes[indices].astype(np.int32)}, y, weight

    def select(self, indices: np.ndarray) -> EncodedWaves:
        """Return a collection of only the examples at these indices."""
        return EncodedWaves(
            self.recordings.select(indices),
            self.preprocessor,
            self.classes[indices],
            self.most,
            changing=self.changing,
            seed=self.seed,
        )

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are about as long, group by group."""
        assert self.lengths is not None
        rounded = np.array([padded_length(int(length)) for length in self.lengths])
        return [np.flatnonzero(rounded == length) for length in np.unique(rounded)]


def prepare(
    splits: Splits,
    *,
    sample_rate: Count | None = None,
    condition: Condition = "words",
    speaker: str | None = None,
    crop: Count = 2048,
    judged: Positive = 4.0,
) -> Splits:
    """Bring sound to codes of µ-law at one rate.

    Args:
        splits: of recordings with words and speakers.
        sample_rate: samples a second; by default the most frequent rate of the training recordings,
            at most 16,000.
        condition: what the model is told of a recording: its `words`, who speaks (`speaker`), or
            `none`.
        speaker: only recordings of this one.
        crop: samples of a training example, which each batch cuts out anew.
        judged: seconds of a validation or test recording that count, from its beginning.

    Returns:
        Splits of `EncodedWaves`. `info` gains a `WavePreprocessor`, and classes unless there is no
        condition.

    Raises:
        UserError: if there is no such speaker, nothing to hear, or more classes than can be told.
    """
    info, notes = splits.trained_info or splits.info, list(splits.notes)
    given: dict[str, SpeechExamples] = {}
    for name in ("train", "validation", "test"):
        part = cast(SpeechExamples, getattr(splits, name))
        kept = part.seconds > 0 if len(part) else np.zeros(0, bool)
        if len(part) and not kept.all():
            notes.append(f"left out: {(~kept).sum():,} {name} recordings of no length")
        if speaker is not None:
            kept &= np.array([who == speaker for who in part.speaker_names], bool)
        given[name] = part.select(np.flatnonzero(kept))
    if splits.trained_info is None:
        if not all(map(len, given.values())):
            whole = cast(SpeechExamples, splits.train)
            if speaker is not None and speaker not in whole.speaker_names:
                raise unknown("speaker", speaker, sorted(set(whole.all_speakers)))
            raise UserError(
                "a split has no recordings left; --column speaker=none draws recordings"
            )
        preprocessor = WavePreprocessor.fit(given["train"], condition, sample_rate)
        named = _names(given["train"], condition)
        if len(set(named)) > _MOST_CLASSES:
            raise UserError(
                f"{len(set(named)):,} different {condition} are too many to tell the model; "
                "give condition=speaker or condition=none"
            )
        classes = tuple(sorted(set(named))) if condition != "none" else None
        info = replace(info, preprocessor=preprocessor, classes=classes)
    preprocessor = WavePreprocessor.of(info)
    parts: dict[str, Any] = {}
    for name, part in given.items():
        places = {word: place for place, word in enumerate(info.classes or ())}
        labels = [places.get(word, -1) for word in _names(part, preprocessor.condition)]
        known = np.flatnonzero(np.array(labels, np.int64) >= 0) if places else np.arange(len(part))
        if len(known) < len(part):
            notes.append(f"left out: {len(part) - len(known):,} {name} recordings of other classes")
        chosen = part.select(known)
        training = name == "train"
        parts[name] = EncodedWaves(
            chosen.at_rate(preprocessor.sample_rate) if len(chosen) else chosen,
            preprocessor,
            np.array(labels, np.int64)[known] if places else np.zeros(len(known), np.int64),
            crop if training else max(1, round(judged * preprocessor.sample_rate)),
            changing=training,
        )
    return replace(splits, **parts, info=info, notes=tuple(notes))


def _names(part: SpeechExamples, condition: Condition) -> Sequence[str]:
    return part.speaker_names if condition == "speaker" else part.transcripts
