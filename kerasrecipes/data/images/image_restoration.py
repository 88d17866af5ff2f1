"""Patches of images and of what is left of them, to restore the ones from the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays, Examples, batch_random
from kerasrecipes.data.images.colour_spaces import to_ycbcr
from kerasrecipes.data.images.decoding import decode, size_of, workers
from kerasrecipes.data.images.degradation import Degradation
from kerasrecipes.data.images.files import image_of, name_of, skipped
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.prepare import IN_MEMORY
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.recipe import Splits

_LARGEST = 512  # pixels of a side of a photograph that are judged
_MOST_JUDGED = 8  # patches of a validation or test image that the loss is measured on


@dataclass(frozen=True, kw_only=True)
class RestorationPreprocessor(Preprocessor):
    """Takes images apart into the planes that a model restores, each by itself.

    Args:
        degradation: what the images suffered.
        patch: side of the patches of the training, in pixels of a degraded image.
        ensemble: whether an answer is the mean of those for an image turned and mirrored in all
            eight ways.
    """

    kind: ClassVar[str] = "restoration"
    inputs: ClassVar[str] = "images to restore"

    degradation: Degradation
    patch: int
    ensemble: bool = False

    @classmethod
    def fit(
        cls, degradation: Degradation, patch: int, ensemble: bool = False
    ) -> RestorationPreprocessor:
        """Return the preprocessor of a training.

        Args:
            degradation: what is done to the images.
            patch: side of the patches, in pixels of a degraded image.
            ensemble: whether answers are means over turned and mirrored images.
        """
        return cls(degradation=degradation, patch=patch, ensemble=ensemble)

    @property
    def scale(self) -> int:
        """Height and width of a restored image over those of a degraded one."""
        return self.degradation.scale

    @property
    def channels(self) -> int:
        """Channels that the model takes: it restores plane by plane."""
        return 1

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the brightness of `(images, height, width, 1 or 3)` uint8, with one channel."""
        return np.stack([self.brightness(as_image(pixels))[..., None] for pixels in images])

    def brightness(self, image: Image.Image) -> np.ndarray:
        """Return the brightness of an image as published protocols measure it, `(height, width)`:
        by that of television where colour is spared, else by Pillow's weights.
        """
        if image.mode == "L" or not self.degradation.spares_colour:
            return np.asarray(image.convert("L"))
        return to_ycbcr(np.asarray(image.convert("RGB")))[..., 0]

    def planes(self, image: np.ndarray) -> np.ndarray:
        """Return what a model restores of an image, plane by plane, `(planes, height, width, 1)`.

        Args:
            image: `(height, width, 1 or 3)` uint8.
        """
        if image.shape[-1] == 3 and self.degradation.spares_colour:
            return to_ycbcr(image)[None, ..., :1]
        return np.moveaxis(image, -1, 0)[..., None]

    def file(self, source: Any) -> np.ndarray | UserError:
        """Read a file, or its content, in its own size, as `(height, width, 1 or 3)` of uint8;
        return the error of one that cannot be read.
        """
        try:
            pixels = np.asarray(decode(source))
        except UserError as error:
            return error
        return pixels.reshape(*pixels.shape[:2], -1)


class Planes:
    """The brightness of images, whole and degraded; kept where all are small, else made each time.

    Args:
        images: `Arrays` of images, or `ImageFiles`.
        preprocessor: of the training.
        keep: whether what was made is kept in memory.
    """

    def __init__(self, images: Any, preprocessor: RestorationPreprocessor, keep: bool):
        self.images, self.preprocessor, self.keep = images, preprocessor, keep
        self._kept: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def __len__(self) -> int:
        return len(self.images)

    @property
    def set_names(self) -> list[str]:
        """The name of the set of each image; empty for those of none."""
        return getattr(self.images, "set_names", [""] * len(self))

    def pair(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return an image after what is the same each time, and the whole image, `(height, width)`
        uint8 each.

        Args:
            number: of the image, from 0.

        Raises:
            UserError: if its file cannot be read any more.
        """
        if number in self._kept:
            return self._kept[number]
        image = image_of(self.images, number)
        degradation, brightness = self.preprocessor.degradation, self.preprocessor.brightness
        plane = degradation.cropped(brightness(image))
        damaged = damaged_file(self.images, number)
        pair = degradation.fixed(plane) if damaged is None else brightness(decode(damaged)), plane
        if self.keep:
            self._kept[number] = pair
        return pair

    def judged(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a degraded image, the same each time, and the whole image, `(height, width)` uint8
        each; of a large photograph that belongs to no set the middle.

        Args:
            number: of the image, from 0.
        """
        low, high = self.pair(number)
        scale = self.preprocessor.scale
        if not self.set_names[number]:
            side = _LARGEST // scale
            first = [max(0, (length - side) // 2) for length in low.shape]
            low = low[first[0] : first[0] + side, first[1] : first[1] + side]
            row, column = (scale * place for place in first)
            high = high[row : row + side * scale, column : column + side * scale]
        random = np.random.default_rng([0, number])
        return self.preprocessor.degradation.drawn(low, random), high


class Patches(Examples):
    """Patches of degraded images with those of the whole ones.

    Args:
        planes: the images.
        places: `(patches, 3)`: number of the image, row and column in the degraded one.
        moved: whether each patch is taken from any place of its image, mirrored and turned, anew
            each time; what is drawn depends on the seed and the indices in the batch alone.
        seed: of the draws.
    """

    def __init__(self, planes: Planes, places: np.ndarray, *, moved: bool, seed: int = 0):
        self.planes, self.places, self.moved, self.seed = planes, places, moved, seed

    def __len__(self) -> int:
        return len(self.places)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the images that these patches are of."""
        return [int(number) for number in np.unique(self.places[:, 0])]

    @property
    def sets(self) -> list[str]:
        """The name of the set of each of these images; empty for those of none."""
        names = self.planes.set_names
        return [names[number] for number in self.numbers]

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return patches, `(batch, patch, patch, 1)` uint8, and what they were, from 0 to 1, of
        `patch * scale` pixels.
        """
        random = batch_random(self.seed, indices)
        preprocessor = self.planes.preprocessor
        degradation, side, scale = (
            preprocessor.degradation,
            preprocessor.patch,
            preprocessor.scale,
        )
        x = np.empty((len(indices), side, side, 1), np.uint8)
        y = np.empty((len(indices), side * scale, side * scale, 1), np.float32)
        for place, index in enumerate(indices):
            number, row, column = (int(value) for value in self.places[index])
            low, high = self.planes.pair(number)
            if self.moved:
                row, column = (int(random.integers(0, have - side + 1)) for have in low.shape)
                turns, mirrored = int(random.integers(4)), int(random.integers(2))
            else:
                # Of a patch that is judged nothing may depend on its batch.
                random = np.random.default_rng([self.seed, number, row, column])
                turns, mirrored = 0, 0
            low = low[row : row + side, column : column + side]
            row, column, whole = row * scale, column * scale, side * scale
            high = high[row : row + whole, column : column + whole]
            low, high = (np.rot90(plane[:, :: 1 - 2 * mirrored], turns) for plane in (low, high))
            x[place, ..., 0] = degradation.drawn(low, random)
            y[place, ..., 0] = high / np.float32(255)
        return x, y

    def select(self, indices: np.ndarray) -> Patches:
        """Return a collection of only the patches at these indices."""
        return Patches(self.planes, self.places[indices], moved=self.moved, seed=self.seed)


def prepare_patches(
    splits: Splits, degradation: Degradation, *, patch: int, patches: int, ensemble: bool = False
) -> Splits:
    """Cut patches of images and of the same images degraded.

    Args:
        splits: what a source of images gave; with `trained_info` they are prepared as in that
            training.
        degradation: what is done to the images.
        patch: side of the patches, in pixels of a degraded image.
        patches: how many of each training image are drawn in an epoch.
        ensemble: whether answers are means over turned and mirrored images.

    Returns:
        Splits of `Patches`; images that are smaller than a patch are left out and named in the
        notes. `info` gains `input_shape` and a `RestorationPreprocessor`.

    Raises:
        UserError: if no training image is large enough.
    """
    notes = list(splits.notes)
    if getattr(splits.train, "damaged", None) is not None and degradation.scale == 1:
        notes.append("the folder's own damaged images are restored; none are made")
        degradation = Degradation(kind="given", strength=0.0)
    preprocessor = RestorationPreprocessor.fit(degradation, patch, ensemble)
    if splits.trained_info is not None:
        preprocessor = RestorationPreprocessor.of(splits.trained_info)
    least = preprocessor.patch * preprocessor.scale

    def prepare(part: Any, count: int, moved: bool) -> Patches:
        sizes = _sizes(part)
        problems = {n: _problem(part, n, size, preprocessor) for n, size in enumerate(sizes)}
        small = [f"{name_of(part, n)} ({told})" for n, told in problems.items() if told]
        what = f"images; they need {least} x {least} pixels"
        notes.extend(skipped(small, len(part), what))
        scale = preprocessor.scale
        cut = [
            _cut(number, size, preprocessor.patch, scale, count)
            for number, size in enumerate(sizes)
            if not problems[number]
        ]
        places = np.concatenate([np.zeros((0, 3), int), *cut])
        pixels = sum(rows * columns for rows, columns in sizes)
        return Patches(
            Planes(part, preprocessor, keep=2 * pixels <= IN_MEMORY), places, moved=moved
        )

    train = prepare(splits.train, patches, True)
    judged = [prepare(part, _MOST_JUDGED, False) for part in (splits.validation, splits.test)]
    if splits.trained_info is None and not len(train):
        raise UserError(
            f"no training image has the {least} x {least} pixels of a patch: {notes[-1]}"
        )
    info = splits.trained_info or replace(
        splits.info,
        input_shape=(preprocessor.patch, preprocessor.patch, 1),
        classes=None,
        preprocessor=preprocessor,
    )
    return replace(
        splits, train=train, validation=judged[0], test=judged[1], info=info, notes=tuple(notes)
    )


def _cut(number: int, size: tuple[int, int], patch: int, scale: int, most: int) -> np.ndarray:
    """Return places of patches, evenly spread over an image, `(patches, 3)`."""
    rows, columns = (side // scale - patch for side in size)
    down = max(1, round(np.sqrt(most * (rows + patch) / (columns + patch))))
    across = max(1, most // down)
    row, column = (
        np.linspace(0, last, count).astype(int)
        for last, count in ((rows, min(down, most)), (columns, across))
    )
    grid = np.stack(np.meshgrid(row, column, indexing="ij"), axis=-1).reshape(-1, 2)
    places = np.concatenate([np.full((len(grid), 1), number), grid], axis=1)
    # As many as asked for: a moved patch is taken from any place.
    return places[np.arange(most) % len(places)]


def damaged_file(images: Any, number: int) -> str | None:
    """Return the file with the damage of an image, where the user has it.

    Args:
        images: of a source.
        number: of the image, from 0.
    """
    files = getattr(images, "damaged", None)
    return None if files is None else str(files[int(images.indices[number])])


def _problem(
    part: Any, number: int, size: tuple[int, int], preprocessor: RestorationPreprocessor
) -> str:
    """Return why an image cannot be used, empty if it can."""
    scale = preprocessor.scale
    if min(size) < preprocessor.patch * scale:
        return f"{size[1]} x {size[0]}"
    damaged = damaged_file(part, number)
    low = None if damaged is None else size_of(damaged)
    if low is None or low == (size[0] // scale, size[1] // scale):
        return ""
    wanted = f"{scale} times as large as" if scale > 1 else "of the size of"
    return f"{size[1]} x {size[0]}, which is not {wanted} its {low[1]} x {low[0]} pixels"


def _sizes(part: Any) -> list[tuple[int, int]]:
    if isinstance(part, Arrays):
        return [part.x.shape[1:3]] * len(part)
    return list(workers().map(size_of, (part.files[int(index)] for index in part.indices)))
