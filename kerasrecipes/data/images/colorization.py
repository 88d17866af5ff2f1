"""Images as lightness, which a model sees, and colour, which it is to find."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Examples, batch_random
from kerasrecipes.data.images.colour_spaces import from_lab, to_lab
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.files import image_of, name_of, skipped
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.prepare import IN_MEMORY
from kerasrecipes.data.images.preprocessor import is_gray
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Positive, Probability
from kerasrecipes.recipe import Splits

RANGE = 128.0  # of a and b, by which they are divided for the model
_LARGEST = 512  # pixels of a side of a photograph that is judged
_SAMPLE = 500  # training images whose colours are counted
_RARE = 1e-5  # share of the pixels from which a colour is one of the palette
_SPREAD = 5.0  # units of a and b by which counts of colours are smoothed


@dataclass(frozen=True, kw_only=True)
class ColourPreprocessor(Preprocessor):
    """Takes images apart into lightness and colour, and puts them together again.

    Args:
        size: side of the squares that the model sees, in pixels; its colours have half of it.
        palette: `(a, b)` of the colours to choose from.
        weights: of each of them in the loss; 1 in the mean over pixels.
        temperature: of the mean over probable colours: 1 is their mean, near 0 the most probable.
    """

    kind: ClassVar[str] = "colours"
    inputs: ClassVar[str] = "images to colour"

    size: int
    palette: tuple[tuple[float, float], ...]
    weights: tuple[float, ...]
    temperature: float = 0.38

    @classmethod
    def fit(
        cls, ab: np.ndarray, size: int, grid: float, rebalancing: float, temperature: float
    ) -> ColourPreprocessor:
        """Choose the palette among the cells of a grid that the training colours fall into.

        Args:
            ab: colours of training images, `(pixels, 2)`.
            size: side of the squares that the model sees.
            grid: side of a cell, in units of a and b.
            rebalancing: from 0, where pixels weigh alike, to 1, where colours do.
            temperature: of the mean over probable colours.

        Returns:
            The preprocessor.
        """
        cells, counts = np.unique(np.rint(ab / grid).astype(int), axis=0, return_counts=True)
        common = counts >= max(1.0, _RARE * len(ab))
        centres, shares = cells[common] * float(grid), counts[common] / counts[common].sum()
        distance = ((centres[:, None] - centres) ** 2).sum(axis=-1)
        nearness = np.exp(-distance / (2 * _SPREAD**2))
        smooth = (nearness / nearness.sum(axis=0)) @ shares
        factor = 1 / ((1 - rebalancing) * smooth + rebalancing / len(smooth))
        # With no rebalancing the weight of every pixel is the same.
        factor = np.ones_like(factor) if not rebalancing else factor / (smooth @ factor)
        return cls(
            size=size,
            palette=tuple((float(a), float(b)) for a, b in centres),
            weights=tuple(round(float(weight), 6) for weight in factor),
            temperature=temperature,
        )

    @property
    def num_colours(self) -> int:
        """Number of colours to choose from."""
        return len(self.palette)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the lightness of `(images, height, width, 1 or 3)` uint8 at the model's size,
        `(images, size, size, 1)` uint8.
        """
        return np.stack([self.lightness(self.square(as_image(pixels))) for pixels in images])

    def square(self, image: Image.Image) -> np.ndarray:
        """Return an image at the model's size, whole and stretched, `(size, size, 3)` uint8."""
        small = image.convert("RGB").resize(
            (self.size, self.size), Image.Resampling.BICUBIC, reducing_gap=3.0
        )
        return np.asarray(small)

    def lightness(self, square: np.ndarray) -> np.ndarray:
        """Return the lightness of an image, `(height, width, 1)` uint8, 255 for white."""
        return np.rint(to_lab(square)[..., :1] * 2.55).astype(np.uint8)

    def file(self, source: Any) -> np.ndarray | UserError:
        """Read a file, or its content, in its own size, as `(height, width, 3)` of uint8; return
        the error of one that cannot be read.
        """
        try:
            return np.asarray(decode(source).convert("RGB"))
        except UserError as error:
            return error

    def decode(self, found: np.ndarray) -> np.ndarray:
        """Return colours of a model's output, `(…, 2)`.

        Args:
            found: `(…, colours)`, a probability for each of the palette, or `(…, 2)`, the colours
                divided by 128.
        """
        if found.shape[-1] == 2:
            return found * RANGE
        power = np.maximum(found, 1e-9) ** (1 / self.temperature)
        return (power / power.sum(axis=-1, keepdims=True)) @ np.array(self.palette, np.float32)

    def coloured(self, image: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """Give an image the colours that were found for its square.

        Args:
            image: `(height, width, 3)` uint8, of any size; its own colours are not looked at.
            ab: `(rows, columns, 2)`, of any size.

        Returns:
            `(height, width, 3)` uint8.
        """
        size = (image.shape[1], image.shape[0])
        grown = [
            np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BILINEAR))
            for plane in np.ascontiguousarray(np.moveaxis(ab.astype(np.float32), -1, 0))
        ]
        lightness = to_lab(image)[..., 0]
        return from_lab(np.stack([lightness, *grown], axis=-1))


class Colours(Examples):
    """Lightness of images, and their colours at half the size.

    Args:
        images: `Arrays` of images or `ImageFiles`, in their own size.
        preprocessor: of the training.
        mirrored: whether half of the images are mirrored, drawn by the seed and the indices in the
            batch alone.
        kept: images at the model's size that were made already, by number; `None` where they are
            made each time.
        indices: which of the images these examples are; by default all, in order.
        seed: of the draws.
    """

    def __init__(
        self,
        images: Any,
        preprocessor: ColourPreprocessor,
        *,
        mirrored: bool = False,
        kept: np.ndarray | None = None,
        indices: np.ndarray | None = None,
        seed: int = 0,
    ):
        self.images, self.preprocessor, self.mirrored = images, preprocessor, mirrored
        self.kept, self.seed = kept, seed
        self.indices = np.arange(len(images)) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    def whole(self, number: int) -> np.ndarray:
        """Return an image to judge by, in its own size or that of at most 512 pixels, `(height,
        width, 3)` uint8.

        Args:
            number: of the example, from 0.
        """
        image = image_of(self.images, int(self.indices[number])).convert("RGB")
        image.thumbnail((_LARGEST, _LARGEST))
        return np.asarray(image)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return lightness, `(batch, size, size, 1)` uint8, and colours, `(batch, size / 2,
        size / 2, 2)`, divided by 128.
        """
        chosen = self.indices[np.asarray(indices, int)]
        if self.kept is not None:
            squares = self.kept[chosen]
        else:
            squares = np.stack(list(workers().map(self._square, chosen)))
        if self.mirrored:
            turned = batch_random(self.seed, indices).random(len(chosen)) < 0.5
            squares = np.where(turned[:, None, None, None], squares[:, :, ::-1], squares)
        lab = to_lab(squares)
        count, side = len(lab), lab.shape[1] // 2
        ab = lab[..., 1:].reshape(count, side, 2, side, 2, 2).mean(axis=(2, 4))
        return np.rint(lab[..., :1] * 2.55).astype(np.uint8), (ab / RANGE).astype(np.float32)

    def _square(self, number: int) -> np.ndarray:
        return self.preprocessor.square(image_of(self.images, int(number)))

    def select(self, indices: np.ndarray) -> Colours:
        """Return a collection of only the examples at these indices."""
        return Colours(
            self.images,
            self.preprocessor,
            mirrored=self.mirrored,
            kept=self.kept,
            indices=self.indices[indices],
            seed=self.seed,
        )


def prepare_colours(
    splits: Splits,
    *,
    image_size: Count = 64,
    grid: Positive = 10.0,
    rebalancing: Probability = 0.5,
    temperature: Positive = 0.38,
) -> Splits:
    """Take images apart into lightness and colour.

    Args:
        splits: what a source of images gave; with `trained_info` they are prepared as in that
            training.
        image_size: side in pixels of the squares that the model sees, a multiple of 8; answers have
            the size of the photograph all the same.
        grid: of classification, the side of a cell of colours, in units of a and b.
        rebalancing: of classification, from 0, where all pixels weigh alike, to 1, where all
            colours do, the rare ones as much as the greyish.
        temperature: of classification: 1 answers with the mean of probable colours, near 0 with the
            most probable; 0.38 in the paper.

    Returns:
        Splits of `Colours`; images without colour are left out and named in the notes. `info` gains
        `input_shape` and a `ColourPreprocessor`.

    Raises:
        UserError: if the size is not possible, or no training image has colour.
    """
    if image_size % 8:
        raise UserError(f"image_size={image_size}: expected a multiple of 8")
    blank = ColourPreprocessor(size=image_size, palette=(), weights=())
    if splits.trained_info is not None:
        blank = ColourPreprocessor.of(splits.trained_info)
    notes = list(splits.notes)
    parts = splits.map(lambda part: _coloured(part, blank, notes))
    if splits.trained_info is not None:
        return replace(parts, info=splits.trained_info, notes=tuple(notes))
    train: Any = parts.train
    if not len(train):
        raise UserError(
            "none of the training images has colours to learn from; grey photographs are for "
            "predict"
        )
    some = train.sample(_SAMPLE, 0)
    ab = some.take(np.arange(len(some)))[1].reshape(-1, 2) * RANGE
    preprocessor = ColourPreprocessor.fit(ab, image_size, grid, rebalancing, temperature)
    for part in (parts.train, parts.validation, parts.test):
        part.preprocessor = preprocessor  # type: ignore[attr-defined]
    train.mirrored = True
    info = replace(
        splits.info,
        input_shape=(image_size, image_size, 1),
        classes=None,
        preprocessor=preprocessor,
    )
    return replace(parts, info=info, notes=tuple(notes))


def _coloured(part: Any, preprocessor: ColourPreprocessor, notes: list[str]) -> Colours:
    """Return the examples of a split that have colour; others, and broken ones, are named."""

    def look(number: int) -> np.ndarray | str:
        try:
            square = preprocessor.square(image_of(part, number))
        except UserError as error:
            return str(error)
        if is_gray(square):
            return f"{name_of(part, number)} is grey"
        return square if keep else square[:0]

    keep = len(part) * preprocessor.size**2 * 3 <= IN_MEMORY
    found = list(workers().map(look, range(len(part))))
    good = np.array([not isinstance(one, str) for one in found], bool)
    problems = [one for one in found if isinstance(one, str)]
    notes += skipped(problems, len(part), "images")
    kept = None
    if keep:
        kept = np.zeros((len(part), preprocessor.size, preprocessor.size, 3), np.uint8)
        for number in np.flatnonzero(good):
            kept[number] = found[number]
    return Colours(part, preprocessor, kept=kept, indices=np.flatnonzero(good))
