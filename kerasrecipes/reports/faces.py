"""Figures of several outputs of a face: faces with what is told of them, and each output's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.data.images.faces import FacePreprocessor, is_known
from kerasrecipes.inference.faces import known_of
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import classification, tables
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import MUTED, RIGHT, WIDTH, WRONG, set_title, style

_COLUMNS, _ROWS = 6, 2


@style()
def faces_and_answers(evaluation: Evaluation) -> Figure | None:
    """Faces of the split and what the model tells of them; what is wrong, and ages that are off by
    ten years or more, are followed by what is right.
    """
    count = min(len(evaluation.examples), _COLUMNS * _ROWS)
    if not count:
        return None
    chosen = np.unique(np.linspace(0, len(evaluation.examples) - 1, count).astype(int))
    images = displayable(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    preprocessor = FacePreprocessor.of(evaluation.info)
    lines, rows = len(preprocessor.outputs), -(-len(chosen) // _COLUMNS)
    side = WIDTH / _COLUMNS * images.shape[1] / images.shape[2]
    figure = Figure(figsize=(WIDTH, rows * (side + 0.18 * lines + 0.1) + 0.5))
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in panels[len(chosen) :]:
        axes.set_visible(False)
    told, wrong = 0, 0
    for axes, image, number in zip(panels, images, chosen, strict=False):
        show(axes, image)
        for line, name in enumerate(preprocessor.outputs):
            text, right = _said(evaluation, preprocessor, name, int(number))
            told, wrong = told + (right is not None), wrong + (right is False)
            colour = MUTED if right is None else RIGHT if right else WRONG
            write_below(axes, text, 4 + 12 * line, colour)
    set_title(figure, f"{told - wrong} of {told} answers to these faces are right")
    return figure


def _said(
    evaluation: Evaluation, preprocessor: FacePreprocessor, name: str, number: int
) -> tuple[str, bool | None]:
    """Return what is told of a face, and whether it is right; `None` if that is not known."""
    output = np.asarray(evaluation.outputs[name][number])
    label = np.asarray(evaluation.labels[name])[number : number + 1]
    known, classes = bool(is_known(label)[0]), preprocessor.classes(name)
    if classes:
        given, truth = classes[int(output.argmax())], classes[int(label[0])] if known else ""
        right = given == truth
    else:
        age, own = float(output.reshape(-1)[0]), float(label.reshape(-1)[0])
        given, truth = f"{age:.0f} years", f"{own:.0f}"
        right = abs(age - own) < 10
    if not known:
        return given, None
    return (given if right else f"{given} ({truth})"), right


def _part(evaluation: Evaluation, name: str) -> Evaluation | None:
    """Return the evaluation of one output, over the faces whose label is known."""
    preprocessor = FacePreprocessor.of(evaluation.info)
    pair = known_of(evaluation, name) if name in preprocessor.outputs else None
    if pair is None:
        return None
    classes = preprocessor.classes(name)
    changes: Any = {"classes": classes} if classes else {"task": "regression", "targets": (name,)}
    labels, outputs = pair
    return replace(
        evaluation, labels=labels, outputs=outputs, info=replace(evaluation.info, **changes)
    )


def emotions(evaluation: Evaluation) -> Figure | None:
    """Confusion matrix of the emotions, of the faces whose emotion is known."""
    part = _part(evaluation, "emotion")
    return None if part is None else classification.confusion_matrix(part)


def genders(evaluation: Evaluation) -> Figure | None:
    """Confusion matrix of the genders, of the faces whose gender is known."""
    part = _part(evaluation, "gender")
    return None if part is None else classification.confusion_matrix(part)


def ages(evaluation: Evaluation) -> Figure | None:
    """Predicted against true ages, and the distribution of the residuals."""
    part = _part(evaluation, "age")
    return None if part is None else tables.predicted_and_true(part)


FACE_FIGURES = (curves, faces_and_answers, emotions, genders, ages)
