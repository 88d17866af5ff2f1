"""Loss and weights of a training step by step, and the loss surface of a model with two weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kerasrecipes import backend
from kerasrecipes.data.examples import Examples

MOST_POINTS = 1000  # of a path; a longer one is thinned, for a figure shows no more
FIRST_LOSSES = 300  # losses that are kept, from the first step on
MOST_EXAMPLES = 2000  # that a surface is computed on, at each of its points


class Recorder(keras.callbacks.Callback):
    """Records the loss of the first steps, and the path of the weights of a model that has two.

    Attributes:
        losses: mean loss of each batch; Keras itself reports the mean since the epoch began.
        path: `(points, 2)`, the weights from before the first step to after the last; empty for
            other models.
    """

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []
        self._points: list[np.ndarray] = []
        self._before: tuple[float, ...] = (0.0, 0.0)
        self._every, self._calls, self._small = 1, 0, False

    @property
    def path(self) -> np.ndarray:
        """The weights by step, thinned evenly; the last step is always there."""
        return np.array(self._points).reshape(-1, 2)

    def on_train_begin(self, logs: Any = None) -> None:
        """Record the initial weights."""
        self._small = has_two_parameters(self.model)
        if self._small and not self._points:
            self._points.append(parameters(self.model))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Forget the sums so far, for Keras begins a new mean."""
        self._before = (0.0, 0.0)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Record the loss and the weights."""
        self._calls += 1
        if len(self.losses) < FIRST_LOSSES:
            self._note_loss()
        if self._small and self._calls % self._every == 0:
            self._points.append(parameters(self.model))
            if len(self._points) > MOST_POINTS:
                # Half of the points, and half as often from now on, keeps their distances even.
                self._points, self._every = self._points[::2], 2 * self._every

    def on_train_end(self, logs: Any = None) -> None:
        """Record the final weights."""
        if self._small and not np.array_equal(self._points[-1], parameters(self.model)):
            self._points.append(parameters(self.model))

    def _note_loss(self) -> None:
        mean = next((metric for metric in self.model.metrics if metric.name == "loss"), None)
        if mean is None:
            return
        # Keras keeps a running mean; the differences of its sums are those of this batch.
        now = tuple(float(keras.ops.convert_to_numpy(value)) for value in (mean.total, mean.count))
        total, count = (new - old for new, old in zip(now, self._before, strict=True))
        self._before = now
        if count > 0:
            self.losses.append(total / count)


def has_two_parameters(model: keras.Model) -> bool:
    """Whether the model has two trainable weights in all."""
    return sum(int(np.prod(variable.shape)) for variable in model.trainable_variables) == 2


def parameters(model: keras.Model) -> np.ndarray:
    """Return all trainable weights as one vector."""
    values = [
        np.ravel(keras.ops.convert_to_numpy(variable)) for variable in model.trainable_variables
    ]
    return np.concatenate(values).astype(float)


def names(model: keras.Model) -> tuple[str, ...]:
    """Return a name for each trainable weight, such as `kernel` or `kernel 2`."""
    sizes = {variable.path: int(np.prod(variable.shape)) for variable in model.trainable_variables}
    return tuple(
        path.split("/")[-1] + (f" {index + 1}" if size > 1 else "")
        for path, size in sizes.items()
        for index in range(size)
    )


def surface(
    model: keras.Model, examples: Examples, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Compute the loss of a model with two weights over a grid of their values.

    Args:
        model: compiled; regularisation losses of its layers count. It is not changed.
        examples: up to 2,000 of them are used, evenly picked.
        first: `(columns,)`, values of the first weight.
        second: `(rows,)`, values of the second one.

    Returns:
        `(rows, columns)`, the mean loss at each point.
    """
    count = min(len(examples), MOST_EXAMPLES)
    x, y = examples.take(np.linspace(0, len(examples) - 1, count).astype(int))[:2]
    x, y = keras.tree.map_structure(keras.ops.convert_to_tensor, (x, y))
    loss = backend.compiled(lambda point: _loss_at(model, point, x, y))
    # Arrays, as TensorFlow would trace a function anew for each Python number.
    points = [[np.array([a, b], dtype="float32") for a in first] for b in second]
    return np.array(
        [[float(keras.ops.convert_to_numpy(loss(point))) for point in row] for row in points]
    )


def _loss_at(model: keras.Model, point: Any, x: Any, y: Any) -> Any:
    """Compute the loss with other values in the place of the weights, which keep theirs."""
    start, values = 0, []
    for variable in model.trainable_variables:
        size = int(np.prod(variable.shape))
        values.append((variable, keras.ops.reshape(point[start : start + size], variable.shape)))
        start += size
    with keras.StatelessScope(state_mapping=values):
        return model.compute_loss(x=x, y=y, y_pred=model(x, training=False), training=False)
