"""The summary table of heads: task, last activation, loss, metric.

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
    """Make the metric of labels -1 and +1: the share of scores that lie on their label's side of
    zero.
    """
    from kerasrecipes.metrics.sign_accuracy import SignAccuracy

    return SignAccuracy()


def perplexity() -> keras.metrics.Metric:
    """Make the metric of language models: the exponential of the mean cross-entropy."""
    from kerasrecipes.metrics.perplexity import Perplexity

    return Perplexity()


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a kind of question asks of the last layer, the loss and the labels.

    Args:
        activation: of the last layer.
        loss: a Keras loss name.
        metrics: Keras metric names, or functions that make one of their own name; the first is the
            one a person asks for.
        labels: what the labels look like.
        best: `"max"` or `"min"`, the better direction of the first metric.
        outputs: the task of each output by the output's name, where there are several.
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
        labels="a class number",
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
        metrics=("binary_accuracy",),  # "accuracy" would be taken for that of one-hot rows
        labels="a row of 0 and 1",
    ),
    "next_token": Head(
        activation="softmax",
        loss="sparse_categorical_crossentropy",
        metrics=(perplexity,),
        labels="at each token the number of the next",
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


def find(name: str) -> Head:
    """Look up a row of the table.

    Args:
        name: a row's name; for several outputs `"output: row, output: row"`, such as
            `"age: regression, gender: binary"`.

    Raises:
        UserError: if there is no such task.
    """
    if ":" in name:
        return _several(name)
    if name not in HEADS:
        raise unknown("task", name, HEADS)
    return HEADS[name]


def losses(name: str) -> str | dict[str, str]:
    """Give what `compile(loss=…)` takes for a task: a name, or one by output."""
    row = find(name)
    return {output: part.loss for output, part in row.outputs.items()} if row.outputs else row.loss


def metrics(name: str) -> list[Any] | dict[str, list[Any]]:
    """Make what `compile(metrics=…)` takes for a task: a list, or one by output."""
    row = find(name)
    if row.outputs:
        return {output: _made(part.metrics) for output, part in row.outputs.items()}
    return _made(row.metrics)


def output_layer(
    name: str, units: int, layer_name: str = "answer", **options: Any
) -> keras.layers.Layer:
    """Make the last layer for a task.

    Args:
        name: a row of the table with one output.
        units: classes of a softmax, labels or numbers to answer; 1 for two classes.
        layer_name: of the layer.
        **options: further arguments of `keras.layers.Dense`.

    Raises:
        UserError: if the task does not exist, or wants another number of units.
    """
    from keras import layers

    row = find(name)
    if name in ("signed", "binary") and units != 1:
        raise UserError(
            f"the task '{name}' has one unit, received {units}; for more classes take 'multiclass'"
        )
    if row.activation == "softmax" and units < 2:
        raise UserError(
            f"the task '{name}' needs at least 2 units, received {units}; take 'binary' for one"
        )
    # In float32 also where the layers below compute in half precision: a softmax of bfloat16 is too
    # coarse.
    return layers.Dense(
        units, activation=row.activation, dtype="float32", name=layer_name, **options
    )


def _made(names: tuple[str | Callable[[], Any], ...]) -> list[Any]:
    return [item() if callable(item) else item for item in names]


def _several(name: str) -> Head:
    pairs = [[part.strip() for part in pair.split(":", 1)] for pair in name.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):
        raise UserError(f"task '{name}': expected 'output: task, output: task'")
    return Head(
        activation="each output's own",
        loss="the sum of each output's own",
        metrics=(),
        labels="a dictionary by output",
        best="min",
        outputs={output: find(row) for output, row in pairs},
    )
