"""Images with masks: brought to one size together, and augmented together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.augmented_pairs import AugmentedPairs
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.frames import as_image, cover
from kerasrecipes.data.images.masks import IGNORED, MaskReader
from kerasrecipes.data.images.outlines import OutlineReader
from kerasrecipes.data.images.prepare import IN_MEMORY
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Probability
from kerasrecipes.recipe import Splits


@dataclass(frozen=True, kw_only=True)
class MaskPreprocessor(Preprocessor):
    """Brings images, and their masks, to the size of a training.

    Args:
        size: `(height, width)` in pixels.
        channels: 1 for gray, 3 for colour.
        base: pretrained network that the model is built on; empty without one.
    """

    kind: ClassVar[str] = "masks"
    inputs: ClassVar[str] = "images with masks"

    size: tuple[int, int]
    channels: int = 3
    base: str = ""

    @classmethod
    def fit(cls, splits: Splits, image_size: tuple[int, ...] | None, base: str) -> MaskPreprocessor:
        """Choose the size and the channels of a training.

        Args:
            splits: images and masks as their source gives them.
            image_size: height and width, or one number for both; `None` for a size that suits the
                images.
            base: pretrained network that the model is built on, which wants colour; or `"none"`.

        Returns:
            The preprocessor.

        Raises:
            UserError: if the size is not possible.
        """
        channels = (splits.info.input_shape or (0, 0, 3))[2] if base == "none" else 3
        return cls(
            size=_size(splits, image_size),
            channels=channels or 3,
            base="" if base == "none" else base,
        )

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return `(images, height, width, channels)` of uint8, covering the size, cut at the
        centre.
        """
        return np.stack([self.image(as_image(pixels)) for pixels in images])

    def file(self, source: Any) -> np.ndarray | UserError:
        """Read a file, or its content, in its own size, as `(height, width, channels)` of uint8;
        return the error of one that cannot be read.
        """
        try:
            return self._pixels(decode(source))
        except UserError as error:
            return error

    def image(self, image: Image.Image) -> np.ndarray:
        """Return `(height, width, channels)` of uint8: it covers the size, cut at the centre."""
        return self._pixels(image if image.size == self.size[::-1] else cover(image, self.size))

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """Return the part of a mask that `image` keeps, `(height, width)`: no index is blended."""
        if mask.shape == self.size:
            return mask
        (height, width), (rows, columns) = self.size, mask.shape
        scale = min(rows / height, columns / width)
        # The middle of each pixel in the mask's own rows and columns.
        top, left = (rows - height * scale) / 2, (columns - width * scale) / 2
        row = (top + (np.arange(height) + 0.5) * scale).astype(int).clip(0, rows - 1)
        column = (left + (np.arange(width) + 0.5) * scale).astype(int).clip(0, columns - 1)
        return mask[row[:, None], column]

    def _pixels(self, image: Image.Image) -> np.ndarray:
        found = np.asarray(image.convert("L" if self.channels == 1 else "RGB"))
        return found.reshape(*found.shape[:2], self.channels)


class MaskedFiles(Examples):
    """Image files with mask files, decoded when they are taken.

    Args:
        images: paths, or contents, of the images.
        masks: of their masks, or the outlines on them.
        reader: from a mask's file, or outlines, to class indices.
        preprocessor: to which size both are brought; `None` as long as that is not known.
        indices: which of the pairs these examples are; by default all, in order.
    """

    def __init__(
        self,
        images: Sequence[str | bytes],
        masks: Sequence[Any],
        reader: MaskReader | OutlineReader,
        preprocessor: MaskPreprocessor | None = None,
        indices: np.ndarray | None = None,
    ):
        self.images, self.masks, self.reader = images, masks, reader
        self.preprocessor = preprocessor
        self.indices = np.arange(len(images)) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decode a batch, `(batch, height, width, channels)` and `(batch, height, width)`.

        Raises:
            UserError: if a file cannot be read any more, or its mask has an unknown class.
        """
        if self.preprocessor is None:
            raise UserError("masks of different sizes have no common shape yet")
        found = list(workers().map(self._pair, self.indices[np.asarray(indices, int)]))
        images, masks = zip(*found, strict=True)
        return np.stack(images), np.stack(masks)

    def _pair(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        assert self.preprocessor is not None
        image = self.preprocessor.image(decode(self.images[int(number)]))
        return image, self.preprocessor.mask(self.reader.read(self.masks[int(number)]))

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        chosen = self.indices[indices]
        return type(self)(self.images, self.masks, self.reader, self.preprocessor, chosen)

    def at(self, preprocessor: MaskPreprocessor) -> MaskedFiles:
        """Return a collection that is brought to a size."""
        return MaskedFiles(self.images, self.masks, self.reader, preprocessor, self.indices)


class AugmentedMasks(AugmentedPairs):
    """Images and masks that are changed together; a zoom enlarges a part of them."""

    def _changed(
        self, random: np.random.Generator, image: np.ndarray, mask: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        mirrored, part, light = random.random() < 0.5, random.random(), random.uniform(-1, 1)
        corner = random.random(2)
        if self.flip and mirrored:
            image, mask = image[:, ::-1], mask[:, ::-1]
        if self.zoom:
            size = np.array(mask.shape)
            kept = np.maximum(1, np.rint(size / (1 + part * self.zoom))).astype(int)
            start = np.floor(corner * (size - kept + 1)).astype(int)
            # Nearest pixels, of the image too: the mask's edges stay where the image's are.
            row, column = (
                start[axis] + np.arange(size[axis]) * kept[axis] // size[axis] for axis in (0, 1)
            )
            image, mask = image[row[:, None], column], mask[row[:, None], column]
        return self._lit(image, light), mask


def prepare_masks(
    splits: Splits,
    *,
    base: str = "none",
    image_size: tuple[Count, ...] | None = None,
    ignored: str = "",
    flip: bool = False,
    zoom: Probability = 0.0,
    brightness: Probability = 0.0,
) -> Splits:
    """Bring images and masks to one size, and augment those of the training.

    Args:
        splits: what a source of masks gave; with `trained_info` they are prepared as in that
            training.
        base: a pretrained network, as of `transfer`, for the way down; none for U-Net's own.
        image_size: height and width in pixels, or one number for a square; by default that of the
            images where all have one of at most 512 pixels, else 256.
        ignored: name of a class whose pixels count neither in the loss nor in the metrics.
        flip: whether to flip training images at random, left to right.
        zoom: largest random enlargement of training images, as a share.
        brightness: largest random change of brightness of training images, as a share.

    Returns:
        Splits of `(images, height, width, channels)` uint8 and class indices
        `(images, height, width)`, -1 where none counts; files that take more than 512 MB are
        decoded batch by batch. `info` gains `input_shape` and a `MaskPreprocessor`.

    Raises:
        UserError: if the size or the ignored class is not possible, or there is no class that the
            training knew.
    """
    if splits.trained_info is not None:
        return _as_trained(splits)
    classes = splits.info.classes or ()
    if ignored:
        if ignored not in classes:
            raise unknown("class", ignored, classes)
        splits = _without(splits, classes.index(ignored))
    preprocessor = MaskPreprocessor.fit(splits, image_size, base)
    prepared = splits.map(lambda part: _at(part, preprocessor))
    if flip or zoom or brightness:
        train = AugmentedMasks(prepared.train, flip=flip, zoom=zoom, brightness=brightness)
        prepared = replace(prepared, train=train)
    info = replace(
        prepared.info,
        input_shape=(*preprocessor.size, preprocessor.channels),
        preprocessor=preprocessor,
    )
    return replace(prepared, info=info)


def _size(splits: Splits, wanted: tuple[int, ...] | None) -> tuple[int, int]:
    if wanted is not None:
        if len(wanted) > 2:
            raise UserError(
                f"image_size={','.join(map(str, wanted))}: expected height and width, or one number"
            )
        return wanted[0], wanted[-1]
    height, width, *_ = splits.info.input_shape or (None, None)
    fits = height and width and max(height, width) <= 512
    return (height, width) if height and width and fits else (256, 256)


def _at(part: Any, preprocessor: MaskPreprocessor) -> Examples:
    if isinstance(part, MaskedFiles):
        part = part.at(preprocessor)
        pixels = len(part) * preprocessor.size[0] * preprocessor.size[1]
        if not len(part) or pixels * (preprocessor.channels + 1) > IN_MEMORY:
            return part
        return Arrays(*part.take(np.arange(len(part))))
    masks = np.stack([preprocessor.mask(mask) for mask in part.y])
    return Arrays(preprocessor(part.x), masks)


def _without(splits: Splits, ignored: int) -> Splits:
    """Leave a class out: its pixels are ignored, and those behind it move up."""
    classes = splits.info.classes or ()
    table = np.arange(len(classes), dtype=np.int16)
    table[ignored:] -= 1
    table[ignored] = IGNORED

    def changed(part: Any) -> Any:
        if isinstance(part, MaskedFiles):
            reader = part.reader.mapped(table)
            return MaskedFiles(part.images, part.masks, reader, part.preprocessor, part.indices)
        return Arrays(part.x, np.where(part.y < 0, IGNORED, table[part.y]).astype(np.int8))

    kept = tuple(name for index, name in enumerate(classes) if index != ignored)
    return replace(splits.map(changed), info=replace(splits.info, classes=kept))


def _as_trained(splits: Splits) -> Splits:
    """Prepare other images as those of a training, with its classes."""
    info = splits.trained_info
    assert info is not None
    known, found = info.classes or (), splits.info.classes or ()
    if found != known:
        splits = _with_classes(splits, found, known)
    preprocessor = MaskPreprocessor.of(info)
    return replace(splits.map(lambda part: _at(part, preprocessor)), info=info)


def _with_classes(splits: Splits, found: Sequence[str], known: Sequence[str]) -> Splits:
    # A class that the training ignored is ignored here too.
    table = np.array([known.index(n) if n in known else IGNORED for n in found], np.int16)
    if (table == IGNORED).all():
        raise unknown("class", found[0] if found else "", known)

    def changed(part: Any) -> Any:
        if isinstance(part, MaskedFiles):
            reader = part.reader.mapped(table)
            return MaskedFiles(part.images, part.masks, reader, part.preprocessor, part.indices)
        return Arrays(part.x, np.where(part.y < 0, IGNORED, table[part.y]).astype(np.int8))

    return splits.map(changed)
