"""What a training went through step by step, and the loss over the two parameters of a small
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes import backend
from kerasrecipes.data.examples import Examples

MOST_POINTS = 1000  # of a path; a longer one is thinned
FIRST_LOSSES = 300  # so many are kept, from the first step on
MOST_EXAMPLES = 2000  # of those that a surface is measured on


class Recorder(keras.callbacks.Callback):
    """Keeps the first steps' own losses, and for a model of two parameters the way that they went.

    Attributes:
        losses: the mean loss of each call's examples, where Keras itself gives the mean since the
            epoch began.
        path: `(points, 2)`, the parameters from before the first step to after the last; empty for
            other models.
    """

    def __init__(self):
        super().__init__()
        self.losses: list[float] = []
        self._points: list[np.ndarray] = []
        self._before, self._every, self._calls, self._small = (0.0, 0.0), 1, 0, False

    @property
    def path(self) -> np.ndarray:
        """The parameters by step, thinned evenly; the last step is always there."""
        return np.array(self._points).reshape(-1, 2)

    def on_train_begin(self, logs=None):
        """Note where the parameters start."""
        self._small = has_two_parameters(self.model)
        if self._small and not self._points:
            self._points.append(parameters(self.model))

    def on_epoch_begin(self, epoch, logs=None):
        """Keras begins a new mean."""
        self._before = (0.0, 0.0)

    def on_train_batch_end(self, batch, logs=None):
        """Note the loss and the parameters."""
        self._calls += 1
        if len(self.losses) < FIRST_LOSSES:
            self._note_loss()
        if self._small and self._calls % self._every == 0:
            self._points.append(parameters(self.model))
            if len(self._points) > MOST_POINTS:
                self._points, self._every = self._points[::2], 2 * self._every

    def on_train_end(self, logs=None):
        """Note where the parameters end."""
        if self._small and not np.array_equal(self._points[-1], parameters(self.model)):
            self._points.append(parameters(self.model))

    def _note_loss(self) -> None:
        mean = next((metric for metric in self.model.metrics if metric.name == "loss"), None)
        if mean is None:
            return
        now = tuple(float(keras.ops.convert_to_numpy(value)) for value in (mean.total, mean.count))
        total, count = (new - old for new, old in zip(now, self._before, strict=True))
        self._before = now
        if count > 0:
            self.losses.append(total / count)


def has_two_parameters(model: keras.Model) -> bool:
    """Tell whether two numbers are all that the model learns."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables) == 2


def parameters(model: keras.Model) -> np.ndarray:
    """Give all that the model learns as one vector."""
    values = [
        np.ravel(keras.ops.convert_to_numpy(variable)) for variable in model.trainable_variables
    ]
    return np.concatenate(values).astype(float)


def names(model: keras.Model) -> tuple[str, ...]:
    """Name each number that the model learns."""
    sizes = {variable.path: int(np.prod(variable.shape)) for variable in model.trainable_variables}
    return tuple(
        path.split("/")[-1] + (f" {number + 1}" if size > 1 else "")
        for path, size in sizes.items()
        for number in range(size)
    )


def surface(
    model: keras.Model, examples: Examples, first: Sequence[float], second: Sequence[float]
) -> np.ndarray:
    """Measure the loss of a compiled model of two parameters over a grid; the model is not changed.

    Args:
        model: compiled; penalties of its layers count.
        examples: up to 2,000 of them are used, evenly picked.
        first: values of the first parameter.
        second: values of the second one.

    Returns:
        `(len(second), len(first))`, the mean loss at each.
    """
    count = min(len(examples), MOST_EXAMPLES)
    x, y = examples.take(np.linspace(0, len(examples) - 1, count).astype(int))[:2]
    x, y = keras.tree.map_structure(keras.ops.convert_to_tensor, (x, y))
    loss = backend.compiled(lambda point: _loss_at(model, point, x, y))
    points = [[np.array([a, b], dtype="float32") for a in first] for b in second]
    return np.array(
        [[float(keras.ops.convert_to_numpy(loss(point))) for point in row] for row in points]
    )


def _loss_at(model: keras.Model, point: Any, x: Any, y: Any) -> Any:
    """Give the loss with other values in the variables' places; the variables keep theirs."""
    start, values = 0, []
    for variable in model.trainable_variables:
        size = int(np.prod(variable.shape))
        values.append((variable, keras.ops.reshape(point[start : start + size], variable.shape)))
        start += size
    with keras.StatelessScope(state_mapping=values):
        return model.compute_loss(x=x, y=y, y_pred=model(x, training=False), training=False)
