"""Grey photographs in colour, at their own size, and how good that is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Image
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.images.colorization import RANGE, ColourPreprocessor, Colours
from kerasrecipes.data.images.colour_spaces import to_lab
from kerasrecipes.data.images.frames import as_image
from kerasrecipes.data.images.preprocessor import is_gray
from kerasrecipes.errors import UserError
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.info import Info
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.colour import colourfulness
from kerasrecipes.metrics.image_quality import psnr
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs
from kerasrecipes.training.film import INPUTS

BATCH = 64  # images that are in memory at a time
_LEVELS = 16  # of lightness, whose mean colour is the baseline
_COUNTED = 1000  # training images that the baseline looks at


def colour(run: Any, inputs: Iterable[str | Path | bytes]) -> list[Answer]:
    """Give photographs colours.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files; of photographs that have
            colours the lightness alone is looked at.

    Returns:
        An `Image` for each, in its own size, with its colourfulness. A file in a folder that is not
        an image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image.
    """
    preprocessor = ColourPreprocessor.of(run.info)
    answers: list[Answer] = []
    # One at a time: photographs are kept in their own size.
    for batch in image_batches(inputs, preprocessor.file, 1):
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            found = model_outputs.of_arrays(run.model, preprocessor(image[None]))
            made = preprocessor.coloured(image, preprocessor.decode(np.asarray(found))[0])
            notes = [] if is_gray(image) else ["it had colours, which were not looked at"]
            details = {"colourfulness": colourfulness(made)}
            answers.append(Image(input=name, image=made, notes=notes, details=details))
    return answers


def snapshot(model: Any, info: Info, examples: Colours) -> np.ndarray:
    """Return the first images of a split as the model colours them, at the size that it sees.

    Args:
        model: in training.
        info: metadata of the data.
        examples: of the split.

    Returns:
        `(images, size, size, 3)`, 0 to 1.
    """
    preprocessor = ColourPreprocessor.of(info)
    some = np.arange(min(INPUTS, len(examples)))
    squares = [preprocessor.square(as_image(examples.whole(int(n)))) for n in some]
    found = np.asarray(model.predict_on_batch(preprocessor(np.stack(squares))))
    pairs = zip(squares, preprocessor.decode(found), strict=True)
    return np.stack([preprocessor.coloured(square, ab) for square, ab in pairs]) / 255


def answers(model: Any, info: Info, examples: Colours) -> np.ndarray:
    """Return the colours that a model finds for the images of a split.

    Args:
        model: trained.
        info: metadata of the data.
        examples: of the split.

    Returns:
        `(images, size / 2, size / 2, 2)`, a and b.
    """
    preprocessor, found = ColourPreprocessor.of(info), []
    for start in range(0, len(examples), BATCH):
        indices = np.arange(start, min(start + BATCH, len(examples)))
        # Not the probabilities of all images, which take a float for each pixel and colour.
        outputs = model_outputs.of_arrays(model, examples.take(indices)[0], BATCH)
        found.append(preprocessor.decode(np.asarray(outputs)))
    return np.concatenate(found)


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Measure the coloured images of a split in their own size, as means over images.

    Args:
        evaluation: of a split, its outputs from `answers`.

    Returns:
        `psnr` of red, green and blue in dB; `ab_error`, the mean absolute error of a and b;
        `colourfulness`, beside `true_colourfulness`.
    """
    examples: Any = evaluation.examples
    preprocessor = ColourPreprocessor.of(evaluation.info)
    rows = []
    for number, ab in enumerate(evaluation.outputs):
        truth = examples.whole(number)
        made = preprocessor.coloured(truth, ab)
        error = np.abs(to_lab(truth)[..., 1:] - to_lab(made)[..., 1:]).mean()
        rows.append((psnr(made, truth), error, colourfulness(made), colourfulness(truth)))
    names = ("psnr", "ab_error", "colourfulness", "true_colourfulness")
    return dict(zip(names, np.mean(rows, axis=0).tolist(), strict=True))


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline: the mean colour that training images have at each pixel's lightness.

    Args:
        evaluation: of a split, with the training images.
    """
    train: Any = evaluation.train
    examples: Any = evaluation.examples
    if train is None or not len(train) or not len(examples):
        return None
    some = train.sample(_COUNTED, 0)
    light, ab = some.take(np.arange(len(some)))
    level = _levels(light)
    sums = [np.bincount(level, ab[..., axis].ravel(), _LEVELS) for axis in range(2)]
    counts = np.maximum(np.bincount(level, minlength=_LEVELS), 1)
    table = RANGE * np.stack(sums, axis=-1) / counts[:, None]
    light = examples.take(np.arange(len(examples)))[0]
    side = light.shape[1] // 2
    outputs = table[_levels(light)].reshape(len(light), side, side, 2)
    return Baseline("mean colour of each lightness", outputs=outputs)


def _levels(light: np.ndarray) -> np.ndarray:
    """Return the level of lightness of each pixel at half the size, `(pixels,)`."""
    count, side = len(light), light.shape[1] // 2
    mean = light.reshape(count, side, 2, side, 2).mean(axis=(2, 4))
    return (mean * _LEVELS / 256).astype(int).ravel()
