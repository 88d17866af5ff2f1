"""Pictures made of a user's own inputs, and how they are judged."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Image, as_bytes
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.images.image_translation import PairPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.segmentation import confusion, mask_metrics
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 32  # images that are in memory at a time
_MOST = 500  # pairs that are judged
_FINE = 0.125  # cycles per pixel from which on detail is fine


def translate(run: Any, inputs: Iterable[str | Path | bytes]) -> list[Answer]:
    """Make a picture of each input.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files: label maps as those of the
            training, of indices or colours, or pictures.

    Returns:
        An `Image` for each, in the input's size. A file in a folder that is not an image is a
        `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image.
    """
    preprocessor, model = PairPreprocessor.of(run.info), plain_model(run.model)
    answers: list[Answer] = []
    # One at a time: inputs are kept in their own size.
    for batch in image_batches(inputs, preprocessor.file, 1):
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            height, width = image.shape[:2]
            made = model.made_by("generator", preprocessor.sized(image)[None])
            picture = Pillow.fromarray(as_bytes(made[0]))
            picture = picture.resize((width, height), Pillow.Resampling.BICUBIC)
            answers.append(
                Image(input=name, image=np.asarray(picture), notes=_doubts(image, preprocessor))
            )
    return answers


def _doubts(image: np.ndarray, preprocessor: PairPreprocessor) -> list[str]:
    """Return what of an input is not as in the training."""
    if not preprocessor.palette:
        return []
    known = {tuple(colour) for colour in ((255, 255, 255), *preprocessor.palette)}
    found = {tuple(colour) for colour in np.unique(image.reshape(-1, 3), axis=0).tolist()}
    strange = len(found - known)
    if not strange:
        return []
    return [f"{strange:,} colours are of no class of the training; the nearest were taken"]


def pairs_judged(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and the pictures of a split that are judged, bytes.

    Args:
        evaluation: of a split.
    """
    count = min(_MOST, len(evaluation.examples))
    x, y = evaluation.examples.take(np.arange(count))
    return x, y


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Judge the pictures that are made of a split's inputs.

    Args:
        evaluation: of a `Pix2Pix`.

    Returns:
        `mean_iou`, of the labels that the run's own segmenter reads from what was made, where
        inputs are labels, and `real_mean_iou`, from real pictures; `fine_detail`, the amplitude of
        fine detail as a share of that in real pictures; and `mean_absolute_error` of pixels from 0
        to 1, which sharp pictures do not have the least of.
    """
    return _judged(evaluation, "generator")


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline: the generator that learned by the absolute error alone.

    Args:
        evaluation: of a `Pix2Pix`.
    """
    if plain_model(evaluation.model).plain is None or not len(evaluation.examples):
        return None
    metrics = _judged(evaluation, "plain")
    return Baseline("L1 alone", metrics={n: v for n, v in metrics.items() if n != "real_mean_iou"})


def _judged(evaluation: Evaluation, part: str) -> dict[str, Any]:
    model = plain_model(evaluation.model)
    x, y = pairs_judged(evaluation)
    made = as_bytes(model.made_by(part, x))
    error = float(np.abs(made.astype(np.float32) - y).mean() / 255)
    found: dict[str, Any] = {}
    if model.judge is not None:
        labels = PairPreprocessor.of(evaluation.info).classes_of(x)
        found["mean_iou"] = mean_iou(model.judge, made, labels)
        found["real_mean_iou"] = mean_iou(model.judge, y, labels)
    return {**found, "fine_detail": sharpness(made, y), "mean_absolute_error": error}


def mean_iou(judge: Any, pictures: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean intersection over union of the labels that a segmenter reads.

    Args:
        judge: from pictures to probabilities of classes.
        pictures: `(pictures, height, width, 3)`, bytes.
        labels: that they were made of, `(pictures, height, width)`, -1 for none.
    """
    read = np.asarray(model_outputs.of_arrays(judge, pictures.astype(np.float32), BATCH))
    classes = read.shape[-1]
    counts = confusion(labels, read.argmax(axis=-1), classes)
    found = mask_metrics(counts, [str(index) for index in range(classes)])
    return float(found.get("mean_iou", np.nan))


def sharpness(made: np.ndarray, real: np.ndarray) -> float:
    """Compare the fine detail of pictures by their spectra.

    Args:
        made: `(pictures, height, width, 3)`, bytes.
        real: likewise.

    Returns:
        Amplitude of detail finer than an eighth of a cycle per pixel, over that of real pictures: 1
        is as sharp, less is blurred.
    """
    return float(np.sqrt(_detail(made) / max(_detail(real), 1e-9)))


def spectrum(pictures: np.ndarray) -> np.ndarray:
    """Return the mean power of pictures by frequency, `(height, width // 2 + 1)`.

    Args:
        pictures: `(pictures, height, width, 3)`, bytes; their brightness is looked at.
    """
    window = np.outer(*(np.hanning(side) for side in pictures.shape[1:3]))
    total = np.zeros((pictures.shape[1], pictures.shape[2] // 2 + 1))
    for picture in pictures:
        light = picture.mean(axis=-1)
        total += np.abs(np.fft.rfft2((light - light.mean()) * window)) ** 2
    return total / max(1, len(pictures))


def frequencies(height: int, width: int) -> np.ndarray:
    """Return the frequency of each place of a `spectrum`, in cycles per pixel.

    Args:
        height: of the pictures.
        width: of the pictures.
    """
    return np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))


def _detail(pictures: np.ndarray) -> float:
    return float(spectrum(pictures)[frequencies(*pictures.shape[1:3]) >= _FINE].sum())
