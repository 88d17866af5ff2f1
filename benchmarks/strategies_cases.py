"""The models, data and optimizers of `benchmarks.strategies`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """A model and data for it.

    Args:
        build: makes the uncompiled model.
        examples: gives `(x, y)` or `(x, y, sample_weight)` of a number of examples; `x` may be a
            dict.
        head: gives the loss and the metrics.
        batch_size: examples of a global batch.
    """

    build: Callable[[], Any]
    examples: Callable[[int], tuple[Any, ...]]
    head: Callable[[], tuple[Any, list[Any]]]
    batch_size: int


def _classes():
    return "sparse_categorical_crossentropy", ["accuracy"]


def _two_classes():
    import keras

    return "binary_crossentropy", ["accuracy", keras.metrics.AUC()]


def _lenet():
    from kerasrecipes.models.lenet import lenet5

    return lenet5((32, 32, 1), 10)


def _images(count: int):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, 32, 32, 1)).astype("uint8"), random.integers(
        0, 10, count
    )


def _sentiment():
    """Build the network of the recipe `sentiment`; what is drawn at random differs between
    backends, and is off.
    """
    from kerasrecipes import registry
    from kerasrecipes.data.text.classification_encoding import TextPreprocessor
    from kerasrecipes.info import Info

    preprocessor = TextPreprocessor.fit(["any word", "any other"], max_length=24)
    info = Info(vocabulary_size=50, classes=("bad", "good"), preprocessor=preprocessor)
    return registry.load("sentiment").build(info, word_dropout_rate=0.0)


def _sentences(count: int, length: int = 24, seed: int = 0):
    """Draw token numbers, padded where a sentence ends."""
    random = np.random.default_rng(seed)
    tokens = random.integers(4, 50, (count, length))
    tokens[np.arange(length) >= random.integers(4, length + 1, (count, 1))] = 0
    return tokens.astype("int32")


def _judged_sentences(count: int):
    return _sentences(count), np.random.default_rng(2).integers(0, 2, (count, 1)).astype("float32")


def _attention():
    """Build the network of the recipe `attention`."""
    from kerasrecipes import registry
    from kerasrecipes.info import Info

    return registry.load("attention").build(
        Info(vocabulary_size=50, source_vocabulary_size=50), units=64
    )


def _translated_sentences(count: int):
    target = _sentences(count, 16, 1)
    begun = np.roll(target, 1, axis=1)
    begun[:, 0] = 2
    # A weight for each token; the longest sentences' last one falls off.
    return (
        {"source": _sentences(count), "target": begun * (target > 0)},
        target,
        (target > 0).astype("float32"),
    )


def _translation():
    from kerasrecipes.losses.sequence import SequenceCrossentropy
    from kerasrecipes.metrics.token_accuracy import TokenAccuracy

    return SequenceCrossentropy(), [TokenAccuracy()]


def _normalized():
    import keras

    inputs = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(4, 3, use_bias=False)(inputs)
    x = keras.layers.Activation("relu")(keras.layers.BatchNormalization()(x))
    head = keras.layers.Dense(1, activation="sigmoid", kernel_regularizer="l2")
    return keras.Model(inputs, head(keras.layers.Flatten()(x)))


def _patches(count: int):
    random = np.random.default_rng(0)
    return random.normal(size=(count, 8, 8, 1)).astype("float32"), random.integers(
        0, 2, (count, 1)
    ) * 1.0


CASES = {
    "lenet": Case(_lenet, _images, _classes, 64),
    "sentiment": Case(_sentiment, _judged_sentences, _two_classes, 32),
    "attention": Case(_attention, _translated_sentences, _translation, 32),
    "normalized": Case(_normalized, _patches, _two_classes, 32),
}

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"learning_rate": 0.05}),
    "clipped": ("SGD", {"learning_rate": 0.05, "global_clipnorm": 0.3}),
    "clipnorm": ("SGD", {"learning_rate": 0.05, "clipnorm": 0.1}),
    "clipvalue": ("SGD", {"learning_rate": 0.05, "clipvalue": 0.02}),
    "adamw": (
        "AdamW",
        {"learning_rate": 0.003, "global_clipnorm": 0.5, "use_ema": True, "ema_momentum": 0.9},
    ),
}


def batches(case: Case, examples: int) -> Iterator[tuple[Any, ...]]:
    """Give the global batches of one pass, the last of which is smaller."""
    import keras

    whole = case.examples(examples)
    for start in range(0, examples, case.batch_size):
        rows = slice(start, start + case.batch_size)
        yield keras.tree.map_structure(lambda array, rows=rows: array[rows], whole)


def compiled(case: Case, optimizer: str) -> tuple[Callable, Callable]:
    """Give the functions that `Strategy.prepare` takes; initial weights are the same on every
    backend.
    """
    import keras

    def build():
        model = case.build()
        random = np.random.default_rng(1)
        model.set_weights(
            [random.normal(0, 0.1, w.shape) if w.ndim > 1 else w for w in model.get_weights()]
        )
        return model

    def compile(model):
        kind, options = OPTIMIZERS[optimizer]
        loss, metrics = case.head()
        model.compile(getattr(keras.optimizers, kind)(**options), loss, metrics=metrics)

    return build, compile
