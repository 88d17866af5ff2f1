"""L-BFGS: Newton's method with a curvature that it learns from the last gradients."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

MEMORY = 10  # pairs of steps and changes of the gradient; 5 to 20 are usual
# A step that still goes down at its end by so much less, or up by no more, is long enough and not
# too long.
OVERSHOOT = 0.5
STATE = ("last_gradient", "direction", "slope", "length", "steps", "changes")


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LBFGS(keras.optimizers.Optimizer):
    """Limited-memory BFGS for losses that are smooth, computed on all examples in one batch.

    A step is `-H g` with `H` the inverse curvature that the last ten steps have shown, so that
    features of any scale and correlation are learned at one speed: a convex loss of a hundred
    weights is at its minimum after some dozens of steps. An optimizer sees only one gradient per
    step; so where the slope along a step tells that it went too far, the next step goes back to
    where a straight line through both slopes has its zero, and only then the direction changes.

    Args:
        learning_rate: factor of the step that is tried first; 1 is Newton's.
        name: name of the optimizer.
        **options: as for every Keras optimizer.

    Reference:
        [On the Limited Memory BFGS Method for Large Scale Optimization](
        https://doi.org/10.1007/BF01589116) (Liu and Nocedal, 1989)
    """

    def __init__(self, learning_rate: float = 1.0, name: str = "lbfgs", **options: Any):
        super().__init__(learning_rate=learning_rate, name=name, **options)
        self._collected: tuple[Any, ...] = ()

    def build(self, variables: list[keras.Variable]) -> None:
        """Create the optimizer's variables: the last point's gradient, the step and the memory."""
        if self.built:
            return
        super().build(variables)
        size = sum(math.prod(variable.shape) for variable in variables)

        def state(name: str, *shape: int) -> keras.Variable:
            return self.add_variable(shape, initializer="zeros", dtype="float32", name=name)

        self.last_gradient, self.direction = state("last_gradient", size), state("direction", size)
        self.slope, self.length = state("slope"), state("length")
        self.steps, self.changes = state("steps", MEMORY, size), state("changes", MEMORY, size)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Collect the gradients of all variables, and with the last one update all together.

        Args:
            gradient: of the variable.
            variable: the variable.
            learning_rate: factor of the step that is tried first.
        """
        # The curvature between a kernel and a bias counts too, so no variable is updated alone.
        self._collected = (*self._collected, ops.reshape(ops.cast(gradient, "float32"), (-1,)))
        if len(self._collected) < len(self._trainable_variables):
            return
        # Emptied before anything can fail, so that the next trace begins anew.
        gradients, self._collected = self._collected, ()
        move = self._move(ops.concatenate(gradients), ops.cast(learning_rate, "float32"))
        start = 0
        for target in self._trainable_variables:
            end = start + math.prod(target.shape)
            part = ops.reshape(move[start:end], target.shape)
            self.assign_add(target, ops.cast(part, target.dtype))
            start = end

    def _move(self, gradient: Any, rate: Any) -> Any:
        """Return what is added to the weights, `(weights,)`, and remember what was learned."""
        old = {name: ops.convert_to_tensor(getattr(self, name)) for name in STATE}
        slope_here = ops.sum(gradient * old["direction"])
        too_far = slope_here > OVERSHOOT * ops.abs(old["slope"])
        step, change = old["length"] * old["direction"], gradient - old["last_gradient"]
        # Rounding can turn the sign where nothing is left to gain; such a pair teaches nothing.
        curved = ops.sum(step * change) > 1e-10 * ops.sum(change * change)
        learns = ops.logical_and(ops.logical_not(too_far), curved)
        steps, changes = (
            ops.where(learns, ops.concatenate([old[name][1:], row[None]]), old[name])
            for name, row in (("steps", step), ("changes", change))
        )
        direction = -_inverse_curvature(gradient, steps, changes)
        # The gradient alone has no scale: the first step moves the weights by one in sum.
        first = rate / ops.maximum(1.0, ops.sum(ops.abs(gradient)))
        length = ops.where(ops.any(changes[-1] != 0), rate, first)
        shorter = old["length"] * old["slope"] / ops.minimum(old["slope"] - slope_here, -1e-30)
        move = ops.where(too_far, (shorter - old["length"]) * old["direction"], length * direction)
        new = {
            "last_gradient": gradient,
            "direction": direction,
            "slope": ops.sum(gradient * direction),
            "length": length,
            "steps": steps,
            "changes": changes,
        }
        for name, value in new.items():
            kept = shorter if name == "length" else old[name]
            self.assign(getattr(self, name), ops.where(too_far, kept, value))
        return move


def _inverse_curvature(gradient: Any, steps: Any, changes: Any) -> Any:
    """Return the product of the inverse curvature and a gradient, by the two loops of the paper.

    Args:
        gradient: `(weights,)`.
        steps: `(memory, weights)`, the newest last; rows that are not filled yet are zeros.
        changes: `(memory, weights)` of the gradient, likewise.
    """
    products = ops.sum(steps * changes, axis=1)
    factors = ops.where(products > 0, 1.0 / ops.where(products > 0, products, 1.0), 0.0)
    rest, parts = gradient, []
    for number in reversed(range(MEMORY)):
        part = factors[number] * ops.sum(steps[number] * rest)
        rest = rest - part * changes[number]
        parts.append(part)
    square = ops.sum(changes[-1] * changes[-1])
    found = rest * ops.where(square > 0, products[-1] / ops.where(square > 0, square, 1.0), 1.0)
    for number, part in zip(range(MEMORY), reversed(parts), strict=True):
        back = factors[number] * ops.sum(changes[number] * found)
        found = found + (part - back) * steps[number]
    return found
