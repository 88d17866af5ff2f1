"""Distances between distributions of images, by features of a classifier."""

from __future__ import annotations

import numpy as np

_NEIGHBOURS = 3
_MOST = 1000  # rows of which all distances are computed


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """Compute the Fréchet distance of two Gaussians with the moments of the features.

    Args:
        one: `(images, features)`.
        other: likewise; few images make the distance larger, so compare equal numbers.

    Returns:
        0 or more; 0 for the same moments.

    Reference:
        [GANs Trained by a Two Time-Scale Update Rule](https://arxiv.org/abs/1706.08500) (Heusel et
        al., 2017)
    """
    means = [np.mean(rows, axis=0, dtype=np.float64) for rows in (one, other)]
    first, second = (np.cov(np.asarray(r, np.float64), rowvar=False) for r in (one, other))
    root = _root(first)
    # The roots of A½ B A½, which is symmetric, are those of A B.
    cross = np.linalg.eigvalsh(root @ second @ root)
    shared = np.sqrt(np.maximum(cross, 0)).sum()
    distance = ((means[0] - means[1]) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * shared
    return float(max(distance, 0))


def precision_and_recall(real: np.ndarray, made: np.ndarray) -> tuple[float, float]:
    """Compute which share of made images lies among real ones, and the other way round.

    A row lies among others if it is nearer to one of them than that one's third neighbour.

    Args:
        real: `(images, features)`; of more than 1000 the first are taken.
        made: likewise.

    Returns:
        Precision, which falls with bad images, and recall, which falls with kinds that are missing.

    Reference:
        [Improved Precision and Recall Metric for Assessing Generative
        Models](https://arxiv.org/abs/1904.06991) (Kynkäänniemi et al., 2019)
    """
    real, made = (np.asarray(rows[:_MOST], np.float64) for rows in (real, made))
    between = _distances(made, real)
    among_real = (between <= _reach(real)[None, :]).any(axis=1).mean()
    among_made = (_reach(made)[None, :] >= between.T).any(axis=1).mean()
    return float(among_real), float(among_made)


def _reach(rows: np.ndarray) -> np.ndarray:
    """Return the squared distance of each row's third neighbour."""
    near = np.sort(_distances(rows, rows), axis=1)
    # The first is the row itself.
    return near[:, min(_NEIGHBOURS, len(rows) - 1)]


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    products = one @ other.T
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :]
    return np.maximum(squares - 2 * products, 0)


def _root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.atleast_2d(matrix))
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
