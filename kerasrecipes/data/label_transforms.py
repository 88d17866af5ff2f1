"""Transforms of labels: one-hot rows, mixup, and labels that are masked in the loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples, batch_random
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Splits


def one_hot(splits: Splits) -> Splits:
    """Replace class indices by one-hot rows.

    Args:
        splits: labels are class indices.

    Returns:
        Splits whose labels are `(examples, classes)` float32.
    """
    classes = splits.info.num_classes

    def encoded(part: Examples) -> Examples:
        if not isinstance(part, Arrays):
            return OneHot(part, classes)
        x, y, *weight = part.columns
        return Arrays(x, np.eye(classes, dtype=np.float32)[y], *weight)

    return splits.map(encoded)


def one_hot_with_mixup(
    splits: Splits, mixup: float, seed: int = 0, *, cutmix: float = 0.0
) -> Splits:
    """Replace class indices by one-hot rows, and blend pairs of the training images.

    Args:
        splits: labels are class indices.
        mixup: parameter of the beta distribution of the blend's weights; 0 blends nothing.
        seed: seed of the blends.
        cutmix: likewise, of the share of an image that a part of another takes; with both, each
            batch has one of them.

    Returns:
        Splits whose labels are `(examples, classes)` float32, made when a batch is taken.
    """
    classes = splits.info.num_classes
    train = SoftLabels(splits.train, classes, mixup, seed, cutmix)
    return replace(splits.map(lambda part: SoftLabels(part, classes)), train=train)


def mask_labels(splits: Splits, count: int, seed: int = 0) -> Splits:
    """Mask the labels of all but a few training examples in the loss.

    Args:
        splits: labels are class indices.
        count: training examples that keep their label, equally many of each class as far as there
            are.
        seed: seed of the choice.

    Returns:
        Splits whose training examples have a weight: 0 without label; with label so much that a
        batch's mean loss is that of its labelled examples on average. `info.num_examples` counts
        the training examples.

    Raises:
        UserError: if there would be fewer labels than classes.
    """
    if splits.trained_info is not None:  # judging a trained model needs all labels
        return splits
    classes, total = splits.info.num_classes, len(splits.train)
    if count < classes:
        raise UserError(
            f"num_labels={count}: at least one label for each of the {classes} classes is needed"
        )
    examples: Any = splits.train
    labels = np.asarray(examples.y)
    shuffled = np.random.default_rng(seed).permutation(total)
    # The k-th example of its class in random order has rank k; the lowest ranks are as even as can
    # be.
    rank = np.zeros(total, dtype=int)
    for number in np.unique(labels):
        own = shuffled[labels[shuffled] == number]
        rank[own] = np.arange(len(own))
    kept = shuffled[np.argsort(rank[shuffled], kind="stable")][:count]
    weight = np.zeros(total, dtype=np.float32)
    # The mean of all weights is 1, so the loss keeps its scale.
    weight[kept] = total / len(kept)
    if isinstance(examples, Arrays):
        train: Examples = Arrays(examples.x, examples.y, weight)
    else:
        train = Weighted(examples, weight)
    note = f"{len(kept)} of {total} training examples keep their label"
    info = replace(splits.info, num_examples=total)
    return replace(splits, train=train, info=info, notes=(*splits.notes, note))


class Weighted(Examples):
    """Examples with a weight each.

    Args:
        examples: without weights.
        weight: `(examples,)`.
    """

    def __init__(self, examples: Any, weight: np.ndarray):
        self.examples, self.weight = examples, weight

    @property
    def y(self) -> Any:
        """Labels of all examples, where they are at hand."""
        return self.examples.y

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return `(x, y, weight)` of the examples at these indices."""
        return (*self.examples.take(indices), self.weight[indices])

    def select(self, indices: np.ndarray) -> Weighted:
        """Return a collection of only the examples at these indices."""
        return Weighted(self.examples.select(indices), self.weight[indices])


class OneHot(Examples):
    """Examples whose class indices become one-hot rows as they are taken.

    Args:
        examples: labels are class indices.
        classes: number of classes.
    """

    def __init__(self, examples: Any, classes: int):
        self.examples, self.classes = examples, classes

    @property
    def y(self) -> np.ndarray:
        """Labels of all examples, `(examples, classes)`."""
        return np.eye(self.classes, dtype=np.float32)[self.examples.y]

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return the examples at these indices."""
        x, y, *rest = self.examples.take(indices)
        return (x, np.eye(self.classes, dtype=np.float32)[y], *rest)

    def select(self, indices: np.ndarray) -> OneHot:
        """Return a collection of only the examples at these indices."""
        return OneHot(self.examples.select(indices), self.classes)


class SoftLabels(Examples):
    """Examples with one-hot rows as labels, blended in pairs where asked for.

    With which examples a batch is blended, and how strongly, is drawn by the seed and the indices
    in the batch alone, so that a resumed training sees the same blends.

    Args:
        examples: labels are class indices, also at hand as `y`.
        classes: number of classes.
        mixup: parameter of the beta distribution of the blend's weights; 0 blends nothing.
        seed: seed of the blends.
        cutmix: parameter of the beta distribution of the share that an image keeps where a
            rectangle of another is pasted into it; 0 pastes nothing.

    Reference:
        [mixup: Beyond Empirical Risk Minimization](https://arxiv.org/abs/1710.09412) (Zhang et al.,
        2017), [CutMix](https://arxiv.org/abs/1905.04899) (Yun et al., 2019)
    """

    def __init__(
        self,
        examples: Any,
        classes: int,
        mixup: float = 0.0,
        seed: int = 0,
        cutmix: float = 0.0,
    ):
        self.examples, self.classes, self.seed = examples, classes, seed
        self.mixup, self.cutmix = mixup, cutmix

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def y(self) -> np.ndarray:
        """Labels without blends, `(examples, classes)`."""
        return self.rows(np.arange(len(self)))

    def rows(self, indices: np.ndarray) -> np.ndarray:
        """Return the one-hot rows of the examples at these indices."""
        return np.eye(self.classes, dtype=np.float32)[self.examples.y[indices]]

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the examples at these indices, `(batch, height, width, channels)` and
        `(batch, classes)`, and their weights `(batch,)` where they have some.
        """
        images, _, *weights = self.examples.take(indices)
        rows = self.rows(indices)
        if not (self.mixup or self.cutmix):
            return images, rows, *weights
        random = batch_random(self.seed, indices)
        pastes = self.cutmix and not (self.mixup and random.random() < 0.5)
        parameter = self.cutmix if pastes else self.mixup
        weight = random.beta(parameter, parameter, len(indices)).astype(np.float32)
        partner = random.permutation(len(indices))
        if pastes:
            images, weight = _pasted(images, partner, weight, random)
        else:
            images = _blend(images, partner, weight)
        # A blend counts as much as what it is made of.
        return images, *(_blend(column, partner, weight) for column in (rows, *weights))

    def select(self, indices: np.ndarray) -> SoftLabels:
        """Return a collection of only the examples at these indices."""
        chosen = self.examples.select(indices)
        return SoftLabels(chosen, self.classes, self.mixup, self.seed, self.cutmix)


def _pasted(
    images: np.ndarray, partner: np.ndarray, weight: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a rectangle of each image's partner into it; return the images, and the share of its
    pixels that each keeps.
    """
    height, width = images.shape[1:3]
    mixed, kept = images.copy(), np.ones(len(images), np.float32)
    for place, share in enumerate(weight):
        # Its sides have the image's proportions; at a border it is cut, which the share counts.
        half = np.sqrt(1 - share) / 2
        y, x = random.random(2)
        top, bottom = (round(height * np.clip(y + side, 0, 1)) for side in (-half, half))
        left, right = (round(width * np.clip(x + side, 0, 1)) for side in (-half, half))
        inside = np.s_[top:bottom, left:right]
        mixed[place][inside] = images[partner[place]][inside]
        kept[place] = 1 - (bottom - top) * (right - left) / (height * width)
    return mixed, kept


def _blend(values: np.ndarray, partner: np.ndarray, weight: np.ndarray) -> np.ndarray:
    weight = weight.reshape(-1, *[1] * (values.ndim - 1))
    return weight * values + (1 - weight) * values[partner].astype(np.float32)
