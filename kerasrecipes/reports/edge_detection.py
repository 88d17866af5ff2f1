"""Figures of a convolution: its kernel, its padding and stride, and the kinds of pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import layers, ops
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.data.images.filters import EdgePreprocessor
from kerasrecipes.layers.pooling import L2Pooling2D, MinPooling2D
from kerasrecipes.metrics.names import number
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.style import FAINT, INK, WIDTH, set_title, style


@style()
def learned_kernel(evaluation: Evaluation) -> Figure | None:
    """The learned kernel beside the filter that computed the labels, and the response of each to an
    image.
    """
    truth, learned = _kernels(evaluation)
    image = _image(evaluation)
    seen = np.asarray(evaluation.model.predict(image[None], verbose=0))[0, ..., 0]
    figure = Figure(figsize=(WIDTH, 5.6))
    panels = figure.subplots(2, 3)
    _draw_kernel(panels[0, 0], truth, "the filter")
    _draw_kernel(panels[0, 1], learned, "the learned kernel")
    _draw_kernel(panels[0, 2], learned - truth, "the difference")
    # A response of zeros everywhere would leave the colour scale without a width.
    limit = np.abs(seen).max() or 1
    _draw(panels[1, 0], image[..., 0], "an image")
    _draw(panels[1, 1], _filtered(image, truth), "its edges by the filter", limit)
    _draw(panels[1, 2], seen, "by the learned kernel", limit)
    worst = f"{np.abs(learned - truth).max():.1g}"
    set_title(figure, f"No weight of the learned kernel is off by more than {worst}")
    return figure


@style()
def padding_and_stride(evaluation: Evaluation) -> Figure | None:
    """Size of the output of a convolution by its padding and stride."""
    kernel, image = _kernels(evaluation)[1], _image(evaluation)
    figure = Figure(figsize=(WIDTH, 5.8))
    panels = figure.subplots(2, 3)
    for row, padding in enumerate(("valid", "same")):
        for column, stride in enumerate((1, 2, 3)):
            found = _filtered(image, kernel, padding, stride)
            title = f"padding={padding}, stride {stride}: {_size(found)}"
            _draw(panels[row, column], found, title, np.abs(found).max() or 1)
    set_title(figure, f"An image of {_size(image)} under a kernel of 3 × 3")
    return figure


@style()
def pooling_kinds(evaluation: Evaluation) -> Figure | None:
    """Pooling over windows of 2 × 2 pixels by maximum, minimum, mean and L2 norm, and global
    pooling.
    """
    image = _image(evaluation).astype("float32")
    kinds = {
        "max": layers.MaxPooling2D(2),
        "min": MinPooling2D(2),
        "average": layers.AveragePooling2D(2),
        "L2": L2Pooling2D(2),
    }
    figure = Figure(figsize=(WIDTH, 5.4))
    panels = figure.subplots(2, 3).ravel()
    _draw(panels[0], image[..., 0], f"the image, {_size(image)}")
    # The sixth panel is left for global pooling.
    for axes, (name, layer) in zip(panels[1:], kinds.items(), strict=False):
        pooled = np.asarray(ops.convert_to_numpy(layer(image[None])))[0, ..., 0]
        _draw(axes, pooled, f"{name}, {_size(pooled)}")
    values = {"maximum": image.max(), "average": image.mean(), "minimum": image.min()}
    axes = panels[5]
    axes.barh(list(values), list(values.values()), color=INK, height=0.5)
    for place, value in enumerate(values.values()):
        axes.text(value + 4, place, number(float(value)), va="center")
    # Pixels end at 255; beyond it is room for the numbers.
    axes.set(title="global: one number each", xlim=(0, 330), xticks=[])
    axes.invert_yaxis()
    set_title(figure, "Pooling over 2 × 2: a quarter of the pixels is left")
    return figure


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[0]} × {pixels.shape[1]}"


def _kernels(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    layer = evaluation.model.get_layer("edges")
    kernel = EdgePreprocessor.of(evaluation.info).kernel
    return np.array(kernel), np.asarray(layer.get_weights()[0])[..., 0, 0]


def _image(evaluation: Evaluation) -> np.ndarray:
    """Choose the image with the most contrast of the first hundred, `(height, width, 1)`."""
    count = min(100, len(evaluation.examples))
    images = np.asarray(evaluation.examples.take(np.arange(count))[0])
    return images[images.reshape(count, -1).std(axis=1).argmax()]


def _filtered(
    image: np.ndarray, kernel: np.ndarray, padding: str = "valid", stride: int = 1
) -> np.ndarray:
    # Scaled as in the model, so that the two responses have one range.
    x = ops.convert_to_tensor(image[None] / 255, dtype="float32")
    weights = ops.convert_to_tensor(kernel[..., None, None], dtype="float32")
    # `ops.conv` takes its default layout from keras.json.
    found = ops.conv(x, weights, strides=stride, padding=padding, data_format="channels_last")
    return ops.convert_to_numpy(found)[0, ..., 0]


def _draw(axes: Axes, pixels: np.ndarray, title: str, limit: float | None = None) -> None:
    colors: dict[str, Any] = (
        # Responses have a sign: symmetric limits put zero at the white middle of the scale.
        {"cmap": "gray"} if limit is None else {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
    )
    axes.imshow(pixels, interpolation="nearest", **colors)
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=FAINT)


def _draw_kernel(axes: Axes, kernel: np.ndarray, title: str) -> None:
    axes.imshow(kernel, cmap="RdBu", vmin=-2, vmax=2)
    for (row, column), value in np.ndenumerate(kernel):
        # What training leaves of a zero would otherwise be written as -3.21e-05.
        text = f"{value:.3g}" if abs(value) >= 5e-4 else "0"
        axes.text(column, row, text, ha="center", va="center", fontsize=9)
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=FAINT)


EDGE_FIGURES = (curves, learned_kernel, padding_and_stride, pooling_kinds)
