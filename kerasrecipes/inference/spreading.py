"""A trained model whose answers are computed on several devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasrecipes.strategies import Strategy

BATCH = 32


class Spread:
    """A model whose `predict` is spread over devices; all else is the plain model's.

    Args:
        strategy: how the work is spread.
        load: gives the plain model; called where its variables are to live.
    """

    def __init__(self, strategy: Strategy, load: Callable[[], keras.Model]):
        self._strategy = strategy
        self._fit, self._plain = strategy.prepare(load, lambda model: model.compile())

    def predict(self, x: Any, *, batch_size: int | None = None, verbose: int = 0) -> Any:
        """Give the outputs for arrays, as the plain model would.

        Args:
            x: an array, or a dictionary or tuple of arrays, `(examples, …)`.
            batch_size: examples at a time over all devices, by default 32.
            verbose: of `keras.Model.predict`.
        """
        count, size = len(keras.tree.flatten(x)[0]), batch_size or BATCH
        x = keras.tree.map_structure(np.asarray, x)
        rows = [slice(start, start + size) for start in range(0, count, size)]
        batches = ((keras.tree.map_structure(lambda array, part=part: array[part], x),) for part in rows)
        return self._fit.predict(self._strategy.feed(batches, "predict"), steps=len(rows), verbose=verbose)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._plain(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)
