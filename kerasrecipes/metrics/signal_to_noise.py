"""Peak signal-to-noise ratio of images, over all of an epoch's pixels together."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_LEAST = 1e-10  # of a mean square, whose logarithm is taken


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PeakSignalToNoise(keras.metrics.Mean):
    """Mean of squared errors of pixels from 0 to 1, given in dB.

    Args:
        name: of the metric.
        **options: further arguments of `keras.metrics.Mean`.
    """

    def __init__(self, name: str = "psnr", **options: Any):
        super().__init__(name=name, **options)

    def result(self) -> Any:
        """Return ten times the logarithm of the white's square over the mean squared error."""
        return -10 * ops.log10(ops.maximum(super().result(), _LEAST))


@keras.saving.register_keras_serializable(package="kerasrecipes")
class RestoredSignalToNoise(PeakSignalToNoise):
    """Peak signal-to-noise ratio of images that are compared with others, all pixels together."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: images, `(batch, height, width, channels)`, 0 to 1.
            y_pred: likewise.
            sample_weight: of each image, `(batch,)`.
        """
        error = ops.square(
            ops.cast(y_true, "float32") - ops.clip(ops.cast(y_pred, "float32"), 0, 1)
        )
        super().update_state(ops.mean(error, axis=(1, 2, 3)), sample_weight)
