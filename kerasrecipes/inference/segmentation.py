"""Masks for a user's own photographs of any size, and the masks of a split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Mask
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.examples import Examples
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.segmentation import AugmentedMasks, MaskPreprocessor
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.image_explanations import Method, heat_map
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.info import Info
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.pixel_prior import PixelPrior
from kerasrecipes.metrics.segmentation import confusion, mask_metrics
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 32  # images or tiles that are in memory at a time, with a probability for each class
MOST_TILES = 4096  # of one image
_MOST_COUNTED = 1000  # training images that the baseline looks at


def segment(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    full_size: bool = False,
    plain: bool = False,
    explain: bool = False,
    method: Method = "occlusion",
    of: str = "",
) -> list[Answer]:
    """Name the class of each pixel of images of any size.

    An image is resized so that it just covers the size of the training images, and what goes beyond
    it is seen by further tiles, which overlap by half: where several see a pixel, their
    probabilities are averaged, those of a tile's middle with more weight.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.
        full_size: whether an image is cut into tiles without being resized, for a model that was
            trained on tiles of large images.
        plain: whether the picture of an answer is the mask itself, an index for each pixel, which
            can be learned from; by default it is the image with the classes tinted.
        explain: whether to show where in each image the answer comes from, in the middle of the
            image at the training's size.
        method: of the explanation: occlusion, from what is lost where a part is hidden, or
            integrated gradients, pixel by pixel.
        of: class whose pixels are explained; by default the one that has most, `background` left
            out if there is another.

    Returns:
        For each image a `Mask` in the image's own size. A file in a folder that is not a readable
        image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, or is too large, or
            there is no such class.
    """
    if of and of not in run.info.classes:
        raise unknown("class", of, run.info.classes)
    preprocessor = MaskPreprocessor.of(run.info)
    answers: list[Answer] = []
    # One at a time: photographs are kept in their own size.
    for batch in image_batches(inputs, preprocessor.file, 1):
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            mask = mask_of(run.model, image, preprocessor.size, full_size=full_size)
            notes = ["the image is blank"] if image.min() == image.max() else []
            answers.append(
                Mask(
                    input=name,
                    mask=mask,
                    classes=run.info.classes,
                    image=image,
                    plain=plain or None,
                    explanation=_explained(run, image, method, of) if explain else None,
                    notes=notes,
                )
            )
    if not answers:
        raise UserError("there is no image to segment; name image files or a folder of them")
    return answers


def _explained(run: Any, image: np.ndarray, method: Method, of: str) -> HeatMap:
    """Show what the probability of a class depends on, in the middle of the image."""
    import keras

    seen = MaskPreprocessor.of(run.info).image(as_image(image))
    best = np.asarray(model_outputs.of_arrays(run.model, seen[None]))[0].argmax(axis=-1)
    counts = np.bincount(best.ravel(), minlength=len(run.info.classes))
    order = np.argsort(-counts, kind="stable").tolist()
    things = [n for n in order if counts[n] and run.info.classes[n] != "background"]
    index = run.info.classes.index(of) if of else (things or order)[0]
    # Of a class that was found nowhere the probability in the whole image is shown.
    inside = best == index if counts[index] else np.ones_like(best)
    weights = inside.astype(np.float32) / inside.sum()

    def number(outputs: Any) -> Any:
        return keras.ops.sum(outputs[..., index] * weights, axis=(1, 2))

    title = f"{run.info.classes[index]}, {100 * counts[index] / best.size:.0f} % of the pixels"
    return heat_map(run.model, seen, number, method, title)


def mask_of(
    model: Any, image: np.ndarray, size: tuple[int, int], *, full_size: bool = False
) -> np.ndarray:
    """Return the class of each pixel of one image.

    Args:
        model: trained, `(batch, height, width, channels)` to `(…, classes)`.
        image: `(height, width, channels)`, uint8, of any size.
        size: `(height, width)` that the model takes.
        full_size: whether the image is not resized, but where it is smaller than that.

    Returns:
        `(height, width)`, class indices.

    Raises:
        UserError: if the image has too many tiles.
    """
    rows, columns = image.shape[:2]
    scale = max(size[0] / rows, size[1] / columns)
    scale = max(1.0, scale) if full_size else scale
    seen = (max(size[0], round(rows * scale)), max(size[1], round(columns * scale)))
    if seen != (rows, columns):
        resized = as_image(image).resize(seen[::-1], Image.Resampling.BICUBIC, reducing_gap=3.0)
        pixels = np.asarray(resized).reshape(*seen, image.shape[2])
    else:
        pixels = image
    probabilities = tiled(model, pixels, size)
    if seen == (rows, columns):
        return probabilities.argmax(axis=-1).astype(np.uint8)
    return _enlarged(probabilities, (rows, columns))


def tiled(model: Any, pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Compute class probabilities of an image that is at least as large as a model's input.

    Args:
        model: trained.
        pixels: `(height, width, channels)`, uint8.
        size: `(height, width)` that the model takes.

    Returns:
        `(height, width, classes)`.

    Raises:
        UserError: if the image has too many tiles.
    """
    rows, columns = (_starts(have, want) for have, want in zip(pixels.shape[:2], size, strict=True))
    places = [(row, column) for row in rows for column in columns]
    if len(places) > MOST_TILES:
        raise UserError(
            f"an image of {pixels.shape[1]:,} x {pixels.shape[0]:,} pixels has {len(places):,} "
            f"tiles of {size[1]} x {size[0]}; at most {MOST_TILES:,} are computed"
        )
    # A tile's border lacks what lies beyond it, so its middle counts more.
    weight = np.minimum.outer(*(_ramp(side) for side in size))[..., None]
    total: np.ndarray | None = None
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        tiles = np.stack([pixels[r : r + size[0], c : c + size[1]] for r, c in some])
        for (row, column), found in zip(
            some, np.asarray(model_outputs.of_arrays(model, tiles, BATCH)), strict=True
        ):
            if total is None:
                total = np.zeros((*pixels.shape[:2], found.shape[-1]), np.float32)
                sums = np.zeros((*pixels.shape[:2], 1), np.float32)
            total[row : row + size[0], column : column + size[1]] += weight * found
            sums[row : row + size[0], column : column + size[1]] += weight
    assert total is not None
    return total / sums


def _starts(have: int, want: int) -> list[int]:
    """Return where tiles begin along a side, evenly and so that they overlap by half or more."""
    if have == want:
        return [0]
    count = 1 + -(-(have - want) // max(1, want // 2))
    return [round(place) for place in np.linspace(0, have - want, count)]


def _ramp(side: int) -> np.ndarray:
    places = np.arange(side)
    return np.minimum(places + 1, side - places).astype(np.float32)


def _enlarged(probabilities: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the most probable class of each pixel at another size: edges stay smooth."""
    best, mask = np.full(size, -1.0, np.float32), np.zeros(size, np.uint8)
    # Class by class, as all classes of a large photograph together would not fit in memory.
    for index in range(probabilities.shape[-1]):
        one = Image.fromarray(np.ascontiguousarray(probabilities[..., index]))
        grown = np.asarray(one.resize(size[::-1], Image.Resampling.BILINEAR))
        better = grown > best
        mask[better], best[better] = index, grown[better]
    return mask


def answers(model: Any, info: Info, examples: Examples) -> np.ndarray:
    """Return the most probable class of each pixel of a split.

    Args:
        model: trained.
        info: metadata of the data.
        examples: images with masks.

    Returns:
        `(images, height, width)`, uint8.
    """
    found = []
    for start in range(0, len(examples), BATCH):
        indices = np.arange(start, min(start + BATCH, len(examples)))
        # Not the probabilities of all images, which take a float for each pixel and class.
        outputs = np.asarray(model_outputs.of_arrays(model, examples.take(indices)[0], BATCH))
        found.append(outputs.argmax(axis=-1).astype(np.uint8))
    return np.concatenate(found)


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute intersection over union, its mean and pixel accuracy.

    Args:
        evaluation: of a split, its outputs from `answers`.

    Returns:
        See `kerasrecipes.metrics.segmentation.mask_metrics`.
    """
    names = evaluation.info.classes or ()
    counts = confusion(evaluation.labels, evaluation.outputs, len(names))
    return mask_metrics(counts, names)


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Name each pixel by its colour and place alone, as counted in training images.

    Args:
        evaluation: of a split, with the training images.

    Returns:
        The baseline; `None` where the training images are not at hand.
    """
    train: Any = evaluation.train
    if train is None or not len(train):
        return None
    prior = PixelPrior(evaluation.info.num_classes)
    if isinstance(train, AugmentedMasks):
        train = train.examples
    sample = train.sample(_MOST_COUNTED, 0)
    for start in range(0, len(sample), BATCH):
        prior.add(*sample.take(np.arange(start, min(start + BATCH, len(sample))))[:2])
    found = [
        prior.predict(evaluation.examples.take(np.arange(start, stop))[0])
        for start in range(0, len(evaluation.examples), BATCH)
        for stop in (min(start + BATCH, len(evaluation.examples)),)
    ]
    return Baseline("colour and place of each pixel", outputs=np.concatenate(found))
