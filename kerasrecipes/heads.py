"""The summary table of heads: activation of the output layer, loss, metrics, labels.

Every recipe takes its head from here, so that activation, loss and labels always agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kerasrecipes.errors import UserError, unknown

if TYPE_CHECKING:
    import keras


def sign_accuracy() -> keras.metrics.Metric:
    """Return the metric of labels -1 and +1: the fraction of scores with their label's sign."""
    from kerasrecipes.metrics.sign_accuracy import SignAccuracy

    return SignAccuracy()


def perplexity() -> keras.metrics.Metric:
    """Return the metric of language models: the exponential of the mean cross-entropy."""
    from kerasrecipes.metrics.perplexity import Perplexity

    return Perplexity()


@dataclass(frozen=True, kw_only=True)
class Head:
    """Output layer, loss and labels of a kind of question.

    Args:
        activation: of the output layer.
        loss: a Keras loss name.
        metrics: Keras metric names, or functions that return a metric of their own name; the first
            is the one that people ask for.
        labels: what a label looks like.
        best: `"max"` or `"min"`, the better direction of the first metric.
        outputs: the head of each output by the output's name, where there are several.
    """

    activation: str
    loss: str
    metrics: tuple[str | Callable[[], Any], ...]
    labels: str
    best: str = "max"
    outputs: Mapping[str, Head] = field(default_factory=dict)


HEADS: dict[str, Head] = {
    "signed": Head(activation="linear", loss="hinge", metrics=(sign_accuracy,), labels="-1 or +1"),
    "binary": Head(
        activation="sigmoid", loss="binary_crossentropy", metrics=("accuracy",), labels="0 or 1"
    ),
    "multiclass": Head(
        activation="softmax",
        loss="sparse_categorical_crossentropy",
        metrics=("accuracy",),
        labels="a class index",
    ),
    "multiclass_one_hot": Head(
        activation="softmax",
        loss="categorical_crossentropy",
        metrics=("accuracy",),
        labels="a one-hot row",
    ),
    "multilabel": Head(
        activation="sigmoid",
        loss="binary_crossentropy",
        metrics=("binary_accuracy",),  # Keras would take "accuracy" for that of one-hot rows
        labels="a row of 0 and 1",
    ),
    "next_token": Head(
        activation="softmax",
        loss="sparse_categorical_crossentropy",
        metrics=(perplexity,),
        labels="at each token the id of the next",
        best="min",
    ),
    "reconstruction": Head(
        activation="linear",
        loss="mean_squared_error",
        metrics=("mean_absolute_error",),
        labels="none: the input is what the output is compared with",
        best="min",
    ),
    "regression": Head(
        activation="linear",
        loss="mean_squared_error",
        metrics=("mean_absolute_error", "root_mean_squared_error"),
        labels="numbers",
        best="min",
    ),
}

# Of models that bring a loss or a step of their own.
OWN = Head(
    activation="the model's own",
    loss="the model's own",
    metrics=(),
    labels="what the model takes",
    best="min",
)


def find(task: str | None) -> Head:
    """Look up a row of the table.

    Args:
        task: a row's name; for several outputs `"output: row, output: row"`, such as
            `"age: regression, gender: binary"`; `None` where the model brings its own loss.

    Returns:
        The row; for several outputs one whose `outputs` has the row of each.

    Raises:
        UserError: if there is no such row.
    """
    if task is None:
        return OWN
    if ":" in task:
        return Head(
            activation="each output's own",
            loss="the sum of each output's own",
            metrics=(),
            labels="a dictionary by output",
            best="min",
            outputs={output: find(row) for output, row in by_output(task).items()},
        )
    if task not in HEADS:
        raise unknown("task", task, HEADS)
    return HEADS[task]


def output_layer(
    task: str, units: int, layer_name: str = "answer", **options: Any
) -> keras.layers.Layer:
    """Create the output layer for a task.

    Args:
        task: a row of the table with one output.
        units: number of classes of a softmax, of labels, or of numbers to predict; 1 for two
            classes.
        layer_name: name of the layer.
        **options: further arguments of `keras.layers.Dense`.

    Returns:
        A dense layer, `(batch, …, features)` to `(batch, …, units)`.

    Raises:
        UserError: if the task does not exist, or takes another number of units.
    """
    from keras import layers

    row = find(task)
    if task in ("signed", "binary") and units != 1:
        raise UserError(
            f"the task '{task}' has one unit, received {units}; for more classes take 'multiclass'"
        )
    if row.activation == "softmax" and units < 2:
        raise UserError(
            f"the task '{task}' needs at least 2 units, received {units}; take 'binary' for one"
        )
    # In float32 also where the layers below compute in half precision: a softmax of bfloat16 is too
    # coarse.
    return layers.Dense(
        units, activation=row.activation, dtype="float32", name=layer_name, **options
    )


def by_output(task: str) -> dict[str, str]:
    """Return the row's name of each output, of a task of several outputs.

    Args:
        task: `"output: row, output: row"`.

    Raises:
        UserError: if it is not written like that.
    """
    pairs = [[part.strip() for part in pair.split(":", 1)] for pair in task.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise UserError(f"task '{task}': expected 'output: task, output: task'")
    return {pair[0]: pair[1] for pair in pairs}
