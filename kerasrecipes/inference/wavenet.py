"""Sound sample by sample from a trained WaveNet, and how many bits it needs for a recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.sound import Audio
from kerasrecipes.data.audio.decoding import decode
from kerasrecipes.data.audio.waveforms import LEVELS, SILENCE, EncodedWaves, WavePreprocessor
from kerasrecipes.data.audio.waves import resampled
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.info import Info
from kerasrecipes.layers.gated_block import GatedBlock
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.models.wavenet import EMBEDDING, LABEL, OUT
from kerasrecipes.recipe import Evaluation

_MOST_COUNT, _MOST_SECONDS = 256, 600
_BATCH = 8
_COUNTED = 2_000_000  # training samples of the baseline


def generate(
    run: Any,
    inputs: Sequence[str | Path | bytes] = (),
    *,
    class_: str | None = None,
    count: int = 1,
    seconds: float | None = None,
    first: float = 0.25,
    temperature: float = 0.9,
    seed: int = 0,
) -> list[Answer]:
    """Make sound, or go on from the beginnings of recordings.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: recordings, or contents of files; by default sound begins in silence.
        class_: what to say, or who is to speak, of those that the run was trained with; by default
            each in turn.
        count: number of sounds, of each input.
        seconds: length of what is made; by default that of a training recording.
        first: seconds that are kept of each input.
        temperature: divisor of the logits before a sample is drawn; 0 takes the most probable one,
            1 draws from the model's probabilities.
        seed: of the draws; the same seed gives the same sound.

    Returns:
        An `Audio` for each.

    Raises:
        UserError: if an option is out of range, a class was not trained, or an input is no sound.
    """
    preprocessor = WavePreprocessor.of(run.info)
    seconds = preprocessor.seconds if seconds is None else seconds
    for option, value, low, high in (
        ("count", count, 1, _MOST_COUNT),
        ("seconds", seconds, 1e-3, _MOST_SECONDS),
        ("first", first, 0, _MOST_SECONDS),
        ("temperature", temperature, 0, 10),
        ("seed", seed, 0, 2**63),
    ):
        if not low <= value <= high:
            raise UserError(f"{option}={value}: must be from {low:g} to {high:,}")
    classes, rate = run.info.classes or (), preprocessor.sample_rate
    if class_ is not None and class_ not in classes:
        raise unknown("class", class_, classes)
    begun: list[tuple[str | None, np.ndarray]] = [
        (_named(item), _codes(preprocessor, item, first)) for item in inputs
    ]
    generator = Generator(plain_model(run.model))
    answers: list[Answer] = []
    for name, codes in begun or [(None, np.zeros(0, np.uint8))]:
        labels = np.arange(count) % max(1, len(classes))
        if class_ is not None:
            labels[:] = classes.index(class_)
        made = generator(
            labels,
            max(1, round(seconds * rate)),
            seed=seed,
            temperature=temperature,
            begun=np.broadcast_to(codes, (count, len(codes))),
        )
        for row, label in zip(made, labels, strict=True):
            details = {"label": classes[label]} if classes else {}
            sound = preprocessor.decode(np.concatenate([codes, row]))
            answers.append(Audio(input=name, samples=sound, sample_rate=rate, details=details))
    return answers


def _named(item: str | Path | bytes) -> str:
    return "-" if isinstance(item, bytes) else str(item)


def _codes(preprocessor: WavePreprocessor, item: str | Path | bytes, first: float) -> np.ndarray:
    samples, rate = decode(item)
    if not len(samples):
        raise UserError(f"{_named(item)} is a recording of no length")
    whole = resampled(samples, rate, preprocessor.sample_rate)
    return preprocessor(whole[: round(first * preprocessor.sample_rate)])


class Generator:
    """Draws samples one after another; each block keeps what it has still to look back at.

    So a sample costs a step of each block, and not a pass over all that came before.

    Args:
        model: of `wavenet`.

    Reference:
        [Fast Wavenet Generation Algorithm](https://arxiv.org/abs/1611.09482) (Le Paine et al.,
        2016)
    """

    def __init__(self, model: keras.Model):
        def weights(layer: keras.layers.Layer) -> dict[str, np.ndarray]:
            return {w.name: keras.ops.convert_to_numpy(w) for w in layer.weights}

        self.embedding = weights(model.get_layer(EMBEDDING))["embeddings"]
        self.label = weights(model.get_layer(LABEL))["embeddings"]
        layers = [layer for layer in model.layers if isinstance(layer, GatedBlock)]
        self.blocks = [(layer.dilation, weights(layer)) for layer in layers]
        self.out = [weights(model.get_layer(name)) for name in OUT]

    def __call__(
        self,
        labels: np.ndarray,
        count: int,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        begun: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw samples of several sounds side by side.

        Args:
            labels: `(sounds,)`, the class of each.
            count: samples to draw.
            seed: of the draws.
            temperature: divisor of the logits; 0 takes the most probable code.
            begun: `(sounds, samples)`, codes that come before.

        Returns:
            `(sounds, count)` uint8, codes.
        """
        random = np.random.default_rng(seed)
        begun = np.zeros((len(labels), 0), np.uint8) if begun is None else begun
        told = [self.label[labels] @ w["told"] + w["bias"] for _, w in self.blocks]
        channels = self.embedding.shape[1]
        kept = [np.zeros((d, len(labels), channels), np.float32) for d, _ in self.blocks]
        codes = np.full(len(labels), SILENCE, np.int64)
        found = np.zeros((len(labels), count), np.uint8)
        for time in range(begun.shape[1] + count):
            logits = self._step(codes, time, told, kept)
            if time < begun.shape[1]:
                codes = begun[:, time].astype(np.int64)
                continue
            if temperature:
                # The largest of logits with Gumbel noise is a draw from their probabilities.
                noise = random.gumbel(size=logits.shape)
                codes = (logits / temperature + noise).argmax(axis=1)
            else:
                codes = logits.argmax(axis=1)
            found[:, time - begun.shape[1]] = codes
        return found

    def _step(
        self, codes: np.ndarray, time: int, told: list[np.ndarray], kept: list[np.ndarray]
    ) -> np.ndarray:
        """Return the logits of the next code, `(sounds, 256)`."""
        x = self.embedding[codes]
        channels, outward = x.shape[1], np.float32(0)
        for (dilation, w), bias, before in zip(self.blocks, told, kept, strict=True):
            place = time % dilation
            bent = x @ w["now"] + before[place] @ w["past"] + bias
            before[place] = x
            gated = np.tanh(bent[:, :channels]) / (1 + np.exp(-bent[:, channels:]))
            out = gated @ w["out"] + w["out_bias"]
            x = x + out[:, :channels]
            outward = outward + out[:, channels:]
        hidden, levels = self.out
        y = np.maximum(np.maximum(outward, 0) @ hidden["kernel"] + hidden["bias"], 0)
        return np.asarray(y @ levels["kernel"] + levels["bias"])


def answers(model: Any, info: Info, examples: Any) -> list[np.ndarray]:
    """Compute the bits that a model needs for each sample of a split.

    Args:
        model: trained.
        info: of its training.
        examples: recordings as codes.

    Returns:
        `(samples,)` of each recording.
    """
    found: list[np.ndarray] = [np.zeros(0)] * len(examples)
    order = np.argsort(examples.lengths, kind="stable")
    for start in range(0, len(order), _BATCH):
        chosen = order[start : start + _BATCH]
        x, y, weight = examples.take(chosen)
        logits = np.asarray(model.predict_on_batch(x), np.float32)
        logits -= logits.max(axis=-1, keepdims=True)
        own = np.take_along_axis(logits, y[..., None], axis=-1)[..., 0]
        bits = (np.log(np.exp(logits).sum(axis=-1)) - own) / np.log(2)
        for row, number in enumerate(chosen):
            found[number] = bits[row][weight[row] > 0]
    return found


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute the mean number of bits for a sample.

    Args:
        evaluation: its `outputs` are bits by recording.

    Returns:
        `bits_per_sample`; 8 without any knowledge.
    """
    if not len(evaluation.outputs):
        return {}
    return {"bits_per_sample": float(np.concatenate(evaluation.outputs).mean())}


def counted(evaluation: Evaluation) -> Baseline | None:
    """Return the better of two baselines: how often each code follows the one before it, or the two
    before it, in the training recordings.

    Args:
        evaluation: of recordings, with the training split.

    Returns:
        The bits that it needs for a sample; `None` where the training split is not at hand.
    """
    if evaluation.train is None:
        return None
    train = _strings(cast(EncodedWaves, evaluation.train), _COUNTED, whole=True)
    test = _strings(cast(EncodedWaves, evaluation.examples), _COUNTED)
    shares = np.full(sum(len(row) for row in test), 1 / LEVELS)
    found = {}
    for order, name in ((1, ""), (2, "each sample after one"), (3, "each sample after two")):
        shares = _after(train, test, order, shares)
        if name:
            found[name] = float(-np.log2(shares).mean())
    best = min(found, key=lambda name: found[name])
    return Baseline(best, metrics={"bits_per_sample": found[best]})


def _strings(examples: EncodedWaves, most: int, whole: bool = False) -> list[np.ndarray]:
    """Return codes of recordings, as many as are judged, or whole ones; at most so many in all."""
    found, total = [], 0
    for index in range(len(examples)):
        codes = examples.codes(np.array([index]))[0].astype(np.int64)
        found.append(codes if whole else codes[: examples.most])
        total += len(found[-1])
        if whole and total >= most:
            break
    return found


def _after(
    train: Sequence[np.ndarray], test: Sequence[np.ndarray], order: int, shorter: np.ndarray
) -> np.ndarray:
    """Return the probability of each code of test recordings by the codes before it, smoothed by
    that of shorter contexts, as Witten and Bell do.
    """

    def numbers(rows: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Number each context and code, as if silence came before."""
        contexts = []
        for row in rows:
            padded = np.concatenate([np.full(order - 1, SILENCE), row])
            context = np.zeros(len(row), np.int64)
            for step in range(order - 1):
                context = context * LEVELS + padded[step : step + len(row)]
            contexts.append(context)
        return np.concatenate(contexts), np.concatenate(list(rows))

    context, code = numbers(train)
    grams, counts = np.unique(context * LEVELS + code, return_counts=True)
    known, first = np.unique(grams // LEVELS, return_index=True)
    totals = np.add.reduceat(counts, first)
    kinds = np.diff(np.append(first, len(grams)))
    asked_context, asked = numbers(test)

    def look(among: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        places = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
        return np.where(among[places] == wanted, values[places], 0)

    here = look(grams, counts, asked_context * LEVELS + asked)
    total, kind = look(known, totals, asked_context), look(known, kinds, asked_context)
    return np.where(total > 0, (here + kind * shorter) / np.maximum(1, total + kind), shorter)
