"""Preparing images: every image at the one size that a model takes.

A source gives images as they are. `prepare_images` and `prepare_photos`, called in a recipe's
`prepare`, resize them, and set `info.preprocessor` to what does the same for prediction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kerasrecipes import memory
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.augmentation import augmented
from kerasrecipes.data.images.files import ImageFiles, Images
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.preprocessor import ImagePreprocessor, prepare_as_trained
from kerasrecipes.data.label_transforms import SoftLabels
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import Count, CountOrZero, Penalty, Probability, Share
from kerasrecipes.recipe import Splits

IN_MEMORY = 512 * 2**20  # bytes; image files that are no more when decoded are decoded once


def prepare_images(splits: Splits, size: tuple[int, int], channels: int | None = None) -> Splits:
    """Resize every image to one height, width and number of channels.

    Images that all have the same shape and are smaller by at most a quarter are centred on their
    background, as LeCun did with MNIST; other arrays are resized; photographs of different sizes
    are resized by their shorter side and cropped to the centre.

    Args:
        splits: what a source of images gave; with `trained_info` they are prepared as in that
            training.
        size: `(height, width)` in pixels.
        channels: 1 for gray or 3 for colour; by default 1 if all of a sample are gray.

    Returns:
        Splits of uint8 `(examples, height, width, channels)`, 0 to 255. Files that take more than
        512 MB are decoded batch by batch. `info` gains `input_shape` and an `ImagePreprocessor`.

    Raises:
        UserError: if size or channels are not possible, or no training image can be read.
    """
    size = (int(size[0]), int(size[1]))
    if min(size) < 1 or channels not in (None, 1, 3):
        raise UserError(
            f"images need a positive size and 1 or 3 channels, received {size} and {channels}"
        )
    if splits.trained_info is not None:
        return prepare_as_trained(splits, splits.trained_info)
    train: Any = splits.train
    # Files are decoded batch by batch, arrays all at once.
    count = sum(map(len, (train, splits.validation, splits.test)))
    least = size[0] * size[1] * (channels or 1) * (count if isinstance(train, Arrays) else 1)
    memory.require(least, f"images of {size[0]:,} x {size[1]:,} pixels")
    preprocessor = ImagePreprocessor.fit(train, size, channels)
    frame = preprocessor.frame
    small = _bytes(splits, (*size, frame.channels)) <= IN_MEMORY
    problems: list[str] = []

    def prepare(part: Any) -> Images:
        part = _framed(part, frame)
        if small and isinstance(part, ImageFiles):
            part, failed = part.decoded()
            problems.extend(failed)
        return part

    prepared = splits.map(prepare)
    if not len(prepared.train):
        raise UserError("none of the training images can be read")
    info = replace(splits.info, input_shape=(*size, frame.channels), preprocessor=preprocessor)
    notes = (*splits.notes, *(f"skipped {problem}" for problem in problems))
    return replace(prepared, info=info, notes=notes)


def prepare_squares(
    splits: Splits,
    *,
    image_size: Count = 224,
    randaugment: CountOrZero = 0,
    magnitude: Probability = 0.5,
    cutout: Probability = 0.0,
    mixup: Penalty = 0.0,
    cutmix: Penalty = 0.0,
    label_smoothing: Share = 0.0,
) -> Splits:
    """Bring every image to a square, and change those of the training at random.

    Args:
        splits: what a source of images gave.
        image_size: height and width of the images in pixels.
        randaugment: number of operations, drawn of fourteen, that change each training image; 0
            for none.
        magnitude: strength of these operations, from 0 to 1.
        cutout: side of a square to hide in each training image, as a fraction of the shorter side.
        mixup: alpha of the beta distribution by which pairs of training images are blended; 0.2
            is usual, 0 is none.
        cutmix: likewise, of pairs of which one is pasted into a rectangle of the other; 1 is usual.
        label_smoothing: fraction of each label's probability that is spread over all classes.

    Returns:
        What `prepare_images` returns; labels are one-hot rows where they are blended or smoothed.
    """
    return augmented(
        prepare_images(splits, (image_size, image_size)),
        randaugment=randaugment,
        magnitude=magnitude,
        cutout=cutout,
        mixup=mixup,
        cutmix=cutmix,
        label_smoothing=label_smoothing,
    )


def prepare_photos(splits: Splits, size: int, base: str = "") -> Splits:
    """Resize every image to a colour square; files are decoded when they are needed.

    A photograph is resized by its shorter side and cropped to the centre.

    Args:
        splits: what a source of images gave; with `trained_info` they are prepared as in that
            training.
        size: side in pixels.
        base: pretrained network whose size that is, where there is one.

    Returns:
        Splits of uint8 `(examples, size, size, 3)`, 0 to 255; `info` gains `input_shape` and an
        `ImagePreprocessor`.
    """
    if splits.trained_info is not None:
        return prepare_as_trained(splits, splits.trained_info)
    if isinstance(splits.train, Arrays):
        prepared = prepare_images(splits, (size, size), channels=3)
        preprocessor = replace(ImagePreprocessor.of(prepared.info), base=base)
    else:
        frame = Frame(size=(size, size), channels=3, resize="crop")
        prepared = splits.map(lambda part: _framed(part, frame))
        preprocessor = ImagePreprocessor(frame=frame, base=base)
    info = replace(prepared.info, input_shape=(size, size, 3), preprocessor=preprocessor)
    return replace(prepared, info=info)


def decode_in_memory(splits: Splits, most: int = IN_MEMORY) -> Splits:
    """Decode image files once where all of them together are small; else leave them as they are.

    Args:
        splits: images of one shape.
        most: bytes.

    Returns:
        Splits with pixels in memory, or the splits that were given.
    """
    if _bytes(splits, splits.info.input_shape or ()) > most:
        return splits
    return splits.map(_decoded)


def _decoded(part: Any) -> Any:
    if isinstance(part, SoftLabels):
        decoded = _decoded(part.examples)
        return SoftLabels(decoded, part.classes, part.mixup, part.seed, part.cutmix)
    return part.decoded()[0] if isinstance(part, ImageFiles) else part


def _bytes(splits: Splits, shape: Sequence[int | None]) -> int:
    """Return the size of all images in memory, one byte for each value."""
    count = len(splits.train) + len(splits.validation) + len(splits.test)
    return count * math.prod(side or 1 for side in shape)


def _framed(part: Any, frame: Frame) -> Images:
    if isinstance(part, ImageFiles):
        return part.framed(frame)
    return Arrays(frame.render_all(part.x), *part.columns[1:])
