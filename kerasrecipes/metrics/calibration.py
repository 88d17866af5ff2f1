"""Calibration of a classifier: whether its confidence is its accuracy."""

from __future__ import annotations

import numpy as np

BINS = 15  # of the expected calibration error, as in Guo et al.


def calibration(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute confidence and accuracy in bins of equal width.

    Args:
        confidence: `(examples,)`, probability of the predicted class.
        right: `(examples,)`, whether it was the label.
        bins: number of bins between 0 and 1.

    Returns:
        The number of examples, their mean confidence and their accuracy, of each bin that is not
        empty.
    """
    # Bins are open below and closed above, as in Guo et al.; 0 falls into the first.
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    filled = counts > 0
    sure, accuracy = (
        np.bincount(which, weights=values, minlength=bins)[filled] / counts[filled]
        for values in (confidence, right)
    )
    return counts[filled], sure, accuracy


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Compute the expected calibration error, 0 where accuracy equals confidence.

    Args:
        confidence: `(examples,)`, probability of the predicted class.
        right: `(examples,)`, whether it was the label.
        bins: number of bins of equal width between 0 and 1.

    Returns:
        The error, from 0 to 1.

    Reference:
        [Obtaining Well Calibrated Probabilities Using Bayesian
        Binning](https://doi.org/10.1609/aaai.v29i1.9602) (Naeini et al., 2015)
    """
    counts, sure, accuracy = calibration(confidence, right, bins)
    return float(np.average(np.abs(sure - accuracy), weights=counts))
