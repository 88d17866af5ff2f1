"""Gradient accumulation: a large batch in parts that fit in memory, with one update for all.

A batch is divided inside the training step, so that everything that counts steps, from the
learning rate schedule to the moving average and the checkpoints, counts updates, and a checkpoint
never falls between the parts of one. The update is that of the large batch: each part's gradient
is weighted by its share of the loss, also that of the smaller last one, and the optimizer clips
the whole gradient. Batch normalization alone differs, as it sees one part at a time.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras import tree

from kerasrecipes.errors import UserError
from kerasrecipes.strategies.loss_weights import loss_weight, reduction_of
from kerasrecipes.training_settings import Training


def part_size(training: Training, examples: int) -> int:
    """Return the number of examples that a step holds in memory at a time.

    Args:
        training: its `batch_size` is that of a part.
        examples: number of training examples.

    Raises:
        UserError: if one batch is all examples, and there are to be several.
    """
    if training.batch_size == "all":
        if training.accumulate > 1:
            raise UserError(
                "batch_size=all is one batch already; --accumulate takes the size of a part, "
                "such as --batch-size 32"
            )
        return examples
    return min(training.batch_size, examples)


def accumulate_gradients(model: keras.Model, size: int, replicas: int = 1) -> None:
    """Give a compiled model a training step that goes through each batch in parts.

    Args:
        model: compiled, with the loss of its outputs or a `compute_loss` of its own.
        size: examples of a part.
        replicas: devices over which a batch is spread.

    Raises:
        UserError: if the step would not be that of the large batch.
    """
    on_jax = keras.backend.backend() == "jax"
    if type(model).train_step is not keras.Model.train_step:
        raise UserError(
            "--accumulate does not work with a model that has a training step of its own: "
            "leave it out and choose a --batch-size that fits in memory"
        )
    if replicas > 1 and not on_jax:
        raise UserError(
            "--accumulate does not work on several devices of the TensorFlow backend: "
            "leave it out, use one device, or the backend jax"
        )
    reduction = reduction_of(model)
    if reduction == "sum":
        raise UserError("--accumulate needs a mean loss; the reduction of this one is 'sum'")
    step = _jax_step if on_jax else _tensorflow_step
    # Of this object alone: a subclass would change how the model is saved.
    model.train_step = functools.partial(step, model, size, reduction)


def _tensorflow_step(model: keras.Model, size: int, reduction: str, data: Any) -> dict[str, Any]:
    """Take one step on a batch: the first part, which may be smaller, then the others in a loop."""
    import tensorflow as tf

    batch = keras.utils.unpack_x_y_sample_weight(data)
    rows = tf.shape(tree.flatten(batch[0])[0])[0]
    others = tf.maximum((rows + size - 1) // size - 1, 0)
    begin = rows - others * size
    variables = model.trainable_variables
    # Which variables have no gradient is known once a part was differentiated.
    first = _map(lambda tensor: tensor[:begin], batch)
    known, loss, weight = _part_of_step(model, reduction, first)
    found = [gradient is not None for gradient in known]

    def stacked(tensor: Any) -> Any:
        # XLA cannot slice at a place that is computed, but gather from a stack.
        shape = tf.concat([[others, size], tf.shape(tensor)[1:]], 0)
        return tf.ensure_shape(tf.reshape(tensor[begin:], shape), [None, size, *tensor.shape[1:]])

    stacks = _map(stacked, batch)

    def body(number: Any, loss: Any, weight: Any, *sums: Any) -> tuple[Any, ...]:
        part = _map(lambda stack: tf.gather(stack, number), stacks)
        gradients, more, share = _part_of_step(model, reduction, part)
        added = [g for g, there in zip(gradients, found, strict=True) if there]
        sums = tuple(one + other for one, other in zip(sums, added, strict=True))
        return (number + 1, loss + more, weight + share, *sums)

    begun = [gradient for gradient in known if gradient is not None]
    _, loss, weight, *sums = tf.while_loop(
        lambda number, *_: number < others, body, (tf.constant(0), loss, weight, *begun)
    )
    whole = iter(tf.math.divide_no_nan(total, tf.cast(weight, total.dtype)) for total in sums)
    gradients = [next(whole) if there else None for there in found]
    model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    _track(model, tf.math.divide_no_nan(loss, weight), rows)
    return model.get_metrics_result()


def _map(function: Callable[[Any], Any], batch: Any) -> Any:
    """Apply a function to the tensors of a batch, which may lack labels and weights."""
    return tree.map_structure(lambda t: None if t is None else function(t), batch)


def _part_of_step(
    model: keras.Model, reduction: str, part: tuple[Any, Any, Any]
) -> tuple[list[Any], Any, Any]:
    """Return gradients and loss of a part, times its weight, and the weight; update the metrics."""
    import tensorflow as tf

    x, y, sample_weight = part
    known = "training" in inspect.signature(model.call).parameters
    training = {"training": True} if known else {}
    with tf.GradientTape() as tape:
        y_pred = model(x, **training)
        loss = model.compute_loss(x, y, y_pred, sample_weight, training=True)
        scaled = model.optimizer.scale_loss(loss)
    weight = loss_weight(reduction, x, y_pred, sample_weight)
    gradients = [
        # An embedding's gradient has parts for its rows, and sums of those would grow.
        None
        if gradient is None
        else tf.convert_to_tensor(gradient) * tf.cast(weight, gradient.dtype)
        for gradient in tape.gradient(scaled, model.trainable_variables)
    ]
    model.compute_metrics(x, y, y_pred, sample_weight)
    return gradients, tf.cast(loss, tf.float32) * weight, weight


def _jax_step(
    model: keras.Model, size: int, reduction: str, state: tuple[Any, ...], data: Any
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Take one step on a batch: the first part, which may be smaller, then a scan over others."""
    import jax
    from jax import numpy as jnp

    trainable, non_trainable, optimizer_variables, metrics = state
    batch = keras.utils.unpack_x_y_sample_weight(data)
    rows = tree.flatten(batch[0])[0].shape[0]
    others = -(-rows // size) - 1
    begin = rows - others * size
    differentiated = jax.value_and_grad(_jax_loss(model, reduction), has_aux=True)

    def add(carry: tuple[Any, ...], part: Any) -> tuple[tuple[Any, ...], None]:
        sums, loss, weight, non_trainable, metrics = carry
        (_, (more, y_pred, share, non_trainable, metrics)), gradients = differentiated(
            trainable, non_trainable, metrics, optimizer_variables, part
        )
        metrics = _jax_metrics(model, metrics, part, y_pred)
        sums = [total + gradient * share for total, gradient in zip(sums, gradients, strict=True)]
        return (sums, loss + more * share, weight + share, non_trainable, metrics), None

    zero = jnp.zeros((), "float32")
    carry = ([jnp.zeros_like(v) for v in trainable], zero, zero, non_trainable, metrics)
    carry, _ = add(carry, _map(lambda array: array[:begin], batch))
    if others:
        stacks = _map(lambda array: array[begin:].reshape((others, size, *array.shape[1:])), batch)
        carry, _ = jax.lax.scan(add, carry, stacks)
    sums, loss, weight, non_trainable, metrics = carry
    # A batch in which everything is masked has a weight of zero and gradients of zero.
    divisor = jnp.where(weight == 0, 1.0, weight)
    trainable, optimizer_variables = model.optimizer.stateless_apply(
        optimizer_variables, [total / divisor for total in sums], trainable
    )
    with keras.StatelessScope(list(zip(model.metrics_variables, metrics, strict=True))) as scope:
        _track(model, loss / divisor, rows)
        logs = model.get_metrics_result()
    metrics = _values(scope, model.metrics_variables)
    return logs, (trainable, non_trainable, optimizer_variables, metrics)


def _jax_loss(model: keras.Model, reduction: str) -> Callable[..., Any]:
    """Return the function of a part that JAX differentiates."""

    def function(
        trainable: Any, non_trainable: Any, metrics: Any, optimizer_variables: Any, part: Any
    ) -> Any:
        loss, (unscaled, y_pred, *updated) = model.compute_loss_and_updates(
            trainable,
            non_trainable,
            metrics,
            *part,
            training=True,
            optimizer_variables=optimizer_variables,
        )
        # Outside of this function the outputs would have lost their masks.
        weight = loss_weight(reduction, part[0], y_pred, part[2])
        return loss, (unscaled.astype("float32"), y_pred, weight, *updated)

    return function


def _jax_metrics(model: keras.Model, metrics: Any, part: Any, y_pred: Any) -> list[Any]:
    x, y, sample_weight = part
    with keras.StatelessScope(list(zip(model.metrics_variables, metrics, strict=True))) as scope:
        model.compute_metrics(x, y, y_pred, sample_weight)
    return _values(scope, model.metrics_variables)


def _values(scope: keras.StatelessScope, variables: list[keras.Variable]) -> list[Any]:
    """Return the values that variables have at the end of a scope."""
    found = [(scope.get_current_value(variable), variable) for variable in variables]
    return [variable.value if value is None else value for value, variable in found]


def _track(model: keras.Model, loss: Any, rows: Any) -> None:
    """Update the running mean of the loss by that of the whole batch."""
    # Keras lists the tracker of the loss first.
    model.metrics[0].update_state(loss, sample_weight=rows)
