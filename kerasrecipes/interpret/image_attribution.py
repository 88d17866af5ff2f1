"""Where in an image an answer comes from: occlusion, which hides parts and looks what is lost, and
integrated gradients, which follow the way from no image to the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes.interpret.attribution import (
    Score,
    class_gradients,
    class_scores,
    gradients,
    predicted_classes,
)
from kerasrecipes.interpret.grad_cam import unfolded

PATCHES = 10  # places of a hidden square along the longer side, each of which overlaps the next
_AT_ONCE = 8  # images whose gradients are computed together
STEPS = 32  # points on the way from black; the sum is then within a few percent of the difference


def occlusion(
    probabilities: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    classes: Sequence[int] | None = None,
    *,
    patches: int = PATCHES,
) -> np.ndarray:
    """Measure how much of a class's probability is lost where a part of an image is hidden.

    A square slides over the image, filled with the image's mean; each pixel gets the mean loss of
    the squares that hide it. What is not needed is 0, what speaks against the class too.

    Args:
        probabilities: from images to `(images, classes)`; needs no gradients.
        images: `(images, height, width, channels)`, as `probabilities` takes them.
        classes: a class index for each image; by default the most probable one.
        patches: places of the square along the longer side; its side is two steps.

    Returns:
        `(images, height, width)`, from 0 to 1, the largest loss of each image 1.

    Reference:
        [Visualizing and Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901)
        (Zeiler and Fergus, 2013)
    """
    whole = np.asarray(probabilities(images))
    chosen = whole.argmax(axis=-1) if classes is None else np.asarray(classes)
    heats = []
    for image, number in zip(images, chosen.tolist(), strict=True):

        def of_class(hidden: np.ndarray, number: int = number) -> np.ndarray:
            return np.asarray(probabilities(hidden))[:, number]

        heats.append(occlusion_of(of_class, image, patches=patches))
    return np.stack(heats)


def occlusion_of(
    values: Callable[[np.ndarray], np.ndarray], image: np.ndarray, *, patches: int = PATCHES
) -> np.ndarray:
    """Measure how much of a number is lost where a part of an image is hidden, as `occlusion` does.

    Args:
        values: from images to a number for each, `(images,)`.
        image: `(height, width, channels)`.
        patches: places of the square along the longer side.

    Returns:
        `(height, width)`, from 0 to 1, the largest loss 1.
    """
    height, width = image.shape[:2]
    step = max(1, round(max(height, width) / patches))
    places = [(y, x) for y in range(-step, height, step) for x in range(-step, width, step)]
    squares = [np.s_[max(0, y) : y + 2 * step, max(0, x) : x + 2 * step] for y, x in places]
    hidden = np.repeat(image[None], len(squares) + 1, axis=0)  # the last one is whole
    mean = image.mean(axis=(0, 1)).astype(image.dtype)
    for copy, square in zip(hidden, squares, strict=False):
        copy[square] = mean
    *found, before = np.asarray(values(hidden)).tolist()
    total, count = np.zeros((2, height, width), np.float32)
    for square, value in zip(squares, found, strict=True):
        total[square] += max(0.0, before - value)
        count[square] += 1
    heat_of = total / np.maximum(count, 1)
    return heat_of / max(float(heat_of.max()), 1e-12)


def integrated_gradients(
    model: keras.Model,
    images: np.ndarray,
    classes: Sequence[int] | None = None,
    *,
    steps: int = STEPS,
) -> np.ndarray:
    """Compute how much each pixel adds to the score of a class on the way from a black image.

    Gradients are averaged over images of growing brightness and multiplied by the pixels; their sum
    over all pixels is the difference of the scores, up to the width of the steps.

    Args:
        model: functional or sequential, which takes pixels.
        images: `(images, height, width, channels)`, as the model takes them.
        classes: a class index for each image; by default the predicted one.
        steps: images on the way.

    Returns:
        `(images, height, width)`, summed over channels; negative where a pixel speaks against the
        class.

    Raises:
        UserError: if the model is not built of layers, or the backend gives no gradients.

    Reference:
        [Axiomatic Attribution for Deep Networks](https://arxiv.org/abs/1703.01365) (Sundararajan et
        al., 2017)
    """
    flat = unfolded(model)
    scores = class_scores(flat, [flat.inputs[0]])
    pixels = np.asarray(images, np.float32)
    if classes is None:
        chosen = predicted_classes(scores(keras.ops.convert_to_tensor(pixels)))
    else:
        chosen = np.asarray(classes)
    return np.stack([_gradients(scores, i, n, steps) for i, n in zip(pixels, chosen, strict=True)])


def _gradients(scores: Score, image: np.ndarray, number: int, steps: int) -> np.ndarray:
    slopes = class_gradients(scores, _way(image, steps), np.full(steps, number))
    return (slopes.mean(axis=0) * image).sum(axis=-1)


def _way(image: np.ndarray, steps: int) -> np.ndarray:
    """Images of growing brightness, at the middle of each step, `(steps, height, width, …)`."""
    shares = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    return shares[:, None, None, None] * image[None]


def integrated_gradients_of(
    number: Callable[[Any], Any], image: np.ndarray, *, steps: int = STEPS
) -> np.ndarray:
    """Compute how much each pixel adds to a number on the way from a black image.

    Args:
        number: from images, `(images, height, width, channels)`, to a number for each, by
            `keras.ops`.
        image: `(height, width, channels)`.
        steps: images on the way.

    Returns:
        `(height, width)`, summed over channels; their sum is the difference of the number between
        the image and a black one, up to the width of the steps.

    Raises:
        UserError: if the backend gives no gradients.
    """
    pixels = np.asarray(image, np.float32)
    way = _way(pixels, steps)
    # A few at a time: for the gradient a model's maps of all of them are kept.
    slopes = [
        gradients(lambda images: keras.ops.sum(number(images)), way[start : start + _AT_ONCE])
        for start in range(0, steps, _AT_ONCE)
    ]
    return (np.concatenate(slopes).mean(axis=0) * pixels).sum(axis=-1)


def heat(attributions: np.ndarray) -> np.ndarray:
    """Return what speaks for the class as a heat map, `(images, height, width)`, from 0 to 1.

    Args:
        attributions: of `integrated_gradients`.
    """
    positive = np.maximum(attributions, 0)
    # A few pixels may have most of it; from the 99th percentile on all are as hot.
    highest = np.percentile(positive, 99, axis=(1, 2), keepdims=True)
    return np.clip(positive / np.maximum(highest, 1e-12), 0, 1)
