"""What a loop of a recipe's own keeps from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np


class Memory(keras.callbacks.Callback):
    """What a loop keeps from step to step, as a part of every checkpoint.

    Attributes:
        values: values that JSON has, and NumPy arrays, by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}

    def state(self) -> dict[str, Any]:
        """Return the values that JSON has."""
        return {n: value for n, value in self.values.items() if not isinstance(value, np.ndarray)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays."""
        return {n: value for n, value in self.values.items() if isinstance(value, np.ndarray)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore the values that JSON has."""
        self.values = {**self.arrays(), **state}

    def restore_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the arrays."""
        self.values |= arrays
