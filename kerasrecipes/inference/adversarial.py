"""Images that a trained generator makes, and how near they are to real ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Image, as_bytes, grid
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.inference.image_coding import images_of
from kerasrecipes.inference.variational import check_count
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.densities import ProbabilisticPca
from kerasrecipes.metrics.distributions import frechet_distance, precision_and_recall
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

_MOST = 5000  # images that are generated to be compared with as many real ones
_BASELINE_IMAGES = 10_000
_LEAST_SHARE = 0.25  # of its even share, from which on a class counts as made


def generate(
    run: Any,
    inputs: Sequence[str | Path | bytes] = (),
    *,
    count: int = 64,
    seed: int = 0,
    class_: str | None = None,
    interpolate: int | None = None,
) -> list[Answer]:
    """Generate images.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: none; a generator takes no images.
        count: number of images.
        seed: of the codes that are drawn; the same seed gives the same images.
        class_: name of the class of all images, of a generator that was trained with
            `conditional=true`; by default one after the other.
        interpolate: number of images on the way from each code to the next, those at the ends among
            them.

    Returns:
        An `Image`, one grid of all.

    Raises:
        UserError: if an option is out of range, or a class was not trained.
    """
    if inputs:
        raise UserError(
            f"a generator makes images without any; received {len(inputs)} inputs, leave them out: "
            "--count 16"
        )
    check_count(count, seed, interpolate)
    model = plain_model(run.model)
    wanted = _class_index(class_, model, run.info.classes)
    codes = np.random.default_rng(seed).standard_normal((count, model.latent), np.float32)
    kinds = (
        np.arange(count) % max(1, model.num_classes) if wanted is None else np.full(count, wanted)
    )
    if interpolate is None:
        return [Image(image=grid(as_bytes(model.generate(codes, kinds))))]
    if count < 2:
        raise UserError("--interpolate goes from one code to the next: --count 2 or more")
    way = arcs(codes, interpolate)
    kinds = np.repeat(kinds[:-1], interpolate)  # a class has no way to another
    return [Image(image=grid(as_bytes(model.generate(way, kinds)), columns=interpolate))]


def _class_index(name: str | None, model: Any, classes: Sequence[str] | None) -> int | None:
    if name is None:
        return None
    if not model.conditional:
        raise UserError(
            f"--class {name}: this run was not trained by class; train one with conditional=true"
        )
    if name not in (classes or ()):
        raise unknown("class", name, classes or ())
    return list(classes or ()).index(name)


def arcs(codes: np.ndarray, steps: int) -> np.ndarray:
    """Return codes on arcs from each to the next.

    A straight way between two codes passes nearer to the origin than a drawn code ever lies.

    Args:
        codes: `(ends, dimensions)`, at least two.
        steps: codes of each way, its ends among them.

    Returns:
        `((ends - 1) * steps, dimensions)`.

    Reference:
        [Sampling Generative Networks](https://arxiv.org/abs/1609.04468) (White, 2016)
    """
    ways = []
    for begin, end in pairwise(codes):
        cosine = begin @ end / max(np.linalg.norm(begin) * np.linalg.norm(end), 1e-12)
        angle = np.arccos(np.clip(cosine, -1, 1))
        share = np.linspace(0, 1, steps)[:, None]
        if np.sin(angle) < 1e-6:
            ways.append((1 - share) * begin + share * end)
        else:
            turned = np.sin((1 - share) * angle) * begin + np.sin(share * angle) * end
            ways.append(turned / np.sin(angle))
    return np.concatenate(ways).astype(np.float32)


def drawn(model: Any, count: int, seed: int = 0) -> np.ndarray:
    """Generate images to be judged, all classes in turn.

    Args:
        model: the trained model.
        count: number of images.
        seed: of the codes.

    Returns:
        `(count, height, width, channels)`, bytes.
    """
    codes = np.random.default_rng(seed).standard_normal((count, model.latent), np.float32)
    return as_bytes(model.generate(codes))


def judged(model: Any, images: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a model's judge says of images: `chances` and `features`.

    Args:
        model: the trained model.
        images: `(images, height, width, channels)`, bytes.
    """
    return model_outputs.of_arrays(model, images)


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compare as many generated images as there are real ones with these.

    Args:
        evaluation: of a `Gan`, with its outputs.

    Returns:
        `frechet_distance`, and `image_precision` and `image_recall`, by the judge's features;
        `classes_made`, how many classes have at least a quarter of their even share, where there
        are classes; `class_accuracy`, how often the judge names the class that was asked for, of a
        conditional generator.
    """
    model, outputs = evaluation.model, evaluation.outputs
    real = np.asarray(outputs["features"])[:_MOST]
    made = judged(model, drawn(model, len(real)))
    found = _compared(real, made["features"])
    if model.num_classes:
        named = made["chances"].argmax(axis=1)
        shares = np.bincount(named, minlength=model.num_classes) / len(named)
        found["classes_made"] = float((shares >= _LEAST_SHARE / model.num_classes).sum())
        if model.conditional:
            asked = np.arange(len(named)) % model.num_classes
            found["class_accuracy"] = float((named == asked).mean())
    return found


def _compared(real: np.ndarray, made: np.ndarray) -> dict[str, float]:
    precision, recall = precision_and_recall(real, made)
    distance = frechet_distance(real, made)
    return {
        "frechet_distance": distance,
        "image_precision": precision,
        "image_recall": recall,
    }


def gaussian_sampler(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline: images drawn from a Gaussian of principal components.

    Args:
        evaluation: of a `Gan`, at the end of its training.

    Returns:
        The baseline, whose metrics have also the floor, `real_frechet_distance`, that of as many
        training images; `None` where there are no training examples.
    """
    train, model = evaluation.train, evaluation.model
    if train is None or not len(train) or not len(evaluation.examples):
        return None
    real = np.asarray(evaluation.outputs["features"])[:_MOST]
    images = images_of(train.sample(_BASELINE_IMAGES, 0))
    pca = ProbabilisticPca.fit(images, model.latent)
    rows = np.rint(pca.sample(len(real), 0)).astype(np.uint8)
    made = judged(model, rows.reshape(len(rows), *images.shape[1:]))["features"]
    others = images_of(train.sample(len(real), 1))
    floor = frechet_distance(real, judged(model, others)["features"])
    metrics = {**_compared(real, made), "real_frechet_distance": floor}
    return Baseline(f"PCA-Gaussian sampler, {len(pca.variances)} components", metrics=metrics)
