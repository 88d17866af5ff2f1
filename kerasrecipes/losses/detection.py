"""Loss of a dense detector: classes at every location, boxes where there is an object."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from kerasrecipes.metrics.box_assignment import BOX, CENTRALITY, CLASSES, assign, overlap

Classification = Literal["focal", "crossentropy"]
Boxes = Literal["giou", "diou", "iou"]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class DetectionLoss(keras.losses.Loss):
    """Sum of three losses of each image, divided by the number of locations with an object.

    - Classes, at every location: `crossentropy` of each class by itself, or `focal`, which weighs
      it by `(1 - p) ** gamma` with `p` the probability of what is true. Of thousands of locations
      nearly all show background; each is easy, and together they would drown the few objects.
    - Boxes, where there is an object: 1 minus `iou`, `giou` or `diou`, weighed by how central the
      location is in it.
    - Centrality, where there is an object: cross-entropy of how central the location is, by which
      boxes seen from an edge are ranked lower.

    Args:
        classification: `focal` or `crossentropy`.
        boxes: `giou`, `diou` or `iou`.
        gamma: exponent of `focal`.
        alpha: weight of what is there in `focal`; of what is not there it is `1 - alpha`.
        box_weight: factor of the boxes' loss.
        reduction: as in `keras.losses.Loss`; the default is the mean over images.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        - [Focal Loss for Dense Object Detection](https://arxiv.org/abs/1708.02002) (Lin et al.,
          2017)
        - [FCOS](https://arxiv.org/abs/1904.01355) (Tian et al., 2019)
    """

    def __init__(
        self,
        classification: Classification = "focal",
        boxes: Boxes = "giou",
        gamma: float = 2.0,
        alpha: float = 0.25,
        box_weight: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str = "detection_loss",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.classification, self.boxes = classification, boxes
        self.gamma, self.alpha, self.box_weight = gamma, alpha, box_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each image.

        Args:
            y_true: the truth, `(batch, objects, 6)`; see `kerasrecipes.metrics.box_assignment`.
            y_pred: a detector's output, `(batch, locations, 8 + classes)`.

        Returns:
            `(batch,)`.
        """
        found = assign(y_true, y_pred)
        there = ops.cast(found.positive, y_pred.dtype)
        objects = ops.maximum(ops.sum(there, axis=-1), 1.0)
        logits = y_pred[..., CLASSES]
        classes = ops.where(found.positive, found.classes, 0)
        truth = ops.one_hot(classes, logits.shape[-1], dtype=y_pred.dtype)
        named = self._named(truth * there[..., None], logits)
        named = ops.sum(named * ops.cast(ops.logical_not(found.ignored), named.dtype), axis=-1)
        central = there * found.centrality
        off = central * (1 - overlap(y_pred[..., BOX], found.boxes, self.boxes))
        # Divided by the sum of its weights, and by `objects` below: the mean over locations.
        off = ops.sum(off, axis=-1) / ops.maximum(ops.sum(central, axis=-1), 1e-6) * objects
        ranked = there * crossentropy(found.centrality, y_pred[..., CENTRALITY])
        return (named + self.box_weight * off + ops.sum(ranked, axis=-1)) / objects

    def _named(self, truth: Any, logits: Any) -> Any:
        """Return the loss of the classes at each location, `(batch, locations)`."""
        entropy = crossentropy(truth, logits)
        if self.classification == "focal":
            missed = ops.abs(truth - ops.sigmoid(logits))
            weight = truth * self.alpha + (1 - truth) * (1 - self.alpha)
            entropy = entropy * weight * missed**self.gamma
        return ops.sum(entropy, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        names = ("classification", "boxes", "gamma", "alpha", "box_weight")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def crossentropy(truth: Any, logits: Any) -> Any:
    """Compute the cross-entropy of probabilities and logits, each by itself.

    Args:
        truth: from 0 to 1.
        logits: of the same shape.

    Returns:
        In nats, of the same shape.
    """
    # In this form no exponential overflows.
    return ops.maximum(logits, 0) - logits * truth + ops.log1p(ops.exp(-ops.abs(logits)))
