"""Figures of a variational autoencoder: what it makes of images, of chance, and of its codes."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.inference.image_coding import images_of
from kerasrecipes.inference.variational import path_between
from kerasrecipes.metrics.used_share import ACTIVE
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import film_strip, picture_grid
from kerasrecipes.reports.style import FAINT, TRAIN, VALIDATION, WIDTH, set_title, style

_SHOWN = 12  # images of a row
_PLANE = 11  # images of a side of the plane
_STEPS, _WAYS = 12, 4


@style()
def reconstructions(evaluation: Evaluation) -> Figure | None:
    """Images of the test split above what is decoded from the means of their codes."""
    images = images_of(evaluation.examples, _SHOWN)
    made = np.asarray(evaluation.outputs["image"])[: len(images)]
    figure = Figure(figsize=(WIDTH, 2))
    picture_grid(figure, np.concatenate([images / 255, made]), ("image", "decoded"))
    latent = evaluation.model.latent
    pixels = int(np.prod(images.shape[1:]))
    set_title(figure, f"What {latent:,} numbers keep of an image's {pixels:,}")
    return figure


@style()
def samples(evaluation: Evaluation) -> Figure | None:
    """New images: decoded from codes that were drawn from the standard normal distribution."""
    random = np.random.default_rng(0)
    codes = random.standard_normal((4 * _SHOWN, evaluation.model.latent), np.float32)
    figure = Figure(figsize=(WIDTH, 3))
    picture_grid(figure, evaluation.model.decode(codes), columns=_SHOWN)
    set_title(figure, f"{len(codes)} new images, decoded from chance")
    return figure


@style()
def latent_plane(evaluation: Evaluation) -> Figure | None:
    """Images along two dimensions of the code, those that differ most from image to image, in equal
    steps of probability; all other dimensions are 0.
    """
    spread = np.asarray(evaluation.outputs["mean"]).var(axis=0)
    if len(spread) < 2:
        return None
    across, down = np.argsort(-spread, kind="stable")[:2]
    shares = (np.arange(_PLANE) + 0.5) / _PLANE
    steps = np.array([NormalDist().inv_cdf(share) for share in shares], np.float32)
    codes = np.zeros((_PLANE, _PLANE, len(spread)), np.float32)
    codes[..., across] = steps[None, :]
    codes[..., down] = steps[:, None]
    figure = Figure(figsize=(0.6 * WIDTH, 3))
    picture_grid(figure, evaluation.model.decode(codes.reshape(-1, len(spread))), columns=_PLANE)
    which = "the plane of codes" if len(spread) == 2 else "a plane through the space of codes"
    set_title(figure, f"Every point of {which} is an image, and near points are like images")
    return figure


@style()
def interpolation(evaluation: Evaluation) -> Figure | None:
    """Decoded images on straight ways from the code of one test image to that of another."""
    means = np.asarray(evaluation.outputs["mean"])
    if len(means) < 2:
        return None
    ways = min(_WAYS, len(means) // 2)
    pairs = means[: 2 * ways].reshape(ways, 2, -1)
    codes = np.concatenate([path_between(pair, _STEPS) for pair in pairs])
    figure = Figure(figsize=(WIDTH, 3))
    picture_grid(figure, evaluation.model.decode(codes), columns=_STEPS)
    set_title(figure, "From one test image to another by way of their codes")
    return figure


@style()
def used_dimensions(evaluation: Evaluation) -> Figure | None:
    """Divergence of each dimension of the code from the normal distribution, in nats and in falling
    order: what an image says there. A dimension is used if its mean varies by more than 0.01.
    """
    mean, log_variance = (np.asarray(evaluation.outputs[n]) for n in ("mean", "log_variance"))
    nats = (mean**2 + np.exp(log_variance) - 1 - log_variance).mean(axis=0) / 2
    order = np.argsort(-nats, kind="stable")
    used = (mean.var(axis=0) > ACTIVE)[order]
    figure = Figure(figsize=(WIDTH, 2.8))
    axes: Any = figure.add_subplot()
    colors = [VALIDATION if one else TRAIN for one in used]
    axes.bar(np.arange(1, len(nats) + 1), nats[order], color=colors, width=0.8)
    axes.axhline(0, color=FAINT, linewidth=0.8)
    axes.grid(axis="x", visible=False)
    axes.set(xlabel="dimension of the code, the most telling first", ylabel="nats")
    count, total = int(used.sum()), len(nats)
    rest = "" if count == total else "; what is left says next to nothing of the image"
    set_title(figure, f"{count:,} of {total:,} dimensions are used{rest}")
    return figure


VARIATIONAL_FIGURES = (
    *(curves, reconstructions, samples, film_strip, latent_plane, interpolation, used_dimensions),
)
