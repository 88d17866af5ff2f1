"""Figures of a convolutional network: filters, feature maps, Grad-CAM and nearest neighbours."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.interpret import grad_cam as cam
from kerasrecipes.interpret.grad_cam import feature_maps, grad_cam
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.classification import Predictions, predictions
from kerasrecipes.reports.explain import show_heat
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import FAINT, INK, MUTED, RIGHT, WIDTH, WRONG, set_title, style

__all__ = ["SEEING_FIGURES", "feature_maps", "grad_cam"]

# Images under Grad-CAM, feature maps of a layer, neighbours of an image: what a row takes.
_MOST, _ACROSS, _NEIGHBOURS = 6, 8, 6
_EMBEDDED = 96  # images that are run through the model where their features are not known


@style()
def attention(evaluation: Evaluation) -> Figure | None:
    """Grad-CAM: the regions that speak most for the predicted class, of the most confident mistakes
    first; above each the plain image.

    Reference:
        [Grad-CAM: Visual Explanations from Deep Networks](https://arxiv.org/abs/1610.02391)
        (Selvaraju et al., 2016)
    """
    given = predictions(evaluation)
    if given is None or not _is_convolutional(evaluation.model):
        return None
    # lexsort takes the last key first: mistakes, and among them the most confident.
    chosen = np.lexsort((-given.confidence, given.right))[:_MOST]
    images = evaluation.examples.take(chosen)[0]
    heat = grad_cam(evaluation.model, images, given.predicted[chosen].tolist())
    shown = _images(images)
    height = 1.85 * WIDTH / _MOST * images.shape[1] / images.shape[2]
    figure = Figure(figsize=(WIDTH, 0.7 + height))
    for place, number in enumerate(chosen):
        for row in range(2):
            axes = figure.add_subplot(2, _MOST, place + 1 + row * _MOST)
            show(axes, shown[place])
            if row:
                show_heat(axes, heat[place])
        _name(axes, given, number)
    wrong = int((~given.right[chosen]).sum())
    title = (
        "Where the model looked in its most confident mistakes"
        if wrong
        else "Where the model looked in its most confident predictions"
    )
    set_title(
        figure, title + (f", and {_MOST - wrong} right answers" if 0 < wrong < len(chosen) else "")
    )
    return figure


def _name(axes: Axes, given: Predictions, number: int) -> None:
    right, predicted, truth = given.right[number], given.predicted[number], given.truth[number]
    answer = formatting.shortened(given.names[predicted], 18)
    write_below(axes, answer, 4, RIGHT if right else WRONG, "bold")
    if not right:
        write_below(axes, formatting.shortened(f"truth {given.names[truth]}", 18), 16, MUTED)


@style()
def first_filters(evaluation: Evaluation) -> Figure | None:
    """Filters of the first convolution, each scaled to its own range: the edges and colours to
    which they respond.
    """
    kernels = cam.filters(evaluation.model) if _is_convolutional(evaluation.model) else None
    # Only filters of gray or RGB images can be drawn as images.
    if kernels is None or kernels.shape[-1] not in (1, 3):
        return None
    # Four rows of 16.
    kernels = kernels[:64]
    low = kernels.min(axis=(1, 2, 3), keepdims=True)
    width = kernels.max(axis=(1, 2, 3), keepdims=True) - low
    flat = width < 1e-6
    # A constant filter has no range to be scaled to and is drawn gray.
    kernels = np.where(flat, 0.5, (kernels - low) / np.where(flat, 1.0, width))
    across = 16
    rows = -(-len(kernels) // across)
    figure = Figure(figsize=(WIDTH, 0.5 + rows * WIDTH / across))
    for place, kernel in enumerate(kernels):
        axes = figure.add_subplot(rows, across, place + 1)
        show(axes, kernel if kernel.shape[-1] == 3 else kernel[..., 0])
    set_title(
        figure,
        f"The {len(kernels)} filters of the first layer, {kernels.shape[1]} × {kernels.shape[2]} "
        "pixels each",
    )
    return figure


@style()
def maps_by_depth(evaluation: Evaluation) -> Figure | None:
    """Feature maps of one image by depth: low layers respond to edges, high layers to shapes."""
    if not _is_convolutional(evaluation.model) or not len(evaluation.examples):
        return None
    image = evaluation.examples.take(np.array([0]))[0][0]
    found = list(feature_maps(evaluation.model, image).items())[-5:]
    figure = Figure(figsize=(WIDTH, 0.5 + len(found) * (WIDTH / (_ACROSS + 1) - 0.02)))
    for row, (name, maps) in enumerate(found):
        first = figure.add_subplot(len(found), _ACROSS + 1, row * (_ACROSS + 1) + 1)
        _label(first, name, maps, _images(image[None])[0] if row == 0 else None)
        strongest = np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:_ACROSS]
        for place, channel in enumerate(strongest):
            axes = figure.add_subplot(len(found), _ACROSS + 1, row * (_ACROSS + 1) + place + 2)
            axes.imshow(maps[..., channel], cmap="magma", interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    set_title(
        figure,
        f"One image in {len(found)} layers, the {_ACROSS} feature maps with the greatest variance",
    )
    return figure


def _label(axes: Axes, name: str, maps: np.ndarray, image: np.ndarray | None) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.grid(False)
    if image is not None:
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
    else:
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    lines = "\n".join([formatting.shortened(name, 15), " × ".join(map(str, maps.shape))])
    if image is None:
        axes.text(1, 0.5, lines, ha="right", va="center", fontsize=7.5, color=INK)
    else:
        axes.annotate(
            lines,
            (0.5, 0),
            (0, -3),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=7.5,
            color=INK,
        )


@style()
def neighbours(evaluation: Evaluation) -> Figure | None:
    """Nearest neighbours of an image by the cosine similarity of the features before the last
    layer; a frame marks another class.
    """
    given = predictions(evaluation)
    # An example is not among its own neighbours, so there must be one more than is shown.
    if given is None or len(given.truth) <= _NEIGHBOURS or not _is_convolutional(evaluation.model):
        return None
    indices, vectors = _features(evaluation)
    if vectors is None:
        return None
    truth = given.truth[indices]
    # The first examples of the first classes, four in all.
    known = np.unique(truth)[:4]
    chosen = np.concatenate([np.flatnonzero(truth == label)[: 4 // len(known)] for label in known])
    near = cam.nearest(vectors, chosen.tolist(), _NEIGHBOURS)
    rows = np.concatenate([chosen[:, None], near], axis=1)  # (rows, 1 + neighbours)
    shown = _images(evaluation.examples.take(indices[rows.reshape(-1)])[0])
    figure = Figure(figsize=(WIDTH, 0.5 + len(chosen) * (WIDTH / (_NEIGHBOURS + 1) + 0.08)))
    for place, other in enumerate(rows.reshape(-1)):
        axes = figure.add_subplot(len(rows), 1 + _NEIGHBOURS, place + 1)
        row, column = divmod(place, 1 + _NEIGHBOURS)
        first, same = column == 0, truth[other] == truth[rows[row, 0]]
        show(axes, shown[place], edge=FAINT if same else WRONG)
        color = INK if first else MUTED if same else WRONG
        name = formatting.shortened(given.names[truth[other]], 14)
        write_below(axes, name, 4, color, "bold" if first else "normal")
    share = np.mean(truth[near] == truth[chosen][:, None])
    set_title(
        figure,
        f"Nearest neighbours: {percent(float(share))} of those shown are of the same class",
    )
    return figure


def _features(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray | None]:
    """Return indices of examples and their features: of all where they are known, else of some."""
    count = len(evaluation.examples)
    if evaluation.features is not None:
        return np.arange(count), np.asarray(evaluation.features)
    # Evenly over the split, which may be sorted by class.
    indices = np.unique(np.linspace(0, count - 1, min(_EMBEDDED, count)).astype(int))
    return indices, cam.embeddings(evaluation.model, evaluation.examples.take(indices)[0])


def _images(batch: np.ndarray) -> np.ndarray:
    images = displayable(batch)
    assert images is not None, "a convolution over pixels takes images"
    return images


def _is_convolutional(model: keras.Model) -> bool:
    """Return whether a model is built of layers of which one is a convolution over pixels."""
    try:
        return cam.filters(model) is not None
    except ValueError:
        return False


SEEING_FIGURES = (attention, first_filters, maps_by_depth, neighbours)
