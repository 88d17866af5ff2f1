"""Edges in a user's images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError


def edges(run: Any, inputs: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """Tell where in each image the learned kernel sees the strongest edge.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: paths of image files, or the content of one as bytes.

    Returns:
        For each image `input`; `row` and `column` of the pixel with the strongest edge, in the
        image as the model sees it; its `strength`, positive from dark to bright; and the
        `mean_strength` of all pixels.

    Raises:
        UserError: if a file is no image.
    """
    read, answers = ImagePreprocessor(run.info).file, []
    for source in inputs:
        image = read(source)
        if isinstance(image, UserError):
            raise image
        found = np.asarray(run.model.predict(image[None], verbose=0))[0, ..., 0]
        row, column = np.unravel_index(np.abs(found).argmax(), found.shape)
        answers.append(
            {
                "input": "-" if isinstance(source, bytes) else str(source),
                "row": int(row) + 1,  # the kernel's middle lies one pixel further in
                "column": int(column) + 1,
                "strength": float(found[row, column]),
                "mean_strength": float(np.abs(found).mean()),
            }
        )
    return answers
