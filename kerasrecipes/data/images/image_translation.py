"""Pairs of an input and the picture to be made of it, brought to one size."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays, Examples, batch_random
from kerasrecipes.data.images.colour_spaces import PALETTE
from kerasrecipes.data.images.decoding import decode, size_of, workers
from kerasrecipes.data.images.frames import cover
from kerasrecipes.data.images.prepare import IN_MEMORY
from kerasrecipes.data.images.segmentation import MaskedFiles, MaskPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

STEP = 32  # pixels, whose multiples sides are
_LARGEST = 256  # pixels of a side that is chosen, the paper's
_SMALL = ((20, 24, 30), *PALETTE)  # colours of the first classes
_VOID = (255, 255, 255)  # of pixels without a class


@dataclass(frozen=True, kw_only=True)
class PairPreprocessor(Preprocessor):
    """Brings inputs to the size and form of a training.

    Args:
        size: `(height, width)` in pixels.
        palette: of label maps the colour of each class; empty for inputs that are pictures.
        values: of label maps the value of each class in files: an index, or a colour as 0xrrggbb.
    """

    kind: ClassVar[str] = "pairs"
    inputs: ClassVar[str] = "pairs of images"

    size: tuple[int, int]
    palette: tuple[tuple[int, int, int], ...] = ()
    values: tuple[int, ...] = ()

    @classmethod
    def fit(cls, part: Any, size: tuple[int, int], classes: Sequence[str]) -> PairPreprocessor:
        """Choose the colours of label maps.

        Args:
            part: training examples as their source gives them.
            size: `(height, width)` of the training in pixels.
            classes: names of the classes of label maps; none for pictures.

        Returns:
            The preprocessor; classes of coloured masks keep their colours.
        """
        if not classes:
            return cls(size=size)
        table = part.reader.values if isinstance(part, MaskedFiles) else {}
        by_class = {index: int(value) for value, index in table.items() if index >= 0}
        values = tuple(by_class.get(index, index) for index in range(len(classes)))
        palette = tuple(_colour(index, len(classes)) for index in range(len(classes)))
        if isinstance(part, MaskedFiles) and part.reader.coloured:
            palette = tuple((value >> 16, value >> 8 & 255, value & 255) for value in values)
        return cls(size=size, palette=palette, values=values)

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        """Return pictures, or label maps `(images, height, width)` in their colours, at the size of
        the training, `(images, height, width, 3)` uint8.
        """
        if self.palette and inputs.ndim == 3:
            return np.stack([self.coloured(mask) for mask in inputs])
        return np.stack([self.sized(pixels) for pixels in inputs])

    def coloured(self, mask: np.ndarray) -> np.ndarray:
        """Return the colours of class indices, white for none, `(height, width, 3)` uint8."""
        return np.array([_VOID, *self.palette], np.uint8)[mask.astype(int) + 1]

    def classes_of(self, pictures: np.ndarray) -> np.ndarray:
        """Return the class of each pixel of label maps in their colours, -1 for none.

        Args:
            pictures: `(…, 3)` uint8.
        """
        colours = np.array([_VOID, *self.palette], np.int32)
        distance = ((pictures[..., None, :].astype(np.int32) - colours) ** 2).sum(axis=-1)
        return distance.argmin(axis=-1).astype(np.int16) - 1

    def sized(self, image: np.ndarray) -> np.ndarray:
        """Return an input at the size of the training, whole and stretched; classes of a label map
        are not blended, and its colours become the nearest of the palette.

        Args:
            image: `(height, width, 3)` uint8.
        """
        way = Image.Resampling.NEAREST if self.palette else Image.Resampling.BICUBIC
        found = np.asarray(Image.fromarray(image).resize(self.size[::-1], way))
        return self.coloured(self.classes_of(found)) if self.palette else found

    def file(self, source: Any) -> np.ndarray | UserError:
        """Read a file, or its content, in its own size, as `(height, width, 3)` of uint8: a label
        map of indices in the colours of its classes; return the error of one that cannot be read.
        """
        try:
            image = decode(source)
            if self.palette and image.mode == "L":
                return self._labels(np.asarray(image))
            return np.asarray(image.convert("RGB"))
        except UserError as error:
            return error

    def _labels(self, indices: np.ndarray) -> np.ndarray:
        table = np.full(256, -1)
        for index, value in enumerate(self.values):
            if value < 256:
                table[value] = index
        return self.coloured(table[indices])


class PictureFiles(Examples):
    """Files of inputs and of the pictures to be made, decoded when they are taken.

    Args:
        inputs: paths of the inputs, all that there are.
        targets: of the pictures; where it is the same file, they are its left and its right half.
        indices: which of the pairs these examples are; by default all, in order.
    """

    def __init__(
        self, inputs: Sequence[str], targets: Sequence[str], indices: np.ndarray | None = None
    ):
        self.inputs, self.targets = inputs, targets
        self.indices = np.arange(len(inputs)) if indices is None else indices

    @classmethod
    def halves(cls, files: Sequence[str]) -> PictureFiles:
        """Return the pairs of files that hold both, side by side."""
        return cls(files, files)

    def __len__(self) -> int:
        return len(self.indices)

    def size(self, number: int) -> tuple[int, int]:
        """Return the `(height, width)` of a half."""
        index = int(self.indices[number])
        height, width = size_of(self.inputs[index])
        return height, width // 2 if self._joined(index) else width

    def pair(self, number: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Decode a pair.

        Args:
            number: of the example, from 0.
            size: `(height, width)`, which both cover and are cut to at the centre.

        Returns:
            `(height, width, 3)` uint8 each.
        """
        index = int(self.indices[number])
        image = decode(self.inputs[index]).convert("RGB")
        if self._joined(index):
            middle = image.width // 2
            other = image.crop((middle, 0, 2 * middle, image.height))
            image = image.crop((0, 0, middle, image.height))
        else:
            other = decode(self.targets[index]).convert("RGB")
        return np.asarray(cover(image, size)), np.asarray(cover(other, size))

    def _joined(self, index: int) -> bool:
        return self.inputs[index] == self.targets[index]

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Refuse: pairs have no common size before they are prepared."""
        raise UserError("pairs of different sizes have no common shape yet")

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        return type(self)(self.inputs, self.targets, self.indices[indices])


class Pairs(Examples):
    """Inputs with pictures at one size, jittered together in training.

    Args:
        source: `Arrays` or `MaskedFiles` of pictures and label maps, or `PictureFiles`.
        preprocessor: of the training.
        backward: whether inputs are made of pictures instead; not of label maps.
        jittered: whether pairs are moved and mirrored, drawn by the seed and the indices in the
            batch alone.
        seed: of the draws.
    """

    def __init__(
        self,
        source: Any,
        preprocessor: PairPreprocessor,
        *,
        backward: bool = False,
        jittered: bool = False,
        seed: int = 0,
    ):
        self.source, self.preprocessor = source, preprocessor
        self.backward, self.jittered, self.seed = backward, jittered, seed

    def __len__(self) -> int:
        return len(self.source)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs and pictures, `(batch, height, width, 3)` uint8 each."""
        indices = np.asarray(indices, int)
        if isinstance(self.source, PictureFiles):
            size = self.preprocessor.size
            found = list(workers().map(lambda n: self.source.pair(int(n), size), indices))
            x, y = (np.stack(half) for half in zip(*found, strict=True))
        else:
            x, y = self.source.take(indices)[:2]
            if self.preprocessor.palette and y.ndim == 3:
                x, y = self.preprocessor(y), x
        if self.backward:
            x, y = y, x
        return self._moved(x, y, indices) if self.jittered else (x, y)

    def _moved(
        self, x: np.ndarray, y: np.ndarray, indices: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mirror half of the pairs, and move each by up to a sixteenth of its sides."""
        random = batch_random(self.seed, indices)
        height, width = x.shape[1:3]
        far = (height // 16, width // 16)
        both = np.concatenate([x, y], axis=-1)
        wide = np.pad(both, [(0, 0), *((n, n) for n in far), (0, 0)], mode="reflect")
        for place in range(len(both)):
            row, column = (int(random.integers(0, 2 * n + 1)) for n in far)
            part = wide[place, row : row + height, column : column + width]
            both[place] = part[:, ::-1] if random.random() < 0.5 else part
        return both[..., :3], both[..., 3:]

    def select(self, indices: np.ndarray) -> Pairs:
        """Return a collection of only the examples at these indices."""
        return Pairs(
            self.source.select(indices),
            self.preprocessor,
            backward=self.backward,
            jittered=self.jittered,
            seed=self.seed,
        )


def prepare_pairs(
    splits: Splits,
    *,
    image_size: tuple[Count, ...] | None = None,
    direction: Literal["forward", "backward"] = "forward",
) -> Splits:
    """Bring pairs to one size.

    Args:
        splits: what a source of pairs gave; with `trained_info` they are prepared as in that
            training.
        image_size: height and width in pixels, multiples of 32, or one number for a square; by
            default the largest that the first pair holds, at most 256.
        direction: `forward` makes pictures of labels, or of the first or left picture; `backward`
            the other way round, of pairs of pictures.

    Returns:
        Splits of `Pairs`. `info` gains `input_shape` and a `PairPreprocessor`.

    Raises:
        UserError: if the size is not possible.
    """
    labels = isinstance(splits.train, (Arrays, MaskedFiles))
    if splits.trained_info is not None:
        preprocessor = PairPreprocessor.of(splits.trained_info)
        labels = bool(preprocessor.palette)
    else:
        classes = (splits.info.classes or ()) if labels else ()
        size = _size(splits, image_size)
        preprocessor = PairPreprocessor.fit(splits.train, size, classes)
    backward = direction == "backward"
    if backward and labels:
        raise UserError("direction=backward is for pairs of pictures; labels are for segmentation")
    masks = MaskPreprocessor(size=preprocessor.size)
    parts = splits.map(lambda part: Pairs(_at(part, masks), preprocessor, backward=backward))
    if splits.trained_info is not None:
        return replace(parts, info=splits.trained_info)
    parts.train.jittered = True  # type: ignore[attr-defined]
    info = replace(splits.info, input_shape=(*preprocessor.size, 3), preprocessor=preprocessor)
    return replace(parts, info=info)


def _at(part: Any, masks: MaskPreprocessor) -> Any:
    """Return a part at the size of the training, in memory where it is small."""
    if isinstance(part, Arrays):
        return Arrays(masks(part.x), np.stack([masks.mask(mask) for mask in part.y]))
    small = len(part) * masks.size[0] * masks.size[1] * 6 <= IN_MEMORY
    if isinstance(part, MaskedFiles):
        part = part.at(masks)
        return Arrays(*part.take(np.arange(len(part)))) if small and len(part) else part
    if not small or not len(part):
        return part
    found = list(workers().map(lambda n: part.pair(n, masks.size), range(len(part))))
    x, y = (np.stack(half) for half in zip(*found, strict=True))
    return Arrays(x, y)


def _size(splits: Splits, wanted: tuple[int, ...] | None) -> tuple[int, int]:
    if wanted is not None:
        if len(wanted) > 2 or any(side % STEP for side in wanted):
            text = ",".join(map(str, wanted))
            raise UserError(f"image_size={text}: expected one or two multiples of {STEP}")
        return wanted[0], wanted[-1]
    train: Any = splits.train
    if isinstance(train, Arrays):
        height, width = train.x.shape[1:3]
    elif isinstance(train, MaskedFiles):
        height, width = size_of(train.images[int(train.indices[0])])
    else:
        height, width = train.size(0)
    scale = min(1.0, _LARGEST / max(height, width))
    rows, columns = (int(side * scale) // STEP * STEP for side in (height, width))
    if not rows or not columns:
        raise UserError(
            f"pairs of {width} x {height} pixels are smaller than {STEP} x {STEP}; give image_size"
        )
    return rows, columns


def _colour(index: int, count: int) -> tuple[int, int, int]:
    """Return a colour for a class that is far from those of the others."""
    if count <= len(_SMALL):
        return _SMALL[index]
    red, green, blue = colorsys.hsv_to_rgb(index / count, 0.9 - 0.4 * (index % 2), 0.9)
    return round(255 * red), round(255 * green), round(255 * blue)
