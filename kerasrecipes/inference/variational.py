"""What a variational autoencoder makes: reconstructions, samples, ways between images; and how good
it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Image, as_bytes, grid
from kerasrecipes.data.images.binarized import binarized
from kerasrecipes.errors import UserError
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.inference.image_coding import images_of, reconstructions
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.densities import BernoulliMixture, ProbabilisticPca
from kerasrecipes.metrics.used_share import ACTIVE
from kerasrecipes.recipe import Evaluation

MOST = 4096  # images of a grid
_BOUND_IMAGES, _BOUND_SAMPLES = 200, 100
_COMPONENTS = 20
_BASELINE_IMAGES = 10_000


def generate(
    run: Any,
    inputs: Sequence[str | Path | bytes] = (),
    *,
    count: int = 16,
    seed: int = 0,
    interpolate: int | None = None,
) -> list[Answer]:
    """Reconstruct images, or generate new ones.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files, to reconstruct; by default
            images are generated.
        count: number of images to generate.
        seed: of the codes that are drawn; the same seed gives the same images.
        interpolate: number of images on the way from each image to the next, or without inputs from
            each drawn code to the next, those at the ends among them.

    Returns:
        An `Image`: the reconstruction of each input, or one grid of what was generated. A file in a
        folder that is not an image is a `Failure`.

    Raises:
        UserError: if an option is out of range, or an input that was named is not an image.
    """
    check_count(count, seed, interpolate)
    model = plain_model(run.model)
    if not inputs:
        codes = np.random.default_rng(seed).standard_normal((count, model.latent), np.float32)
        if interpolate is not None:
            return [_ways(model, codes, interpolate)]
        return [Image(image=grid(as_bytes(model.decode(codes))))]
    found = reconstructions(run, inputs)
    if interpolate is None:
        return [answer for answer, _ in found]
    means = [outputs["mean"] for _, outputs in found if outputs]
    if len(means) < 2:
        raise UserError(
            f"--interpolate goes from an image to the next; received {len(means)} that can be read"
        )
    return [_ways(model, np.stack(means), interpolate)]


def check_count(count: int, seed: int, interpolate: int | None = None) -> None:
    """Check the options of whatever generates images.

    Args:
        count: number of images.
        seed: of the draw.
        interpolate: images on the way from one to the next.

    Raises:
        UserError: if one is out of range.
    """
    if not 1 <= count <= MOST:
        raise UserError(f"count={count}: must be from 1 to {MOST:,}, which one grid can hold")
    if seed < 0:
        raise UserError(f"seed={seed}: must be 0 or more")
    if interpolate is not None and not 2 <= interpolate <= 64:
        raise UserError(f"interpolate={interpolate}: must be from 2 to 64")


def path_between(codes: np.ndarray, steps: int) -> np.ndarray:
    """Return codes on the way from each to the next.

    Args:
        codes: `(ends, dimensions)`, at least two.
        steps: codes of each way, its ends among them.

    Returns:
        `((ends - 1) * steps, dimensions)`.
    """
    share = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    return np.concatenate([a + share * (b - a) for a, b in pairwise(codes)])


def _ways(model: Any, codes: np.ndarray, steps: int) -> Image:
    if len(codes) < 2:
        raise UserError("--interpolate goes from one code to the next: --count 2 or more")
    pixels = as_bytes(model.decode(path_between(codes, steps)))
    return Image(image=grid(pixels, columns=steps))


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Count active units, and tighten the bound by importance sampling.

    Args:
        evaluation: of a variational autoencoder, with its outputs.

    Returns:
        `active_units`; `bits_per_dimension` and `importance_bound` where the evidence lower bound
        is known. The latter is the bound plus what 100 samples gain on the first 200 images.
    """
    spread = np.asarray(evaluation.outputs["mean"]).var(axis=0)
    found = {"active_units": float((spread > ACTIVE).sum())}
    bound = evaluation.metrics.get("elbo")
    if bound is None:
        return found
    images = images_of(evaluation.examples, _BOUND_IMAGES)
    weights = evaluation.model.log_weights(images, _BOUND_SAMPLES).astype(np.float64)
    top = weights.max(axis=1)
    tight = top + np.log(np.exp(weights - top[:, None]).mean(axis=1))
    # The gain varies much less from image to image than the bound itself.
    found["importance_bound"] = bound + float((tight - weights.mean(axis=1)).mean())
    found["bits_per_dimension"] = -bound / (np.prod(images.shape[1:]) * np.log(2))
    return found


def density(evaluation: Evaluation) -> Baseline | None:
    """Return the likelihood of a density without a network, which bounds are compared with.

    Args:
        evaluation: of a variational autoencoder, at the end of its training.

    Returns:
        A mixture of 20 Bernoulli images, or for pixels of 256 values probabilistic PCA of as many
        components as the code has dimensions; `None` where there are no training examples.
    """
    train, model = evaluation.train, evaluation.model
    if train is None or not len(train) or not len(evaluation.examples):
        return None
    few = train.sample(_BASELINE_IMAGES, 0)
    fitted: Any
    if model.likelihood == "bernoulli":
        name = f"mixture of {_COMPONENTS} Bernoullis"
        fitted = BernoulliMixture.fit(images_of(binarized(few)), _COMPONENTS)
    else:
        name = f"probabilistic PCA, {model.latent} components"
        fitted = ProbabilisticPca.fit(images_of(few), model.latent)
    value = float(fitted.log_probability(images_of(evaluation.examples)).mean())
    return Baseline(name, metrics={"elbo": value, "importance_bound": value})
