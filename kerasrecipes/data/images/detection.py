"""Images with boxes: brought to one size together, and augmented together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.augmented_pairs import AugmentedPairs
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.prepare import IN_MEMORY
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Probability
from kerasrecipes.recipe import Splits

STEP = 32  # sizes are multiples of it, so that maps of all strides have whole locations
LONGEST = 320  # pixels of the longer side, where the user names no size
CLASS = 4  # column of the class in a box
NO_BOX = np.array([0, 0, 0, 0, -1, 0], np.float32)  # of an image that has fewer than another

_GRAY = 128  # around images that are not of the form of the size
_SEEN = 0.3  # share of a box that has to be left for it to stay
_THINNEST = 1.0  # pixel, of a box that stays


@dataclass(frozen=True, kw_only=True)
class BoxPreprocessor(Preprocessor):
    """Brings images, and their boxes, to the size of a training, whole, at the upper left.

    Args:
        size: `(height, width)` in pixels.
        channels: 1 for gray, 3 for colour.
        base: pretrained network that the model is built on; empty without one.
    """

    kind: ClassVar[str] = "boxes"
    inputs: ClassVar[str] = "images with boxes"

    size: tuple[int, int]
    channels: int = 3
    base: str = ""

    @classmethod
    def fit(cls, splits: Splits, image_size: tuple[int, ...] | None, base: str) -> BoxPreprocessor:
        """Choose the size of a training.

        Args:
            splits: images and boxes as their source gives them.
            image_size: height and width, or one number for both; `None` for a size that suits the
                images. They become multiples of 32.
            base: pretrained network that the model is built on, or `"none"`.

        Returns:
            The preprocessor.

        Raises:
            UserError: if the size is not possible.
        """
        if image_size is not None and len(image_size) > 2:
            raise UserError(
                f"image_size={','.join(map(str, image_size))}: expected height and width, or one "
                "number"
            )
        height, width, channels = splits.info.input_shape or (None, None, 3)
        if image_size is not None:
            wanted: tuple[float, float] = image_size[0], image_size[-1]
        elif height and width:
            scale = min(1.0, LONGEST / max(height, width))
            wanted = height * scale, width * scale
        else:
            wanted = LONGEST, LONGEST
        rows, columns = (max(1, -int(-side // STEP)) * STEP for side in wanted)
        network = "" if base == "none" else base
        return cls(size=(rows, columns), channels=3 if network else channels or 3, base=network)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return `(images, height, width, channels)` of uint8."""
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
        """Return `(height, width, channels)` of uint8: all of it, and gray beside or below."""
        scale = self.scale((image.height, image.width))
        height, width = (max(1, round(side * scale)) for side in (image.height, image.width))
        if (width, height) != image.size:
            image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
        if (height, width) == self.size:
            return self._pixels(image)
        found = np.full((*self.size, self.channels), _GRAY, np.uint8)
        found[:height, :width] = self._pixels(image)
        return found

    def scale(self, size: tuple[int, int]) -> float:
        """Return by what lengths are multiplied, of an image of a `(height, width)`."""
        return min(want / have for want, have in zip(self.size, size, strict=True))

    def _pixels(self, image: Image.Image) -> np.ndarray:
        found = np.asarray(image.convert("L" if self.channels == 1 else "RGB"))
        return found.reshape(*found.shape[:2], self.channels)


class BoxedFiles(Examples):
    """Image files with boxes, decoded when they are taken.

    Args:
        images: paths, or contents, of the images.
        boxes: of each image, `(boxes, 6)` in its own pixels: left, top, right, bottom, class index,
            and 1 where the box counts neither in training nor in metrics.
        preprocessor: to which size both are brought; `None` as long as that is not known.
        indices: which of the images these examples are; by default all, in order.
        most: rows of boxes that each image gets, some of them of no box.
    """

    def __init__(
        self,
        images: Sequence[str | bytes],
        boxes: Sequence[np.ndarray],
        preprocessor: BoxPreprocessor | None = None,
        indices: np.ndarray | None = None,
        most: int = 1,
    ):
        self.images, self.boxes, self.preprocessor = images, boxes, preprocessor
        self.indices = np.arange(len(images)) if indices is None else indices
        self.most = most

    def __len__(self) -> int:
        return len(self.indices)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decode a batch, `(batch, height, width, channels)` and `(batch, most, 6)`.

        Raises:
            UserError: if a file cannot be read any more.
        """
        if self.preprocessor is None:
            raise UserError("images of different sizes have no common shape yet")
        found = list(workers().map(self._one, self.indices[np.asarray(indices, int)]))
        images, boxes = zip(*found, strict=True)
        return np.stack(images), padded(boxes, self.most)

    def _one(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        assert self.preprocessor is not None
        image, boxes = decode(self.images[int(number)]), self.boxes[int(number)].copy()
        boxes[:, :CLASS] *= self.preprocessor.scale((image.height, image.width))
        return self.preprocessor.image(image), boxes

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        chosen = self.indices[indices]
        return type(self)(self.images, self.boxes, self.preprocessor, chosen, self.most)

    def own_boxes(self) -> list[np.ndarray]:
        """Return the boxes of each image, in its own pixels."""
        return [self.boxes[int(number)] for number in self.indices]

    def with_boxes(self, boxes: Sequence[np.ndarray]) -> BoxedFiles:
        """Return a collection of the same images with other boxes, one array for each of all."""
        return BoxedFiles(self.images, boxes, self.preprocessor, self.indices, self.most)


def padded(boxes: Sequence[np.ndarray], most: int) -> np.ndarray:
    """Bring the boxes of images to one number.

    Args:
        boxes: of each image, `(boxes, 6)`.
        most: rows of each; the first ones are kept.

    Returns:
        `(images, most, 6)`; rows of no box have the class -1.
    """
    found = np.tile(NO_BOX, (len(boxes), most, 1))
    for row, own in zip(found, boxes, strict=True):
        row[: len(own)] = own[:most]
    return found


class AugmentedBoxes(AugmentedPairs):
    """Images and boxes that are changed together; a zoom enlarges a part of them, or reduces them.

    A box of which less than three tenths is left counts no longer.
    """

    def _changed(
        self, random: np.random.Generator, image: np.ndarray, boxes: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        mirrored, power, light = random.random() < 0.5, *random.uniform(-1, 1, 2)
        corner, boxes = random.random(2), boxes.copy()
        if self.flip and mirrored:
            image, width = image[:, ::-1], image.shape[1]
            real = boxes[:, CLASS] >= 0
            boxes[real, 0], boxes[real, 2] = width - boxes[real, 2], width - boxes[real, 0]
        if self.zoom:
            image, boxes = zoomed(image, boxes, (1 + self.zoom) ** power, corner)
        return self._lit(image, light), boxes


def zoomed(
    image: np.ndarray, boxes: np.ndarray, factor: float, corner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Enlarge a part of an image to its size, or reduce it before gray, and its boxes with it.

    Args:
        image: `(height, width, channels)` uint8.
        boxes: `(boxes, 6)`.
        factor: by which lengths are multiplied.
        corner: where the part lies, from 0 to 1 downwards and to the right; of a reduced image
            where it is put.

    Returns:
        The image, and the boxes, of which those that are hardly seen any more are of no class.
    """
    size = np.array(image.shape[:2])
    shift = -corner * (size * factor - size)  # of the image's upper left, negative where enlarged
    top, left = shift
    matrix = (1 / factor, 0, -left / factor, 0, 1 / factor, -top / factor)
    gray = (_GRAY,) * image.shape[-1]
    changed = as_image(np.ascontiguousarray(image)).transform(
        (image.shape[1], image.shape[0]),
        Image.Transform.AFFINE,
        matrix,
        Image.Resampling.BILINEAR,
        fillcolor=gray if len(gray) > 1 else gray[0],
    )
    moved = boxes.copy()
    moved[:, :CLASS] = boxes[:, :CLASS] * factor + [left, top, left, top]
    height, width = size
    cut = np.clip(moved[:, :CLASS], 0, [width, height, width, height])
    left_over = _areas(cut) >= _SEEN * np.maximum(_areas(moved[:, :CLASS]), 1e-9)
    thick = (cut[:, 2:] - cut[:, :2]).min(axis=1) >= _THINNEST
    moved[:, :CLASS] = cut
    stays = left_over & thick & (boxes[:, CLASS] >= 0)
    return np.asarray(changed).reshape(image.shape), np.where(stays[:, None], moved, NO_BOX)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)


def prepare_boxes(
    splits: Splits,
    *,
    base: str = "none",
    image_size: tuple[Count, ...] | None = None,
    flip: bool = False,
    zoom: Probability = 0.0,
    brightness: Probability = 0.0,
) -> Splits:
    """Bring images and boxes to one size, and augment those of the training.

    Args:
        splits: what a source of boxes gave; with `trained_info` they are prepared as in that
            training.
        base: a pretrained network, as of `transfer`, to see with; none for the detector's own.
        image_size: height and width in pixels, or one number for a square, as multiples of 32; by
            default that of the images, reduced to 320 at most.
        flip: whether to flip training images at random, left to right.
        zoom: largest random enlargement or reduction of training images, as a share.
        brightness: largest random change of brightness of training images, as a share.

    Returns:
        Splits of `(images, height, width, channels)` uint8 and boxes `(images, most, 6)`; files
        that take more than 512 MB are decoded batch by batch. `info` gains `input_shape` and a
        `BoxPreprocessor`.

    Raises:
        UserError: if the size is not possible, or there is no class that the training knew.
    """
    trained = splits.trained_info
    if trained is not None:
        splits, preprocessor = _with_classes(splits, trained.classes), BoxPreprocessor.of(trained)
    else:
        preprocessor = BoxPreprocessor.fit(splits, image_size, base)
    most = max(_most(part) for part in (splits.train, splits.validation, splits.test))
    prepared = splits.map(lambda part: _at(part, preprocessor, most))
    if trained is not None:
        return replace(prepared, info=trained)
    if flip or zoom or brightness:
        train = AugmentedBoxes(prepared.train, flip=flip, zoom=zoom, brightness=brightness)
        prepared = replace(prepared, train=train)
    shape = (*preprocessor.size, preprocessor.channels)
    info = replace(prepared.info, input_shape=shape, preprocessor=preprocessor)
    return replace(prepared, info=info)


def _most(part: Any) -> int:
    if isinstance(part, BoxedFiles):
        return max((len(boxes) for boxes in part.own_boxes()), default=1) or 1
    return part.y.shape[1]


def _at(part: Any, preprocessor: BoxPreprocessor, most: int) -> Examples:
    if isinstance(part, BoxedFiles):
        part = BoxedFiles(part.images, part.boxes, preprocessor, part.indices, most)
        if not len(part) or len(part) * np.prod(preprocessor.size) * preprocessor.channels > (
            IN_MEMORY
        ):
            return part
        return Arrays(*part.take(np.arange(len(part))))
    boxes = part.y.copy()
    boxes[..., :CLASS] *= preprocessor.scale(part.x.shape[1:3])
    images = preprocessor(part.x) if len(part) else part.x
    return Arrays(images, padded(list(boxes), most))


def _with_classes(splits: Splits, known: Sequence[str] | None) -> Splits:
    """Give boxes the indices that their classes had in a training; those of others are left out."""
    known, found = known or (), splits.info.classes or ()
    if tuple(found) == tuple(known):
        return splits
    table = np.array([known.index(name) if name in known else -1 for name in found])
    if not len(table) or (table < 0).all():
        raise unknown("class", found[0] if found else "", known)

    def changed(boxes: np.ndarray) -> np.ndarray:
        boxes = boxes.copy()
        classes = boxes[..., CLASS].astype(int)
        boxes[..., CLASS] = np.where(classes >= 0, table[classes], -1)
        return boxes

    def part_of(part: Any) -> Any:
        if isinstance(part, BoxedFiles):
            moved = (changed(boxes) for boxes in part.boxes)
            return part.with_boxes([boxes[boxes[:, CLASS] >= 0] for boxes in moved])
        return Arrays(part.x, changed(part.y))

    strange = ", ".join(name for name in found if name not in known)
    notes = [f"boxes of classes that the training did not know are left out: {strange}"]
    return replace(splits.map(part_of), notes=(*splits.notes, *(notes if strange else ())))
