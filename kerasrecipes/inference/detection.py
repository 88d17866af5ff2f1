"""Objects in a user's own photographs of any size, and the detections of a split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Box, Boxes
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.examples import Examples
from kerasrecipes.data.images.detection import CLASS, BoxPreprocessor
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.image_explanations import Method, heat_map
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.info import Info
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.detection import (
    RECALLS,
    SCORE,
    best_threshold,
    detection_metrics,
    matches,
    overlaps,
)
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 32  # images that are in memory at a time, with an answer for each location
MOST = 100  # detections of an image, as COCO counts them

_THRESHOLD = 0.3  # of a run that has not measured its own
_MOST_JUDGED = 300  # validation images by which the threshold is chosen, to bound its time
_MOST_COUNTED = 1500  # boxes of a class that the baseline looks at


def detect(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    threshold: float | None = None,
    overlap: float = 0.6,
    most: int = MOST,
    explain: bool = False,
    method: Method = "occlusion",
    of: str = "",
) -> list[Answer]:
    """Find the objects in images of any size.

    Args:
        run: has the trained `model`, the `info` of its data and its `metrics`.
        inputs: image files, folders of them, or contents of image files.
        threshold: least score, from 0 to 1, of what counts as found; by default that of the best F1
            on the validation split.
        overlap: intersection over union from which two boxes are of one object.
        most: objects of an image.
        explain: whether to show where in each image the answer comes from.
        method: of the explanation: occlusion, from what is lost where a part is hidden, or
            integrated gradients, pixel by pixel.
        of: class whose object is explained; by default that of the highest score.

    Returns:
        For each image `Boxes` in its own pixels. A file in a folder that is not a readable image is
        a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, or an option is out
            of its range.
    """
    for name, value in (("threshold", threshold), ("overlap", overlap)):
        if value is not None and not 0 <= value <= 1:
            raise UserError(f"--{name} {value:g}: expected a share from 0 to 1")
    if not 1 <= most <= 1000:
        raise UserError(f"--most {most}: expected a number from 1 to 1000")
    if threshold is None:
        measured = (getattr(run, "metrics", None) or {}).get("test", {})
        threshold = float(measured.get("threshold", _THRESHOLD))
    preprocessor, classes = BoxPreprocessor.of(run.info), run.info.classes
    if of and of not in classes:
        raise unknown("class", of, classes)
    suppression = run.model.suppression(overlap, most)
    answers: list[Answer] = []
    # One at a time: photographs are kept in their own size.
    for batch in image_batches(inputs, preprocessor.file, 1):
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            seen = preprocessor.image(as_image(image))[None]
            outputs = model_outputs.of_arrays(run.model, seen)
            rows = np.asarray(suppression(outputs))[0]
            boxes = _boxes(rows, classes, threshold, preprocessor.scale(image.shape[:2]), image)
            notes = ["the image is blank"] if image.min() == image.max() else []
            shown = _explained(run, seen[0], outputs[0], method, of) if explain else None
            answers.append(
                Boxes(input=name, boxes=boxes, image=image, explanation=shown, notes=notes)
            )
    if not answers:
        raise UserError("there is no image to look at; name image files or a folder of them")
    return answers


def _explained(run: Any, seen: np.ndarray, outputs: np.ndarray, method: Method, of: str) -> HeatMap:
    """Show what the score of the best object depends on."""
    from kerasrecipes.layers.detection import location_scores

    classes = run.info.classes
    asked = [classes.index(of)] if of else range(len(classes))
    scores = np.asarray(location_scores(outputs[None]))[0][:, asked]
    location, place = np.unravel_index(scores.argmax(), scores.shape)
    index = asked[int(place)]
    title = f"{classes[index]}, {100 * scores[location, place]:.1f} %"
    return heat_map(
        run.model,
        seen,
        lambda found: location_scores(found[:, int(location) : int(location) + 1])[:, 0, index],
        method,
        title,
    )


def _boxes(
    rows: np.ndarray, classes: Any, threshold: float, scale: float, image: np.ndarray
) -> tuple[Box, ...]:
    """Return the detections of an image in its own pixels."""
    height, width = image.shape[:2]
    found = []
    for row in rows[(rows[:, SCORE] >= threshold) & (rows[:, SCORE] > 0)]:
        left, top, right, bottom = np.clip(row[:4] / scale, 0, [width, height, width, height])
        if right > left and bottom > top:
            sides = (round(float(side), 1) for side in (left, top, right, bottom))
            found.append(Box(classes[int(row[5])], float(row[SCORE]), *sides))
    return tuple(found)


def answers(model: Any, info: Info, examples: Examples) -> np.ndarray:
    """Return the detections of a split.

    Args:
        model: trained, a `kerasrecipes.models.detector.Detector`.
        info: metadata of the data.
        examples: images with boxes.

    Returns:
        `(images, 100, 6)`: left, top, right, bottom, score, class, the best first.
    """
    suppression = model.suppression(most=MOST)
    found = []
    for start in range(0, len(examples), BATCH):
        indices = np.arange(start, min(start + BATCH, len(examples)))
        outputs = model_outputs.of_arrays(model, examples.take(indices)[0], BATCH)
        found.append(np.asarray(suppression(outputs)))
    return np.concatenate(found)


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute average precision, and the score of the best F1.

    Args:
        evaluation: of a split, its outputs from `answers`.

    Returns:
        See `kerasrecipes.metrics.detection.detection_metrics`; `threshold`, see `threshold_of`,
        where there is a validation split; and the line `precision_by_recall`, a mean over classes.
    """
    names = evaluation.info.classes or ()
    found = detection_metrics(evaluation.labels, evaluation.outputs, names)
    if not found:
        return {}
    lines = [
        matches(evaluation.labels, evaluation.outputs, index).precisions()
        for index, name in enumerate(names)
        if name in found["by_class"]
    ]
    line = list(zip(RECALLS[::5].tolist(), np.mean(lines, axis=0)[::5].tolist(), strict=True))
    threshold = threshold_of(evaluation)
    chosen = {} if threshold is None else {"threshold": threshold}
    return {**found, **chosen, "precision_by_recall": line}


def threshold_of(evaluation: Evaluation) -> float | None:
    """Choose the score from which detections have the best F1 on validation images.

    Args:
        evaluation: with a validation split, of which some hundred images are enough.

    Returns:
        A score; `None` without a validation split.
    """
    validation = evaluation.validation
    if validation is None or not len(validation):
        return None
    some = validation.sample(_MOST_JUDGED, 0)
    found = answers(evaluation.model, evaluation.info, some)
    labels = model_outputs.labels_of(some)
    return best_threshold(labels, found, evaluation.info.num_classes)[0]


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Answer each image with the boxes that hit the most objects of the training images.

    Args:
        evaluation: of a split, with the training images.

    Returns:
        The baseline; `None` where the training boxes are not at hand.
    """
    train: Any = evaluation.train
    if train is None or not len(train):
        return None
    train = getattr(train, "examples", train)
    boxes = train.y if getattr(train, "y", None) is not None else model_outputs.labels_of(train)
    classes = evaluation.info.num_classes
    rows = np.concatenate(
        [frequent_boxes(boxes, index, MOST // max(1, min(classes, 10))) for index in range(classes)]
    )
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")][:MOST]
    return Baseline("the boxes most frequent in training", answer=rows)


def frequent_boxes(boxes: np.ndarray, index: int, most: int) -> np.ndarray:
    """Choose boxes of a class one after another, each the one that hits most of what those before
    it leave.

    Args:
        boxes: `(images, objects, 6)`, of training.
        index: of the class.
        most: boxes to choose.

    Returns:
        `(boxes, 6)`: left, top, right, bottom, the share of the images in which it hits, class.
    """
    rows = boxes.reshape(-1, boxes.shape[-1])
    rows = rows[(rows[:, CLASS] == index) & (rows[:, 5] == 0)].astype(np.float64)
    if len(rows) > _MOST_COUNTED:
        rows = rows[np.random.default_rng(0).choice(len(rows), _MOST_COUNTED, replace=False)]
    hits = overlaps(rows[:, :4], rows[:, :4], np.zeros(len(rows), bool)) >= 0.5
    found: list[np.ndarray] = []
    left = np.ones(len(rows), bool)
    while len(found) < most and left.any():
        counts = (hits & left).sum(axis=1)
        best = int(counts.argmax())
        share = counts[best] / len(boxes)
        found.append(np.array([*rows[best, :4], share, index]))
        left &= ~hits[best]
    return np.array(found).reshape(-1, 6)
