"""Images with their filtered versions as targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits

_MOST_IMAGES = 2000


@dataclass(frozen=True, kw_only=True)
class EdgePreprocessor(ImagePreprocessor):
    """Resizes images as in a training whose labels are filtered images.

    Args:
        kernel: of the filter, a row of weights for each row of pixels.
    """

    kind: ClassVar[str] = "edges"

    kernel: tuple[tuple[float, ...], ...]


def with_filtered_targets(splits: Splits, kernel: np.ndarray) -> Splits:
    """Replace each label by the filtered image.

    Args:
        splits: gray images `(examples, height, width, 1)`, 0 to 255; of each split at most 2,000
            are kept.
        kernel: `(size, size)`.

    Returns:
        Splits whose labels are `(examples, height - size + 1, width - size + 1, 1)`, of brightness
        0 to 1. `info.preprocessor` becomes an `EdgePreprocessor`.
    """
    images = ImagePreprocessor.of(splits.info)
    rows = tuple(tuple(row) for row in kernel.tolist())
    info = Info(
        input_shape=splits.info.input_shape,
        preprocessor=EdgePreprocessor(frame=images.frame, ink=images.ink, kernel=rows),
    )
    return replace(splits.map(lambda part: _filtered(part, kernel)), info=info)


def correlate(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Slide a kernel over images without turning it over, as a convolution layer does.

    Args:
        images: `(examples, height, width)`.
        kernel: `(size, size)`.

    Returns:
        `(examples, height - size + 1, width - size + 1)`.

    Raises:
        UserError: if the images are smaller than the kernel.
    """
    if min(images.shape[1:3]) < len(kernel):
        raise UserError(
            f"images of {images.shape[1]} x {images.shape[2]} are smaller than the kernel"
        )
    # A view, so that overlapping windows share the memory of the images.
    windows = np.lib.stride_tricks.sliding_window_view(images, kernel.shape, axis=(1, 2))
    return np.einsum("ehwij,ij->ehw", windows, kernel)


def _filtered(examples: Examples, kernel: np.ndarray) -> Arrays:
    chosen = examples.sample(_MOST_IMAGES, seed=0)
    x = np.asarray(chosen.take(np.arange(len(chosen)))[0])
    edges = correlate(x[..., 0].astype(np.float32) / 255, kernel)
    return Arrays(x, edges[..., None].astype(np.float32))
