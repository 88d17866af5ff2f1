"""Local response normalization: what a filter finds counts less where its neighbours find much."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LocalResponseNormalization(layers.Layer):
    """Each value divided by a power of the squares of the neighbouring channels at its place.

    `x[i] / (bias + alpha Σ x[j]²) ** beta`, the sum over `window` channels around `i`. The defaults
    are those of AlexNet.

    Args:
        window: channels in a sum, odd; at the first and the last channel it is cut off.
        bias: what is added to the sum.
        alpha: weight of the sum.
        beta: exponent.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, …, channels)`.

    Output shape:
        The same.

    Raises:
        UserError: if the window is not odd.

    Reference:
        [ImageNet Classification with Deep Convolutional Neural
        Networks](https://papers.nips.cc/paper/4824) (Krizhevsky et al., 2012), section 3.3
    """

    def __init__(
        self,
        window: int = 5,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **options: Any,
    ):
        super().__init__(**options)
        if window < 1 or window % 2 == 0:
            raise UserError(f"window={window}: must be odd and positive")
        self.window, self.bias, self.alpha, self.beta = window, bias, alpha, beta

    def call(self, inputs: Any) -> Any:
        """Return the normalized values, `(batch, …, channels)`."""
        # Squares of many values overflow float16.
        x = ops.cast(inputs, "float32")
        reach, channels = self.window // 2, inputs.shape[-1]
        around = [(0, 0)] * (len(inputs.shape) - 1) + [(reach, reach)]
        squares = ops.pad(x * x, around)
        total = sum(squares[..., shift : shift + channels] for shift in range(self.window))
        return ops.cast(x / (self.bias + self.alpha * total) ** self.beta, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {name: getattr(self, name) for name in ("window", "bias", "alpha", "beta")}
        return {**super().get_config(), **own}
