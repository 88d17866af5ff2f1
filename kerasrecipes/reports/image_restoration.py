"""Figures of a restoration: images before and after, gains by image, and what comes back of fine
detail.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.images.image_restoration import RestorationPreprocessor
from kerasrecipes.inference.image_restoration import untouched, wholes
from kerasrecipes.metrics.image_quality import psnr
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import film_strip, show, write_below
from kerasrecipes.reports.style import (
    FAINT,
    MUTED,
    TRAIN,
    VALIDATION,
    WIDTH,
    label_ends,
    set_title,
    style,
)

_SHOWN = 5  # images, from the least to the most gained
_CROP = 72  # pixels of an image that are shown
_MOST = 60  # images of which each has a line
_LARGEST = 128  # pixels of the middle of an image whose spectrum is taken
_BANDS = 16  # of frequencies


@style()
def restorations(evaluation: Evaluation) -> Figure | None:
    """Parts of test images, those where most was gained: before, after, and the truth; from the
    image with the least gain to that with the most.
    """
    before, truth, border = _images(evaluation)
    if not truth:
        return None
    gain = _gains(evaluation)[:, 1] - _gains(evaluation)[:, 0]
    order = np.argsort(gain, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, _SHOWN).astype(int))]
    figure = Figure(figsize=(WIDTH, 3 * (WIDTH - 0.8) / _SHOWN + 0.9))
    panels = figure.subplots(3, len(chosen), squeeze=False)
    for column, number in enumerate(chosen):
        images = (before[number], evaluation.outputs[number], truth[number])
        part = _part(*images)
        for row, image in enumerate(images):
            show(panels[row, column], image[part] / 255)
            if row < 2:
                told = f"{psnr(image, truth[number], border):.1f} dB"
                write_below(panels[row, column], told, 3, MUTED)
    for row, text in enumerate((_name(evaluation), "restored", "truth")):
        panels[row, 0].set_ylabel(text, color=MUTED)
    set_title(figure, f"Restored, an image is {gain.mean():.1f} dB nearer to the truth on average")
    return figure


@style()
def gain_by_image(evaluation: Evaluation) -> Figure | None:
    """Peak signal-to-noise ratio of each test image before and after."""
    found = _gains(evaluation)
    if not len(found):
        return None
    order = np.argsort(found[:, 1], kind="stable")
    kept = order[np.unique(np.linspace(0, len(order) - 1, _MOST).astype(int))]
    before, after = found[kept].T
    figure = Figure(figsize=(WIDTH, 3.4))
    axes: Any = figure.add_subplot()
    places = np.arange(len(kept))
    axes.vlines(places, before, after, color=FAINT, linewidth=2.5, zorder=1)
    axes.plot(places, before, "o", color=TRAIN, markersize=5)
    axes.plot(places, after, "o", color=VALIDATION, markersize=5)
    axes.set(ylabel="dB", xlabel="test images, from the hardest to the easiest", xticks=[])
    axes.margins(x=0.03)
    label_ends(axes, [(before[-1], _name(evaluation), TRAIN), (after[-1], "restored", VALIDATION)])
    better = int((found[:, 1] > found[:, 0]).sum())
    which = "Every image gains" if better == len(found) else f"{better} of {len(found)} images gain"
    least, most = (found[:, 1] - found[:, 0]).min(), (found[:, 1] - found[:, 0]).max()
    axes.set_title(f"{which}; the least {least:+.1f} dB, the most {most:+.1f} dB")
    return figure


@style()
def error_by_detail(evaluation: Evaluation) -> Figure | None:
    """Error of the test images by the fineness of their detail, as a share of what there is of it;
    where the share is 1, nothing is known.
    """
    before, truth, _ = _images(evaluation)
    side = min((min(image.shape) for image in truth), default=0)
    side = min(side, _LARGEST)
    if side < 2 * _BANDS:
        return None
    there = _spectrum(truth, side)
    lines = [
        _spectrum([a.astype(float) - b for a, b in zip(images, truth, strict=True)], side) / there
        for images in (before, evaluation.outputs)
    ]
    frequencies = (np.arange(_BANDS) + 0.5) / (2 * _BANDS)
    figure = Figure(figsize=(WIDTH, 3.2))
    axes: Any = figure.add_subplot()
    for line, colour in zip(lines, (TRAIN, VALIDATION), strict=True):
        axes.plot(frequencies, line, color=colour)
    axes.set(xlabel="cycles per pixel", ylabel="error, share of the power", xlim=(0, 0.5))
    # Noise can be many times the detail that it lies over.
    axes.set_ylim(0, min(2.0, 1.1 * max(1.0, *(float(line.max()) for line in lines))))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    ends = zip(lines, (_name(evaluation), "restored"), (TRAIN, VALIDATION), strict=True)
    top = axes.get_ylim()[1]
    label_ends(axes, [(min(float(line[-1]), top), text, colour) for line, text, colour in ends])
    # Where there was least error, none is won.
    won = np.minimum(lines[0], 1) - np.minimum(lines[1], 1)
    best = int(won.argmax())
    told = f"{percent(won[best])} of what there is, at {frequencies[best]:.2f} cycles per pixel"
    axes.set_title(f"Most comes back: {told}")
    return figure


def _images(evaluation: Evaluation) -> tuple[list[np.ndarray], list[np.ndarray], int]:
    """Return the images before they are restored, the whole ones, and the border that does not
    count.
    """
    examples: Any = evaluation.examples
    border = RestorationPreprocessor.of(evaluation.info).degradation.border
    return untouched(examples), list(wholes(examples)), border


def _gains(evaluation: Evaluation) -> np.ndarray:
    """Return the ratio in dB of each image before and after, `(images, 2)`."""
    before, truth, border = _images(evaluation)
    triples = zip(before, evaluation.outputs, truth, strict=True)
    rows = [(psnr(a, whole, border), psnr(b, whole, border)) for a, b, whole in triples]
    return np.array(rows).reshape(-1, 2)


def _part(before: np.ndarray, after: np.ndarray, truth: np.ndarray) -> tuple[slice, slice]:
    """Return the part of an image in which the restoration took away most of the error."""
    from scipy.ndimage import uniform_filter

    side = min(_CROP, *truth.shape)
    error = [(image.astype(np.float64) - truth) ** 2 for image in (before, after)]
    mean = uniform_filter(error[0] - error[1], side, mode="constant")
    half = side // 2
    rows, columns = (length - side + 1 for length in truth.shape)
    inner = mean[half : half + rows, half : half + columns]
    row, column = (int(n) for n in np.unravel_index(inner.argmax(), inner.shape))
    return slice(row, row + side), slice(column, column + side)


def _spectrum(images: Any, side: int) -> np.ndarray:
    """Return the power of the middles of images in bands of frequencies, `(bands,)`."""
    window = np.outer(np.hanning(side), np.hanning(side))
    axis = np.fft.fftfreq(side)
    band = np.minimum(np.hypot(axis[:, None], axis) * 2 * _BANDS, _BANDS).astype(int).ravel()
    power = np.zeros(_BANDS + 1)
    for image in images:
        row, column = ((length - side) // 2 for length in image.shape)
        middle = np.asarray(image[row : row + side, column : column + side], float)
        found = np.abs(np.fft.fft2((middle - middle.mean()) * window)) ** 2
        power += np.bincount(band, found.ravel(), minlength=_BANDS + 1)
    # What lies in the corners, beyond the finest lines of a row, belongs to no band.
    return np.maximum(power[:_BANDS], 1e-9)


def _name(evaluation: Evaluation) -> str:
    kind = RestorationPreprocessor.of(evaluation.info).degradation.kind
    return {"reduction": "bicubic", "jpeg": "JPEG", "given": "before"}.get(kind, kind)


RESTORATION_FIGURES = (curves, restorations, film_strip, gain_by_image, error_by_detail)
