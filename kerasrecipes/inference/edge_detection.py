"""Edges that a learned kernel finds in a user's images."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.training import model_outputs

BATCH = 128  # images that are in memory at a time


def edges(run: Any, inputs: Iterable[str | Path | bytes]) -> list[Answer]:
    """Find the strongest edge of each image.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.

    Returns:
        For each image an answer with `row` and `column` of the pixel with the strongest edge, in
        the image as the model sees it; its `strength`, positive from dark to bright; and the
        `mean_strength` of all pixels. A file in a folder that is not an image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image.
    """
    answers: list[Answer] = []
    for batch in image_batches(inputs, ImagePreprocessor.of(run.info).file, BATCH):
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
            else:
                output = np.asarray(model_outputs.of_arrays(run.model, image[None]))[0, ..., 0]
                row, column = np.unravel_index(np.abs(output).argmax(), output.shape)
                strongest = {
                    "row": int(row) + 1,  # the kernel's middle lies one pixel further in
                    "column": int(column) + 1,
                    "strength": float(output[row, column]),
                    "mean_strength": float(np.abs(output).mean()),
                }
                answers.append(Answer(input=name, details=strongest))
    return answers
