"""Figures of a colorization: images in found and in true colours, and how bold the colours are."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.data.images.colorization import ColourPreprocessor
from kerasrecipes.data.images.colour_spaces import from_lab, to_lab
from kerasrecipes.metrics.colour import colourfulness
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import film_strip, show, write_below
from kerasrecipes.reports.style import FAINT, MUTED, RIGHT, TRAIN, WIDTH, set_title, style

_SHOWN = 6  # images, from the smallest to the largest error
_COUNTED = 200  # images whose colours are counted
_SIDE = 72  # units of a and b that the plane of colours shows to each side


@style()
def coloured(evaluation: Evaluation) -> Figure | None:
    """Test images without colours, in those that were found, and in their own, from the smallest
    error to the largest.
    """
    examples: Any = evaluation.examples
    if not len(examples):
        return None
    error = _errors(evaluation)
    order = np.argsort(error, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, _SHOWN).astype(int))]
    preprocessor = ColourPreprocessor.of(evaluation.info)
    figure = Figure(figsize=(WIDTH, 3 * (WIDTH - 0.8) / _SHOWN + 1.0))
    panels = figure.subplots(3, len(chosen), squeeze=False)
    for column, number in enumerate(chosen):
        truth = examples.whole(int(number))
        grey = to_lab(truth) * np.array([1, 0, 0], np.float32)
        made = preprocessor.coloured(truth, evaluation.outputs[number])
        for row, image in enumerate((from_lab(grey), made, truth)):
            show(panels[row, column], image)
        write_below(panels[2, column], f"off by {error[number]:.1f}", 3, MUTED)
    for row, text in enumerate(("grey", "coloured", "truth")):
        panels[row, 0].set_ylabel(text, color=MUTED)
    set_title(figure, f"Colours are off by {error.mean():.1f} units of a and b on average")
    return figure


@style()
def plane_of_colours(evaluation: Evaluation) -> Figure | None:
    """How often each colour is in the test images and in the coloured ones: a from green to red, b
    from blue to yellow, grey in the middle.
    """
    if not len(evaluation.examples):
        return None
    truth, found = _colours(evaluation)
    figure = Figure(figsize=(WIDTH, 4.2))
    edges = np.linspace(-_SIDE, _SIDE, 49)
    axis = (edges[:-1] + edges[1:]) / 2
    lab = np.stack(np.broadcast_arrays(70.0, axis[None, :], axis[:, None]), axis=-1)
    shade = from_lab(lab) / 255
    for number, (ab, title) in enumerate(((truth, "truth"), (found, "coloured"))):
        axes: Any = figure.add_subplot(1, 2, number + 1)
        counts, _, _ = np.histogram2d(ab[:, 1], ab[:, 0], bins=[edges, edges])
        strength = np.log1p(counts) / max(np.log1p(counts).max(), 1e-9)
        picture = 1 - strength[..., None] * (1 - shade)
        axes.imshow(picture, extent=(-_SIDE, _SIDE, -_SIDE, _SIDE), origin="lower")
        axes.set(xlabel="a", ylabel="b", title=title)
        axes.grid(False)
        axes.spines[:].set(visible=True, color=FAINT)
    strengths = [float(np.hypot(*ab.T).mean()) for ab in (truth, found)]
    share = percent(strengths[1] / max(strengths[0], 1e-9))
    set_title(figure, f"What was found has {share} of the true strength of colour")
    return figure


@style()
def colourfulness_by_image(evaluation: Evaluation) -> Figure | None:
    """Colourfulness of each test image in true and in found colours; on the line both are alike."""
    examples: Any = evaluation.examples
    if not len(examples):
        return None
    preprocessor = ColourPreprocessor.of(evaluation.info)
    rows = []
    for number in range(min(_COUNTED, len(examples))):
        truth = examples.whole(number)
        made = preprocessor.coloured(truth, evaluation.outputs[number])
        rows.append((colourfulness(truth), colourfulness(made)))
    there, found = np.array(rows).T
    figure = Figure(figsize=(WIDTH / 2, 4))
    axes: Any = figure.add_subplot()
    top = 1.05 * max(there.max(), found.max(), 1)
    axes.plot([0, top], [0, top], color=TRAIN, linewidth=1)
    axes.plot(there, found, "o", color=RIGHT, markersize=4, alpha=0.6)
    axes.set(xlim=(0, top), ylim=(0, top), xlabel="of the truth", ylabel="of what was found")
    axes.set_aspect("equal")
    paler = percent(float((found < there).mean()))
    set_title(figure, f"{paler} are paler than in truth")
    return figure


def _colours(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    """Return true and found colours at the model's size, `(pixels, 2)` each."""
    examples: Any = evaluation.examples
    some = np.arange(min(_COUNTED, len(examples)))
    # Labels are divided by the range of a and b.
    truth = ColourPreprocessor.of(evaluation.info).decode(examples.take(some)[1])
    return truth.reshape(-1, 2), np.asarray(evaluation.outputs)[some].reshape(-1, 2)


def _errors(evaluation: Evaluation) -> np.ndarray:
    """Return the mean absolute error of a and b of each image, at the model's size, `(images,)`."""
    examples: Any = evaluation.examples
    decode, found = ColourPreprocessor.of(evaluation.info).decode, []
    for number in range(len(examples)):
        truth = decode(examples.take(np.array([number]))[1])[0]
        found.append(np.abs(truth - evaluation.outputs[number]).mean())
    return np.array(found)


COLOUR_FIGURES = (curves, coloured, film_strip, plane_of_colours, colourfulness_by_image)
