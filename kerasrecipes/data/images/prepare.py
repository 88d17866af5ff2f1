"""Preparing images: every image at the one size that a model takes.

A source gives images as they are. `prepare_images` and `prepare_photos`, called in a recipe's
`prepare`, resize them and write into `info.facts["image"]`, and for drawings into
`info.facts["ink"]`, what prediction needs to do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import handwriting
from kerasrecipes.data.images.files import Frame, ImageFiles, Images
from kerasrecipes.data.images.preprocessor import prepare_as_trained
from kerasrecipes.data.label_transforms import SoftLabels
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Splits

IN_MEMORY = 512 * 2**20  # bytes; image files that are no more when decoded are decoded once

_SAMPLE = 500  # training images that are looked at
_GRAY = 8  # difference of a pixel's channels up to which it is gray; JPEG blurs colours that much


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
        512 MB are decoded batch by batch. `info.input_shape` is set.

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
    frame, ink = _plan(train, size, channels)
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
    facts = {"image": frame.as_dict(), **({"ink": ink} if ink else {})}
    info = replace(splits.info, input_shape=(*size, frame.channels)).with_facts(**facts)
    notes = (*splits.notes, *(f"skipped {problem}" for problem in problems))
    return replace(prepared, info=info, notes=notes)


def prepare_photos(splits: Splits, size: int) -> Splits:
    """Resize every image to a colour square; files are decoded when they are needed.

    A photograph is resized by its shorter side and cropped to the centre.

    Args:
        splits: what a source of images gave; with `trained_info` they are prepared as in that
            training.
        size: side in pixels.

    Returns:
        Splits of uint8 `(examples, size, size, 3)`, 0 to 255; `info.input_shape` is set.
    """
    if splits.trained_info is not None or isinstance(splits.train, Arrays):
        return prepare_images(splits, (size, size), channels=3)
    frame = Frame(size=(size, size), channels=3, resize="crop")
    info = replace(splits.info, input_shape=(size, size, 3)).with_facts(image=frame.as_dict())
    return replace(splits.map(lambda part: _framed(part, frame)), info=info)


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
        return SoftLabels(_decoded(part.examples), part.classes, part.mixup, part.seed)
    return part.decoded()[0] if isinstance(part, ImageFiles) else part


def _bytes(splits: Splits, shape: Sequence[int | None]) -> int:
    """Return the size of all images in memory, one byte for each value."""
    count = len(splits.train) + len(splits.validation) + len(splits.test)
    return count * int(np.prod([side or 1 for side in shape]))


def _framed(part: Any, frame: Frame) -> Images:
    if isinstance(part, ImageFiles):
        return part.framed(frame)
    return Arrays(frame.render_all(part.x), *part.columns[1:])


def _plan(
    train: Images, size: tuple[int, int], channels: int | None
) -> tuple[Frame, dict[str, Any] | None]:
    """Decide by a sample of the training images how they are resized, and measure their ink."""
    sample = _sample(train)
    source = _common_size(train, sample)
    channels = channels or (1 if all(_is_gray(image) for image in sample) else 3)
    frame = Frame(size=size, channels=channels, resize="crop", source=source)
    if source and all(0.75 * want <= have <= want for have, want in zip(source, size, strict=True)):
        frame = replace(frame, resize="pad", background=_background(sample, channels))
    elif source:
        frame = replace(frame, resize="stretch")
    if channels > 1:
        return frame, None
    # Ink is measured at the images' own size, where they have one.
    gray = Frame(size=source, channels=1, resize="stretch") if source else frame
    rendered = [gray.render_all(image[None])[0, ..., 0] for image in sample]
    return frame, handwriting.measure(np.stack(rendered))


def _sample(train: Images) -> list[np.ndarray]:
    """Return some training images, each `(height, width, 1 or 3)`, in their own size."""
    # Seed 0 whatever the training's, so that all trainings resize these images alike.
    some = train.sample(_SAMPLE, 0)
    return list(some.x) if isinstance(some, Arrays) else some.originals()


def _common_size(train: Images, sample: Sequence[np.ndarray]) -> tuple[int, int] | None:
    """Return the `(height, width)` of all images where it is the same."""
    if isinstance(train, Arrays):
        return train.x.shape[1:3]
    sizes = {image.shape[:2] for image in sample}
    # A single image says nothing about the size of the others.
    return sizes.pop() if len(sizes) == 1 and len(sample) > 1 else None


def _is_gray(image: np.ndarray) -> bool:
    if image.shape[-1] == 1:
        return True
    values = image.astype(np.int16)
    return bool((values.max(axis=-1) - values.min(axis=-1)).max(initial=0) <= _GRAY)


def _background(sample: Sequence[np.ndarray], channels: int) -> tuple[int, ...]:
    """Return the median of the pixels at the border, one value for each channel."""
    most = max(image.shape[-1] for image in sample)  # gray ones among coloured get three channels
    alike = [
        image if image.shape[-1] == most else np.repeat(image, most, axis=-1) for image in sample
    ]
    frame = Frame(size=sample[0].shape[:2], channels=channels, resize="stretch")
    images = frame.render_all(np.stack(alike))
    border = np.concatenate(
        [images[:, [0, -1]].reshape(-1, channels), images[:, :, [0, -1]].reshape(-1, channels)]
    )
    return tuple(int(value) for value in np.median(border, axis=0))
