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
