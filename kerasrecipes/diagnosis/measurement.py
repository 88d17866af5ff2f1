"""Measurement of a whole model, on the TensorFlow and on the JAX backend.

Everything is measured in a stateless scope: batch statistics, seed generators and metrics do not
change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasrecipes.diagnosis.layer_probes import Part, captured, parts_of
from kerasrecipes.diagnosis.layer_summaries import (
    activation_share,
    array_library,
    column_statistics,
    has_activation_share,
    is_compiled,
    to_array,
    weight_statistics,
)
from kerasrecipes.diagnosis.probe import Probe

# Small gradients underflow in float16: the loss is multiplied by this, its gradients divided.
HALF_PRECISION_SCALE = 1024.0
# Wider inputs are not measured column by column.
MOST_COLUMNS = 4096


class Measurement:
    """Measurement of a built and compiled model, which it never changes.

    Args:
        model: the model in training.
        probe: examples for gradients and activations; without them only weights are measured.
        capture: whether the layers' outputs are measured as well.
    """

    def __init__(self, model: keras.Model, probe: Probe | None, capture: bool = True) -> None:
        self.model, self.probe, self.capture = model, probe, capture
        self.parts = parts_of(model)
        self.owners = [part for part in self.parts if part.variables]
        self.layers: list[dict[str, Any]] = []
        self._shared: list[str] = []
        self._units: int | None = None
        self._function = compiled(self._measure if probe else self._measure_weights)

    def __call__(self, previous: list[Any] | None, at: list[Any] | None = None) -> dict[str, Any]:
        """Measure the model.

        Args:
            previous: weights before the last step, or None.
            at: weights to measure instead of the present ones.

        Returns:
            `loss`, `finite`, `layers` (statistics by name) and, where the input has columns,
            `columns`.
        """
        values = at or tensors_of(self.model.trainable_variables)
        states = tensors_of(self.model.non_trainable_variables)
        batch = (
            (self.probe.x, self.probe.y, self.probe.weight) if self.probe else (None, None, None)
        )
        raw = self._function(values, states, previous or values, *batch)
        raw = {name: np.asarray(value) for name, value in raw.items()}
        return self._read(raw, updated=previous is not None)

    def of_weights(self, previous: list[Any]) -> dict[str, Any]:
        """Measure only the weights and their last update, which takes a small part of the time."""
        values = tensors_of(self.model.trainable_variables)
        # The function wants gradients: these stand in for them, and their norms are dropped below.
        rows = self._weights(values, previous, previous)
        found = self._read({"weights": np.asarray(rows)}, updated=True)
        for layer in found["layers"].values():
            layer["gradient"] = None
        return found

    def _measure(
        self, values: list[Any], states: list[Any], previous: list[Any], *batch: Any
    ) -> dict[str, Any]:
        def loss_and_numbers(values: list[Any]) -> tuple[Any, dict[str, Any]]:
            return self._forward(values, states, *batch)

        loss, numbers, gradients = differentiate(loss_and_numbers, values)
        scale = self._scale()
        gradients = [to_array(gradient).astype("float32") / scale for gradient in gradients]
        return {
            **numbers,
            "loss": loss / scale,
            "weights": self._weights(values, previous, gradients),
        }

    def _measure_weights(
        self, values: list[Any], states: Any, previous: list[Any], *_: Any
    ) -> dict[str, Any]:
        self.layers = [self._describe(part, False, 0) for part in self.owners]
        gradients = [ops.zeros_like(value) for value in values]
        return {"weights": self._weights(values, previous, gradients)}

    def _weights(self, values: list[Any], previous: list[Any], gradients: list[Any]) -> Any:
        arrays = [
            [to_array(tensor) for tensor in tensors] for tensors in (values, previous, gradients)
        ]
        rows = [
            weight_statistics(*([array[i] for i in part.variables] for array in arrays))
            for part in self.owners
        ]
        library = array_library()
        return library.stack(rows) if rows else library.zeros((0, 5))

    def _forward(
        self, values: list[Any], states: list[Any], x: Any, y: Any, weight: Any
    ) -> tuple[Any, dict[str, Any]]:
        with captured(self.parts if self.capture else []) as seen:
            loss, outputs = stateless_loss(self.model, values, states, x, y, weight)
        # Layers that return the model's outputs are known by the very tensors.
        finals = {id(output) for output in keras.tree.flatten(outputs)}
        numbers = self._numbers(seen, finals)
        given = keras.tree.flatten(outputs)
        # Several outputs have a loss each, which a single range would not tell of.
        if len(given) == 1 and len(given[0].shape) > 1:
            self._units = given[0].shape[-1]
            found = to_array(given[0]).astype("float32")
            numbers["outputs"] = array_library().stack([found.min(), found.max()])
        return ops.cast(loss, "float32") * self._scale(), numbers

    def _scale(self) -> float:
        return HALF_PRECISION_SCALE if self.model.compute_dtype == "float16" else 1.0

    def _numbers(self, seen: dict[str, tuple[Any, Any]], finals: set[int]) -> dict[str, Any]:
        order = {name: position for position, name in enumerate(seen)}
        self.layers = [
            self._describe(
                part,
                part.name in seen and id(seen[part.name][1]) in finals,
                order.get(part.name, -1),
            )
            for part in self.parts
        ]
        shared = [part for part in self.parts if part.name in seen and has_activation_share(part)]
        self._shared = [part.name for part in shared]
        numbers = {}
        if shared:
            numbers["shares"] = array_library().stack(
                [activation_share(part, to_array(seen[part.name][1])) for part in shared]
            )
        first = self._first_input(seen)
        if first is not None and len(first.shape) > 1 and first.shape[-1] <= MOST_COLUMNS:
            numbers["columns"] = column_statistics(to_array(first))
        return numbers

    def _first_input(self, seen: dict[str, tuple[Any, Any]]) -> Any:
        """Return the input of the first kernel; None after an embedding, whose scale is its own."""
        embeddings = {
            part.name for part in self.parts if isinstance(part.layer, keras.layers.Embedding)
        }
        for name, (given, _) in seen.items():
            if name in embeddings:
                return None
            if self._multiplies(name):
                return given
        return None

    def _multiplies(self, name: str) -> bool:
        """Return whether a layer has a kernel; the rows of an embedding are not one."""
        part = next(part for part in self.parts if part.name == name)
        if isinstance(part.layer, keras.layers.Embedding):
            return False
        return any(len(self.model.trainable_variables[i].shape) > 1 for i in part.variables)

    def _describe(self, part: Part, final: bool, order: int) -> dict[str, Any]:
        return {
            "name": part.name,
            "kind": type(part.layer).__name__,
            "activation": part.activation,
            "kernel": self._multiplies(part.name),
            "output": final,
            "order": order,
        }

    def _read(self, raw: dict[str, Any], updated: bool) -> dict[str, Any]:
        layers: dict[str, dict[str, float | None]] = {}
        for part, row in zip(self.owners, raw["weights"].tolist(), strict=True):
            gradient, weight, update, spread, count = row
            layers[part.name] = {
                "gradient": number(gradient) if self.probe else None,
                "weight": number(weight),
                "update": number(update / weight) if updated and weight else None,
                "spread": number(spread),
                "count": count,
            }
        shared = self._shared if "shares" in raw else []
        for name, share in zip(shared, raw.get("shares", np.zeros(0)).tolist(), strict=True):
            layers.setdefault(name, {})["share"] = number(share)
        found: dict[str, Any] = {
            "layers": layers,
            "finite": bool(np.isfinite(raw["weights"]).all()),
        }
        if "loss" in raw:
            found["loss"] = number(float(raw["loss"]))
        if "outputs" in raw:
            found |= {"outputs": [number(value) for value in raw["outputs"].tolist()]}
            found |= {"units": self._units}
        if "columns" in raw:
            found["columns"] = raw["columns"]
        return found


def stateless_loss(
    model: keras.Model, values: list[Any], states: list[Any], x: Any, y: Any, weight: Any = None
) -> tuple[Any, Any]:
    """Compute a compiled model's loss in training as a pure function; no variable changes.

    Args:
        model: built and compiled.
        values: of its trainable variables.
        states: values of its other variables.
        x: inputs.
        y: labels.
        weight: sample weights, or `None`.

    Returns:
        The loss, with the layers' own losses, and the outputs.
    """
    mapping = [
        *zip(model.trainable_variables, values, strict=True),
        *zip(model.non_trainable_variables, states, strict=True),
    ]
    # A model whose `call` has no such argument refuses it.
    training = {"training": True} if getattr(model, "_call_has_training_arg", True) else {}
    with keras.StatelessScope(state_mapping=mapping, collect_losses=True):
        outputs = model(x, **training)
        return model.compute_loss(x=x, y=y, y_pred=outputs, sample_weight=weight), outputs


def tensors_of(variables: Sequence[keras.Variable]) -> list[Any]:
    """Return the variables' values; of those on several devices the copies on the first."""
    tensors = [ops.convert_to_tensor(variable) for variable in variables]
    if keras.backend.backend() != "jax":
        return tensors
    return [
        tensor.addressable_data(0) if len(tensor.devices()) > 1 else tensor for tensor in tensors
    ]


def number(value: float) -> float | None:
    """Round to four digits; None for values that are not finite, which JSON does not have."""
    return float(f"{value:.4g}") if np.isfinite(value) else None


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is compiled on JAX, which else compiles each operation by itself."""
    if is_compiled():
        import jax

        return jax.jit(function)
    return function


def differentiate(
    function: Callable[..., Any], values: list[Any]
) -> tuple[Any, dict[str, Any], list[Any]]:
    """Compute a function and its gradients.

    Args:
        function: from a list of tensors to a scalar and a dictionary of further results.
        values: the tensors.

    Returns:
        The scalar, the dictionary, and the gradient of the scalar by each tensor.
    """
    if keras.backend.backend() == "jax":
        import jax

        (loss, numbers), gradients = jax.value_and_grad(function, has_aux=True)(values)
        return loss, numbers, gradients
    import tensorflow as tf

    values = [tf.convert_to_tensor(value) for value in values]
    with tf.GradientTape() as tape:
        tape.watch(values)
        loss, numbers = function(values)
    # None would have no norm: a variable without effect has the gradient zero.
    gradients = tape.gradient(loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    return loss, numbers, [tf.convert_to_tensor(gradient) for gradient in gradients]
