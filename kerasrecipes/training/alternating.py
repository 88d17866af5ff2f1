"""Several optimizers under the face of one, for models whose parts learn in turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras


class AlternatingOptimizer(keras.optimizers.Optimizer):
    """Optimizers of a model's turns, one for each.

    It has the variables of all of them, by which they are saved and, on JAX, passed to the training
    step. Its learning rate is that of the first; a new one scales those of all others alike.

    Args:
        parts: the optimizers by the name of their turn.
    """

    def __init__(self, parts: Mapping[str, keras.optimizers.Optimizer]):
        super().__init__(learning_rate=0.0, name="alternating")
        self.parts: dict[str, Any] = dict(parts)

    def set_groups(
        self, groups: Mapping[str, Sequence[keras.Variable]], *, scaled: bool = False
    ) -> None:
        """Give each optimizer the variables that it updates.

        Args:
            groups: the variables by turn.
            scaled: whether losses are scaled against underflow, as in float16.
        """
        for turn, variables in groups.items():
            if scaled:
                self.parts[turn] = keras.optimizers.LossScaleOptimizer(self.parts[turn])
            self.parts[turn].build(list(variables))
        self.built = True

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Do nothing: `set_groups` builds each optimizer with its own variables."""
        self.built = True

    @property
    def variables(self) -> list[keras.Variable]:
        """Variables of all optimizers."""
        return [variable for part in self.parts.values() for variable in part.variables]

    def places(self, turn: str) -> list[int]:
        """Return the indices in `variables` of those of a turn's optimizer."""
        before = 0
        for name, part in self.parts.items():
            if name == turn:
                return list(range(before, before + len(part.variables)))
            before += len(part.variables)
        raise KeyError(turn)

    @property
    def iterations(self) -> Any:
        """Updates of the first optimizer."""
        return next(iter(self.parts.values())).iterations

    @property
    def learning_rate(self) -> Any:
        """Learning rate of the first optimizer."""
        return next(iter(self.parts.values())).learning_rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        """Give the first this rate, and scale those of all others alike."""
        rates = {turn: _number(part.learning_rate) for turn, part in self.parts.items()}
        factor = _number(value) / next(iter(rates.values()))
        for turn, part in self.parts.items():
            part.learning_rate = rates[turn] * factor

    def finalize_variable_values(self, var_list: Any) -> None:
        """Do nothing: there is no moving average to put in the weights' place."""

    def get_config(self) -> dict[str, Any]:
        """Return the optimizers' own configurations."""
        parts = {n: keras.optimizers.serialize(part) for n, part in self.parts.items()}
        return {"parts": parts}


def _number(value: Any) -> float:
    return float(keras.ops.convert_to_numpy(value))
