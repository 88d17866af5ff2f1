"""Age, gender and emotion of faces in a user's own photographs, and scores of a split."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.images.faces import FacePreprocessor, is_known
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.image_explanations import Method, heat_map
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.metrics import task_metrics
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 128  # images that are in memory at a time


def describe(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    explain: bool = False,
    method: Method = "occlusion",
    of: str = "",
) -> list[Answer]:
    """Tell age, gender and emotion, as far as the model has learned them.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.
        explain: whether to show where in each image the answer comes from.
        method: of the explanation: occlusion, from what is lost where a part is hidden, or
            integrated gradients, pixel by pixel.
        of: output that is explained, such as emotion; by default the last.

    Returns:
        For each image an answer with `age` in years, `gender` and `emotion`, and the probabilities
        of these. A file in a folder that is not a readable image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, or there is no such
            output.
    """
    preprocessor = FacePreprocessor.of(run.info)
    if of and of not in preprocessor.outputs:
        raise unknown("output", of, preprocessor.outputs)
    answers: list[Answer] = []
    for batch in image_batches(inputs, preprocessor.image.file, BATCH):
        images = [image for _, image in batch if not isinstance(image, UserError)]
        found = model_outputs.of_arrays(run.model, np.stack(images), BATCH) if images else {}
        number = 0
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            own = {output: rows[number] for output, rows in found.items()}
            number += 1
            notes = ["the image is blank"] if image.min() == image.max() else []
            told = _told(own, preprocessor)
            shown = _explained(run, image, own, told, method, of) if explain else None
            answers.append(Answer(input=name, details=told, explanation=shown, notes=notes))
    if not answers:
        raise UserError("there is no image to look at; name image files or a folder of them")
    return answers


def _explained(
    run: Any,
    image: np.ndarray,
    own: Mapping[str, np.ndarray],
    told: Mapping[str, Any],
    method: Method,
    of: str,
) -> HeatMap:
    """Show what the probability of a class, or the age, depends on."""
    preprocessor = FacePreprocessor.of(run.info)
    name = of or preprocessor.outputs[-1]
    index = int(own[name].argmax()) if preprocessor.classes(name) else 0
    return heat_map(
        run.model, image, lambda outputs: outputs[name][:, index], method, f"{name}: {told[name]}"
    )


def _told(outputs: Mapping[str, np.ndarray], preprocessor: FacePreprocessor) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in preprocessor.outputs:
        row, classes = outputs[name], preprocessor.classes(name)
        if not classes:
            told[name] = round(max(0.0, float(row.reshape(-1)[0])), 1)
            continue
        best = int(row.argmax())
        told[name] = classes[best]
        told[f"{name}_probability"] = round(float(row[best]), 4)
    return told


def known_of(evaluation: Evaluation, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the labels and outputs of the examples whose label is known.

    Args:
        evaluation: of a split.
        name: of the output.

    Returns:
        Both `(examples, …)`; `None` if there are none.
    """
    labels, outputs = evaluation.labels, evaluation.outputs
    if not isinstance(labels, Mapping) or name not in labels or name not in outputs:
        return None
    known = is_known(np.asarray(labels[name]))
    return (
        (np.asarray(labels[name])[known], np.asarray(outputs[name])[known]) if known.any() else None
    )


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute metrics of each output over the faces whose label is known.

    Args:
        evaluation: of a split.

    Returns:
        Such as `gender_accuracy`, `emotion_macro_f1` and `age_mean_absolute_error`, and `by_target`
        with those of each output.
    """
    preprocessor = FacePreprocessor.of(evaluation.info)
    found: dict[str, Any] = {}
    for name in preprocessor.outputs:
        pair = known_of(evaluation, name)
        if pair is None:
            continue
        task = "multiclass" if preprocessor.classes(name) else "regression"
        own = task_metrics.measure(task, *pair)
        found |= {f"{name}_{metric}": v for metric, v in own.items() if isinstance(v, float)}
    return found


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Answer each face with the mean age and the most frequent classes of the training.

    Args:
        evaluation: of a split, with the training images.

    Returns:
        The baseline; `None` where the training labels are not at hand.
    """
    train: Any = evaluation.train
    if train is None or not len(train) or not isinstance(getattr(train, "y", None), dict):
        return None
    preprocessor, count = FacePreprocessor.of(evaluation.info), len(evaluation.examples)
    outputs: dict[str, np.ndarray] = {}
    for name in preprocessor.outputs:
        classes, labels = preprocessor.classes(name), train.y[name]
        known = labels[is_known(labels)]
        if classes:
            shares = np.bincount(known, minlength=len(classes)) / len(known)
            outputs[name] = np.tile(shares.astype(np.float32), (count, 1))
        else:
            outputs[name] = np.full((count, 1), known.mean(), np.float32)
    return Baseline("mean age and most frequent classes", outputs=outputs)
