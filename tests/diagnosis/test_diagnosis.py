"""What the diagnosis finds in small trainings, and that it is silent on healthy ones."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np
import pytest

from kerasrecipes.diagnosis import Diagnosis, Finding, diagnose

SETTINGS = {
    "activation": "relu",
    "initializer": "glorot_uniform",
    "batch_normalization": "none",
    "dropout_rate": 0.0,
    "hidden_layers": (16, 16),
    "normalize_inputs": False,
    "learning_rate": 0.01,
    "clip_norm": None,
    "patience": None,
    "epochs": 12,
}


def blobs(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Three classes around three centres, eight columns of deviation one."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, rows)
    centres = np.random.default_rng(42).normal(0, 1.2, (3, 8))
    x = centres[y] + rng.normal(0, 0.8, (rows, 8))
    return x.astype("float32"), y.astype("int32")


def network(settings: dict[str, Any], bias: float = 0.0) -> keras.Model:
    """A small dense classifier from the settings."""
    inputs = x = keras.Input((8,))
    for units in settings["hidden_layers"]:
        initializer = settings["initializer"]
        if initializer.startswith("normal_"):
            initializer = keras.initializers.RandomNormal(stddev=float(initializer[7:]))
        x = keras.layers.Dense(
            units,
            activation=settings["activation"],
            kernel_initializer=initializer,
            bias_initializer=keras.initializers.Constant(bias),
        )(x)
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="head")(x))
    optimizer = settings.get("optimizer", keras.optimizers.Adam)
    model.compile(optimizer(settings["learning_rate"]), "sparse_categorical_crossentropy")
    return model


def findings(
    changes: dict[str, Any], change=None, bias: float = 0.0, rows: int = 256, validated=False
) -> list[Finding]:
    """Train with some settings changed, and give what was found."""
    keras.utils.set_random_seed(1)
    settings = {**SETTINGS, **changes}
    change = change or (lambda x, y: (x, y))
    x, y = change(*blobs(rows, 1))
    validation = change(*blobs(128, 2)) if validated else None
    model = network(settings, bias)
    diagnosis = Diagnosis((x, y), settings=settings, budget=None)
    model.fit(
        x,
        y,
        validation_data=validation,
        epochs=settings["epochs"],
        batch_size=32,
        callbacks=[diagnosis],
        verbose=0,
    )
    json.dumps(diagnosis.record, allow_nan=False)
    return diagnosis.findings


def shuffle(x, y):
    return x, np.random.default_rng(len(y)).permutation(y)


def enlarge(x, y):
    return x * np.array([1, 1000, 1, 1, 1, 1, 1, 1], "float32"), y


def blank(x, y):
    x = x.copy()
    x[:, 5] = 2.0
    return x, y


def spoil(x, y):
    x = x.copy()
    x[::20, 3] = np.nan
    return x, y


def mislabel(x, y):
    wrong = np.random.default_rng(len(y)).random(len(y)) < 0.4
    return x, np.where(wrong, (y + 1) % 3, y)


def fold(x, y):
    # No line divides quadrants, only the third class from them. The columns are repeated, so that
    # neighbours are near.
    x = (x[:, :2] - x[:, :2].mean(axis=0)) / x[:, :2].std(axis=0)
    return np.tile(x, 4), np.where(x[:, 0] > 1, 2, (x[:, 0] > 0) ^ (x[:, 1] > 0))


FEW = {"rows": 96, "validated": True}
PLANTED = {
    "vanishing_gradients": ({"activation": "sigmoid", "hidden_layers": (16,) * 6, "epochs": 4}, {}),
    "exploding_gradients": (
        {"initializer": "normal_2", "hidden_layers": (16,) * 4, "epochs": 4},
        {},
    ),
    "dying_relu": ({"epochs": 4}, {"bias": -6.0}),
    "saturated_activation": ({"activation": "tanh", "initializer": "normal_4", "epochs": 4}, {}),
    "blow_up": ({"epochs": 2}, {"change": spoil}),
    "learning_rate_too_high": ({"learning_rate": 3.0, "activation": "tanh", "epochs": 4}, {}),
    "learning_rate_too_low": ({"learning_rate": 1e-6, "epochs": 4}, {}),
    "loss_does_not_move": ({"initializer": "zeros", "epochs": 4}, {}),
    "shuffled_labels": ({"hidden_layers": (128, 128), "epochs": 20}, {"change": shuffle, **FEW}),
    "overfitting": ({"hidden_layers": (128, 128), "epochs": 20}, {"change": mislabel, **FEW}),
    "underfitting": (
        {"hidden_layers": (), "learning_rate": 0.05, "epochs": 8},
        {"change": fold},
    ),
    "constant_inputs": ({"epochs": 3}, {"change": blank}),
    "unscaled_inputs": ({"epochs": 3}, {"change": enlarge}),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_planted_fault_is_named_first(kind):
    changes, options = PLANTED[kind]
    found = findings(changes, **options)
    assert found, "nothing was found"
    assert found[0].kind == kind, [finding.sentence for finding in found]
    assert found[0].remedies or found[0].advice


HEALTHY = [
    {},
    {"activation": "tanh"},
    {"activation": "sigmoid", "hidden_layers": (16,), "learning_rate": 0.03},
    {"optimizer": keras.optimizers.SGD, "learning_rate": 0.1},
    {"hidden_layers": (32,) * 4, "initializer": "he_normal", "epochs": 6},
]


@pytest.mark.parametrize("changes", HEALTHY)
def test_healthy_training_raises_no_alarm(changes):
    assert [finding.sentence for finding in findings(changes)] == []


def test_loss_that_becomes_infinite_is_told_with_a_lower_learning_rate():
    found = findings(
        {
            "learning_rate": 1e6,
            "optimizer": keras.optimizers.SGD,
            "epochs": 2,
            "activation": "linear",
        }
    )
    assert found[0].kind == "blow_up"
    assert any(remedy.startswith("--learning-rate") for remedy in found[0].remedies)


def test_a_loss_that_came_back_from_far_away_has_blown_up():
    epochs = [
        {"epoch": n, "step": 10 * n, "loss": loss} for n, loss in ((1, 4e9), (2, 1e3), (3, 1.2))
    ]
    labels = {"constant_losses": {"mean_squared_error": 1.1}}
    record = {"loss": "mean_squared_error", "epochs": epochs, "labels": labels}
    record["moments"] = [{"step": 0, "epoch": None, "loss": 2.0, "finite": True, "layers": {}}]
    found = diagnose(record)
    assert [finding.kind for finding in found] == ["blow_up"]
    assert "epoch 1" in found[0].sentence
    assert "4,000,000,000" in found[0].sentence
