"""Layers of a dense detector: what a map says of boxes, and the best of boxes that overlap."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.metrics.box_assignment import BOX, CENTRALITY, CLASSES, overlap

DETECTION = 6  # numbers of a detection: left, top, right, bottom, score, class

_LARGEST = 6.0  # of the logarithm of a distance in strides, beyond any image


def location_scores(outputs: Any) -> Any:
    """Return the score of each class at each location, `(…, classes)`: the geometric mean of how
    probable the class is and how central the object.

    Args:
        outputs: of a detector, `(…, 8 + classes)`.
    """
    central = ops.sigmoid(outputs[..., CENTRALITY : CENTRALITY + 1])
    return ops.sqrt(ops.sigmoid(outputs[..., CLASSES]) * central)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class DenseBoxes(layers.Layer):
    """Boxes, in pixels of the image, of what a map says at each location.

    A map's numbers are logarithms of the distances from the location to the four sides, in strides.

    Args:
        stride: pixels of the image from one location to the next.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        Distances, centrality and classes, `(batch, rows, columns, 4)`, `(…, 1)` and `(…, classes)`.

    Output shape:
        `(batch, rows * columns, 8 + classes)`; see `kerasrecipes.metrics.box_assignment`.
    """

    def __init__(self, stride: int, **options: Any):
        super().__init__(**options)
        self.stride = stride

    def call(self, inputs: Any) -> Any:
        """Return a row for each location."""
        distances, centrality, classes = inputs
        _, rows, columns, number = classes.shape
        count = rows * columns
        x = (np.tile(np.arange(columns), rows) + 0.5) * self.stride
        y = (np.repeat(np.arange(rows), columns) + 0.5) * self.stride
        place = np.stack([x, y, np.full(count, self.stride)], axis=-1).astype(np.float32)
        flat = ops.cast(ops.reshape(distances, (-1, count, 4)), "float32")
        reach = ops.exp(ops.clip(flat, -_LARGEST, _LARGEST)) * self.stride
        place = ops.broadcast_to(ops.convert_to_tensor(place)[None], (ops.shape(flat)[0], count, 3))
        corner, end = place[..., :2] - reach[..., :2], place[..., :2] + reach[..., 2:]
        others = (
            ops.cast(ops.reshape(part, (-1, count, size)), "float32")
            for part, size in ((centrality, 1), (classes, number))
        )
        return ops.concatenate([corner, end, place, *others], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        batch, rows, columns, classes = input_shape[-1]
        return batch, rows * columns, 8 + classes

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class NonMaximumSuppression(layers.Layer):
    """The best of a detector's boxes: one that overlaps a better one of its class is left out.

    Args:
        size: `(height, width)` of the image in pixels, to which boxes are cut.
        overlap: intersection over union from which two boxes are of one object.
        most: detections of an image.
        candidates: boxes, the best of all classes, that are compared with each other.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        A detector's output, `(batch, locations, 8 + classes)`.

    Output shape:
        `(batch, most, 6)`: left, top, right, bottom, score, class, the best first. Where there are
        fewer the score is 0 and the class -1.
    """

    def __init__(
        self,
        size: tuple[int, int],
        overlap: float = 0.6,
        most: int = 100,
        candidates: int = 300,
        **options: Any,
    ):
        super().__init__(autocast=False, **options)
        self.size, self.overlap, self.most, self.candidates = tuple(size), overlap, most, candidates

    def call(self, inputs: Any) -> Any:
        """Return the detections of each image."""
        inputs = ops.cast(inputs, "float32")
        number = inputs.shape[-1] - CLASSES.start
        count = min(self.candidates, inputs.shape[1] * number)
        scores = location_scores(inputs)
        scores, chosen = ops.top_k(ops.reshape(scores, (-1, inputs.shape[1] * number)), count)
        place = ops.expand_dims(ops.floor_divide(chosen, number), -1)
        boxes = ops.take_along_axis(inputs[..., BOX], place, axis=1)  # (batch, candidates, 4)
        height, width = self.size
        limits = ops.convert_to_tensor(np.array([width, height, width, height], np.float32))
        boxes = ops.clip(boxes, 0.0, limits)
        classes = ops.mod(chosen, number)
        scores = scores * ops.cast(_kept(boxes, classes, self.overlap), "float32")
        best, order = ops.top_k(scores, min(self.most, count))
        rows = ops.concatenate([boxes, ops.cast(classes, "float32")[..., None]], axis=-1)
        rows = ops.take_along_axis(rows, ops.expand_dims(order, -1), axis=1)
        named = ops.where(best > 0, rows[..., 4], -1.0)
        found = ops.concatenate([rows[..., :4], best[..., None], named[..., None]], axis=-1)
        missing = self.most - found.shape[1]
        if missing:
            nothing = ops.convert_to_tensor(np.array([0, 0, 0, 0, 0, -1], np.float32))
            nothing = ops.broadcast_to(nothing, (ops.shape(found)[0], missing, DETECTION))
            found = ops.concatenate([found, nothing], axis=1)
        return found

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return input_shape[0], self.most, DETECTION

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"size": self.size, "overlap": self.overlap}
        return {**super().get_config(), **own, "most": self.most, "candidates": self.candidates}


def _kept(boxes: Any, classes: Any, limit: float) -> Any:
    """Return which boxes no better one that is kept itself suppresses, `(batch, boxes)`."""
    count = boxes.shape[1]
    close = overlap(boxes[:, :, None], boxes[:, None]) > limit
    same = ops.equal(classes[:, :, None], classes[:, None])
    # The better is the row, the other the column; they are sorted.
    better = ops.convert_to_tensor(np.triu(np.ones((count, count), bool), 1))
    suppresses = ops.logical_and(ops.logical_and(close, same), better)

    def unsettled(kept: Any, changed: Any) -> Any:
        return changed

    def decide(kept: Any, changed: Any) -> tuple[Any, Any]:
        new = ops.logical_not(ops.any(ops.logical_and(suppresses, kept[:, :, None]), axis=1))
        return new, ops.any(ops.not_equal(new, kept))

    # Each pass settles at least the best of those that are not: what it leaves unchanged is what
    # taking boxes one after another would leave.
    kept = ops.ones_like(classes, dtype="bool")
    return ops.while_loop(unsettled, decide, (kept, ops.any(kept)))[0]
