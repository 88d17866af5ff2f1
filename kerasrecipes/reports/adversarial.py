"""Figures of a generative adversarial network: what it makes, and how near it is to real images."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.inference.adversarial import arcs, drawn, gaussian_sampler, judged, scores
from kerasrecipes.inference.image_coding import images_of
from kerasrecipes.metrics.names import number
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import film_strip, picture_grid
from kerasrecipes.reports.style import MUTED, TRAIN, VALIDATION, WIDTH, set_title, style

_COLUMNS, _ROWS = 12, 5
_NEAREST = 3_000  # training images among which the nearest are looked for


@style()
def samples(evaluation: Evaluation) -> Figure | None:
    """Generated images; a row for each class where the generator was told the class."""
    model, info = evaluation.model, evaluation.info
    rows = [*(info.classes or ())][:10] if model.conditional else []
    count = _COLUMNS * (len(rows) or _ROWS)
    codes = np.random.default_rng(1).standard_normal((count, model.latent), np.float32)
    kinds = np.repeat(np.arange(len(rows)), _COLUMNS) if rows else None
    figure = Figure(figsize=(WIDTH, 3))
    picture_grid(figure, model.generate(codes, kinds), [str(row)[:12] for row in rows], _COLUMNS)
    set_title(figure, f"{count} generated images, none chosen")
    return figure


@style()
def distance_to_real(evaluation: Evaluation) -> Figure | None:
    """Fréchet distance from the test images, by features of the run's own classifier: of as many
    training images, of what the generator makes, and of what a Gaussian of principal components
    draws.
    """
    baseline = gaussian_sampler(evaluation)
    if baseline is None:
        return None
    own = scores(evaluation)["frechet_distance"]
    sampler = baseline.metrics["frechet_distance"]
    floor = baseline.metrics["real_frechet_distance"]
    values = {"real images": floor, "generated images": own, "PCA-Gaussian sampler": sampler}
    figure = Figure(figsize=(WIDTH, 2))
    axes: Any = figure.add_subplot()
    axes.barh(list(values), list(values.values()), color=[TRAIN, VALIDATION, TRAIN], height=0.55)
    for place, value in enumerate(values.values()):
        axes.annotate(
            number(value), (value, place), (4, 0), textcoords="offset points", va="center"
        )
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set(xticks=[], xlim=(0, 1.15 * max(values.values())))
    if own < sampler:
        told = f"Generated images are {sampler / max(own, 1e-9):.1f} times nearer to real ones than"
    else:
        told = (
            f"Generated images are {own / max(sampler, 1e-9):.1f} times further from real ones than"
        )
    set_title(figure, f"{told} a Gaussian's")
    return figure


@style()
def kinds_made(evaluation: Evaluation) -> Figure | None:
    """Share of each class among generated and among real images, as the run's own classifier names
    them.
    """
    model, classes = evaluation.model, evaluation.info.classes
    if not model.num_classes or not classes or model.num_classes > 30:
        return None
    real = np.asarray(evaluation.outputs["chances"])
    made = judged(model, drawn(model, len(real)))["chances"]
    shares = [
        np.bincount(chances.argmax(axis=1), minlength=len(classes)) / len(chances)
        for chances in (real, made)
    ]
    figure = Figure(figsize=(WIDTH, 2.8))
    axes: Any = figure.add_subplot()
    places = np.arange(len(classes))
    for offset, values, color, label in (
        (-0.2, shares[0], TRAIN, "real"),
        (0.2, shares[1], VALIDATION, "generated"),
    ):
        axes.bar(places + offset, values, width=0.38, color=color, label=label)
    axes.set_xticks(places, [str(name)[:12] for name in classes])
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    axes.grid(axis="x", visible=False)
    axes.legend(labelcolor=MUTED, loc="upper right", ncols=2, bbox_to_anchor=(1, 1.18))
    missing = [str(n) for n, r, m in zip(classes, *shares, strict=True) if m < r / 4]
    if not missing:
        told = "Every class is among the generated images"
    else:
        named = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        told = f"Rare or missing among the generated images: {named}"
    set_title(figure, told)
    return figure


@style()
def ways(evaluation: Evaluation) -> Figure | None:
    """Generated images on ways from one code to another."""
    model = evaluation.model
    codes = np.random.default_rng(2).standard_normal((4, 2, model.latent), np.float32)
    path = np.concatenate([arcs(pair, _COLUMNS) for pair in codes])
    kinds = np.repeat(np.arange(4) % max(1, model.num_classes), _COLUMNS)
    figure = Figure(figsize=(WIDTH, 3))
    picture_grid(figure, model.generate(path, kinds), columns=_COLUMNS)
    set_title(figure, "Between two codes images change step by step")
    return figure


@style()
def nearest_real(evaluation: Evaluation) -> Figure | None:
    """Generated images above the training images that are nearest to them, pixel by pixel."""
    train = evaluation.train
    if train is None or not len(train):
        return None
    made = drawn(evaluation.model, _COLUMNS, seed=3)
    real = images_of(train.sample(_NEAREST, 0))
    rows = [images.reshape(len(images), -1).astype(np.float32) for images in (made, real)]
    far = ((rows[0] ** 2).sum(1)[:, None] + (rows[1] ** 2).sum(1)[None]) - 2 * rows[0] @ rows[1].T
    figure = Figure(figsize=(WIDTH, 2))
    shown = np.concatenate([made, real[far.argmin(axis=1)]])
    picture_grid(figure, shown, ("generated", "nearest real"))
    set_title(figure, "Generated images beside the training images most like them")
    return figure


ADVERSARIAL_FIGURES = (
    *(curves, samples, film_strip, distance_to_real, kinds_made, ways, nearest_real),
)
