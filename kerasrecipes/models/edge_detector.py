"""Edge detectors: a single convolution with one small kernel."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

# Weighted differences between the two sides of a pixel; Sobel's counts the nearest neighbours
# twice.
DETECTORS = {
    "prewitt": np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]], dtype=np.float32),
    "sobel": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], dtype=np.float32),
}


def detector(direction: str, operator: str = "prewitt") -> np.ndarray:
    """Return the kernel of an edge detector.

    Args:
        direction: `"horizontal"` edges are dark above bright, `"vertical"` ones dark left of
            bright.
        operator: `"prewitt"` or `"sobel"`.

    Returns:
        `(3, 3)` float32.
    """
    kernel = DETECTORS[operator]
    return kernel if direction == "horizontal" else kernel.T


def edge_learner(
    input_shape: tuple[int, int, int], *, initializer: str = "glorot_uniform"
) -> keras.Model:
    """One 3 x 3 convolution without bias, to learn a filter from examples of its output.

    Args:
        input_shape: `(height, width, 1)`, pixels from 0 to 255.
        initializer: initializer of the nine weights.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, 1)` to
        `(batch, height - 2, width - 2, 1)`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(
        1, 3, use_bias=False, kernel_initializer=initializer, dtype="float32", name="edges"
    )(x)
    return keras.Model(inputs, x, name="edge_learner")
