"""Stochastic weight averaging: the mean of the weights of the last epochs becomes the model."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.batches import Batches
from kerasrecipes.errors import UserError
from kerasrecipes.training_settings import Training


class WeightAverage(keras.callbacks.Callback):
    """Mean of the trainable weights at the end of each epoch from a certain one on.

    Args:
        first: number of the first epoch that counts, from 1.
        earlier: epochs of earlier phases.

    Attributes:
        arrays: the mean of each weight so far, in double precision; a checkpoint keeps them.
        count: number of epochs in the mean.

    Reference:
        [Averaging Weights Leads to Wider Optima and Better
        Generalization](https://arxiv.org/abs/1803.05407) (Izmailov et al., 2018)
    """

    def __init__(self, first: int, earlier: int = 0):
        super().__init__()
        self.first, self.earlier = first, earlier
        self.arrays: list[np.ndarray] = []
        self.count = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the epoch's weights."""
        if self.earlier + epoch + 1 < self.first:
            return
        weights = [
            np.asarray(keras.ops.convert_to_numpy(v), "float64")
            for v in self.model.trainable_variables
        ]
        self.count += 1
        means = self.arrays or [np.zeros_like(weight) for weight in weights]
        self.arrays = [
            mean + (weight - mean) / self.count for mean, weight in zip(means, weights, strict=True)
        ]

    def state(self) -> dict[str, Any]:
        """Return the state that a resumed training needs, beside the arrays."""
        return {"count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of an interrupted training."""
        self.count = state["count"]


def first_epoch(training: Training, earlier: int = 0) -> int:
    """Return the number of the first epoch whose weights are averaged, from 1.

    Args:
        training: its `swa` is an epoch of the whole run, or below 1 the share of these epochs
            before it.
        earlier: epochs of earlier phases.
    """
    assert training.swa is not None
    if training.swa >= 1:
        return int(training.swa)
    return earlier + int(training.swa * training.epochs) + 1


def check(training: Training, model: keras.Model, replicas: int = 1) -> None:
    """Check that the weights can be averaged as the settings ask.

    Args:
        training: of the whole run, with `swa`.
        model: the model.
        replicas: devices over which a batch is spread.

    Raises:
        UserError: if they cannot.
    """
    start = training.swa
    assert start is not None
    if training.ema is not None:
        raise UserError("--swa and --ema are two averages of the weights; choose one of them")
    if start >= 1 and start != int(start):
        raise UserError(f"swa={start}: expected a whole epoch, or a share of the epochs below 1")
    if start > training.epochs:
        raise UserError(f"swa={start:g}: the training has only {training.epochs} epochs")
    if replicas > 1 and normalizations(model):
        raise UserError(
            "--swa computes the statistics of batch normalization anew, on one device: "
            "leave it out, use --ema, or one device"
        )


def normalizations(model: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Return the layers of batch normalization whose moving statistics are trained."""
    found = model._flatten_layers(include_self=False, recursive=True)
    unique = {id(layer): layer for layer in found}.values()
    return [
        layer
        for layer in unique
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]


def assign(model: keras.Model, arrays: list[np.ndarray], batches: Batches) -> None:
    """Give a model averaged weights, and the statistics that its batch normalization has with them.

    Args:
        model: the model.
        arrays: the mean of each trainable weight.
        batches: of the training examples, which are passed through once where it is needed.
    """
    for variable, value in zip(model.trainable_variables, arrays, strict=True):
        variable.assign(value.astype("float32"))
    layers = normalizations(model)
    if layers:
        _refresh(model, layers, batches)


def _refresh(model: keras.Model, layers: list[Any], batches: Batches) -> None:
    """Compute moving means and variances anew, as those of all training examples together."""
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        # The moving statistics then are those of the batch that was seen last.
        layer.momentum = 0.0
    forward = _forward_function(model)
    rows = 0
    sums: list[Any] = [(0.0, 0.0)] * len(layers)
    try:
        for batch in itertools.islice(batches.stream(), len(batches)):
            forward(batch[0])
            count = len(keras.tree.flatten(batch[0])[0])
            rows += count
            # The sums of each layer's values and of their squares.
            for number, layer in enumerate(layers):
                one, variance = (
                    np.asarray(keras.ops.convert_to_numpy(v), "float64")
                    for v in (layer.moving_mean, layer.moving_variance)
                )
                mean, square = sums[number]
                sums[number] = mean + count * one, square + count * (variance + one**2)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    for layer, (mean, square) in zip(layers, sums, strict=True):
        layer.moving_mean.assign((mean / rows).astype("float32"))
        variance = np.maximum(square / rows - (mean / rows) ** 2, 0)
        layer.moving_variance.assign(variance.astype("float32"))


def _forward_function(model: keras.Model) -> Any:
    """Return a compiled forward pass in training mode, of which only the statistics are wanted."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        def forward(x: Any) -> None:
            model(x, training=True)

        return tf.function(forward, reduce_retracing=True)
    import jax

    @jax.jit
    def updated(trainable: Any, others: Any, x: Any) -> Any:
        return model.stateless_call(trainable, others, x, training=True)[1]

    def pass_through(x: Any) -> None:
        trainable, others = (
            [variable.value for variable in group]
            for group in (model.trainable_variables, model.non_trainable_variables)
        )
        for variable, value in zip(
            model.non_trainable_variables, updated(trainable, others, x), strict=True
        ):
            variable.assign(value)

    return pass_through
