"""Figures of an image classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.calibration import confidence
from kerasrecipes.reports.classification import Predictions, confusion_matrix, predictions
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import MUTED, WIDTH, WRONG, set_title, style

# Three rows at most.
_COLUMNS, _MOST = 6, 18
_TIMES = 3  # that an image is shown augmented
_OF_EXAMPLES = ("randaugment", "cutout", "mixup", "cutmix")  # what changes images as they are taken


@style()
def worst_mistakes(evaluation: Evaluation) -> Figure | None:
    """The most confident mistakes: the predicted class and the true class, each with its
    probability.
    """
    given = predictions(evaluation)
    if given is None or given.right.all():
        return None
    wrong = np.flatnonzero(~given.right)
    # Stable, so that equal confidences keep the order of the split.
    chosen = wrong[np.argsort(-given.confidence[wrong], kind="stable")][:_MOST]
    images = displayable(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    rows = -(-len(chosen) // _COLUMNS)
    height = 0.45 + 1.4 * min(
        max(images.shape[1] / images.shape[2], 0.5), 2
    )  # inches, with two lines of text
    figure = Figure(figsize=(WIDTH, 0.4 + rows * height))
    for place, number in enumerate(chosen):
        _draw_mistake(figure.add_subplot(rows, _COLUMNS, place + 1), images[place], given, number)
    which = f"The {len(chosen)} most confident of" if len(chosen) < len(wrong) else "All"
    mistakes = formatting.counted(len(wrong), "mistake")
    total = formatting.counted(len(given.right), "image")
    set_title(figure, f"{which} {mistakes} in {total}, the most confident first")
    return figure


def _draw_mistake(axes: Axes, image: np.ndarray, given: Predictions, number: int) -> None:
    show(axes, image)
    row = given.probabilities[number]
    predicted, truth = given.predicted[number], given.truth[number]
    for which, lead, color, weight, below in (
        (predicted, "", WRONG, "bold", 4),
        (truth, "truth ", MUTED, "normal", 16),
    ):
        text = f"{lead}{formatting.shortened(given.names[which], 11)} · {_chance(row[which])}"
        write_below(axes, text, below, color, weight)


def _chance(probability: float) -> str:
    # Rounded to 0 or 100 %, a softmax would seem certain.
    return (
        "<1%"
        if probability < 0.005
        else f"{100 * min(probability, 0.999):.0f}%"
        if probability < 0.995
        else ">99%"
    )


@style()
def augmented_examples(evaluation: Evaluation) -> Figure | None:
    """Training images as they are, above, and as the training saw them; where images are blended,
    with what is left of the label.
    """
    # Modules that load Keras; the figures before this one do without.
    from keras import ops

    from kerasrecipes.models.augmentation import NAMES
    from kerasrecipes.training import model_outputs

    examples: Any = evaluation.train
    if examples is None or len(examples) < _COLUMNS:
        return None
    layers = [layer for layer in evaluation.model.layers if layer.name in NAMES]
    done = [name for name in _OF_EXAMPLES if evaluation.settings.get(name)]
    if not (layers or done):
        return None
    plain = examples
    while hasattr(plain, "examples"):
        plain = plain.examples
    chosen = np.linspace(0, len(examples) - 1, _COLUMNS).astype(int)
    original = displayable(plain.take(chosen)[0])
    if original is None:
        return None
    high = 1.62 * original.shape[1] / original.shape[2]  # inches, with a line of text
    figure = Figure(figsize=(WIDTH, 0.4 + (_TIMES + 1) * high))
    panels = figure.subplots(_TIMES + 1, _COLUMNS, squeeze=False)
    for axes, image in zip(panels[0], original, strict=True):
        show(axes, image)
    with model_outputs.fixed_seeds(evaluation.model):
        for row in range(1, _TIMES + 1):
            # In another order an image is drawn otherwise, and has another partner.
            order = np.roll(np.arange(_COLUMNS), row)
            images, labels = examples.take(chosen[order])[:2]
            for layer in layers:
                images = layer(images, training=True)
            seen = np.clip(ops.convert_to_numpy(images), 0, 255).astype(np.uint8)
            for place, image, label in zip(order, seen, labels, strict=True):
                show(panels[row, place], image[..., 0] / 255 if image.shape[-1] == 1 else image)
                if np.ndim(label) and np.max(label) < 0.999:
                    text = _parts(label, evaluation.info.classes)
                    write_below(panels[row, place], text, 4, MUTED)
    panels[0, 0].set_ylabel("as it is", color=MUTED)
    for row in range(1, _TIMES + 1):
        panels[row, 0].set_ylabel("in training", color=MUTED)
    names = ", ".join([*(layer.name for layer in layers), *done])
    set_title(figure, f"What the training sees: {names}")
    return figure


def _parts(label: np.ndarray, classes: Any) -> str:
    """Name the two largest parts of a blended label."""
    first, second = np.argsort(-label, kind="stable")[:2]
    names = classes or [str(number) for number in range(len(label))]
    return " + ".join(
        f"{formatting.shortened(names[which], 8)} {100 * label[which]:.0f} %"
        for which in (first, second)
        if label[which] > 0
    )


CLASSIFICATION_FIGURES = (
    *(curves, confusion_matrix, worst_mistakes, confidence, augmented_examples),
)
