"""Points in a user's own photographs of any size, and scores of a split."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Point, Points
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.image_explanations import Method, heat_map
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.landmarks import FAILED, errors
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 32  # images that are in memory at a time, in their own size


def find_points(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    explain: bool = False,
    method: Method = "occlusion",
    of: str = "",
) -> list[Answer]:
    """Find the points of images of any size.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.
        explain: whether to show where in each image the answer comes from.
        method: of the explanation: occlusion, from what is lost where a part is hidden, or
            integrated gradients, pixel by pixel.
        of: point that is explained; by default all of them.

    Returns:
        For each image `Points` in its own pixels. A file in a folder that is not a readable image
        is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, or there is no such
            point.
    """
    preprocessor = LandmarkPreprocessor.of(run.info)
    if of and of not in preprocessor.names:
        raise unknown("point", of, preprocessor.names)
    answers: list[Answer] = []
    for batch in image_batches(inputs, preprocessor.frame.file, BATCH):
        whole = [image for _, image in batch if not isinstance(image, UserError)]
        seen = [preprocessor.image(as_image(image)) for image in whole]
        rows = iter(model_outputs.of_arrays(run.model, np.stack(seen), BATCH) if seen else ())
        shown = iter(seen)
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            row, pixels = np.asarray(next(rows)), next(shown)
            places = preprocessor.decode(row, image.shape[:2])
            points = tuple(
                Point(point, round(float(x), 1), round(float(y), 1))
                for point, (x, y) in zip(preprocessor.names, places, strict=True)
            )
            notes = ["the image is blank"] if image.min() == image.max() else []
            heat = _explained(run, pixels, row, method, of) if explain else None
            answers.append(
                Points(input=name, points=points, image=image, explanation=heat, notes=notes)
            )
    if not answers:
        raise UserError("there is no image to look at; name image files or a folder of them")
    return answers


def _explained(run: Any, seen: np.ndarray, row: np.ndarray, method: Method, of: str) -> HeatMap:
    """Show which parts of an image hold points in their places."""
    import keras

    names = LandmarkPreprocessor.of(run.info).names
    asked = [names.index(of)] if of else list(range(len(names)))

    def number(outputs: Any) -> Any:
        moved = keras.ops.take(outputs, asked, axis=1) - row[asked]
        return -keras.ops.mean(keras.ops.sum(moved**2, axis=-1), axis=1)

    return heat_map(run.model, seen, number, method, of or f"{len(names)} points")


def errors_of(evaluation: Evaluation) -> np.ndarray:
    """Return the error of each point of a split, `(images, points)`; NaN where it is not known.

    Args:
        evaluation: of the split.
    """
    between = LandmarkPreprocessor.of(evaluation.info).between
    return errors(np.asarray(evaluation.labels), np.asarray(evaluation.outputs), between)


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute the normalised mean error.

    Args:
        evaluation: of a split.

    Returns:
        `nme`, the mean over images; `failure_rate`, the share of images whose error is above a
        tenth; `by_target`, the error of each point; nothing without known points.
    """
    found = errors_of(evaluation)
    known = np.isfinite(found)
    images = known.any(axis=1)
    if not images.any():
        return {}
    by_image = np.nanmean(found[images], axis=1)
    names = LandmarkPreprocessor.of(evaluation.info).names
    by_point = {
        name: {"nme": float(np.nanmean(column))}
        for name, column in zip(names, found.T, strict=True)
        if np.isfinite(column).any()
    }
    return {
        "nme": float(by_image.mean()),
        "failure_rate": float((by_image > FAILED).mean()),
        "by_target": by_point,
    }


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Answer each image with the mean places of the training images.

    Args:
        evaluation: of a split, with the training images.

    Returns:
        The baseline; `None` where the training images are not at hand.
    """
    train: Any = evaluation.train
    if train is None or not len(train):
        return None
    train = getattr(train, "examples", train)
    points = getattr(train, "y", None)
    points = model_outputs.labels_of(train) if points is None else points
    mean = np.nan_to_num(np.nanmean(points, axis=0)).astype(np.float32)
    return Baseline("mean places", answer=mean)
