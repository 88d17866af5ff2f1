"""Predictions of an image classifier for a user's own images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Label
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.class_probabilities import both_classes, ranked
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.training import model_outputs

Method = Literal["grad_cam", "occlusion", "integrated_gradients"]
BATCH = 128  # images that are in memory at a time


def classify(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    top: int = 5,
    explain: bool = False,
    method: Method = "grad_cam",
) -> list[Answer]:
    """Classify images.

    For a model that was trained on drawings, such as MNIST's digits, the ink of a photograph is
    extracted and brought to the form of the training images; other images are resized as the
    training images were.

    Args:
        run: has `model`, a trained `keras.Model` from pixels 0 to 255 to class probabilities, and
            `info`.
        inputs: image files, folders of them (walked in natural order), or contents of image files.
        top: number of classes that an answer lists.
        explain: whether to show where in each image the model looked.
        method: of the explanation: Grad-CAM, from the gradients of the last feature maps;
            occlusion, from what is lost where a part is hidden, for models of any kind; or
            integrated gradients, pixel by pixel.

    Returns:
        A `Label` for each image; with notes where the image is doubtful, and a `HeatMap` as
        explanation where asked for. A file in a folder that is not a readable image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, or the model was not
            trained on images.
    """
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    read = ImagePreprocessor.of(run.info).file
    answers: list[Answer] = []
    for batch in image_batches(inputs, read, BATCH):
        answers += _answers(run, batch, top, method if explain else None)
    if not answers:
        raise UserError(
            "there is no image to predict; name image files or a folder that holds some"
        )
    return answers


def _answers(
    run: Any, batch: Sequence[tuple[str, np.ndarray | UserError]], top: int, method: Method | None
) -> list[Answer]:
    images = [image for _, image in batch if not isinstance(image, UserError)]
    # Only readable images have a row; the loop takes the next one whenever it meets one.
    rows = iter(probabilities(run.model, np.stack(images)) if images else ())
    answers: list[Answer] = []
    for name, image in batch:
        if isinstance(image, UserError):
            answers.append(Failure(input=name, error=str(image)))
            continue
        found, heat_map = ranked(next(rows), run.info.classes, top), None
        if method is not None:
            title = f"{found['label']}, {100 * found['probability']:.1f} %"
            index = list(run.info.classes).index(found["label"])
            heat_map = HeatMap(title=title, image=image, heat=_heat(run, image, index, method))
        notes = ["the image is blank"] if image.min() == image.max() else []
        answers.append(Label(input=name, **found, explanation=heat_map, notes=notes))
    return answers


def _heat(run: Any, image: np.ndarray, index: int, method: Method) -> np.ndarray:
    """Where in an image the answer comes from, `(height, width)`, from 0 to 1."""
    from kerasrecipes.inference.distributed import plain_model
    from kerasrecipes.interpret import image_attribution
    from kerasrecipes.interpret.grad_cam import grad_cam

    if method == "occlusion":
        asked = image_attribution.occlusion(
            lambda images: probabilities(run.model, images), image[None], [index]
        )
        return asked[0]
    if method == "integrated_gradients":
        found = image_attribution.integrated_gradients(plain_model(run.model), image[None], [index])
        return image_attribution.heat(found)[0]
    try:
        return grad_cam(plain_model(run.model), image[None], [index])[0]
    except UserError as error:
        raise UserError(f"{error}; --method occlusion needs none") from error


def probabilities(model: Any, images: np.ndarray) -> np.ndarray:
    """Compute class probabilities.

    Args:
        model: trained; one output alone is the probability of the second of two classes.
        images: `(images, height, width, channels)`.

    Returns:
        `(images, classes)`.
    """
    return both_classes(model_outputs.of_arrays(model, images, BATCH))
