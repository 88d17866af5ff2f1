"""From maps to places: where each map is high, in the mean."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class ExpectedPlaces(layers.Layer):
    """Softmax over all places of a map, and the mean place by these probabilities.

    So a place is found to a fraction of a location, and a loss of places trains the maps.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, points)`.

    Output shape:
        `(batch, points, 2)`: from the left and from above, as shares of the longer side.

    Reference:
        [Numerical Coordinate Regression with Convolutional Neural
        Networks](https://arxiv.org/abs/1801.07372) (Nibali et al., 2018)
    """

    def call(self, inputs: Any) -> Any:
        """Return the places.

        Args:
            inputs: `(batch, height, width, points)`.
        """
        _, height, width, points = inputs.shape
        longer = max(height, width)
        # A location stands for its middle.
        rows, columns = ((np.arange(side) + 0.5) / longer for side in (height, width))
        places = np.stack(np.broadcast_arrays(columns[None, :], rows[:, None]), axis=-1)
        grid = ops.convert_to_tensor(places.reshape(-1, 2), dtype=inputs.dtype)
        flat = ops.reshape(inputs, (-1, height * width, points))
        chances = ops.softmax(flat, axis=1)
        return ops.matmul(ops.transpose(chances, (0, 2, 1)), grid)

    def compute_output_shape(self, input_shape: Any) -> tuple[Any, ...]:
        """Return the shape of the places."""
        return (input_shape[0], input_shape[-1], 2)
