"""Steps of an optimizer for a loop of a recipe's own, several of them in one compiled call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np

from kerasrecipes.diagnosis.measurement import tensors_of

# From the model's outputs, those of its frozen copy, and a batch to the loss and an array.
Loss = Callable[[Callable[[Any], Any], Callable[[Any], Any], Mapping[str, Any]], tuple[Any, Any]]


class CompiledUpdates:
    """Gradient steps on batches that differ, by a loss that also sees a frozen copy of the model.

    Both backends compile them with all batches of a call, as what a small network costs is mostly
    the call.

    Args:
        model: compiled, with its optimizer.
        loss: of a batch, a mapping of tensors: `loss(outputs, frozen_outputs, batch)` returns the
            loss and what is to be known of each example, `(batch,)`. The first two are functions of
            the model's inputs.
        jit: whether XLA compiles them, of TensorFlow; JAX always does.

    Attributes:
        outputs: from one batch to the model's outputs, see `compiled_outputs`.
    """

    def __init__(self, model: keras.Model, loss: Loss, jit: bool = False):
        self.model, self.loss, self.jit = model, loss, jit
        self.frozen = keras.models.clone_model(model)
        self.freeze()
        model.optimizer.build(model.trainable_variables)
        on_jax = keras.backend.backend() == "jax"
        self._learn = self._on_jax() if on_jax else self._on_tensorflow()
        self.outputs = compiled_outputs(model)

    def freeze(self) -> None:
        """Let the frozen copy have the weights that the model has now."""
        self.frozen.set_weights(self.model.get_weights())

    def __call__(self, batches: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Take a gradient step on each of several batches.

        Args:
            batches: arrays by name, `(steps, batch, …)`.

        Returns:
            Losses `(steps,)`, and what the loss tells of each example `(steps, batch)`.
        """
        losses, found = self._learn(dict(batches))
        return np.asarray(losses), np.asarray(found)

    def _on_tensorflow(self) -> Callable[[Any], tuple[Any, Any]]:
        import tensorflow as tf

        model, frozen = self.model, self.frozen

        def step(batch: Mapping[str, Any]) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                loss, found = self.loss(lambda x: model(x, training=True), frozen, batch)
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply(gradients, model.trainable_variables)
            return loss, found

        @tf.function(jit_compile=self.jit)
        def steps(batches: Mapping[str, Any]) -> tuple[Any, Any]:
            count = next(iter(batches.values())).shape[0]
            if count == 1:
                loss, found = step({name: value[0] for name, value in batches.items()})
                return loss[None], found[None]
            losses, all_found = (tf.TensorArray(tf.float32, count) for _ in range(2))
            for number in tf.range(count):
                loss, found = step({name: value[number] for name, value in batches.items()})
                losses = losses.write(number, loss)
                all_found = all_found.write(number, found)
            return losses.stack(), all_found.stack()

        def call(batches: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
            return steps({name: tf.constant(value) for name, value in batches.items()})

        return call

    def _on_jax(self) -> Callable[[Any], tuple[Any, Any]]:
        import jax

        model, frozen, optimizer = self.model, self.frozen, self.model.optimizer
        rest = tensors_of(model.non_trainable_variables)

        def step(carried: Any, batch: Any) -> Any:
            values, slots, older = carried

            def loss(values: Any) -> tuple[Any, Any]:
                return self.loss(
                    lambda x: model.stateless_call(values, rest, x, training=True)[0],
                    lambda x: frozen.stateless_call(older, rest, x)[0],
                    batch,
                )

            (value, found), gradients = jax.value_and_grad(loss, has_aux=True)(values)
            values, slots = optimizer.stateless_apply(slots, gradients, values)
            return (values, slots, older), (value, found)

        steps = jax.jit(lambda carried, batches: jax.lax.scan(step, carried, batches))
        parts = (model.trainable_variables, optimizer.variables)

        def call(batches: Any) -> tuple[Any, Any]:
            carried = [*map(tensors_of, parts), tensors_of(frozen.trainable_variables)]
            after, told = steps(tuple(carried), batches)
            for variables, values in zip(parts, after[:2], strict=True):
                for variable, value in zip(variables, values, strict=True):
                    variable.assign(value)
            found: tuple[Any, Any] = told
            return found

        return call


def compiled_outputs(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that computes a model's outputs for one batch, `(batch, …)`.

    An agent asks for a few outputs at every move, for which `predict` takes many times as long.

    Args:
        model: with one input and one output; its weights may change from call to call.
    """
    if keras.backend.backend() == "jax":
        import jax

        compiled = jax.jit(lambda values, rest, x: model.stateless_call(values, rest, x)[0])
        parts = (model.trainable_variables, model.non_trainable_variables)

        def call(x: np.ndarray) -> np.ndarray:
            # JAX compiles each size anew, of which a few are enough.
            padded = np.zeros((1 << (len(x) - 1).bit_length(), *x.shape[1:]), np.float32)
            padded[: len(x)] = x
            return np.asarray(compiled(*map(tensors_of, parts), padded))[: len(x)]

        return call
    import tensorflow as tf

    shape = [None, *model.inputs[0].shape[1:]]
    traced = tf.function(model, input_signature=[tf.TensorSpec(shape, tf.float32)])
    return lambda x: np.asarray(traced(tf.constant(x, tf.float32)))
