"""A classifier's outputs as answers: the most probable classes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.answers.words import Chance


def both_classes(outputs: np.ndarray) -> np.ndarray:
    """Return probabilities `(examples, classes)`, also of a model with one output, which is the
    probability of the second of two classes.

    Args:
        outputs: `(examples, classes)` or `(examples, 1)`.
    """
    outputs = np.asarray(outputs, np.float32)
    return np.concatenate([1 - outputs, outputs], axis=-1) if outputs.shape[-1] == 1 else outputs


def ranked(probabilities: np.ndarray, classes: Sequence[str], top: int) -> dict[str, Any]:
    """Return the most probable class, and the `top` most probable ones.

    Args:
        probabilities: `(classes,)`.
        classes: their names.
        top: how many classes are listed.

    Returns:
        `label`, `probability` and `probabilities`, the arguments of a `Label`.
    """
    best = [
        Chance(classes[index], float(probabilities[index]))
        # Stable, so that equal probabilities keep the order of the classes.
        for index in np.argsort(-probabilities, kind="stable")[:top]
    ]
    return {**best[0]._asdict(), "probabilities": tuple(best)}
