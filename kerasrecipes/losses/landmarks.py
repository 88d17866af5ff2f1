"""Loss of points, of which some are missing."""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from kerasrecipes.metrics.landmarks import known_of

Kind = Literal["distance", "squared", "wing"]

# Of the wing loss: below the width a logarithm, so that small errors count more than they would.
_WIDTH, _CURVATURE = 0.05, 0.01


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PointLoss(keras.losses.Loss):
    """Mean over the known points of an image of how far they are from where they should be.

    - `distance`: the distance itself.
    - `squared`: its square; a few points that are far off count for all.
    - `wing`: like the distance where that is large, and its logarithm near zero, where it counts
      more.

    Args:
        kind: which of these.
        reduction: as in `keras.losses.Loss`; the default is the mean over images.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Wing Loss for Robust Facial Landmark Localisation](https://arxiv.org/abs/1711.06753) (Feng
        et al., 2018)
    """

    def __init__(
        self,
        kind: Kind = "distance",
        reduction: str = "sum_over_batch_size",
        name: str = "point_loss",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.kind = kind

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each image.

        Args:
            y_true: points, `(batch, points, 2)`; NaN where missing.
            y_pred: points, `(batch, points, 2)`.

        Returns:
            `(batch,)`; zero of an image without known points.
        """
        known, truth = known_of(y_true, y_pred)
        squared = ops.sum(ops.square(truth - y_pred), axis=-1)
        if self.kind != "squared":
            # The root has no derivative at 0.
            squared = ops.sqrt(squared + 1e-10)
        if self.kind == "wing":
            bend = _WIDTH * float(np.log1p(_WIDTH / _CURVATURE))
            near = _WIDTH * ops.log1p(squared / _CURVATURE)
            squared = ops.where(squared < _WIDTH, near, squared - _WIDTH + bend)
        count = ops.maximum(ops.sum(known, axis=-1), 1.0)
        return ops.sum(squared * known, axis=-1) / count

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "kind": self.kind}
