"""Sources of labelled images, and the one shape to which a recipe brings them.

    data={"digits": digits(), "mnist": dataset("mnist"), "folder": folder(), "npz": npz()}

A source gives images as they are; `fit`, called in a recipe's `prepare`, brings them to the size
that a model takes and writes into `info.facts["image"]`, and for drawings into `info.facts["ink"]`,
what prediction needs to do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import handwriting
from kerasrecipes.data.images.arrays import digits, npz
from kerasrecipes.data.images.files import Frame, ImageFiles
from kerasrecipes.data.images.folders import folder
from kerasrecipes.data.images.preprocessor import splits_as_trained
from kerasrecipes.data.images.tfds import dataset
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Splits

__all__ = ["dataset", "digits", "fit", "folder", "npz"]

IN_MEMORY = 512 * 2**20  # bytes; image files that are no more when decoded are decoded once

_SAMPLE = 500  # training images that are looked at


def fit(splits: Splits, size: tuple[int, int], channels: int | None = None) -> Splits:
    """Bring every image to one height, width and number of channels.

    Images that all have the same shape and are smaller by at most a quarter are centred on their
    background, as LeCun did with MNIST; other arrays are resized; photographs of different sizes
    are resized by their shorter side and cut to the centre.

    Args:
        splits: what a source of images gave; with `fitted` facts the images are brought to those
            instead.
        size: `(height, width)` in pixels.
        channels: 1 for gray or 3 for colour; by default 1 if all of a sample are gray.

    Returns:
        Splits of uint8 `(examples, height, width, channels)`, 0 to 255. Files that take more than
        512 MB are decoded batch by batch. `info.input_shape` is set.

    Raises:
        UserError: if the size or the number of channels cannot be.
    """
    size = (int(size[0]), int(size[1]))
    if min(size) < 1 or channels not in (None, 1, 3):
        raise UserError(
            f"images need a positive size and 1 or 3 channels, received {size} and {channels}"
        )
    if splits.fitted is not None:
        return splits_as_trained(splits, splits.fitted)
    frame, form = _plan(splits.train, size, channels)
    parts, problems = _framed([splits.train, splits.validation, splits.test], frame)
    if not len(parts[0]):
        raise UserError("none of the training images can be read")
    info = replace(splits.info, input_shape=(*size, frame.channels)).with_facts(
        image=frame.as_dict()
    )
    if form:
        info = info.with_facts(ink=form)
    train, validation, test = parts
    notes = (*splits.notes, *(f"skipped {problem}" for problem in problems))
    return Splits(train=train, validation=validation, test=test, info=info, notes=notes)


def _plan(
    train: Arrays | ImageFiles, size: tuple[int, int], channels: int | None
) -> tuple[Frame, dict | None]:
    """Decide by a sample of the training images how they are brought to the size."""
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
    if source:
        gray = [
            Frame(size=source, channels=1, resize="stretch").render_all(image[None])[0]
            for image in sample
        ]
    else:
        gray = [frame.render_all(image[None])[0] for image in sample]
    return frame, handwriting.measure(np.stack(gray)[..., 0])


def _sample(train: Arrays | ImageFiles) -> list[np.ndarray]:
    """Give some training images, each `(height, width, 1 or 3)`, in their own size."""
    some = train.sample(_SAMPLE, 0)
    if isinstance(some, Arrays):
        return list(some.x)
    return some.originals()


def _common_size(
    train: Arrays | ImageFiles, sample: Sequence[np.ndarray]
) -> tuple[int, int] | None:
    """The `(height, width)` of all images where it is the same."""
    if isinstance(train, Arrays):
        return tuple(train.x.shape[1:3])
    sizes = {image.shape[:2] for image in sample}
    return sizes.pop() if len(sizes) == 1 and len(sample) > 1 else None


def _is_gray(image: np.ndarray) -> bool:
    if image.shape[-1] == 1:
        return True
    values = image.astype(np.int16)
    return bool((values.max(axis=-1) - values.min(axis=-1)).max(initial=0) <= 8)


def _background(sample: Sequence[np.ndarray], channels: int) -> tuple[int, ...]:
    """The median of the pixels at the border."""
    images = Frame(size=sample[0].shape[:2], channels=channels, resize="stretch").render_all(
        np.stack(_alike(sample))
    )
    border = np.concatenate(
        [images[:, [0, -1]].reshape(-1, channels), images[:, :, [0, -1]].reshape(-1, channels)]
    )
    return tuple(int(value) for value in np.median(border, axis=0))


def _alike(sample: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Give gray images three channels where others have them."""
    most = max(image.shape[-1] for image in sample)
    return [
        image if image.shape[-1] == most else np.repeat(image, most, axis=-1) for image in sample
    ]


def _framed(
    parts: Sequence[Arrays | ImageFiles], frame: Frame
) -> tuple[list[Arrays | ImageFiles], list[str]]:
    """Bring all splits to the frame; give them, and what was wrong with files that could not be
    read.
    """
    bytes_needed = sum(map(len, parts)) * frame.size[0] * frame.size[1] * frame.channels
    framed, problems = [], []
    for part in parts:
        if isinstance(part, Arrays):
            framed.append(Arrays(frame.render_all(part.x), *part.columns[1:]))
        elif bytes_needed > IN_MEMORY:
            framed.append(part.framed(frame))
        else:
            examples, failed = part.framed(frame).decoded()
            framed.append(examples)
            problems += failed
    return framed, problems
