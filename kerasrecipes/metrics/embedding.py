"""How well distances between embeddings tell the same identity from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MOST = 2000  # images whose pairs are measured; of more some are drawn
_DRAWS = 20  # of the one image that is known of each identity
_POINTS = 101  # of a curve


@dataclass(frozen=True)
class Pairs:
    """Distances between images of one identity, and of two.

    Args:
        same: `(pairs,)`, ascending.
        different: `(pairs,)`, ascending.
    """

    same: np.ndarray
    different: np.ndarray

    def __bool__(self) -> bool:
        return bool(len(self.same) and len(self.different))

    @property
    def auc(self) -> float:
        """Chance that a pair of one identity is nearer than a pair of two."""
        before = np.searchsorted(self.different, self.same, "left")
        until = np.searchsorted(self.different, self.same, "right")
        # Equal distances count half.
        nearer = len(self.different) - (before + until) / 2
        return float(nearer.mean() / len(self.different))

    def rates(self, thresholds: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the shares of pairs of one identity, and of two, that lie within thresholds.

        Args:
            thresholds: distances.

        Returns:
            Both of the thresholds' shape.
        """
        return (
            np.searchsorted(self.same, thresholds, "right") / len(self.same),
            np.searchsorted(self.different, thresholds, "right") / len(self.different),
        )

    def roc(self) -> list[tuple[float, float]]:
        """Return the share of recognized pairs by the share of false ones, `(x, value)`."""
        false = np.linspace(0, 1, _POINTS)
        places = np.clip(np.round(false * len(self.different)).astype(int) - 1, 0, None)
        found, _ = self.rates(self.different[places])
        # Without a false pair only those count that are nearer than all of them.
        found[0] = np.searchsorted(self.same, self.different[0], "left") / len(self.same)
        return list(zip(false.tolist(), found.tolist(), strict=True))

    def equal_error_rate(self) -> float:
        """Return the share of errors at the distance where both kinds are equally frequent."""
        right, wrong = self.rates(np.unique(np.concatenate([self.same, self.different])))
        best = int(np.abs(1 - right - wrong).argmin())
        return float((1 - right[best] + wrong[best]) / 2)

    def balanced_accuracy(self, threshold: float) -> float:
        """Return the share of right answers, of as many pairs of one identity as of two.

        Args:
            threshold: distance up to which a pair is said to be of one identity.
        """
        right, wrong = self.rates(threshold)
        return float((right + 1 - wrong) / 2)


def some(count: int) -> np.ndarray:
    """Return the images that are measured, of a number of them; the same ones each time.

    Args:
        count: of the images.
    """
    if count <= MOST:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, MOST, replace=False))


def distances(vectors: np.ndarray) -> np.ndarray:
    """Return the distances between all vectors, `(images, images)`.

    Args:
        vectors: `(images, dimension)`.
    """
    x = np.asarray(vectors, np.float64)
    squares = (x * x).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares - 2 * x @ x.T, 0))


def pairs_of(apart: np.ndarray, labels: np.ndarray) -> Pairs:
    """Sort the distances of all pairs by whether they are of one identity.

    Args:
        apart: `(images, images)`, of `distances`.
        labels: `(images,)`.

    Returns:
        The distances of both kinds.
    """
    first, second = np.triu_indices(len(labels), 1)
    same = labels[first] == labels[second]
    values = apart[first, second]
    return Pairs(np.sort(values[same]), np.sort(values[~same]))


def nearest_accuracy(apart: np.ndarray, labels: np.ndarray) -> float | None:
    """Return the share of images whose nearest other one is of the same identity.

    Args:
        apart: `(images, images)`.
        labels: `(images,)`.

    Returns:
        Of images with another of their identity; `None` if there are none.
    """
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    counted = counts[inverse] > 1
    if not counted.any():
        return None
    found = labels[(apart + np.diag(np.full(len(labels), np.inf))).argmin(axis=1)]
    return float((found == labels)[counted].mean())


def one_shot(apart: np.ndarray, labels: np.ndarray) -> float | None:
    """Return the share of images that are recognized where one image of each identity is known.

    Args:
        apart: `(images, images)`.
        labels: `(images,)`.

    Returns:
        The mean over twenty draws of the images that are known; `None` with fewer than two
        identities, or one image of each.
    """
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2 or counts.max() < 2:
        return None
    random, found = np.random.default_rng(0), []
    for _ in range(_DRAWS):
        order = random.permutation(len(labels))
        _, first = np.unique(labels[order], return_index=True)
        known = order[first]
        asked = np.setdiff1d(np.arange(len(labels)), known)
        answers = labels[known[apart[np.ix_(asked, known)].argmin(axis=1)]]
        found.append((answers == labels[asked]).mean())
    return float(np.mean(found))


def logistic_threshold(pairs: Pairs) -> tuple[float, float]:
    """Fit the probability that a pair is of one identity, by its distance.

    Both kinds weigh alike, however many pairs there are.

    Args:
        pairs: of each kind at least one.

    Returns:
        The distance of probability one half, and the steepness:
        `p = 1 / (1 + exp(-steepness * (threshold - distance)))`.
    """
    x = np.concatenate([pairs.same, pairs.different])
    truth = np.arange(len(x)) < len(pairs.same)
    weight = np.where(truth, 0.5 / len(pairs.same), 0.5 / len(pairs.different))
    centre = float(pairs.same.mean() + pairs.different.mean()) / 2
    scale = float(np.sqrt((weight * (x - centre) ** 2).sum())) or 1.0
    design = np.stack([np.ones_like(x), (centre - x) / scale], axis=1)
    values = np.array([0.0, 1.0])
    for _ in range(30):  # Newton's steps
        chance = 1 / (1 + np.exp(-np.clip(design @ values, -30, 30)))
        # The penalty keeps it finite where no distance is doubtful.
        gradient = design.T @ (weight * (chance - truth)) + 1e-3 * values
        curvature = (design * (weight * chance * (1 - chance))[:, None]).T @ design
        values -= np.linalg.solve(curvature + 1e-3 * np.eye(2), gradient)
    steepness = max(values[1] / scale, 1e-6)
    return float(centre + values[0] / steepness), float(steepness)


def embedding_metrics(vectors: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Measure embeddings.

    Args:
        vectors: `(images, dimension)`.
        labels: identities, `(images,)`.

    Returns:
        `auc`, `eer`, `one_shot`, `nearest_accuracy` and the line `roc`; what is not defined, such
        as of one identity, is missing.
    """
    chosen = some(len(labels))
    labels = labels[chosen]
    apart = distances(vectors[chosen])
    pairs = pairs_of(apart, labels)
    found: dict[str, Any] = {}
    if pairs:
        found |= {"auc": pairs.auc, "eer": pairs.equal_error_rate(), "roc": pairs.roc()}
    others = {
        "one_shot": one_shot(apart, labels),
        "nearest_accuracy": nearest_accuracy(apart, labels),
    }
    return found | {name: value for name, value in others.items() if value is not None}
