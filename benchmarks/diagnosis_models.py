"""Small data sets and models for `benchmarks.diagnosis`, built from keyword settings alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from sklearn import datasets

DEFAULTS: dict[str, Any] = {
    "hidden_layers": (64, 64),
    "activation": "relu",
    "initializer": "glorot_uniform",
    "bias": 0.0,
    "dropout_rate": 0.0,
    "l2": 0.0,
    "batch_normalization": "none",
    "normalize_inputs": True,
    "epochs": 20,
    "batch_size": 32,
    "optimizer": "adam",
    "learning_rate": 0.001,
    "clip_norm": None,
    "patience": None,
    "weight_decay": 0.0,
    "head": None,  # (units, activation, from_logits) in place of those of the task
}


@dataclass(frozen=True)
class Task:
    """Examples to learn from: training and validation parts, and what is asked."""

    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray
    y_validation: np.ndarray
    classes: int  # 0 for regression
    vocabulary_size: int = 0
    pixels: bool = False

    def but(self, **changes: Any) -> Task:
        """The same task with some parts changed."""
        return replace(self, **changes)


def task(name: str, seed: int, rows: int | None = None) -> Task:
    """Load or make a data set by name, shuffled and split by `seed`; `rows` keeps that many for
    training.
    """
    rng = np.random.default_rng(seed)
    x, y, classes, vocabulary_size = SOURCES[name](rng)
    order = rng.permutation(len(x))
    x, y = x[order], y[order]
    held = len(x) // 4
    train = slice(held, None if rows is None else held + rows)
    pixels = name.startswith("digit")
    return Task(x[train], y[train], x[:held], y[:held], classes, vocabulary_size, pixels)


def _table(load: Callable[..., Any], classes: int) -> Callable[..., Any]:
    def source(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
        x, y = load(return_X_y=True)
        return (
            x.astype("float32"),
            y.astype("int32") if classes else y.astype("float32"),
            classes,
            0,
        )

    return source


def _diabetes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    x, y = datasets.load_diabetes(return_X_y=True, scaled=False)
    return x.astype("float32"), ((y - y.mean()) / y.std()).astype("float32"), 0, 0


def _diabetes_raw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    x, y = datasets.load_diabetes(return_X_y=True, scaled=False)
    return x.astype("float32"), y.astype("float32"), 0, 0


def _digits(shape: tuple[int, ...]) -> Callable[..., Any]:
    def source(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
        x, y = datasets.load_digits(return_X_y=True)
        return (x / 16).reshape(-1, *shape).astype("float32"), y.astype("int32"), 10, 0

    return source


def _moons(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    x, y = datasets.make_moons(1200, noise=0.2, random_state=int(rng.integers(1000)))
    return x.astype("float32"), y.astype("int32"), 2, 0


def _spirals(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    y = rng.integers(0, 2, 1600)
    radius = rng.uniform(0.2, 1, 1600)
    angle = radius * 7 + y * np.pi
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + rng.normal(
        0, 0.02, (1600, 2)
    )
    return x.astype("float32"), y.astype("int32"), 2, 0


def _peaks(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Series of 24 steps: does the first half or the second have the larger sum?"""
    x = rng.normal(0, 1, (1600, 24, 2))
    y = x[:, :12, 0].sum(axis=1) > x[:, 12:, 0].sum(axis=1)
    return x.astype("float32"), y.astype("int32"), 2, 0


def _tokens(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Sequences of 16 tokens: which of the tokens 1, 2, 3 is in it?"""
    y = rng.integers(0, 3, 1600)
    x = rng.integers(4, 50, (1600, 16))
    x[np.arange(1600), rng.integers(0, 16, 1600)] = y + 1
    return x.astype("int32"), y.astype("int32"), 3, 50


def _rare(percent: int) -> Callable[..., Any]:
    """Rows of which so many in a hundred are positive, by two of eight columns."""

    def source(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
        x = rng.normal(0, 1, (2000, 8))
        score = x[:, 0] + x[:, 1] + rng.normal(0, 0.5, 2000)
        y = score > np.quantile(score, 1 - percent / 100)
        return x.astype("float32"), y.astype("int32"), 2, 0

    return source


def _chances(strength: float) -> Callable[..., Any]:
    """Labels drawn by a probability that depends linearly on the columns: logistic regression is
    the best that there is.
    """

    def source(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
        x = rng.normal(0, 1, (1600, 6))
        y = rng.random(1600) < 1 / (1 + np.exp(-strength * x[:, :3].sum(axis=1)))
        return x.astype("float32"), y.astype("int32"), 2, 0

    return source


def _sums(noise: float) -> Callable[..., Any]:
    """Sums of columns in noise so many times as large: linear regression is the best there is."""

    def source(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
        x = rng.normal(0, 1, (1600, 6))
        y = x[:, :3].sum(axis=1) / np.sqrt(3) + rng.normal(0, noise, 1600)
        return x.astype("float32"), (y / y.std()).astype("float32"), 0, 0

    return source


def _rings(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int, int]:
    x, y = datasets.make_circles(1200, noise=0.08, factor=0.5, random_state=int(rng.integers(1000)))
    return x.astype("float32"), y.astype("int32"), 2, 0


SOURCES: dict[str, Callable[..., Any]] = {
    "digits": _digits((64,)),
    "digit_images": _digits((8, 8, 1)),
    "digit_rows": _digits((8, 8)),
    "breast_cancer": _table(datasets.load_breast_cancer, 2),
    "wine": _table(datasets.load_wine, 3),
    "diabetes": _diabetes,
    "diabetes_raw": _diabetes_raw,
    "moons": _moons,
    "spirals": _spirals,
    "peaks": _peaks,
    "tokens": _tokens,
    "rings": _rings,
    **{f"rare_{percent}": _rare(percent) for percent in (2, 5, 10)},
    "chances_weak": _chances(0.3),
    "chances_strong": _chances(0.8),
    "sums_weak": _sums(3.0),
    "sums_strong": _sums(1.0),
}


def build(family: str, data: Task, settings: dict[str, Any]) -> keras.Model:
    """Build and compile an `mlp`, `cnn`, `lstm`, `simple_rnn` or `nested` from the settings of
    `DEFAULTS`.
    """
    inputs = x = keras.Input(data.x.shape[1:], dtype=data.x.dtype)
    if data.vocabulary_size:
        x = keras.layers.Embedding(data.vocabulary_size, 16)(x)
    elif settings["normalize_inputs"]:
        # As the pages do: a pixel that is dark in all but one image has hardly any variance of its
        # own.
        normalize = keras.layers.Normalization(axis=None if data.pixels else -1)
        normalize.adapt(data.x)
        x = normalize(x)
    if family == "nested":
        inner = keras.Sequential([keras.Input(x.shape[1:])], name="body")
        body = keras.Input(x.shape[1:])
        inner = keras.Model(body, _hidden("mlp", body, settings), name="body")
        x = inner(x)
    else:
        x = _hidden(family, x, settings)
    x = keras.layers.Flatten()(x) if len(x.shape) > 2 else x
    usual = {0: None, 2: "sigmoid"}.get(data.classes, "softmax")
    units = data.classes if data.classes > 2 else 1
    units, activation, from_logits = settings["head"] or (units, usual, False)
    outputs = keras.layers.Dense(units, activation=activation, name="head")(x)
    model = keras.Model(inputs, outputs)
    loss: Any = "mse"
    if data.classes:
        kind = keras.losses.BinaryCrossentropy
        kind = kind if units == 1 else keras.losses.SparseCategoricalCrossentropy
        loss = kind(from_logits=from_logits)
    model.compile(_optimizer(settings), loss)
    return model


def _optimizer(settings: dict[str, Any]) -> keras.optimizers.Optimizer:
    name = settings["optimizer"]
    options = {"learning_rate": settings["learning_rate"], "clipnorm": settings["clip_norm"]}
    if settings["weight_decay"]:
        options["weight_decay"] = settings["weight_decay"]
    if name == "momentum":
        return keras.optimizers.SGD(momentum=0.9, **options)
    return keras.optimizers.get({"class_name": name, "config": options})


def _hidden(family: str, x: Any, settings: dict[str, Any]) -> Any:
    for number, units in enumerate(settings["hidden_layers"], start=1):
        last = number == len(settings["hidden_layers"])
        x = _layer(family, x, units, f"{family}_{number}", last, settings)
        if settings["dropout_rate"]:
            x = keras.layers.Dropout(settings["dropout_rate"])(x)
    return x


def _layer(family: str, x: Any, units: int, name: str, last: bool, settings: dict[str, Any]) -> Any:
    options = {
        "kernel_initializer": initializer(settings["initializer"]),
        "bias_initializer": keras.initializers.Constant(settings["bias"]),
        "kernel_regularizer": keras.regularizers.L2(settings["l2"]) if settings["l2"] else None,
        "name": name,
    }
    if family == "lstm":
        return keras.layers.LSTM(units, return_sequences=not last, **options)(x)
    if family == "simple_rnn":
        if settings["initializer"] not in keras.initializers.__dict__:
            options["recurrent_initializer"] = initializer(settings["initializer"])
        return keras.layers.SimpleRNN(
            units, activation=settings["activation"], return_sequences=not last, **options
        )(x)
    before = settings["batch_normalization"] == "before"
    options["activation"] = None if before else settings["activation"]
    if family == "cnn":
        x = keras.layers.Conv2D(units, 3, padding="same", **options)(x)
    else:
        x = keras.layers.Dense(units, **options)(x)
    if before:
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Activation(settings["activation"], name=f"{name}_activation")(x)
    return keras.layers.BatchNormalization()(x) if settings["batch_normalization"] == "after" else x


def initializer(name: str) -> Any:
    """An initializer by Keras's name, or `normal_S` for a normal one of deviation S, which plants a
    fault.
    """
    if name.startswith("normal_"):
        return keras.initializers.RandomNormal(stddev=float(name.removeprefix("normal_")))
    return keras.initializers.get(name)
