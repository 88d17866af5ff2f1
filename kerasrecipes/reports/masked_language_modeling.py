"""Figures of a masked language model: hidden words with what was told, and which are easy."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.text.masked_language_modeling import (
    MaskedExamples,
    MaskedTextPreprocessor,
)
from kerasrecipes.data.text.wordpieces import MASK
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.style import FAINT, INK, MUTED, RIGHT, WIDTH, WRONG, set_title, style

_SHOWN = 12  # hidden words
_AROUND = 7  # tokens on each side
_GROUPS = 5  # of tokens by frequency, equally many hidden tokens in each
_FEWEST = 20  # hidden tokens in a group


@style()
def hidden_words(evaluation: Evaluation) -> Figure | None:
    """Hidden words of the test text in their places, with what the model told."""
    found = _hidden(evaluation)
    if found is None:
        return None
    windows, labels, told = found
    pieces = MaskedTextPreprocessor.of(evaluation.info).pieces
    places = np.argwhere((labels > 0) & (windows == MASK))
    chosen = places[np.linspace(0, len(places) - 1, min(_SHOWN, len(places))).astype(int)]
    if not len(chosen):
        return None
    figure = Figure(figsize=(WIDTH, 0.8 + 0.27 * len(chosen)))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(len(chosen) + 0.4, -0.6))
    axes.axis("off")
    font: dict[str, Any] = {"va": "center", "fontsize": 8.5, "family": "monospace"}
    for x, name, where in ((0.44, "was", "center"), (0.56, "told", "center")):
        axes.text(x, -0.4, name, color=MUTED, ha=where, va="center", fontsize=8.5)
    for at, (row, place) in enumerate(chosen, 0):
        left = windows[row, max(1, place - _AROUND) : place]
        right = windows[row, place + 1 : min(place + 1 + _AROUND, windows.shape[1] - 1)]
        true, answer = int(labels[row, place]), int(told[row, place])
        colour = RIGHT if true == answer else WRONG
        y = at + 0.4
        axes.text(0.36, y, pieces.decode(left)[-34:], color=INK, ha="right", **font)
        axes.text(0.64, y, pieces.decode(right)[:34], color=INK, ha="left", **font)
        axes.text(0.44, y, pieces.token(true)[:11], color=INK, ha="center", **font)
        axes.text(0.56, y, pieces.token(answer)[:11], color=colour, ha="center", **font)
        axes.axhline(at + 0.9, color=FAINT, linewidth=0.5)
    right_share = float(np.mean(told[labels > 0] == labels[labels > 0]))
    set_title(
        figure, f"{percent(right_share)} of the hidden tokens are told; some of the test text"
    )
    return figure


@style()
def accuracy_by_frequency(evaluation: Evaluation) -> Figure | None:
    """Share of hidden tokens that are told, by how frequent they are in the test text."""
    found = _hidden(evaluation)
    if found is None:
        return None
    _, labels, told = found
    hidden = labels > 0
    true, right = labels[hidden], told[hidden] == labels[hidden]
    counts = np.bincount(true)
    # The most frequent first; tokens of one frequency stand together.
    order = np.lexsort((true, -counts[true]))
    groups = np.array_split(order, min(_GROUPS, max(1, len(order) // _FEWEST)))
    if len(groups) < 2:
        return None
    shares = [float(right[group].mean()) for group in groups]
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    bars = axes.bar(np.arange(len(groups)), shares, width=0.62, color=RIGHT)
    axes.bar_label(bars, [percent(share) for share in shares], padding=2, color=INK, fontsize=8.5)
    baseline = evaluation.info.baselines.get("neighbours_accuracy")
    if baseline is not None:
        axes.axhline(baseline, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            f"counted neighbours, all tokens: {percent(baseline)}",
            (1, baseline), (-2, 3), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", color=MUTED, fontsize=8.5,
        )  # fmt: skip
    names = [formatting.counted(len(np.unique(true[group])), "token") for group in groups]
    axes.set_xticks(np.arange(len(groups)), names)
    axes.set(
        xlabel="hidden tokens, the most frequent ones on the left", ylabel="told", ylim=(0, 1.08)
    )
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_title(
        f"Of the most frequent tokens {percent(shares[0])} are told, of the rarest "
        f"{percent(shares[-1])}"
    )
    return figure


def _hidden(evaluation: Evaluation) -> tuple[np.ndarray, ...] | None:
    """Return windows, labels and told tokens, each `(windows, length)`."""
    outputs = np.asarray(evaluation.outputs)
    if not isinstance(evaluation.examples, MaskedExamples) or outputs.ndim != 3:
        return None
    if not len(outputs):
        return None
    windows, labels, _ = evaluation.examples.take(np.arange(len(outputs)))
    return windows, labels, outputs[..., 0].astype(int)


FIGURES = (curves, hidden_words, accuracy_by_frequency)
