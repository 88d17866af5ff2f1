"""One training step over several replicas that equals the step of a single process.

`ReplicaModel` drives a compiled Keras model with `tf.distribute`. Keras 3 does not support several
workers, and several local devices only with faults: it divides the loss by the number of replicas
also where their shares of a batch differ, clips gradients before they are summed, and lets each
replica judge an overflow for itself. Here every replica weights its loss by its share of the global
batch, and gradients are summed before they are clipped.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from kerasrecipes.errors import UserError
from kerasrecipes.strategies.loss_weights import count_rows, loss_weight, reduction_of


class ReplicaModel(keras.Model):
    """Trains, evaluates and predicts with a model whose variables live in a strategy's scope.

    Construct it outside the scope, so that Keras leaves the distribution to it.

    Args:
        inner: the compiled model, built and compiled inside the scope.
        strategy: the `tf.distribute.Strategy` of that scope.
    """

    def __init__(self, inner: keras.Model, strategy: tf.distribute.Strategy):
        super().__init__(name=inner.name)
        self.inner = inner
        self._replicas = strategy
        self._reduction = reduction_of(inner)
        self.train_function: Callable[..., Any] | None
        self.test_function: Callable[..., Any] | None
        self.built = True
        self.compile(
            optimizer=inner.optimizer,
            run_eagerly=inner.run_eagerly,
            jit_compile=False,
            # Where the loss is to be scaled, the inner `compile` has wrapped the optimizer already.
            auto_scale_loss=False,
        )

    @property
    def distribute_strategy(self) -> tf.distribute.Strategy:
        """The strategy that `fit`, `evaluate` and `predict` spread the data over."""
        return self._replicas

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The metrics of the inner model."""
        return self.inner.metrics

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Call the inner model."""
        known = "training" in inspect.signature(self.inner.call).parameters
        return self.inner(inputs, **({"training": training} if known else {}))

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, tf.Tensor]:
        """Update the inner model's metrics."""
        return self.inner.compute_metrics(x, y, y_pred, sample_weight)

    def make_train_function(self, force: bool = False) -> None:
        """Create the function that `fit` calls once per step."""
        if self.train_function is None or force:
            self.train_function = self._on_replicas(self.train_step)

    def make_test_function(self, force: bool = False) -> None:
        """Create the function that `evaluate` calls once per step."""
        if self.test_function is None or force:
            self.test_function = self._on_replicas(self.test_step)

    def train_step(self, data: dict[str, Any]) -> dict[str, tf.Tensor]:
        """Take one step on this replica's slice of a global batch, together with all replicas."""
        (x, y, sample_weight), own = unpack(data)
        with tf.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss, share, rows = self._loss(x, y, y_pred, sample_weight, own, training=True)
            objective = self.optimizer.scale_loss(loss * tf.cast(share, loss.dtype))
        variables = self.inner.trainable_variables
        gradients = tape.gradient(objective, variables)
        logs = self._update_metrics((x, y, y_pred, sample_weight), own)
        gradients, loss, logs = self._exchange(gradients, loss * share, logs, own / rows)
        self.optimizer.apply(gradients, variables)
        return self._track(loss, rows, logs)

    def test_step(self, data: dict[str, Any]) -> dict[str, tf.Tensor]:
        """Evaluate this replica's slice of a global batch."""
        (x, y, sample_weight), own = unpack(data)
        y_pred = self(x, training=False)
        loss, share, rows = self._loss(x, y, y_pred, sample_weight, own, training=False)
        logs = self._update_metrics((x, y, y_pred, sample_weight), own)
        _, loss, logs = self._sum([], loss * share, logs, own / rows)
        return self._track(loss, rows, logs)

    def predict_step(self, data: dict[str, Any]) -> Any:
        """Predict this replica's slice of a global batch."""
        (x, _, _), own = unpack(data)
        return first_rows(self(x, training=False), own)

    def _loss(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any, own: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """Return this replica's loss, its share of the global loss, and the global batch's rows."""
        loss = self.inner.compute_loss(x, y, y_pred, sample_weight, training=training)
        loss = tf.cast(loss, tf.float32)
        weight = loss_weight(self._reduction, x, y_pred, sample_weight)
        here = tf.stack([weight, count_rows(x), own])
        weight, seen, rows = tf.unstack(tf.distribute.get_replica_context().all_reduce("SUM", here))
        if self._reduction == "sum":
            # Rows that several replicas see count once.
            return loss, rows / seen, rows
        # Keras divides a mean by the number of replicas.
        return (
            loss * self._replicas.num_replicas_in_sync,
            tf.math.divide_no_nan(here[0], weight),
            rows,
        )

    def _update_metrics(self, values: tuple[Any, ...], own: tf.Tensor) -> dict[str, tf.Tensor]:
        """Update the metrics with this replica's own rows, and return their running values."""
        return self.compute_metrics(
            *(None if value is None else first_rows(value, own) for value in values)
        )

    def _sum(self, gradients: list[Any], loss: Any, logs: dict[str, Any], part: Any) -> Any:
        """Sum gradients and loss over all replicas and average the metrics, in one exchange."""
        # Each exchange costs time by itself, so the scalars travel as one vector.
        small = tf.stack([loss, *(tf.cast(value, tf.float32) * part for value in logs.values())])
        *gradients, small = all_reduce([*gradients, small])
        loss, *means = tf.unstack(small)
        return gradients, loss, dict(zip(logs, means, strict=True))

    def _exchange(self, gradients: list[Any], loss: Any, logs: dict[str, Any], part: Any) -> Any:
        """Sum as `_sum` does and clip, unless the optimizer's own sum is exact."""
        if not needs_whole_gradients(self.optimizer):
            return gradients, *self._sum([], loss, logs, part)[1:]
        known = [gradient for gradient in gradients if gradient is not None]
        known, loss, logs = self._sum(known, loss, logs, part)
        # The optimizer sums over replicas what is now equal on each of them, and finds nothing left
        # to clip.
        known = clipped(known, self.optimizer)
        parts = iter(
            [scaled(gradient, 1 / self._replicas.num_replicas_in_sync) for gradient in known]
        )
        return [None if gradient is None else next(parts) for gradient in gradients], loss, logs

    def _track(self, loss: Any, rows: Any, logs: dict[str, Any]) -> dict[str, tf.Tensor]:
        """Update the running mean of the global batch's loss, equally on every replica."""
        # Keras lists the tracker of the loss first.
        tracker = self.inner.metrics[0]
        tracker.update_state(loss, sample_weight=rows)
        return {**logs, tracker.name: tracker.result()}

    def _on_replicas(self, step: Callable[..., Any]) -> Callable[..., dict[str, tf.Tensor]]:
        def function(iterator: Any) -> dict[str, tf.Tensor]:
            logs = self._replicas.run(step, args=(next(iterator),))
            return {
                name: self._replicas.experimental_local_results(value)[0]
                for name, value in logs.items()
            }

        return function if self.run_eagerly else tf.function(function, reduce_retracing=True)


def unpack(data: Any) -> tuple[tuple[Any, Any, Any], tf.Tensor]:
    """Split an element of `Strategy.feed` into `(x, y, sample_weight)` and its own rows.

    Raises:
        UserError: if the data did not come by `Strategy.feed`.
    """
    if not (isinstance(data, dict) and data.keys() == {"batch", "own"}):
        raise UserError(
            "on several devices fit, evaluate and predict take what strategy.feed(…) returns"
        )
    return keras.utils.unpack_x_y_sample_weight(data["batch"]), tf.cast(data["own"], tf.float32)


def first_rows(value: Any, rows: tf.Tensor) -> Any:
    """Slice the first rows of nested tensors, and of the masks that Keras attaches to them.

    Args:
        value: tensors, each `(batch, …)`, nested in any way.
        rows: scalar of any number type; how many are kept.

    Returns:
        The same structure, each tensor `(rows, …)`.
    """
    rows = tf.cast(rows, tf.int32)

    def take(tensor: tf.Tensor) -> tf.Tensor:
        taken = tensor[:rows]
        mask = getattr(tensor, "_keras_mask", None)
        if mask is not None:
            # Slicing makes a new tensor, without the mask.
            taken._keras_mask = mask[:rows]
        return taken

    return tf.nest.map_structure(take, value)


def needs_whole_gradients(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether an optimizer does more with gradients than sum them over replicas."""
    # A loss scale changes by whether the gradients are finite, on which all replicas must agree.
    scales = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
    return scales or any(bound is not None for bound in bounds_of(optimizer))


def bounds_of(
    optimizer: keras.optimizers.Optimizer,
) -> tuple[float | None, float | None, float | None]:
    """Return an optimizer's `clipnorm`, `global_clipnorm` and `clipvalue`."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    return optimizer.clipnorm, optimizer.global_clipnorm, optimizer.clipvalue


def clipped(gradients: list[Any], optimizer: keras.optimizers.Optimizer) -> list[Any]:
    """Clip gradients as the optimizer would, where they still carry its loss scale.

    Args:
        gradients: of all variables, dense or sparse, summed over the replicas.
        optimizer: the optimizer, with the loss scale if it has one.

    Returns:
        The gradients in the same order; unchanged where the optimizer bounds none.
    """
    norm, global_norm, value = bounds_of(optimizer)
    # The scale itself: 1 where the optimizer does not scale.
    scale = optimizer.scale_loss(tf.constant(1.0))
    if norm is not None:
        return [tf.clip_by_norm(gradient, norm * scale) for gradient in gradients]
    if global_norm is not None:
        return tf.clip_by_global_norm(gradients, global_norm * scale)[0]
    if value is not None:
        return [tf.clip_by_value(gradient, -value * scale, value * scale) for gradient in gradients]
    return gradients


def scaled(gradient: Any, factor: float) -> Any:
    """Return a dense or sparse gradient times a number.

    Args:
        gradient: a tensor or `tf.IndexedSlices`, of which only the values are multiplied.
        factor: the number.
    """
    if isinstance(gradient, tf.IndexedSlices):
        # An embedding has sparse gradients, which need not be made dense here.
        return tf.IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient * factor


def all_reduce(values: list[Any]) -> list[Any]:
    """Sum values over all replicas, with one exchange for all dense values of a type."""
    context = tf.distribute.get_replica_context()
    groups: dict[Any, list[int]] = {}
    for index, value in enumerate(values):
        groups.setdefault((value.dtype, isinstance(value, tf.IndexedSlices)), []).append(index)
    summed = list(values)
    for indices in groups.values():
        sums = context.all_reduce("SUM", [values[index] for index in indices])
        for index, value in zip(indices, sums, strict=True):
            summed[index] = value
    return summed
