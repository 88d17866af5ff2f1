"""Figures of image translation: what was made beside the truth, and how sharp it is."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.answers.pixels import as_bytes
from kerasrecipes.data.images.image_translation import PairPreprocessor
from kerasrecipes.inference.image_translation import (
    frequencies,
    pairs_judged,
    scores,
    sharpness,
    spectrum,
)
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import film_strip, picture_grid
from kerasrecipes.reports.style import INK, TRAIN, VALIDATION, WIDTH, label_ends, set_title, style

_SHOWN = 8  # pairs of a row
_BANDS = 24  # of frequencies


@style()
def pictures(evaluation: Evaluation) -> Figure | None:
    """Inputs of the test split, what was made of them by the absolute error alone, what was made
    against the discriminator, and the truth.
    """
    if not len(evaluation.examples):
        return None
    x, y = (half[:_SHOWN] for half in pairs_judged(evaluation))
    rows = {"input": x} | _made(evaluation, x) | {"truth": y}
    figure = Figure(figsize=(WIDTH, 2))
    picture_grid(figure, np.concatenate(list(rows.values())), tuple(rows))
    found = scores(evaluation)
    if "mean_iou" in found:
        told = (
            f"Labels are read from what was made with a mean IoU of {percent(found['mean_iou'])}, "
            f"from real pictures with {percent(found['real_mean_iou'])}"
        )
    else:
        told = f"What was made has {percent(found['fine_detail'])} of the fine detail of the truth"
    set_title(figure, told)
    return figure


@style()
def detail(evaluation: Evaluation) -> Figure | None:
    """Amplitude of detail by its fineness, of real pictures and of those that were made."""
    if not len(evaluation.examples):
        return None
    x, y = pairs_judged(evaluation)
    lines = {name: _by_frequency(made) for name, made in _made(evaluation, x).items()}
    lines["truth"] = _by_frequency(y)
    colours = {"L1 alone": TRAIN, "adversarial": VALIDATION, "truth": INK}
    axis = (np.arange(_BANDS) + 0.5) / (2 * _BANDS)
    figure = Figure(figsize=(WIDTH, 3.2))
    axes: Any = figure.add_subplot()
    for name, line in lines.items():
        axes.plot(axis, line / lines["truth"].max(), color=colours[name])
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.yaxis.set_minor_formatter(lambda value, _: "")
    axes.set(xlabel="cycles per pixel", ylabel="amplitude, logarithmic", xlim=(0, 0.5))
    top = lines["truth"].max()
    label_ends(axes, [(float(line[-1] / top), n, colours[n]) for n, line in lines.items()])
    made = _made(evaluation, x)
    told = [f"{percent(sharpness(image, y))} ({name})" for name, image in made.items()]
    set_title(figure, f"Of the truth's fine detail there is {', '.join(told)}")
    return figure


@style()
def labels_read(evaluation: Evaluation) -> Figure | None:
    """What the run's own segmenter reads from a made and from a real picture, beside the labels
    that they were made of.
    """
    judge = evaluation.model.judge
    if judge is None or not len(evaluation.examples):
        return None
    x, y = (half[:_SHOWN] for half in pairs_judged(evaluation))
    preprocessor = PairPreprocessor.of(evaluation.info)
    rows = {"labels": x}
    for name, images in (_made(evaluation, x) | {"truth": y}).items():
        read = judge.predict_on_batch(images.astype(np.float32)).argmax(axis=-1)
        rows[f"of {name}"] = np.stack([preprocessor.coloured(mask) for mask in read])
    figure = Figure(figsize=(WIDTH, 2))
    picture_grid(figure, np.concatenate(list(rows.values())), tuple(rows))
    set_title(figure, "What a segmenter reads that learned from real pictures alone")
    return figure


def _made(evaluation: Evaluation, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what each generator makes, by name, bytes."""
    model = evaluation.model
    parts = {"L1 alone": "plain", "adversarial": "generator"}
    if model.plain is None:
        parts.pop("L1 alone")
    return {name: as_bytes(model.made_by(part, x)) for name, part in parts.items()}


def _by_frequency(images: np.ndarray) -> np.ndarray:
    """Return the mean amplitude of pictures in bands of frequencies, `(bands,)`."""
    power, place = spectrum(images), frequencies(*images.shape[1:3])
    band = np.minimum(place * 2 * _BANDS, _BANDS).astype(int).ravel()
    sums = np.bincount(band, power.ravel(), minlength=_BANDS + 1)[:_BANDS]
    counts = np.maximum(np.bincount(band, minlength=_BANDS + 1)[:_BANDS], 1)
    return np.sqrt(np.maximum(sums / counts, 1e-9))


TRANSLATION_FIGURES = (curves, pictures, film_strip, detail, labels_read)
