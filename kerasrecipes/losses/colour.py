"""Losses of colours: of the difference, or of the choice from a palette."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PaletteCrossentropy(keras.losses.Loss):
    """Cross-entropy of probabilities of a palette's colours, with the true colour spread over those
    that are near it, and pixels weighted by how rare their colour is.

    Args:
        palette: `(colours, 2)`, in the unit of the labels.
        weights: `(colours,)`, of a pixel by its nearest colour.
        spread: standard deviation over which a true colour is spread, in the unit of the labels.
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Colorful Image Colorization](https://arxiv.org/abs/1603.08511) (Zhang et al., 2016)
    """

    def __init__(
        self,
        palette: Sequence[Sequence[float]],
        weights: Sequence[float],
        spread: float,
        reduction: str = "sum_over_batch_size",
        name: str = "palette_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.palette = [list(map(float, colour)) for colour in palette]
        self.weights, self.spread = list(map(float, weights)), spread

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each pixel.

        Args:
            y_true: `(batch, height, width, 2)`, colours.
            y_pred: `(batch, height, width, colours)`, probabilities.

        Returns:
            `(batch, height, width)`.
        """
        palette = ops.transpose(ops.convert_to_tensor(self.palette, dtype="float32"))
        colour = ops.cast(y_true, "float32")
        # The square of the true colour is the same for all of the palette, and softmax ignores it.
        nearness = 2 * ops.matmul(colour, palette) - ops.sum(palette * palette, axis=0)
        target = ops.softmax(nearness / (2 * self.spread**2), axis=-1)
        logs = ops.log(ops.maximum(ops.cast(y_pred, "float32"), keras.config.epsilon()))
        weight = ops.take(
            ops.convert_to_tensor(self.weights, dtype="float32"), ops.argmax(nearness, axis=-1)
        )
        return -weight * ops.sum(target * logs, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"palette": self.palette, "weights": self.weights, "spread": self.spread}
        return {**super().get_config(), **own}
