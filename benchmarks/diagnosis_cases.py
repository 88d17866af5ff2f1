"""What `benchmarks.diagnosis` trains: planted faults, each in several models, and healthy runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.diagnosis_models import Task

Fault = Callable[[Task, np.random.Generator], Task]


@dataclass(frozen=True)
class Case:
    """One training: a model on a data set, with settings, and with a fault of the data if one is
    planted.
    """

    kind: str  # the planted finding, or "healthy"
    family: str
    data: str
    settings: dict[str, Any] = field(default_factory=dict)
    rows: int | None = None
    fault: Fault | None = None

    @property
    def name(self) -> str:
        """A short name for the table."""
        return f"{self.family} {self.data}"


def shuffled(data: Task, rng: np.random.Generator) -> Task:
    """Labels in a random order."""
    return data.but(y=rng.permutation(data.y), y_validation=rng.permutation(data.y_validation))


def constant(*columns: int) -> Fault:
    """Columns that hold one value."""

    def fault(data: Task, rng: np.random.Generator) -> Task:
        x, x_validation = data.x.copy(), data.x_validation.copy()
        for column in columns:
            x[..., column] = x_validation[..., column] = 3.5
        return data.but(x=x, x_validation=x_validation)

    return fault


def scaled(factor: float, shift: float = 0.0) -> Fault:
    """Inputs in another unit."""

    def fault(data: Task, rng: np.random.Generator) -> Task:
        return data.but(x=data.x * factor + shift, x_validation=data.x_validation * factor + shift)

    return fault


def with_nan(data: Task, rng: np.random.Generator) -> Task:
    """A missing value in one of fifty rows."""
    x = data.x.copy()
    x[::50, ..., 1 if x.shape[-1] > 1 else 0] = np.nan
    return data.but(x=x)


def noisy_labels(share: float) -> Fault:
    """Some labels are wrong, in the training part and in the validation part."""

    def spoil(y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.where(rng.random(len(y)) < share, rng.permutation(y), y)

    def fault(data: Task, rng: np.random.Generator) -> Task:
        return data.but(y=spoil(data.y, rng), y_validation=spoil(data.y_validation, rng))

    return fault


DEEP, RAW = (32,) * 10, {"normalize_inputs": False}
SIGMOID = {"activation": "sigmoid", "hidden_layers": DEEP}

PLANTED = [
    Case("vanishing_gradients", "mlp", "digits", SIGMOID),
    Case(
        "vanishing_gradients",
        "mlp",
        "spirals",
        SIGMOID | {"optimizer": "momentum", "learning_rate": 0.1},
    ),
    Case(
        "vanishing_gradients",
        "cnn",
        "digit_images",
        {"activation": "sigmoid", "hidden_layers": (8,) * 8},
    ),
    Case(
        "vanishing_gradients",
        "mlp",
        "breast_cancer",
        {
            "activation": "tanh",
            "initializer": "normal_0.02",
            "hidden_layers": (32,) * 8,
            "optimizer": "sgd",
            "learning_rate": 0.05,
        },
    ),
    Case(
        "exploding_gradients",
        "mlp",
        "digits",
        {
            "hidden_layers": DEEP,
            "initializer": "normal_0.7",
            "optimizer": "sgd",
            "learning_rate": 1e-4,
        },
    ),
    Case(
        "exploding_gradients",
        "cnn",
        "digit_images",
        {"hidden_layers": (16,) * 8, "initializer": "normal_0.5"},
    ),
    Case(
        "exploding_gradients",
        "simple_rnn",
        "peaks",
        {"activation": "relu", "hidden_layers": (32,), "initializer": "normal_0.4"},
    ),
    Case(
        "exploding_gradients",
        "mlp",
        "wine",
        {"activation": "elu", "hidden_layers": (64,) * 8, "initializer": "normal_0.6"},
    ),
    Case("dying_relu", "mlp", "digits", {"bias": -4.0}),
    Case("dying_relu", "cnn", "digit_images", {"bias": -2.0, "hidden_layers": (16, 16)}),
    Case("dying_relu", "mlp", "breast_cancer", {"bias": -3.0, "hidden_layers": (64, 64, 64)}),
    Case(
        "dying_relu", "mlp", "spirals", {"bias": -1.5, "hidden_layers": (64, 64, 64), "epochs": 30}
    ),
    Case(
        "saturated_activation", "mlp", "digits", {"activation": "tanh", "initializer": "normal_1"}
    ),
    Case(
        "saturated_activation",
        "mlp",
        "breast_cancer",
        {"activation": "sigmoid", "initializer": "normal_3"},
    ),
    Case(
        "saturated_activation",
        "cnn",
        "digit_images",
        {"activation": "tanh", "initializer": "normal_3", "hidden_layers": (16,) * 4},
    ),
    Case(
        "saturated_activation",
        "simple_rnn",
        "peaks",
        {"activation": "tanh", "initializer": "normal_1.5", "hidden_layers": (32,)},
    ),
    Case("blow_up", "mlp", "digits", {}, fault=with_nan),
    Case("blow_up", "mlp", "diabetes_raw", {"optimizer": "sgd", "learning_rate": 0.05}),
    Case("blow_up", "mlp", "diabetes", {"optimizer": "sgd", "learning_rate": 10.0}),
    Case("blow_up", "lstm", "peaks", {"hidden_layers": (16,)}, fault=with_nan),
    Case("learning_rate_too_high", "mlp", "digits", {"learning_rate": 0.5}),
    Case("learning_rate_too_high", "mlp", "moons", {"learning_rate": 1.0, "activation": "tanh"}),
    Case(
        "learning_rate_too_high",
        "cnn",
        "digit_images",
        {"learning_rate": 0.3, "hidden_layers": (16, 16)},
    ),
    Case(
        "learning_rate_too_high", "lstm", "tokens", {"learning_rate": 1.0, "hidden_layers": (32,)}
    ),
    Case("learning_rate_too_low", "mlp", "digits", {"learning_rate": 1e-6}),
    Case("learning_rate_too_low", "mlp", "wine", {"optimizer": "sgd", "learning_rate": 1e-5}),
    Case(
        "learning_rate_too_low",
        "cnn",
        "digit_images",
        {"learning_rate": 3e-6, "hidden_layers": (16, 16)},
    ),
    Case(
        "learning_rate_too_low", "lstm", "tokens", {"learning_rate": 1e-6, "hidden_layers": (32,)}
    ),
    Case("loss_does_not_move", "mlp", "digits", {"initializer": "zeros"}),
    Case(
        "loss_does_not_move",
        "cnn",
        "digit_images",
        {"initializer": "zeros", "hidden_layers": (16, 16)},
    ),
    Case("loss_does_not_move", "mlp", "moons", {"initializer": "zeros", "activation": "tanh"}),
    Case(
        "overfitting",
        "mlp",
        "digits",
        RAW | {"hidden_layers": (256, 256), "epochs": 40},
        rows=100,
        fault=noisy_labels(0.3),
    ),
    Case(
        "overfitting",
        "mlp",
        "breast_cancer",
        {"hidden_layers": (256, 256), "epochs": 40},
        rows=150,
        fault=noisy_labels(0.3),
    ),
    Case(
        "overfitting",
        "cnn",
        "digit_images",
        {"hidden_layers": (32, 32), "epochs": 40},
        rows=150,
        fault=noisy_labels(0.3),
    ),
    Case("overfitting", "mlp", "diabetes", {"hidden_layers": (256, 256), "epochs": 100}, rows=150),
    Case(
        "overfitting",
        "lstm",
        "peaks",
        {"hidden_layers": (64,), "epochs": 50, "learning_rate": 0.005},
        rows=200,
        fault=noisy_labels(0.2),
    ),
    Case(
        "underfitting", "mlp", "spirals", {"hidden_layers": (), "epochs": 30, "learning_rate": 0.01}
    ),
    # A single rectifier could be dead from the start, and a bounded unit saturated, which are other
    # faults.
    Case(
        "underfitting",
        "mlp",
        "digits",
        {"hidden_layers": (1,), "activation": "elu", "epochs": 30, "learning_rate": 0.01},
    ),
    Case("underfitting", "mlp", "wine", {"l2": 3.0, "epochs": 150, "learning_rate": 0.003}),
    Case(
        "underfitting",
        "simple_rnn",
        "digit_rows",
        {"hidden_layers": (1,), "activation": "tanh", "learning_rate": 0.01},
    ),
    # Columns that matter, so that mending them can be seen.
    Case("constant_inputs", "mlp", "breast_cancer", {}, fault=constant(*range(4, 30))),
    Case(
        "constant_inputs", "nested", "wine", {"activation": "elu"}, fault=constant(0, 6, 9, 11, 12)
    ),
    Case(
        "constant_inputs",
        "mlp",
        "diabetes",
        {"epochs": 20, "hidden_layers": (16,)},
        fault=constant(2, 3, 8),
    ),
    Case("constant_inputs", "mlp", "moons", {}, fault=constant(1)),
    Case("unscaled_inputs", "mlp", "breast_cancer", RAW),
    Case("unscaled_inputs", "mlp", "wine", RAW),
    Case("unscaled_inputs", "mlp", "diabetes", RAW | {"activation": "tanh"}),
    Case(
        "unscaled_inputs",
        "cnn",
        "digit_images",
        RAW | {"hidden_layers": (16, 16)},
        fault=scaled(255),
    ),
    Case(
        "shuffled_labels",
        "mlp",
        "digits",
        RAW | {"hidden_layers": (256, 256), "epochs": 40},
        rows=600,
        fault=shuffled,
    ),
    Case(
        "shuffled_labels",
        "mlp",
        "wine",
        {"hidden_layers": (128, 128), "epochs": 40},
        fault=shuffled,
    ),
    Case(
        "shuffled_labels",
        "cnn",
        "digit_images",
        {"hidden_layers": (32, 32), "epochs": 40},
        rows=400,
        fault=shuffled,
    ),
    Case(
        "shuffled_labels",
        "mlp",
        "diabetes",
        {"hidden_layers": (128, 128), "epochs": 40},
        fault=shuffled,
    ),
]

HEALTHY = [
    Case("healthy", "mlp", "digits"),
    Case("healthy", "mlp", "digits", RAW | {"activation": "tanh", "hidden_layers": (64,)}),
    Case(
        "healthy",
        "mlp",
        "digits",
        {"activation": "sigmoid", "hidden_layers": (64,), "learning_rate": 0.003},
    ),
    Case("healthy", "mlp", "digits", {"hidden_layers": (64,) * 6, "initializer": "he_normal"}),
    Case("healthy", "mlp", "digits", {"optimizer": "sgd", "learning_rate": 0.1}),
    Case(
        "healthy",
        "mlp",
        "digits",
        {"optimizer": "momentum", "learning_rate": 0.05, "batch_normalization": "before"},
    ),
    Case("healthy", "mlp", "digits", {"optimizer": "rmsprop", "dropout_rate": 0.3}),
    Case("healthy", "nested", "digits", {"activation": "elu"}),
    Case("healthy", "mlp", "breast_cancer", {"epochs": 10, "hidden_layers": (16,)}),
    Case("healthy", "mlp", "breast_cancer", {"epochs": 12, "dropout_rate": 0.2}),
    Case("healthy", "mlp", "wine", {"epochs": 30}),
    Case(
        "healthy",
        "mlp",
        "wine",
        {"activation": "softsign", "optimizer": "sgd", "learning_rate": 0.1},
    ),
    Case("healthy", "mlp", "diabetes", {"epochs": 20, "hidden_layers": (16,)}),
    Case(
        "healthy",
        "mlp",
        "diabetes",
        {"epochs": 20, "activation": "tanh", "hidden_layers": (16,), "l2": 1e-3},
    ),
    Case("healthy", "mlp", "moons", {"epochs": 30}),
    Case(
        "healthy",
        "mlp",
        "moons",
        {"activation": "tanh", "learning_rate": 0.01, "hidden_layers": (16, 16)},
    ),
    Case("healthy", "mlp", "spirals", {"learning_rate": 0.01, "epochs": 40}),
    Case(
        "healthy",
        "mlp",
        "spirals",
        {"activation": "tanh", "hidden_layers": (32, 32, 32), "learning_rate": 0.01, "epochs": 40},
    ),
    Case("healthy", "cnn", "digit_images", {"hidden_layers": (16, 16)}),
    Case(
        "healthy",
        "cnn",
        "digit_images",
        {"hidden_layers": (8, 16, 16), "activation": "tanh", "epochs": 10},
    ),
    Case(
        "healthy",
        "cnn",
        "digit_images",
        {"hidden_layers": (8, 16), "batch_normalization": "before", "dropout_rate": 0.2},
    ),
    Case("healthy", "lstm", "digit_rows", {"hidden_layers": (32,), "learning_rate": 0.003}),
    Case(
        "healthy", "lstm", "tokens", {"hidden_layers": (32,), "learning_rate": 0.005, "epochs": 15}
    ),
    Case(
        "healthy",
        "lstm",
        "peaks",
        {"hidden_layers": (16, 16), "learning_rate": 0.005, "epochs": 12},
    ),
    Case("healthy", "simple_rnn", "digit_rows", {"hidden_layers": (48,), "activation": "tanh"}),
    Case(
        "healthy",
        "simple_rnn",
        "peaks",
        {"hidden_layers": (32,), "activation": "tanh", "epochs": 12},
    ),
]

COSTS = [
    Case("healthy", "mlp", "digits", {"epochs": 100}),
    Case("healthy", "cnn", "digit_images", {"hidden_layers": (32, 64), "epochs": 40}),
    Case("healthy", "lstm", "digit_rows", {"hidden_layers": (64,), "epochs": 40}),
]
