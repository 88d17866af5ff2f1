"""A trained model whose predictions are computed on several devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasrecipes.strategies import Strategy

BATCH = 32


class DistributedModel:
    """A model whose `predict` runs on several devices; all else is the plain model's.

    Args:
        strategy: distributes the batches.
        load: returns the model, a new one at each call.

    Attributes:
        plain: the same model on one device, for what reads its layers.
    """

    def __init__(self, strategy: Strategy, load: Callable[[], keras.Model]):
        self._strategy = strategy
        self._fit, _ = strategy.prepare(load, lambda model: model.compile())
        self.plain = load()

    def predict(
        self, x: Any, *, batch_size: int | None = None, steps: int | None = None, verbose: int = 0
    ) -> Any:
        """Compute the outputs for arrays or batches, as the plain model would.

        Args:
            x: an array, or a dictionary or tuple of arrays, `(examples, …)`; where `steps` is
                given, batches instead that `Strategy.feed` takes.
            batch_size: examples at a time over all devices, by default 32.
            steps: number of batches.
            verbose: of `keras.Model.predict`.

        Returns:
            Outputs as NumPy arrays, `(examples, …)`, in the order of the examples.
        """
        if steps is not None:
            return self._fit.predict(
                self._strategy.feed(x, "predict"), steps=steps, verbose=verbose
            )
        count, size = len(keras.tree.flatten(x)[0]), batch_size or BATCH
        x = keras.tree.map_structure(np.asarray, x)
        rows = [slice(start, start + size) for start in range(0, count, size)]
        # Tuples of one, since Keras would take a bare tuple of inputs for inputs and labels.
        batches = (
            (keras.tree.map_structure(lambda array, part=part: array[part], x),) for part in rows
        )
        return self._fit.predict(
            self._strategy.feed(batches, "predict"), steps=len(rows), verbose=verbose
        )

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.plain(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        # Python asks here only for what this object does not have itself.
        return getattr(self.plain, name)


def plain_model(model: keras.Model | DistributedModel) -> keras.Model:
    """Return the model on one device, whose layers can be read one by one."""
    return model.plain if isinstance(model, DistributedModel) else model
