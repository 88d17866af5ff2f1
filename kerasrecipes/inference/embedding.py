"""Whether two photographs show the same, who of a gallery is shown, and scores of a split."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, Failure, Label, Value
from kerasrecipes.data.images.embedding import person_of
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.image_explanations import Method, heat_map
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.embedding import (
    distances,
    embedding_metrics,
    logistic_threshold,
    pairs_of,
    some,
)
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 128  # images that are in memory at a time

# Of a run that has measured none, such as one on too few identities: of unit vectors.
_THRESHOLD, _STEEPNESS = 1.0, 8.0


def compare(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    gallery: str = "",
    threshold: float | None = None,
    top: int = 5,
    explain: bool = False,
    method: Method = "occlusion",
) -> list[Answer]:
    """Tell whether images show the same, or find the nearest in a gallery.

    Args:
        run: has the trained `model`, the `info` of its data and its `metrics`.
        inputs: image files, folders of them, or contents of image files. Without a gallery the
            first is compared with each of the others.
        gallery: folder of images of known identity, in a subfolder for each or named `NAME_1.jpg`.
        threshold: distance, from 0 to 2, up to which two images are of one identity; by default
            that at which both answers were equally likely on the validation split.
        top: identities of the gallery that an answer lists.
        explain: whether to show what in an image makes it like the one it is compared with, the
            first, or the nearest of the gallery.
        method: of the explanation: occlusion, from what is lost where a part is hidden, or
            integrated gradients, pixel by pixel.

    Returns:
        For each pair a `Label`, `same` or `different`, with the distance as score; with a gallery
        for each image the nearest identity; for one image alone its vector, as a `Value`. A file in
        a folder that is not a readable image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, the gallery holds no
            images, or an option is out of its range.
    """
    if top < 1:
        raise UserError(f"--top {top}: expected at least 1")
    if threshold is not None and not 0 <= threshold <= 2:
        raise UserError(f"--threshold {threshold:g}: expected a distance from 0 to 2")
    measured = (getattr(run, "metrics", None) or {}).get("test", {})
    if threshold is None:
        threshold = float(measured.get("threshold", _THRESHOLD))
    steepness = float(measured.get("steepness", _STEEPNESS))
    found = _vectors(run, inputs, explain)
    if not found:
        raise UserError("there is no image to look at; name image files or a folder of them")

    def shown(seen: _Seen, other: np.ndarray, title: str) -> HeatMap | None:
        if seen.pixels is None:
            return None
        import keras

        # Of unit vectors the product falls as their distance grows.
        return heat_map(run.model, seen.pixels, lambda v: keras.ops.matmul(v, other), method, title)

    if gallery:
        return _in_gallery(found, _known(run, gallery), threshold, steepness, top, shown)
    if len(found) == 1:
        if explain:
            raise UserError("--explain shows a likeness: give a second image, or --gallery FOLDER")
        return [_alone(found[0])]
    return _with_first(found, threshold, steepness, shown)


class _Seen(NamedTuple):
    """An image, by its name, its vector, or why it cannot be read, and its pixels if needed."""

    name: str
    vector: np.ndarray | UserError
    pixels: np.ndarray | None = None


Found = list[_Seen]
Explain = Callable[[_Seen, np.ndarray, str], HeatMap | None]


def _vectors(run: Any, inputs: Iterable[str | Path | bytes], pixels_too: bool = False) -> Found:
    """Return the name and the vector of each image, or why it cannot be read."""
    found: Found = []
    for batch in image_batches(inputs, ImagePreprocessor.of(run.info).file, BATCH):
        pixels = [image for _, image in batch if not isinstance(image, UserError)]
        rows = iter(model_outputs.of_arrays(run.model, np.stack(pixels), BATCH) if pixels else ())
        found += [
            _Seen(name, image)
            if isinstance(image, UserError)
            else _Seen(name, next(rows), image if pixels_too else None)
            for name, image in batch
        ]
    return found


def _known(run: Any, gallery: str) -> Found:
    """Return the identity and the vector of each image of a gallery."""
    root = Path(gallery).expanduser()
    if not root.is_dir():
        raise UserError(f"--gallery {gallery}: there is no such folder")
    known: Found = []
    for name, vector, _ in _vectors(run, [root]):
        inside = Path(name).relative_to(root)
        if not isinstance(vector, UserError):
            known.append(
                _Seen(inside.parts[0] if len(inside.parts) > 1 else person_of(name), vector)
            )
    if not known:
        raise UserError(f"--gallery {gallery}: none of its images can be read")
    return known


def _with_first(found: Found, threshold: float, steepness: float, shown: Explain) -> list[Answer]:
    (first, vector, _), *others = found
    if isinstance(vector, UserError):
        return [Failure(input=first, error=str(vector))]
    answers: list[Answer] = []
    for seen in others:
        name, other, _ = seen
        both = f"{first}, {name}"
        if isinstance(other, UserError):
            answers.append(Failure(input=name, error=str(other)))
            continue
        apart = float(np.linalg.norm(vector - other))
        same = _chance(apart, threshold, steepness)
        chances = sorted([("same", same), ("different", 1 - same)], key=lambda pair: -pair[1])
        title = f"like {Path(first).name}: distance {apart:.2f}"
        answers.append(
            Label(
                input=both,
                label="same" if apart <= threshold else "different",
                probability=max(same, 1 - same),
                probabilities=tuple(Chance(*pair) for pair in chances),
                score=apart,
                explanation=shown(seen, vector, title),
            )
        )
    return answers


def _in_gallery(
    found: Found, known: Found, threshold: float, steepness: float, top: int, shown: Explain
) -> list[Answer]:
    names, vectors, _ = zip(*known, strict=True)
    answers: list[Answer] = []
    for seen in found:
        name, vector, _ = seen
        if isinstance(vector, UserError):
            answers.append(Failure(input=name, error=str(vector)))
            continue
        apart = np.linalg.norm(np.stack(vectors) - vector, axis=1)
        # The nearest image of each identity.
        best: dict[str, float] = {}
        for index in np.argsort(apart, kind="stable"):
            best.setdefault(names[index], float(apart[index]))
        nearest, length = next(iter(best.items()))
        chances = [Chance(n, _chance(d, threshold, steepness)) for n, d in list(best.items())[:top]]
        far = f"nobody of the gallery is near: {length:.2f}, and the same are within"
        notes = [f"{far} {threshold:.2f}"] if length > threshold else []
        answers.append(
            Label(
                input=name,
                label=nearest,
                probability=chances[0].probability,
                probabilities=tuple(chances),
                score=length,
                explanation=shown(
                    seen, vectors[int(apart.argmin())], f"like {nearest}: distance {length:.2f}"
                ),
                notes=notes,
            )
        )
    return answers


def _alone(seen: _Seen) -> Answer:
    name, vector, _ = seen
    if isinstance(vector, UserError):
        return Failure(input=name, error=str(vector))
    values = {f"e{number}": float(value) for number, value in enumerate(vector, start=1)}
    notes = ["its vector: one image has none to be compared with; give two, or --gallery FOLDER"]
    return Value(input=name, by_target=values, notes=notes)


def _chance(apart: float, threshold: float, steepness: float) -> float:
    """Return the probability that images so far apart are of one identity."""
    return float(1 / (1 + np.exp(np.clip(steepness * (apart - threshold), -30, 30))))


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Measure how embeddings tell identities apart.

    Args:
        evaluation: of a split, its outputs vectors and its labels identities.

    Returns:
        See `kerasrecipes.metrics.embedding.embedding_metrics`; where there is a validation split,
        also `threshold` and `steepness` of the probability that two images are of one identity,
        fitted there, and `balanced_accuracy` of pairs by that threshold.
    """
    vectors, labels = np.asarray(evaluation.outputs), np.asarray(evaluation.labels)
    found = embedding_metrics(vectors, labels)
    calibrated = calibration(evaluation)
    if calibrated is None or "auc" not in found:
        return found
    chosen = some(len(labels))
    judged = pairs_of(distances(vectors[chosen]), labels[chosen])
    threshold, steepness = calibrated
    return {
        **found,
        "balanced_accuracy": judged.balanced_accuracy(threshold),
        "threshold": threshold,
        "steepness": steepness,
    }


def calibration(evaluation: Evaluation) -> tuple[float, float] | None:
    """Fit the probability that two images are of one identity, on the validation split.

    Args:
        evaluation: with a validation split.

    Returns:
        Threshold and steepness; `None` without pairs of both kinds.
    """
    validation = evaluation.validation
    if validation is None or not len(validation):
        return None
    chosen = validation.select(some(len(validation)))
    vectors = model_outputs.predict(evaluation.model, chosen)
    judged = pairs_of(distances(vectors), np.asarray(model_outputs.labels_of(chosen)))
    return logistic_threshold(judged) if judged else None


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Return what distances between the pixels themselves tell.

    Args:
        evaluation: of a split of images.
    """
    count = len(evaluation.examples)
    if not count:
        return None
    chosen = some(count)
    pixels = np.asarray(evaluation.examples.take(chosen)[0], np.float32)
    labels = np.asarray(evaluation.labels)[chosen]
    found = embedding_metrics(pixels.reshape(len(pixels), -1) / 255, labels)
    numbers = {name: value for name, value in found.items() if name != "roc"}
    return Baseline("distance between pixels", metrics=numbers)
