"""A trained image classifier's answers to a user's own images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data.images.files import workers
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.interpret.grad_cam import grad_cam

BATCH = 128  # images that are in memory at a time


def classify(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    top: int = 5,
    explain: bool = False,
) -> list[dict[str, Any]]:
    """Name the class of each image.

    For a model that has learnt from drawings, such as MNIST's digits, the ink of a photograph is
    found and given the form of the training images; other images are resized as the training images
    were.

    Args:
        run: has `model`, a trained `keras.Model` from pixels 0 to 255 to class probabilities, and
            `info`.
        inputs: image files, folders of them (walked in natural order), or contents of image files.
        top: how many classes an answer lists.
        explain: show where in each image the model looked (Grad-CAM).

    Returns:
        For each image `input`, `label`, `probability` and `probabilities`, a list of `label` and
        `probability` with the likeliest first; `notes` where the image is doubtful; `explanation`,
        a `HeatMap`, where asked for. A file in a folder that is no readable image has `input` and
        `error` instead.

    Raises:
        UserError: if an input that was named is not there or is no image, or the model takes no
            images.
    """
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    read = ImagePreprocessor(run.info).file
    answers = []
    found = _found(inputs)
    while batch := list(islice(found, BATCH)):
        images = list(workers().map(read, [entry.source for entry in batch]))
        given = _answers(run, batch, images, top)
        answers += _explained(run.model, images, given) if explain else given
    if not answers:
        raise UserError(
            "there is no image to predict; name image files or a folder that holds some"
        )
    return answers


@dataclass(frozen=True)
class _Entry:
    name: str
    source: str | bytes
    listed: bool  # whether the user named it, rather than a folder that holds it


def _found(inputs: Iterable[str | Path | bytes]) -> Iterator[_Entry]:
    for item in inputs:
        if isinstance(item, bytes):
            yield _Entry("-", item, True)
        elif not Path(item).exists():
            raise UserError(f"there is no file or folder {item}")
        elif Path(item).is_dir():
            images, _ = walk(Path(item))
            if not images:
                raise UserError(f"the folder {item} holds no images")
            yield from (_Entry(str(path), str(path), False) for path in images)
        else:
            yield _Entry(str(item), str(item), True)


def _answers(
    run: Any, batch: Sequence[_Entry], images: Sequence[np.ndarray | UserError], top: int
) -> list[dict]:
    for entry, image in zip(batch, images, strict=True):
        if entry.listed and isinstance(image, UserError):
            raise (
                UserError(str(image).replace("the image", "standard input", 1))
                if entry.name == "-"
                else image
            )
    whole = [image for image in images if not isinstance(image, UserError)]
    rows = iter(probabilities(run.model, np.stack(whole)) if whole else ())
    return [
        {"input": entry.name, "error": str(image)}
        if isinstance(image, UserError)
        else _answer(
            entry.name, next(rows), run.info.classes, top, blank=image.min() == image.max()
        )
        for entry, image in zip(batch, images, strict=True)
    ]


def _explained(
    model: Any, images: Sequence[np.ndarray | UserError], given: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Add to each answer where the model looked for it."""
    explained = []
    for image, answer in zip(images, given, strict=True):
        if not isinstance(image, UserError):
            title = f"{answer['label']}, {100 * answer['probability']:.1f} %"
            heat = grad_cam(model, image[None])[0]
            answer = {**answer, "explanation": HeatMap(title=title, image=image, heat=heat)}
        explained.append(answer)
    return explained


def probabilities(model: Any, images: np.ndarray) -> np.ndarray:
    """Give `(images, classes)`; one output alone is the probability of the second of two
    classes.
    """
    outputs = np.asarray(model.predict(images, batch_size=BATCH, verbose=0), np.float32)
    return np.concatenate([1 - outputs, outputs], axis=-1) if outputs.shape[-1] == 1 else outputs


def _answer(
    name: str, row: np.ndarray, classes: Sequence[str], top: int, blank: bool
) -> dict[str, Any]:
    best = [
        {"label": classes[k], "probability": float(row[k])}
        for k in np.argsort(-row, kind="stable")[:top]
    ]
    answer = {"input": name, **best[0], "probabilities": best}
    return {**answer, "notes": ["the image is blank"]} if blank else answer
