"""Figures of an autoencoder: what its codes keep, beside as many principal components."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.inference.image_coding import (
    components,
    errors_by_size,
    images_of,
    psnr,
    spoilt,
)
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import film_strip, picture_grid
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    TRAIN,
    VALIDATION,
    WIDTH,
    label_ends,
    set_title,
    style,
)

_SHOWN = 12  # images of a row
_UNITS = 36  # of a code that are drawn


@style()
def reconstructions(evaluation: Evaluation) -> Figure | None:
    """Images of the test split above what comes back from their codes, and from as many principal
    components.
    """
    images = images_of(evaluation.examples, _SHOWN)
    size = evaluation.model.decoder.input_shape[-1]
    rows = {"image": images / 255, "code": np.asarray(evaluation.outputs["image"])[: len(images)]}
    pca = components(evaluation, size)
    if pca is not None:
        rows["PCA"] = pca.images(pca.codes(images)).reshape(images.shape) / 255
    figure = Figure(figsize=(WIDTH, 2))
    picture_grid(figure, np.concatenate(list(rows.values())), tuple(rows))
    pixels = int(np.prod(images.shape[1:]))
    set_title(figure, f"What {size:,} numbers keep of an image's {pixels:,}")
    return figure


@style()
def restored(evaluation: Evaluation) -> Figure | None:
    """Images of the test split, spoilt as in the training, and what is restored of them."""
    if not any(layer.name == "corruption" for layer in evaluation.model.layers):
        return None
    images = images_of(evaluation.examples, _SHOWN)
    noisy = spoilt(evaluation.model, images)
    made = evaluation.model.predict_on_batch(noisy * 255)["image"]
    figure = Figure(figsize=(WIDTH, 2))
    picture_grid(
        figure, np.concatenate([images / 255, noisy, made]), ("image", "spoilt", "restored")
    )
    before, after = (psnr(float(((x - images / 255) ** 2).mean())) for x in (noisy, made))
    set_title(figure, f"Restored to {after:.1f} dB, from {before:.1f} dB")
    return figure


@style()
def code_size(evaluation: Evaluation) -> Figure | None:
    """Peak signal-to-noise ratio of the test images from 1, 2, … principal components, and from the
    autoencoder's code.
    """
    own = evaluation.metrics.get("psnr")
    size = evaluation.model.decoder.input_shape[-1]
    pca = components(evaluation, 4 * size)
    if own is None or pca is None:
        return None
    line = [psnr(value) for value in errors_by_size(pca, images_of(evaluation.examples))]
    counts = np.arange(1, len(line) + 1)
    figure = Figure(figsize=(WIDTH, 3.2))
    axes: Any = figure.add_subplot()
    axes.plot(counts, line, color=TRAIN)
    axes.plot([size], [own], "o", color=VALIDATION, markersize=7)
    axes.annotate(
        "autoencoder",
        (size, own),
        (8, 7),
        textcoords="offset points",
        color=VALIDATION,
        va="center",
    )
    needed = next((n for n, value in zip(counts, line, strict=True) if value >= own), None)
    if needed is not None and needed > size:
        axes.plot([size, needed], [own, own], color=FAINT, zorder=0)
    axes.set(xlabel="numbers of the code", ylabel="dB")
    label_ends(axes, [(line[-1], "PCA", INK)])
    if needed is None:
        told = f"{size:,} numbers keep more than {len(line):,} principal components"
    elif needed > size:
        told = f"{size:,} numbers keep as much as {needed:,} principal components"
    else:
        told = f"{needed:,} principal components keep as much as the code's {size:,} numbers"
    set_title(figure, told)
    return figure


@style()
def code_units(evaluation: Evaluation) -> Figure | None:
    """What each number of the code adds to an image: the mean code, with that number at a high
    value of the test images less a low one. Grey is no change.
    """
    codes = np.asarray(evaluation.outputs["code"])
    mean, spread = codes.mean(axis=0), codes.std(axis=0)
    chosen = np.argsort(-spread, kind="stable")[:_UNITS]
    step = np.eye(codes.shape[1], dtype=np.float32)[chosen] * spread
    ends = [
        np.asarray(evaluation.model.decoder.predict_on_batch(mean + sign * 2 * step))
        for sign in (1, -1)
    ]
    change = ends[0] - ends[1]
    shown = 0.5 + change / (2 * max(float(np.abs(change).max()), 1e-6))
    figure = Figure(figsize=(WIDTH, 2))
    picture_grid(figure, shown, columns=min(_SHOWN, len(chosen)))
    which = "each number" if len(chosen) == codes.shape[1] else f"{len(chosen)} of the numbers"
    set_title(figure, f"What {which} of the code does to the image")
    return figure


CODING_FIGURES = (curves, reconstructions, film_strip, restored, code_size, code_units)
