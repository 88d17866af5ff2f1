"""Figures of what a network sees: its filters, its feature maps, where it looks, and what it finds
alike.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.interpret import grad_cam as looking
from kerasrecipes.interpret.grad_cam import feature_maps, grad_cam
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.classification import Answers, answers
from kerasrecipes.reports.explain import show_heat
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import FAINT, INK, MUTED, RIGHT, WIDTH, WRONG, set_title, style

__all__ = ["SEEING_FIGURES", "feature_maps", "grad_cam"]

_MOST, _ACROSS, _NEIGHBOURS = 6, 8, 6
_LOOKED_AT = 96  # images that are run through the model where their features are not known


@style()
def attention(evaluation: Evaluation) -> Figure | None:
    """Where the model looked (Grad-CAM): the surest mistakes first, above each the image as it
    is.
    """
    given = answers(evaluation)
    if given is None or not _sees(evaluation.model):
        return None
    chosen = np.lexsort((-given.confidence, given.right))[:_MOST]
    images = evaluation.examples.take(chosen)[0]
    heat = grad_cam(evaluation.model, images, given.predicted[chosen])
    shown = displayable(images)
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
        "Where it looked in its surest mistakes"
        if wrong
        else "Where it looked in the images it is surest of"
    )
    set_title(
        figure, title + (f", and {_MOST - wrong} right answers" if 0 < wrong < len(chosen) else "")
    )
    return figure


def _name(axes: Axes, given: Answers, number: int) -> None:
    right, predicted, truth = given.right[number], given.predicted[number], given.truth[number]
    answer = formatting.shortened(given.names[predicted], 18)
    write_below(axes, answer, 4, RIGHT if right else WRONG, "bold")
    if not right:
        write_below(axes, formatting.shortened(f"truth {given.names[truth]}", 18), 16, MUTED)


@style()
def first_filters(evaluation: Evaluation) -> Figure | None:
    """The filters of the first convolution, each scaled to its own range: the edges and colours it
    answers to.
    """
    kernels = looking.filters(evaluation.model) if _sees(evaluation.model) else None
    if kernels is None or kernels.shape[-1] not in (1, 3):
        return None
    kernels = kernels[:64]
    low, high = (
        kernels.min(axis=(1, 2, 3), keepdims=True),
        kernels.max(axis=(1, 2, 3), keepdims=True),
    )
    dead = high - low < 1e-6
    kernels = np.where(dead, 0.5, (kernels - low) / np.where(dead, 1.0, high - low))
    across = 16
    rows = -(-len(kernels) // across)
    figure = Figure(figsize=(WIDTH, 0.5 + rows * WIDTH / across))
    for place, kernel in enumerate(kernels):
        axes = figure.add_subplot(rows, across, place + 1)
        show(axes, kernel if kernel.shape[-1] == 3 else kernel[..., 0])
    set_title(
        figure,
        f"The {len(kernels)} filters of the first layer, {kernels.shape[1]} x {kernels.shape[2]} pixels each",
    )
    return figure


@style()
def maps_by_depth(evaluation: Evaluation) -> Figure | None:
    """What the layers make of one image, from the first to the last: edges low, shapes high."""
    if not _sees(evaluation.model) or not len(evaluation.examples):
        return None
    image = evaluation.examples.take(np.array([0]))[0][0]
    found = list(feature_maps(evaluation.model, image).items())[-5:]
    figure = Figure(figsize=(WIDTH, 0.5 + len(found) * (WIDTH / (_ACROSS + 1) - 0.02)))
    for row, (name, maps) in enumerate(found):
        first = figure.add_subplot(len(found), _ACROSS + 1, row * (_ACROSS + 1) + 1)
        _label(first, name, maps, displayable(image[None])[0] if row == 0 else None)
        strongest = np.argsort(-maps.std(axis=(0, 1)), kind="stable")[:_ACROSS]
        for place, channel in enumerate(strongest):
            axes = figure.add_subplot(len(found), _ACROSS + 1, row * (_ACROSS + 1) + place + 2)
            axes.imshow(maps[..., channel], cmap="magma", interpolation="nearest")
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    set_title(
        figure, f"One image in {len(found)} layers, the {_ACROSS} liveliest feature maps of each"
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
    lines = "\n".join([formatting.shortened(name, 15), " x ".join(map(str, maps.shape))])
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
    """Images and, to the right of each, those that the model finds most alike; a frame marks
    another class.
    """
    given = answers(evaluation)
    if given is None or len(given.truth) <= _NEIGHBOURS or not _sees(evaluation.model):
        return None
    numbers, vectors = _vectors(evaluation)
    if vectors is None:
        return None
    truth = given.truth[numbers]
    chosen = _some_of_each(truth, 4)
    near = looking.nearest(vectors, chosen, _NEIGHBOURS)
    rows = np.concatenate([chosen[:, None], near], axis=1)  # (rows, 1 + neighbours)
    shown = displayable(evaluation.examples.take(numbers[rows.reshape(-1)])[0])
    figure = Figure(figsize=(WIDTH, 0.5 + len(chosen) * (WIDTH / (_NEIGHBOURS + 1) + 0.08)))
    for place, other in enumerate(rows.reshape(-1)):
        axes = figure.add_subplot(*rows.shape, place + 1)
        first, same = (
            place % rows.shape[1] == 0,
            truth[other] == truth[rows[place // rows.shape[1], 0]],
        )
        show(axes, shown[place], edge=FAINT if same else WRONG)
        color = INK if first else MUTED if same else WRONG
        name = formatting.shortened(given.names[truth[other]], 14)
        write_below(axes, name, 4, color, "bold" if first else "normal")
    share = np.mean(truth[near] == truth[chosen][:, None])
    set_title(
        figure,
        f"Most alike in the model's eyes: {formatting.percent(float(share))} of these neighbours are of the same class",
    )
    return figure


def _vectors(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray | None]:
    """Give the model's vectors of examples, and those examples' numbers: all where they are at
    hand, else some.
    """
    count = len(evaluation.examples)
    if evaluation.features is not None:
        return np.arange(count), np.asarray(evaluation.features)
    numbers = np.unique(np.linspace(0, count - 1, min(_LOOKED_AT, count)).astype(int))
    return numbers, looking.embeddings(evaluation.model, evaluation.examples.take(numbers)[0])


def _some_of_each(labels: np.ndarray, most: int) -> np.ndarray:
    """Give the first examples of the first classes, as many of each as there is room for."""
    known = np.unique(labels)[:most]
    return np.concatenate(
        [np.flatnonzero(labels == label)[: most // len(known)] for label in known]
    )


def _sees(model: keras.Model) -> bool:
    """Tell whether a model makes feature maps of images and is built of layers."""
    try:
        return looking.filters(model) is not None
    except ValueError:
        return False


SEEING_FIGURES = (attention, first_filters, maps_by_depth, neighbours)
