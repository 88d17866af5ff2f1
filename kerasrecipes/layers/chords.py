"""The keys of a chord, one after another from the lowest: each knows those below it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class ShiftedFrames(layers.Layer):
    """The past and the present of frames: all but the last, and all but the first.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time + 1, keys)`.

    Output shape:
        Two of `(batch, time, keys)`, of the layer's own type.
    """

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Return the frames that are known, and those to predict."""
        frames = ops.cast(inputs, self.compute_dtype)
        return frames[:, :-1], frames[:, 1:]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return two shapes `(batch, time, keys)`."""
        batch, time, keys = input_shape
        shape = (batch, None if time is None else time - 1, keys)
        return shape, shape


@keras.saving.register_keras_serializable(package="kerasrecipes")
class KeysInOrder(layers.Layer):
    """Log-odds of each key of a chord, given features of the past and the keys below it.

    A hidden layer gathers the keys from the lowest on; for each key it has gathered those below.
    Its weights are shared by all keys, as those of a NADE, and by `hidden=0` keys do not know of
    each other, as in a layer of sigmoids.

    Args:
        hidden: units that gather keys; 0 for none.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        Features `(batch, time, features)`, and the frames to predict `(batch, time, keys)`.

    Output shape:
        `(batch, time, keys)`.

    Reference:
        [The Neural Autoregressive Distribution
        Estimator](https://proceedings.mlr.press/v15/larochelle11a.html) (Larochelle and Murray,
        2011); [Modeling Temporal Dependencies in High-Dimensional
        Sequences](https://arxiv.org/abs/1206.6392) (Boulanger-Lewandowski et al., 2012)
    """

    def __init__(self, hidden: int = 48, **options: Any):
        super().__init__(**options)
        self.hidden = hidden

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        features, keys = input_shape[0][-1], input_shape[1][-1]
        self.to_keys = self.add_weight(shape=(features, keys), name="to_keys")
        # Few keys of a piano sound, so that the first steps need not learn that.
        self.bias = self.add_weight(
            shape=(keys,), initializer=keras.initializers.Constant(-3.0), name="bias"
        )
        if self.hidden:
            self.to_hidden = self.add_weight(shape=(features, self.hidden), name="to_hidden")
            self.hidden_bias = self.add_weight(
                shape=(self.hidden,), initializer="zeros", name="hidden_bias"
            )
            self.gathered = self.add_weight(
                shape=(keys, self.hidden),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
                name="gathered",
            )
            self.read = self.add_weight(shape=(keys, self.hidden), name="read")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the log-odds, `(batch, time, keys)`."""
        features, frames = inputs
        odds = ops.matmul(features, self.to_keys) + self.bias
        if not self.hidden:
            return odds
        below = ops.expand_dims(frames, -1) * self.gathered  # (batch, time, keys, hidden)
        # A key does not know of itself.
        below = ops.cumsum(below, axis=-2) - below
        before = ops.matmul(features, self.to_hidden) + self.hidden_bias
        units = ops.tanh(below + ops.expand_dims(before, -2))
        return odds + ops.sum(units * self.read, axis=-1)

    def draw(
        self, features: np.ndarray, random: np.random.Generator, temperature: float
    ) -> np.ndarray:
        """Draw a chord, key by key.

        Args:
            features: `(features,)`, of the past.
            random: of the draw.
            temperature: divisor of the log-odds; 0 takes what is more probable.

        Returns:
            `(keys,)` uint8, 1 where a key sounds.
        """
        weights = {w.name: keras.ops.convert_to_numpy(w) for w in self.weights}
        odds = features @ weights["to_keys"] + weights["bias"]
        chord = np.zeros(len(odds), np.uint8)
        before = features @ weights["to_hidden"] + weights["hidden_bias"] if self.hidden else None
        drawn = random.random(len(odds))
        for key in range(len(odds)):
            value = odds[key]
            if before is not None:
                value += np.tanh(before) @ weights["read"][key]
            scaled = value / temperature if temperature else np.sign(value) * np.inf
            if drawn[key] < 1 / (1 + np.exp(-np.clip(scaled, -60, 60))):
                chord[key] = 1
                if before is not None:
                    before = before + weights["gathered"][key]
        return chord

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the frames."""
        return input_shape[1]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "hidden": self.hidden}
