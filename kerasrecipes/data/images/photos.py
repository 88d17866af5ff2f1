"""Photographs of any size for a network that takes one."""

from __future__ import annotations

from dataclasses import replace

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import prepare
from kerasrecipes.data.images.files import Frame, ImageFiles
from kerasrecipes.data.soft_labels import SoftLabels
from kerasrecipes.recipe import Splits

_NAMES = ("train", "validation", "test")


def fit(splits: Splits, size: int) -> Splits:
    """Bring every image to a colour square; files are decoded when they are needed.

    A photograph is resized by its shorter side and cut to the centre.

    Args:
        splits: what a source of images gave.
        size: side in pixels.

    Returns:
        Splits of uint8 `(examples, size, size, 3)`, 0 to 255; `info.input_shape` is set.
    """
    if isinstance(splits.train, Arrays):
        return prepare.fit(splits, (size, size), channels=3)
    frame = Frame(size=(size, size), channels=3, resize="crop")
    parts = {name: _framed(getattr(splits, name), frame) for name in _NAMES}
    info = replace(splits.info, input_shape=(size, size, 3)).with_facts(image=frame.as_dict())
    return replace(splits, **parts, info=info)


def _framed(part: Arrays | ImageFiles, frame: Frame) -> Arrays | ImageFiles:
    if isinstance(part, ImageFiles):
        return part.framed(frame)
    return Arrays(frame.render_all(part.x), *part.columns[1:])


def soften(splits: Splits, mixup: float, seed: int = 0) -> Splits:
    """Turn class numbers into one-hot rows, and blend pairs of the training images.

    Args:
        splits: with class numbers as labels.
        mixup: parameter of the beta distribution; 0 blends nothing.
        seed: of the blends.
    """
    classes = splits.info.num_classes
    parts = {name: SoftLabels(getattr(splits, name), classes) for name in _NAMES}
    parts["train"] = SoftLabels(splits.train, classes, mixup, seed)
    return replace(splits, **parts)


def in_memory(splits: Splits, most: int = prepare.IN_MEMORY) -> Splits:
    """Decode image files once where all of them are small enough together; else leave them as they
    are.

    Args:
        splits: with images of one shape.
        most: bytes.
    """
    height, width, channels = splits.info.input_shape
    count = sum(len(getattr(splits, name)) for name in _NAMES)
    if count * height * width * channels > most:
        return splits
    return replace(splits, **{name: _decoded(getattr(splits, name)) for name in _NAMES})


def _decoded(part: Arrays | ImageFiles | SoftLabels) -> Arrays | SoftLabels:
    if isinstance(part, SoftLabels):
        return SoftLabels(_decoded(part.examples), part.classes, part.mixup, part.seed)
    return part.decoded()[0] if isinstance(part, ImageFiles) else part
