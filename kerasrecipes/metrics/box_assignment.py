"""Which place of an image answers for which object, and how well two boxes overlap.

A dense detector answers at every location of several maps. A row of its output, of which all parts
of a detector share the layout, is the box it sees there, `(left, top, right, bottom)` in pixels;
the location itself and its map's stride; how central the object is seen from there, a logit; and
the logit of each class. A row of the truth is a box, its class, -1 where there is none, and whether
it is ignored.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops

BOX, LOCATION, STRIDE, CENTRALITY, CLASSES = slice(0, 4), slice(4, 6), 6, 7, slice(8, None)
TRUE_CLASS, IGNORED, TRUTH = 4, 5, 6  # columns of the truth, and how many

REACH = 1.5  # strides around an object's middle within which locations answer for it
LONGEST = 4.0  # strides up to which an object's longer side belongs to a map, as in RetinaNet
_TINY = 1e-6


class Assignment(NamedTuple):
    """What each location is to answer.

    Args:
        positive: whether there is an object to answer for, `(batch, locations)`.
        ignored: whether its answer does not count, likewise.
        boxes: of the objects, `(batch, locations, 4)`; of others any.
        classes: of the objects, `(batch, locations)`; of others any.
        centrality: how central the location is in its object, from 0 to 1, likewise.
    """

    positive: Any
    ignored: Any
    boxes: Any
    classes: Any
    centrality: Any


def assign(truth: Any, outputs: Any) -> Assignment:
    """Decide which location answers for which object.

    An object belongs to the map whose stride suits its longer side. There the locations answer that
    lie within it and near its middle, and the one nearest to its middle in any case, so that no
    object is too small to be learned. Of several objects at a location the smallest counts.

    Args:
        truth: `(batch, objects, 6)`.
        outputs: of a detector, `(batch, locations, 8 + classes)`.

    Returns:
        What each location is to answer.

    Reference:
        [FCOS: Fully Convolutional One-Stage Object Detection](https://arxiv.org/abs/1904.01355)
        (Tian et al., 2019)
    """
    # What is right does not depend on what was answered.
    outputs = ops.stop_gradient(outputs)
    left, top, right, bottom = (truth[:, None, :, side] for side in range(4))  # (batch, 1, objects)
    x, y = outputs[..., 4:5], outputs[..., 5:6]  # (batch, locations, 1)
    stride = outputs[..., STRIDE : STRIDE + 1]
    sides = ops.stack([x - left, y - top, right - x, bottom - y], axis=-1)
    inside = ops.min(sides, axis=-1) > 0  # (batch, locations, objects)
    real = truth[:, None, :, TRUE_CLASS] >= 0
    counts = ops.logical_and(real, truth[:, None, :, IGNORED] < 0.5)
    longer = ops.maximum(right - left, bottom - top)
    off = ops.maximum(ops.abs(x - (left + right) / 2), ops.abs(y - (top + bottom) / 2))
    near = ops.logical_and(inside, off < REACH * stride)
    answers = ops.logical_and(counts, ops.logical_or(near, off <= stride / 2))
    answers = ops.logical_and(answers, _of_its_map(longer, stride))
    area = (right - left) * (bottom - top)
    chosen = ops.argmin(ops.where(answers, area, float("inf")), axis=-1)  # (batch, locations)
    rows = ops.take_along_axis(truth, ops.expand_dims(chosen, -1), axis=1)
    positive = ops.any(answers, axis=-1)
    crowded = ops.any(
        ops.logical_and(ops.logical_and(real, ops.logical_not(counts)), inside), axis=-1
    )
    return Assignment(
        positive,
        ops.logical_and(crowded, ops.logical_not(positive)),
        rows[..., BOX],
        ops.cast(rows[..., TRUE_CLASS], "int32"),
        _centrality(x[..., 0], y[..., 0], rows),
    )


def _of_its_map(longer: Any, stride: Any) -> Any:
    """Return whether an object belongs to a map; the finest and the coarsest take the rest."""
    least, most = ops.min(stride), ops.max(stride)
    enough = ops.logical_or(longer > LONGEST * stride / 2, stride <= least)
    return ops.logical_and(enough, ops.logical_or(longer <= LONGEST * stride, stride >= most))


def _centrality(x: Any, y: Any, rows: Any) -> Any:
    left, top, right, bottom = (rows[..., side] for side in range(4))
    ratio = 1.0
    for one, other in ((x - left, right - x), (y - top, bottom - y)):
        shorter = ops.maximum(ops.minimum(one, other), 0)
        ratio = ratio * shorter / ops.maximum(ops.maximum(one, other), _TINY)
    return ops.sqrt(ratio)


def overlap(boxes: Any, others: Any, kind: str = "iou") -> Any:
    """Compute how well boxes overlap.

    - `iou`: the intersection's share of the union, from 0 to 1.
    - `giou`: less the share of the smallest box around both that neither covers, from -1; so that
      boxes which do not meet still know how far apart they are.
    - `diou`: less the squared distance of their middles, as a share of that box's squared diagonal.

    Args:
        boxes: `(…, 4)`, left, top, right, bottom.
        others: of a shape that is broadcast with it.
        kind: which of these.

    Returns:
        `(…)`.

    Reference:
        - [Generalized Intersection over Union](https://arxiv.org/abs/1902.09630) (Rezatofighi et
          al., 2019)
        - [Distance-IoU Loss](https://arxiv.org/abs/1911.08287) (Zheng et al., 2020)
    """
    corner, end = (
        ops.maximum(boxes[..., :2], others[..., :2]),
        ops.minimum(boxes[..., 2:], others[..., 2:]),
    )
    both = _area(ops.maximum(end - corner, 0))
    union = _area(boxes[..., 2:] - boxes[..., :2]) + _area(others[..., 2:] - others[..., :2]) - both
    iou = both / ops.maximum(union, _TINY)
    if kind == "iou":
        return iou
    around = ops.maximum(boxes[..., 2:], others[..., 2:]) - ops.minimum(
        boxes[..., :2], others[..., :2]
    )
    if kind == "giou":
        hull = _area(around)
        return iou - (hull - union) / ops.maximum(hull, _TINY)
    apart = (boxes[..., :2] + boxes[..., 2:] - others[..., :2] - others[..., 2:]) / 2
    diagonal = ops.sum(ops.square(around), axis=-1)
    return iou - ops.sum(ops.square(apart), axis=-1) / ops.maximum(diagonal, _TINY)


def _area(size: Any) -> Any:
    return size[..., 0] * size[..., 1]
