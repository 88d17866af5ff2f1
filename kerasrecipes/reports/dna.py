"""Figures of a classifier of DNA: the motifs it learned, the places it looks at, and examples."""

from __future__ import annotations

from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from kerasrecipes.data.dna.bases import BASES, OUTSIDE
from kerasrecipes.data.examples import Arrays
from kerasrecipes.interpret.motifs import Motif, importance, motifs
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.calibration import confidence
from kerasrecipes.reports.classification import Predictions, confusion_matrix, predictions
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.style import FAINT, MUTED, RIGHT, SERIES, WIDTH, WRONG, set_title, style

_LOGOS, _ACROSS = 9, 3
_MOST_WINDOWS = 1000  # by which motifs and places are found
_READ = 6  # windows whose letters are drawn
_LETTERS = 80  # of a window that fit beside one another
# The usual colours of the letters, darkened for white paper.
_COLOURS = dict(zip(BASES, ("#00876a", "#0b62a8", "#b07800", "#c2501a"), strict=True))
# At the size of one unit, of which logos are scaled.
_GLYPHS = {
    letter: TextPath((0, 0), letter, size=1, prop=FontProperties(weight="bold")) for letter in BASES
}


@style()
def learned_motifs(evaluation: Evaluation) -> Figure | None:
    """Motifs of the first layer, as logos: the letters at the places of test windows where a filter
    answers at least half as much as it ever does; a letter is as high as it is informative. Those
    first whose sites tell most of the class.
    """
    given, windows = _given(evaluation)
    if given is None:
        return None
    shown = motifs(evaluation.model, windows, given.truth, len(given.names))[:_LOGOS]
    if not shown:
        return None
    rows = -(-len(shown) // _ACROSS)
    figure = Figure(figsize=(WIDTH, 0.6 + 1.35 * rows))
    for place, motif in enumerate(shown):
        axes = figure.add_subplot(rows, _ACROSS, place + 1)
        draw_logo(axes, motif.letters * motif.information[:, None])
        axes.set(ylim=(0, 2.1), yticks=(0, 1, 2))
        name = shortened(given.names[motif.label], 16)
        told = f"{name} +{100 * motif.gap:.0f} %, {counted(motif.sites, 'site')}"
        axes.set_title(told, fontsize=9, weight="normal", color=MUTED, pad=4)
        if place % _ACROSS == 0:
            axes.set_ylabel("bits")
    best = shown[0]
    where = given.names[best.label]
    set_title(
        figure,
        f"Of the windows of {shortened(where, 20)} {100 * best.gap:.0f} % more have "
        f"{_middle(best)} than of others",
    )
    return figure


def _middle(motif: Motif) -> str:
    """Return the consensus of the places that tell something."""
    told = np.flatnonzero(motif.information > 0.5)
    return motif.consensus[told[0] : told[-1] + 1] if len(told) else motif.consensus


def draw_logo(axes: Axes, heights: np.ndarray) -> None:
    """Draw letters above one another, the highest on top; those below zero hang down.

    Args:
        axes: to draw on.
        heights: `(places, 4)` of A, C, G and T.
    """
    for place, column in enumerate(heights):
        up = down = 0.0
        for index in np.argsort(np.abs(column)):
            height = float(column[index])
            if abs(height) < 1e-3 * max(1e-9, np.abs(heights).max()):
                continue
            bottom = up if height > 0 else down
            _draw_letter(axes, BASES[index], place, bottom, height)
            up, down = up + max(0.0, height), down + min(0.0, height)
    highest = max(float(np.maximum(heights, 0).sum(axis=1).max()), 1e-9)
    lowest = float(np.minimum(heights, 0).sum(axis=1).min())
    axes.set(xlim=(-0.6, len(heights) - 0.4), ylim=(1.05 * lowest, 1.05 * highest), xticks=[])
    axes.grid(visible=False)


def _draw_letter(axes: Axes, letter: str, place: int, bottom: float, height: float) -> None:
    glyph = _GLYPHS[letter]
    box = glyph.get_extents()
    fit = (
        Affine2D()
        .translate(-box.x0, -box.y0)
        .scale(0.92 / box.width, height / box.height)
        .translate(place - 0.46, bottom)
    )
    # Without an edge, which would make low letters higher than they are.
    axes.add_patch(PathPatch(fit.transform_path(glyph), color=_COLOURS[letter], linewidth=0))


@style()
def places(evaluation: Evaluation) -> Figure | None:
    """How much the letter at each place weighs, as the mean of gradient times input over the test
    windows of each class; where sites may stand anywhere the lines are flat.
    """
    given, windows = _given(evaluation)
    if given is None:
        return None
    weights = np.abs(importance(evaluation.model, windows, given.truth))
    figure = Figure(figsize=(WIDTH, 3.0))
    axes = figure.add_subplot()
    means = {}
    for label in np.unique(given.truth)[: len(SERIES)]:
        mean = weights[given.truth == label].mean(axis=0)
        means[given.names[label]] = mean
        name = shortened(given.names[label], 20)
        axes.plot(np.arange(1, len(mean) + 1), mean, color=SERIES[label % len(SERIES)], label=name)
    axes.set(xlabel="place in the window", ylabel="mean weight", ylim=(0, None))
    axes.set_xlim(1, windows.shape[1])
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    name, mean = max(means.items(), key=lambda item: float(item[1].max()))
    flat = mean.max() < 2 * np.median(mean)
    set_title(
        figure,
        "No place weighs twice as much as another: sites stand anywhere"
        if flat
        else f"Place {int(mean.argmax()) + 1} weighs most, for {shortened(name, 24)}",
    )
    return figure


@style()
def letters_that_decide(evaluation: Evaluation) -> Figure | None:
    """Test windows, confident mistakes first: how much each letter speaks for (above the line) or
    against the answer (below it), by gradient times input.
    """
    given, windows = _given(evaluation)
    if given is None:
        return None
    order = np.argsort(-given.confidence, kind="stable")
    wrong = order[~given.right[order]][: _READ // 2]
    right = order[given.right[order]]
    # Of each class in turn, for the surest answers may all be of one.
    turn = [
        int((given.predicted[right[:n]] == given.predicted[i]).sum()) for n, i in enumerate(right)
    ]
    right = right[np.argsort(turn, kind="stable")]
    chosen = [*wrong, *right[: _READ - len(wrong)]]
    weights = importance(evaluation.model, windows[chosen], given.predicted[chosen])
    figure = Figure(figsize=(WIDTH, 0.6 + 1.0 * len(chosen)))
    for row, number in enumerate(chosen):
        axes = figure.add_subplot(len(chosen), 1, row + 1)
        inside = np.flatnonzero(windows[number] != OUTSIDE)
        middle = inside[max(0, len(inside) - _LETTERS) // 2 :][:_LETTERS]
        heights = np.zeros((len(middle), 4))
        for index, bit in enumerate((1, 2, 4, 8)):
            here = windows[number][middle] == bit
            heights[here, index] = weights[row][middle][here]
        draw_logo(axes, heights)
        axes.axhline(0, color=FAINT, linewidth=0.8)
        axes.set_yticks([])
        said = f"{shortened(given.names[given.predicted[number]], 20)}, "
        said += f"{100 * given.confidence[number]:.1f} %"
        if not given.right[number]:
            said += f"; truth {shortened(given.names[given.truth[number]], 20)}"
        colour = RIGHT if given.right[number] else WRONG
        axes.set_title(said, fontsize=9, weight="normal", color=colour, pad=3)
    share = percent(float(given.right.mean()))
    set_title(figure, f"{share} are right; " + _which(len(wrong), len(chosen)))
    return figure


def _which(wrong: int, all_of_them: int) -> str:
    if not wrong:
        return "the letters of the most confident answers"
    return f"the letters of {counted(wrong, 'confident mistake')} and {all_of_them - wrong} others"


def _given(evaluation: Evaluation) -> tuple[Predictions | None, np.ndarray]:
    """Return predictions and windows, as many as are looked at."""
    given, windows = predictions(evaluation), cast(Arrays, evaluation.examples).x
    if given is None or not len(windows):
        return None, windows
    some = slice(0, _MOST_WINDOWS)
    return Predictions(given.probabilities[some], given.truth[some], given.names), windows[some]


DNA_FIGURES = (
    curves,
    confusion_matrix,
    learned_motifs,
    letters_that_decide,
    places,
    confidence,
)
