"""Augmentation of images as they are taken: RandAugment, cutout, and blends of pairs.

What is drawn depends on the seed and the indices in a batch alone, so that a resumed training sees
the same images.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from kerasrecipes.data.examples import Examples, batch_random
from kerasrecipes.data.images.decoding import each
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.label_transforms import one_hot_with_mixup
from kerasrecipes.recipe import Splits

# Each from an image, a strength from 0 to 1 and a sign, +1 or -1, to an image.
Operation = Callable[[Image.Image, float, int], Image.Image]


def _enhanced(kind: Any) -> Operation:
    return lambda image, strength, sign: kind(image).enhance(1 + 0.9 * sign * strength)


def _affine(matrix: Callable[[float, int, int], tuple[float, ...]]) -> Operation:
    def changed(image: Image.Image, strength: float, sign: int) -> Image.Image:
        data = matrix(sign * strength, image.width, image.height)
        gray = (128,) * len(image.getbands())
        return image.transform(
            image.size,
            Image.Transform.AFFINE,
            data,
            Image.Resampling.BILINEAR,
            fillcolor=gray if len(gray) > 1 else gray[0],
        )

    return changed


OPERATIONS: Mapping[str, Operation] = {
    "identity": lambda image, strength, sign: image,
    "autocontrast": lambda image, strength, sign: ImageOps.autocontrast(image),
    "equalize": lambda image, strength, sign: ImageOps.equalize(image),
    "solarize": lambda image, strength, sign: ImageOps.solarize(image, round(256 - 256 * strength)),
    "posterize": lambda image, strength, sign: ImageOps.posterize(image, 8 - round(4 * strength)),
    "colour": _enhanced(ImageEnhance.Color),
    "contrast": _enhanced(ImageEnhance.Contrast),
    "brightness": _enhanced(ImageEnhance.Brightness),
    "sharpness": _enhanced(ImageEnhance.Sharpness),
    "rotate": lambda image, strength, sign: image.rotate(
        30 * sign * strength, Image.Resampling.BILINEAR
    ),
    "shear_x": _affine(lambda s, w, h: (1, 0.3 * s, -0.15 * s * h, 0, 1, 0)),
    "shear_y": _affine(lambda s, w, h: (1, 0, 0, 0.3 * s, 1, -0.15 * s * w)),
    "shift_x": _affine(lambda s, w, h: (1, 0, 0.45 * s * w, 0, 1, 0)),
    "shift_y": _affine(lambda s, w, h: (1, 0, 0, 0, 1, 0.45 * s * h)),
}


def augmented(
    splits: Splits,
    *,
    randaugment: int = 0,
    magnitude: float = 0.5,
    cutout: float = 0.0,
    mixup: float = 0.0,
    cutmix: float = 0.0,
    label_smoothing: float = 0.0,
) -> Splits:
    """Change training images, and blend pairs of them.

    Args:
        splits: images of one size; labels are class indices.
        randaugment: operations of RandAugment on each image; 0 for none.
        magnitude: their strength, from 0 to 1.
        cutout: side of a gray square in each image, as a share of the shorter side; 0 for none.
        mixup: parameter of the beta distribution by which pairs are blended; 0 for none.
        cutmix: likewise, of pairs of which one is pasted into a rectangle of the other.
        label_smoothing: of the loss, which then needs one-hot rows.

    Returns:
        Splits whose labels are one-hot rows where labels are blended or smoothed.
    """
    if randaugment or cutout:
        train = AugmentedImages(
            splits.train, randaugment=randaugment, magnitude=magnitude, cutout=cutout
        )
        splits = replace(splits, train=train)
    if mixup or cutmix or label_smoothing:
        return one_hot_with_mixup(splits, mixup, cutmix=cutmix)
    return splits


def randaugmented(
    image: Image.Image, random: np.random.Generator, operations: int, magnitude: float
) -> Image.Image:
    """Apply some operations, drawn with replacement, one after another.

    Args:
        image: gray or colour.
        random: decides operations and their signs.
        operations: how many.
        magnitude: strength of each, from 0 to 1.

    Returns:
        An image of the same size.

    Reference:
        [RandAugment](https://arxiv.org/abs/1909.13719) (Cubuk et al., 2019)
    """
    names = list(OPERATIONS)
    for number in random.integers(0, len(names), operations):
        sign = int(random.choice((-1, 1)))
        image = OPERATIONS[names[int(number)]](image, magnitude, sign)
    return image


class AugmentedImages(Examples):
    """Images that are changed one by one as they are taken.

    Args:
        examples: images, `(batch, height, width, channels)` of uint8, with labels.
        randaugment: operations of RandAugment on each image; 0 for none.
        magnitude: their strength, from 0 to 1.
        cutout: side of a square to fill with gray in each image, as a share of the shorter side; 0
            for none.
        seed: of the draws.

    Reference:
        [Improved Regularization of Convolutional Neural Networks with
        Cutout](https://arxiv.org/abs/1708.04552) (DeVries and Taylor, 2017)
    """

    def __init__(
        self,
        examples: Any,
        *,
        randaugment: int = 0,
        magnitude: float = 0.5,
        cutout: float = 0.0,
        seed: int = 0,
    ):
        self.examples, self.seed = examples, seed
        self.randaugment, self.magnitude, self.cutout = randaugment, magnitude, cutout

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def y(self) -> Any:
        """Labels of all examples."""
        return self.examples.y

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return changed images, and the labels as they are."""
        images, *rest = self.examples.take(indices)
        changed = np.empty_like(images)

        def change(place: int) -> None:
            # A generator for each, as images are changed in several threads.
            random = batch_random(self.seed, indices, place)
            changed[place] = self._changed(images[place], random)

        each(change, len(images), max(images.shape[1:3]))
        return (changed, *rest)

    def _changed(self, image: np.ndarray, random: np.random.Generator) -> np.ndarray:
        if self.randaugment:
            found = randaugmented(as_image(image), random, self.randaugment, self.magnitude)
            image = np.asarray(found).reshape(image.shape)
        if self.cutout:
            side = max(1, round(min(image.shape[:2]) * self.cutout))
            # The square's middle is anywhere, so that it may reach beyond the border.
            top, left = (int(random.integers(0, n)) - side // 2 for n in image.shape[:2])
            image = image.copy()
            image[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = 128
        return image

    def select(self, indices: np.ndarray) -> AugmentedImages:
        """Return a collection of only the examples at these indices."""
        return AugmentedImages(
            self.examples.select(indices),
            randaugment=self.randaugment,
            magnitude=self.magnitude,
            cutout=self.cutout,
            seed=self.seed,
        )
