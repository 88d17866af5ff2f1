"""How near an image is to the one that it should be, as papers on restoration measure it."""

from __future__ import annotations

import numpy as np

_LEAST = 1e-10  # of a mean square of pixels from 0 to 1, whose logarithm is taken
_DEVIATION, _RADIUS = 1.5, 5  # of the Gaussian window of SSIM: 11 pixels wide
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def psnr(found: np.ndarray, truth: np.ndarray, border: int = 0) -> float:
    """Compute the peak signal-to-noise ratio, in dB.

    Args:
        found: image of bytes, `(height, width, …)`.
        truth: likewise, of the same shape.
        border: pixels at each edge that do not count.

    Returns:
        The ratio, 100 dB for images that are equal.
    """
    one, other = (_inner(image, border) for image in (found, truth))
    error = float(np.mean(((one - other) / 255) ** 2))
    return float(-10 * np.log10(max(error, _LEAST)))


def ssim(found: np.ndarray, truth: np.ndarray, border: int = 0) -> float:
    """Compute the mean structural similarity, with the window of the paper.

    Args:
        found: a plane of bytes, `(height, width)`.
        truth: likewise, of the same shape.
        border: pixels at each edge that do not count.

    Returns:
        At most 1, which equal images have; NaN for images that are smaller than the window.

    Reference:
        [Image Quality Assessment: From Error Visibility to Structural
        Similarity](https://doi.org/10.1109/TIP.2003.819861) (Wang et al., 2004)
    """
    from scipy.ndimage import gaussian_filter

    one, other = (_inner(image, border) for image in (found, truth))
    if min(one.shape) <= 2 * _RADIUS:
        return float("nan")

    def smooth(image: np.ndarray) -> np.ndarray:
        # Only where the whole window lies in the image.
        whole = gaussian_filter(image, _DEVIATION, radius=_RADIUS)
        return whole[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]

    mean, other_mean = smooth(one), smooth(other)
    variance = smooth(one * one) - mean**2
    other_variance = smooth(other * other) - other_mean**2
    covariance = smooth(one * other) - mean * other_mean
    likeness = (2 * mean * other_mean + _C1) * (2 * covariance + _C2)
    scale = (mean**2 + other_mean**2 + _C1) * (variance + other_variance + _C2)
    return float((likeness / scale).mean())


def _inner(image: np.ndarray, border: int) -> np.ndarray:
    inner = image[border : image.shape[0] - border, border : image.shape[1] - border]
    return inner.astype(np.float64)
