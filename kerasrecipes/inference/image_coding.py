"""What an autoencoder makes of images, and how good its codes are beside principal components."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Image, as_bytes
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.examples import Examples
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.densities import ProbabilisticPca
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 128  # images that are in memory at a time
_BASELINE_IMAGES = 10_000
_LEAST_ERROR = 1e-10  # of a mean square, whose logarithm is taken
_ACTIVE = 0.05  # share of a code's largest activation from which a unit counts as active


def reconstruct(run: Any, inputs: Iterable[str | Path | bytes]) -> list[Answer]:
    """Bring images through their codes and back.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.

    Returns:
        An `Image` for each, with the mean absolute error of its pixels, from 0 to 1. A file in a
        folder that is not an image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image.
    """
    return [answer for answer, _ in reconstructions(run, inputs)]


def reconstructions(
    run: Any, inputs: Iterable[str | Path | bytes]
) -> list[tuple[Answer, dict[str, np.ndarray]]]:
    """Bring images through a model whose outputs have an `image`.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.

    Returns:
        For each the answer, and the model's outputs by name; none for what is no image.

    Raises:
        UserError: if an input that was named is not there or is not an image.
    """
    found: list[tuple[Answer, dict[str, np.ndarray]]] = []
    for batch in image_batches(inputs, ImagePreprocessor.of(run.info).file, BATCH):
        images = [image for _, image in batch if not isinstance(image, UserError)]
        outputs = model_outputs.of_arrays(run.model, np.stack(images), BATCH) if images else {}
        place = 0
        for name, image in batch:
            if isinstance(image, UserError):
                found.append((Failure(input=name, error=str(image)), {}))
                continue
            own = {output: values[place] for output, values in outputs.items()}
            place += 1
            made = as_bytes(own["image"])
            error = float(np.abs(made.astype(np.float32) - image).mean() / 255)
            found.append(
                (Image(input=name, image=made, details={"mean_absolute_error": error}), own)
            )
    return found


def images_of(examples: Examples, most: int | None = None) -> np.ndarray:
    """Return images, `(images, height, width, channels)`.

    Args:
        examples: of images.
        most: number of the first ones to take; by default all.
    """
    count = len(examples) if most is None else min(most, len(examples))
    return np.asarray(examples.take(np.arange(count))[0])


def psnr(error: float) -> float:
    """Return the peak signal-to-noise ratio of a mean squared error, in dB.

    Args:
        error: of pixels from 0 to 1.
    """
    return float(-10 * np.log10(max(error, _LEAST_ERROR)))


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Measure how much of sparse codes is active, and what is restored of spoilt images.

    Args:
        evaluation: of an autoencoder, with its outputs.

    Returns:
        `active_share` of a sparse code's units; and of a denoising autoencoder `denoised_psnr` of
        spoilt images, beside `noisy_psnr` before.
    """
    found = {}
    names = {layer.name for layer in evaluation.model.layers}
    if "sparsity" in names:
        codes = np.abs(np.asarray(evaluation.outputs["code"]))
        found["active_share"] = float((codes > _ACTIVE * max(codes.max(), 1e-12)).mean())
    if "corruption" in names:
        images = images_of(evaluation.examples, 500)
        clean, noisy = images / 255, spoilt(evaluation.model, images)
        made = evaluation.model.predict_on_batch(noisy * 255)["image"]
        found["denoised_psnr"] = psnr(float(((made - clean) ** 2).mean()))
        found["noisy_psnr"] = psnr(float(((np.clip(noisy, 0, 1) - clean) ** 2).mean()))
    return found


def spoilt(model: Any, images: np.ndarray) -> np.ndarray:
    """Return images, 0 to 1, spoilt as a denoising autoencoder's are in training.

    Args:
        model: with a layer `corruption`.
        images: `(images, height, width, channels)`, 0 to 255.
    """
    with model_outputs.fixed_seeds(model):
        found = model.get_layer("corruption").spoil(images.astype(np.float32) / 255)
    return np.asarray(found, np.float32)


def components(evaluation: Evaluation, most: int) -> ProbabilisticPca | None:
    """Return the principal components of the training images; `None` where there are none.

    Args:
        evaluation: at the end of a training.
        most: number of components.
    """
    if evaluation.train is None or not len(evaluation.train) or not len(evaluation.examples):
        return None
    return ProbabilisticPca.fit(images_of(evaluation.train.sample(_BASELINE_IMAGES, 0)), most)


def principal_components(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline: as many principal components as a code has numbers.

    Args:
        evaluation: of an autoencoder, at the end of its training.
    """
    size = evaluation.model.decoder.input_shape[-1]
    pca = components(evaluation, size)
    if pca is None:
        return None
    error = errors_by_size(pca, images_of(evaluation.examples))[-1]
    metrics = {"psnr": psnr(error)}
    if any(layer.name == "corruption" for layer in evaluation.model.layers):
        images = images_of(evaluation.examples, 500)
        noisy = spoilt(evaluation.model, images) * 255
        restored = np.clip(pca.images(pca.codes(noisy)), 0, 255)
        rest = (restored - images.reshape(len(images), -1)) / 255
        metrics["denoised_psnr"] = psnr(float((rest**2).mean()))
    return Baseline(f"PCA, {len(pca.variances)} components", metrics=metrics)


def errors_by_size(pca: ProbabilisticPca, images: np.ndarray) -> list[float]:
    """Return the mean squared error of images from their principal components, 1, 2, … of them.

    Args:
        pca: of the training images.
        images: `(images, …)`, 0 to 255; the errors are of pixels from 0 to 1.
    """
    rows = images.reshape(len(images), -1).astype(np.float64)
    codes = pca.codes(rows)
    # Each further component takes its part of the squared distance from the mean.
    whole = ((rows - pca.mean) ** 2).sum(axis=1).mean()
    left = whole - np.cumsum((codes**2).mean(axis=0))
    return [float(max(value, 0) / rows.shape[1] / 255**2) for value in left]
