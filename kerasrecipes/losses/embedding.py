"""Losses over the pairs of a batch: the same are to be near, others far."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from kerasrecipes.metrics.nearest import pairs

Kind = Literal["triplet", "contrastive", "supervised_contrastive"]

_FAR = 1e9  # a distance that no unit vectors have


@keras.saving.register_keras_serializable(package="kerasrecipes")
class EmbeddingLoss(keras.losses.Loss):
    """Loss of unit vectors that are labelled by identity, over all pairs within a batch.

    - `triplet`: for an image and another of the same identity, the squared distance between them is
      to be smaller, by a margin, than that to an image of someone else. Of those the nearest counts
      that is farther than the same identity's (semi-hard); the very nearest would pull all vectors
      together.
    - `contrastive`: the squared distance of the same, plus the square of what others lack to the
      margin.
    - `supervised_contrastive`: cross-entropy of finding the same identity among all other images,
      by cosines divided by a temperature.

    Args:
        kind: which of these.
        margin: of `triplet`, in squared distance, and of `contrastive`, in distance.
        temperature: of `supervised_contrastive`.
        reduction: as in `keras.losses.Loss`; the default is the mean over images.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        - [FaceNet](https://arxiv.org/abs/1503.03832) (Schroff et al., 2015)
        - [Dimensionality Reduction by Learning an Invariant
          Mapping](http://yann.lecun.com/exdb/publis/pdf/hadsell-chopra-lecun-06.pdf) (Hadsell et
          al., 2006)
        - [Supervised Contrastive Learning](https://arxiv.org/abs/2004.11362) (Khosla et al., 2020)
    """

    def __init__(
        self,
        kind: Kind = "triplet",
        margin: float = 0.2,
        temperature: float = 0.1,
        reduction: str = "sum_over_batch_size",
        name: str = "embedding_loss",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.kind, self.margin, self.temperature = kind, margin, temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each image.

        Args:
            y_true: identities, `(batch,)` or `(batch, 1)`.
            y_pred: unit vectors, `(batch, dimension)`.

        Returns:
            `(batch,)`, whose mean is the mean over the images that have another of their identity.
        """
        cosines = ops.matmul(y_pred, ops.transpose(y_pred))
        same, other = pairs(y_true, cosines.dtype)
        if self.kind == "supervised_contrastive":
            found = self._named(cosines, same)
        else:
            distances = ops.maximum(2 - 2 * cosines, 0.0)  # squared, of unit vectors
            one = self._triplets if self.kind == "triplet" else self._contrasted
            found = one(distances, same, other)
        counted = ops.cast(ops.sum(same, axis=1) > 0, found.dtype)
        count = ops.cast(ops.shape(found)[0], found.dtype)
        return found * counted * count / ops.maximum(ops.sum(counted), 1.0)

    def _triplets(self, distances: Any, same: Any, other: Any) -> Any:
        positive = distances[:, :, None]  # (anchor, positive, 1)
        negative = ops.where(other > 0, distances, _FAR)[:, None, :]  # (anchor, 1, negative)
        farther = ops.min(ops.where(negative > positive, negative, _FAR), axis=2)
        # Where nobody else is farther, the farthest of all.
        farthest = ops.max(distances * other, axis=1, keepdims=True)
        chosen = ops.where(farther < _FAR, farther, farthest)
        return mean_of(ops.maximum(distances - chosen + self.margin, 0.0), same)

    def _contrasted(self, distances: Any, same: Any, other: Any) -> Any:
        # The root has no derivative at 0, where images are compared with themselves.
        lengths = ops.sqrt(ops.maximum(distances, 1e-9))
        near = mean_of(distances, same)
        return near + mean_of(ops.square(ops.maximum(self.margin - lengths, 0.0)), other)

    def _named(self, cosines: Any, same: Any) -> Any:
        itself = ops.eye(ops.shape(cosines)[0], dtype=cosines.dtype)
        logits = cosines / self.temperature - _FAR * itself
        return mean_of(-ops.log_softmax(logits, axis=1), same)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        names = ("kind", "margin", "temperature")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def mean_of(values: Any, chosen: Any) -> Any:
    """Return the mean of the chosen values of each row, 0 where there are none.

    Args:
        values: `(rows, columns)`.
        chosen: likewise, 1 or 0.
    """
    # `where` rather than a product alone: what is not chosen may be too large for one.
    total = ops.sum(ops.where(chosen > 0, values, 0.0), axis=1)
    return total / ops.maximum(ops.sum(chosen, axis=1), 1.0)
