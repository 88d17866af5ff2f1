"""How colourful images are, and how far colours are from the true ones."""

from __future__ import annotations

import numpy as np


def colourfulness(image: np.ndarray) -> float:
    """Compute how colourful people find an image, from 0 for grey to about 100.

    Args:
        image: `(height, width, 3)`, 0 to 255.

    Returns:
        The number, of which the spread of opponent colours is the larger part.

    Reference:
        [Measuring Colourfulness in Natural Images](https://doi.org/10.1117/12.477378) (Hasler and
        Süsstrunk, 2003)
    """
    red, green, blue = np.moveaxis(image.astype(np.float64), -1, 0)
    first, second = red - green, 0.5 * (red + green) - blue
    spread = np.hypot(first.std(), second.std())
    return float(spread + 0.3 * np.hypot(first.mean(), second.mean()))
