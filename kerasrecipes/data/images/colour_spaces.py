"""Brightness and colour of images apart, as television and as eyes have them; and a palette."""

from __future__ import annotations

import numpy as np

# Tableau's ten colours, which stay apart from each other on photographs.
PALETTE = (
    *((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189)),
    *((140, 86, 75), (227, 119, 194), (127, 127, 127), (188, 189, 34), (23, 190, 207)),
)

# Of ITU-R BT.601: brightness from 16 to 235, both differences of colour around 128.
_YCBCR = (
    np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])
    / 255
)
_SHIFT = np.array([16.0, 128.0, 128.0])


def to_ycbcr(image: np.ndarray) -> np.ndarray:
    """Return brightness and two differences of colour, as published protocols compute them.

    Args:
        image: `(…, 3)` red, green and blue, 0 to 255.

    Returns:
        `(…, 3)` uint8, brightness from 16 to 235.
    """
    found = image.astype(np.float64) @ _YCBCR.T + _SHIFT
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


def from_ycbcr(planes: np.ndarray) -> np.ndarray:
    """Return red, green and blue of what `to_ycbcr` gave.

    Args:
        planes: `(…, 3)`, brightness and two differences of colour.

    Returns:
        `(…, 3)` uint8.
    """
    found = (planes.astype(np.float64) - _SHIFT) @ np.linalg.inv(_YCBCR).T
    return np.clip(np.rint(found), 0, 255).astype(np.uint8)


# Of sRGB under daylight (D65): linear light to the responses of CIE 1931, relative to white.
_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_WHITE = _XYZ.sum(axis=1)
_EPSILON, _KAPPA = 216 / 24389, 24389 / 27  # where CIE's cube root becomes a straight line


def to_lab(image: np.ndarray) -> np.ndarray:
    """Return lightness and two opponent colours, in which distances are as eyes see them.

    Args:
        image: `(…, 3)` red, green and blue, 0 to 255.

    Returns:
        `(…, 3)` float32: L from 0 to 100, a from green to red, b from blue to yellow, both about
        -100 to 100 and 0 for grey.
    """
    value = image.astype(np.float32) / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    relative = linear @ (_XYZ.T / _WHITE).astype(np.float32)
    root = np.where(relative > _EPSILON, np.cbrt(relative), (_KAPPA * relative + 16) / 116)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def from_lab(lab: np.ndarray) -> np.ndarray:
    """Return red, green and blue of what `to_lab` gave.

    Args:
        lab: `(…, 3)`; colours that no screen shows become the nearest in each of the three.

    Returns:
        `(…, 3)` uint8.
    """
    y = (lab[..., 0] + 16) / 116
    root = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    relative = np.where(root**3 > _EPSILON, root**3, (116 * root - 16) / _KAPPA)
    linear = (relative * _WHITE) @ np.linalg.inv(_XYZ).T
    value = np.where(
        linear > 0.0031308, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055, 12.92 * linear
    )
    return np.rint(np.clip(value, 0, 1) * 255).astype(np.uint8)
