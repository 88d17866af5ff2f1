"""Images with points: brought to one size together, and augmented together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.augmented_pairs import AugmentedPairs
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.detection import BoxPreprocessor
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.prepare import IN_MEMORY
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count, Probability
from kerasrecipes.recipe import Splits

_GRAY = 128  # around what was shifted or turned
_SHIFT = 0.5  # of the zoom: how far an image is moved, as a share of its side
# Of the 68 points that are usual for faces: the outer corners of the eyes.
_EYES_OF_68 = (36, 45)


@dataclass(frozen=True, kw_only=True)
class LandmarkPreprocessor(Preprocessor):
    """Brings images to the size of a training, and knows what its points are.

    Args:
        frame: brings an image to the size, whole, with gray beside or below, which is divided
            between both sides.
        names: of the points.
        mirror: index of the point that each becomes in a mirrored image; empty if that is not
            known.
        between: indices of two points whose distance is the measure of errors, such as the outer
            corners of the eyes; empty for the size of all points together.
    """

    kind: ClassVar[str] = "landmarks"
    inputs: ClassVar[str] = "images with points"

    frame: BoxPreprocessor
    names: tuple[str, ...]
    mirror: tuple[int, ...] = ()
    between: tuple[int, ...] = ()

    @classmethod
    def fit(
        cls, points: np.ndarray, names: Sequence[str], size: tuple[int, int], channels: int
    ) -> LandmarkPreprocessor:
        """Find which points change places in a mirror, and by what errors are measured.

        Args:
            points: of the training images, `(images, points, 2)`, in any unit; NaN where missing.
            names: of the points.
            size: `(height, width)` in pixels.
            channels: of the images, 1 or 3.

        Returns:
            The preprocessor.
        """
        frame = BoxPreprocessor(size=size, channels=channels)
        names = tuple(names)
        mirror = mirror_by_names(names) or mirror_by_shape(points)
        return cls(frame=frame, names=names, mirror=mirror, between=_between(names))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return `(images, height, width, channels)` of uint8."""
        return np.stack([self.image(as_image(pixels)) for pixels in images])

    def image(self, image: Image.Image) -> np.ndarray:
        """Return `(height, width, channels)` of uint8: all of the image, in the middle of gray."""
        shift = self.shift((image.height, image.width))
        # What is rolled over the edges is gray.
        return np.roll(self.frame.image(image), shift[::-1], axis=(0, 1))

    def shift(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return by how many pixels an image of a `(height, width)` is moved to the middle, to the
        right and down.
        """
        scale, (height, width) = self.frame.scale(size), self.frame.size
        return (width - round(size[1] * scale)) // 2, (height - round(size[0] * scale)) // 2

    def encode(self, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Return points as the model gives them, as shares of the longer side.

        Args:
            points: in the pixels of an image, `(…, points, 2)`.
            size: `(height, width)` of the image.
        """
        moved = points * self.frame.scale(size) + self.shift(size)
        return (moved / self.side).astype(np.float32)

    @property
    def side(self) -> int:
        """The longer side in pixels, by which coordinates are divided."""
        return max(self.frame.size)

    def decode(self, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Return points in the pixels of an image.

        Args:
            points: as the model gives them, `(points, 2)`.
            size: `(height, width)` of the image.
        """
        return (points * self.side - self.shift(size)) / self.frame.scale(size)


def mirror_by_names(names: Sequence[str]) -> tuple[int, ...]:
    """Find the partners of points by `left` and `right` in their names.

    Args:
        names: of the points.

    Returns:
        For each point the index of its partner, its own if its name has no side; empty if no name
        has one, or a partner is missing.
    """
    lower = [name.lower() for name in names]
    swapped = [
        name.replace("left", "\0").replace("right", "left").replace("\0", "right") for name in lower
    ]
    if swapped == lower or not set(swapped) <= set(lower):
        return ()
    return tuple(lower.index(name) for name in swapped)


def mirror_by_shape(points: np.ndarray) -> tuple[int, ...]:
    """Find the partners of points by where they lie in the mean shape and in its mirror image.

    Args:
        points: of many images, `(images, points, 2)`; NaN where missing.

    Returns:
        For each point the index of its partner; empty if they are not each other's.
    """
    from scipy.optimize import linear_sum_assignment

    centred = points - np.nanmean(points, axis=1, keepdims=True)
    shape = np.nanmean(centred / np.nanstd(centred, axis=(1, 2), keepdims=True), axis=0)
    if not np.isfinite(shape).all():
        return ()
    mirrored = shape * [-1, 1]
    _, partner = linear_sum_assignment(np.linalg.norm(shape[:, None] - mirrored, axis=2))
    return tuple(partner.tolist()) if (partner[partner] == np.arange(len(shape))).all() else ()


def _between(names: Sequence[str]) -> tuple[int, ...]:
    """Return the points whose distance is the measure, those of the eyes where there are any."""
    if len(names) == 68:
        return _EYES_OF_68
    lower = [name.lower() for name in names]
    for words in (("eye", "outer"), ("eye", "center"), ("eye",)):
        for left, name in enumerate(lower):
            other = name.replace("left", "right")
            if "left" in name and other in lower and all(word in name for word in words):
                return left, lower.index(other)
    return ()


class LandmarkFiles(Examples):
    """Image files with points, decoded when they are taken.

    Args:
        images: paths, or contents, of the images.
        points: `(images, points, 2)` in pixels of each, from the left and above; NaN where missing.
        preprocessor: to which size both are brought; `None` as long as that is not known.
        indices: which of the images these examples are; by default all, in order.
    """

    def __init__(
        self,
        images: Sequence[str | bytes],
        points: np.ndarray,
        preprocessor: LandmarkPreprocessor | None = None,
        indices: np.ndarray | None = None,
    ):
        self.images, self.points, self.preprocessor = images, points, preprocessor
        self.indices = np.arange(len(images)) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    def own_points(self) -> np.ndarray:
        """Return the points in each image's own pixels, `(images, points, 2)`."""
        return self.points[self.indices]

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Decode a batch, `(batch, height, width, channels)` and `(batch, points, 2)`.

        Raises:
            UserError: if a file cannot be read any more.
        """
        if self.preprocessor is None:
            raise UserError("images of different sizes have no common shape yet")
        found = list(workers().map(self._one, self.indices[np.asarray(indices, int)]))
        images, points = zip(*found, strict=True)
        return np.stack(images), np.stack(points)

    def _one(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        assert self.preprocessor is not None
        image = decode(self.images[int(number)])
        points = self.preprocessor.encode(self.points[int(number)], (image.height, image.width))
        return self.preprocessor.image(image), points

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        return type(self)(self.images, self.points, self.preprocessor, self.indices[indices])


class AugmentedLandmarks(AugmentedPairs):
    """Images and points that are mirrored, turned, enlarged or reduced, and moved together.

    A point that leaves the image is missing.

    Args:
        examples: images of one size, with points as shares of its longer side.
        flip: whether to mirror them, left to right.
        zoom: largest share by which to change their size; they are moved by half of it.
        brightness: largest change of brightness, as a share.
        rotation: largest turn to either side, as a fraction of a full turn.
        mirror: partners of the points in a mirrored image.
        seed: of the draws.
    """

    def __init__(
        self,
        examples: Examples,
        *,
        flip: bool,
        zoom: float,
        brightness: float,
        rotation: float = 0.0,
        mirror: Sequence[int] = (),
        seed: int = 0,
    ):
        super().__init__(examples, flip=flip, zoom=zoom, brightness=brightness, seed=seed)
        self.rotation, self.mirror = rotation, tuple(mirror)

    def _changed(
        self, random: np.random.Generator, image: np.ndarray, other: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        mirrored, (power, light, turn) = random.random() < 0.5, random.uniform(-1, 1, 3)
        shift, points = random.uniform(-1, 1, 2) * self.zoom * _SHIFT, other
        height, width = image.shape[:2]
        if self.flip and mirrored and self.mirror:
            image = image[:, ::-1]
            points = points[list(self.mirror)] * [-1, 1] + [width / max(height, width), 0]
        if self.rotation or self.zoom:
            angle = 2 * np.pi * self.rotation * turn
            image, points = moved(image, points, angle, (1 + self.zoom) ** power, shift)
        return self._lit(np.ascontiguousarray(image), light), points.astype(np.float32)

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        return type(self)(
            self.examples.select(indices),
            flip=self.flip,
            zoom=self.zoom,
            brightness=self.brightness,
            rotation=self.rotation,
            mirror=self.mirror,
            seed=self.seed,
        )


def moved(
    image: np.ndarray, points: np.ndarray, angle: float, factor: float, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Turn and enlarge an image around its middle, and move it, with its points.

    Args:
        image: `(height, width, channels)` uint8.
        points: `(points, 2)`, as shares of the longer side.
        angle: in radians, clockwise.
        factor: by which lengths are multiplied.
        shift: to the right and down, as shares of the width and the height.

    Returns:
        The image, and the points, of which those that left it are NaN.
    """
    size = np.array([image.shape[1], image.shape[0]], float)
    middle, side = size / 2, size.max()
    cos, sin = np.cos(angle) * factor, np.sin(angle) * factor
    turn = np.array([[cos, -sin], [sin, cos]])
    # Pillow asks where each pixel came from.
    back = np.linalg.inv(turn)
    origin = middle - back @ (middle + shift * size)
    gray = (_GRAY,) * image.shape[-1]
    changed = as_image(np.ascontiguousarray(image)).transform(
        (image.shape[1], image.shape[0]),
        Image.Transform.AFFINE,
        (*back[0], origin[0], *back[1], origin[1]),
        Image.Resampling.BILINEAR,
        fillcolor=gray if len(gray) > 1 else gray[0],
    )
    places = (points * side - middle) @ turn.T + middle + shift * size
    inside = ((places >= 0) & (places <= size)).all(axis=1)
    places[~inside] = np.nan
    return np.asarray(changed).reshape(image.shape), places / side


def prepare_landmarks(
    splits: Splits,
    *,
    image_size: Count = 64,
    flip: bool = True,
    zoom: Probability = 0.15,
    rotation: Probability = 0.05,
    brightness: Probability = 0.2,
) -> Splits:
    """Bring images and points to one size, and augment those of the training.

    Args:
        splits: what a source of points gave; with `trained_info` they are prepared as in that
            training.
        image_size: height and width in pixels.
        flip: whether to flip training images at random, left to right; points change places with
            their partners, by `left` and `right` in their names or by the mean shape.
        zoom: largest random enlargement or reduction of training images, as a share; they are moved
            by half of it.
        rotation: largest random rotation of training images, as a fraction of a full turn.
        brightness: largest random change of brightness of training images, as a share.

    Returns:
        Splits of `(images, height, width, channels)` uint8 and points `(images, points, 2)`, as
        shares of the longer side; files that take more than 512 MB are decoded batch by batch.

    Raises:
        UserError: if the points are not those of the training.
    """
    trained, names = splits.trained_info, splits.info.targets or ()
    if trained is not None:
        preprocessor = LandmarkPreprocessor.of(trained)
        if len(names) != len(preprocessor.names):
            raise UserError(
                f"the model finds {len(preprocessor.names)} points, the data has {len(names)}"
            )
        return replace(splits.map(lambda part: _at(part, preprocessor)), info=trained)
    channels = (splits.info.input_shape or (0, 0, 3))[-1] or 3
    points = _points(splits.train)
    preprocessor = LandmarkPreprocessor.fit(points, names, (image_size, image_size), channels)
    prepared = splits.map(lambda part: _at(part, preprocessor))
    notes = list(splits.notes)
    if flip and not preprocessor.mirror:
        notes.append("images are not mirrored: it is not known which points change places")
    if flip or zoom or rotation or brightness:
        train = AugmentedLandmarks(
            prepared.train,
            flip=flip,
            zoom=zoom,
            brightness=brightness,
            rotation=rotation,
            mirror=preprocessor.mirror,
        )
        prepared = replace(prepared, train=train)
    shape = (image_size, image_size, channels)
    info = replace(prepared.info, input_shape=shape, preprocessor=preprocessor)
    return replace(prepared, info=info, notes=tuple(notes))


def _points(part: Any) -> np.ndarray:
    return part.own_points() if isinstance(part, LandmarkFiles) else part.y


def _at(part: Any, preprocessor: LandmarkPreprocessor) -> Examples:
    if isinstance(part, LandmarkFiles):
        part = LandmarkFiles(part.images, part.points, preprocessor, part.indices)
        pixels = np.prod(preprocessor.frame.size) * preprocessor.frame.channels
        if not len(part) or len(part) * pixels > IN_MEMORY:
            return part
        return Arrays(*part.take(np.arange(len(part))))
    if not len(part):
        return part
    return Arrays(preprocessor(part.x), preprocessor.encode(part.y, part.x.shape[1:3]))
