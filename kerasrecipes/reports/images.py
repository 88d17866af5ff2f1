"""Images of any range and number of channels, as figures show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.answers.pixels import as_bytes, mosaic
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.style import FAINT, WIDTH, set_title, style

_SMALL = 64  # pixels; drawings up to this size keep their pixels, photographs are smoothed


def displayable(inputs: Any) -> np.ndarray | None:
    """Find the images among a model's inputs, and scale them to the range from 0 to 1.

    Args:
        inputs: an array, or a dictionary or sequence of arrays of which one holds images,
            `(images, height, width)` or `(images, height, width, channels)`; values are bytes, from
            0 to 1, from 0 to 255, or centred on 0.

    Returns:
        `(images, height, width)` for gray and `(images, height, width, 3)` for colour, from 0 to 1;
        `None` if there are no images.
    """
    if isinstance(inputs, dict):
        inputs = list(inputs.values())
    arrays = inputs if isinstance(inputs, (tuple, list)) else [inputs]
    for array in map(np.asarray, arrays):
        # Sequences of up to three features are not taken for gray images.
        if array.ndim == 4 or (array.ndim == 3 and min(array.shape[1:]) > 3):
            scaled = _unit_range(array)
            if scaled.ndim == 3 or scaled.shape[-1] == 1:
                return scaled.reshape(scaled.shape[:3])
            # A fourth channel is opacity; other numbers of channels are no colours.
            return scaled[..., :3] if scaled.shape[-1] in (3, 4) else scaled.mean(axis=-1)
    return None


def _unit_range(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array / 255.0
    # One NaN would make the minimum, the maximum and with them all pixels NaN.
    array = np.nan_to_num(array.astype(np.float64))
    low, high = array.min(), array.max()
    # Floats do not tell their range: above 1 they were bytes, below 0 they were centred.
    if low >= 0 and high <= 255:
        return array / (255.0 if high > 1 else 1.0)
    return (array - low) / max(high - low, 1e-12)


def show(axes: Axes, image: np.ndarray, edge: str = FAINT) -> None:
    """Draw an image in a thin frame.

    Args:
        axes: to draw on.
        image: `(height, width)` or `(height, width, 3)`, bytes or from 0 to 1.
        edge: colour of the frame; one that stands out is drawn thicker.
    """
    smoothing = "nearest" if max(image.shape[:2]) <= _SMALL else "antialiased"
    # matplotlib ignores the colour map and its range where an image has three channels.
    axes.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation=smoothing)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set(visible=True, color=edge, linewidth=0.8 if edge == FAINT else 2)


def write_below(
    axes: Axes, text: str, points: float, color: str, weight: str = "normal", size: float = 8.5
) -> None:
    """Write a line of text below an image.

    Args:
        axes: with the image.
        text: what to write.
        points: how far below the image.
        color: of the text.
        weight: of the text.
        size: of the text, in points.
    """
    axes.annotate(
        text,
        (0.5, 0),
        (0, -points),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="top",
        color=color,
        weight=weight,
        fontsize=size,
    )


def picture_grid(
    figure: Figure, images: np.ndarray, rows: Sequence[str] = (), columns: int | None = None
) -> None:
    """Fill a figure with a grid of images.

    Args:
        figure: without axes; its height is set for the grid, its width is kept.
        images: `(images, height, width, 1 or 3)`, bytes or from 0 to 1, row by row.
        rows: name of each row, at its left.
        columns: images in a row; by default as many as rows have.
    """
    count = len(images)
    columns = columns or (-(-count // len(rows)) if rows else int(np.ceil(np.sqrt(count))))
    height = -(-count // columns)
    ratio = images.shape[1] / images.shape[2]
    # Names take the room of an inch.
    side = (figure.get_figwidth() - bool(rows) - 0.2) / columns
    figure.set_figheight(0.5 + height * side * ratio)
    pixels = as_bytes(images) if images.dtype != np.uint8 else images
    grid = mosaic(pixels, columns, max(1, round(images.shape[2] / 14)))
    axes = figure.add_subplot()
    smoothing = "nearest" if max(images.shape[1:3]) <= _SMALL else "antialiased"
    shown = grid[..., 0] if grid.shape[-1] == 1 else grid
    axes.imshow(shown, cmap="gray", vmin=0, vmax=255, interpolation=smoothing)
    axes.grid(False)
    axes.spines[:].set(visible=False)
    centre = grid.shape[0] / height
    places = [(number + 0.5) * centre for number in range(len(rows))]
    axes.set(xticks=[])
    axes.set_yticks(places, list(rows))


@style()
def film_strip(evaluation: Evaluation) -> Figure | None:
    """What the model made of the same codes, or of the same inputs, at several epochs."""
    if not evaluation.film:
        return None
    frames = [images for _, images in evaluation.film]
    epochs = [epoch for epoch, _ in evaluation.film]
    figure = Figure(figsize=(WIDTH, 3))
    picture_grid(figure, np.concatenate(frames), [f"epoch {epoch}" for epoch in epochs])
    same = "codes" if hasattr(evaluation.model, "snapshot") else "inputs"
    told = f"from epoch {epochs[0]} to epoch {epochs[-1]}"
    set_title(figure, f"The same {same} in each row, {told}")
    return figure
