"""Figures of a text classifier: examples by confidence, mistakes by length, and the lengths."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.ragged import RaggedExamples, padded_length
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.calibration import confidence, wilson
from kerasrecipes.reports.classification import Predictions, confusion_matrix, predictions
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.style import FAINT, INK, RIGHT, WIDTH, WRONG, set_title, style

_SHOWN = 4  # texts of each kind
_LINE = 122  # characters
_LINES = 3
_GROUPS = 8  # of length
_BATCH = 64  # texts
_UNKNOWN = "…"


@style()
def examples_by_confidence(evaluation: Evaluation) -> Figure | None:
    """Confident mistakes, undecided predictions, and confident right ones, with their texts."""
    given, texts = predictions(evaluation), text_of(evaluation)
    if given is None or texts is None:
        return None
    rows = [(title, number) for title, numbers in _kinds(given) for number in numbers]
    lines = [wrapped(texts(number)) for _, number in rows]
    # In lines: one for the answer, 1.05 for each line of the text.
    heights = [1.0 + 1.05 * len(part) for part in lines]
    # Rows of one kind stand together under one heading.
    titles = sum(1 for place, row in enumerate(rows) if not place or rows[place - 1][0] != row[0])
    total = sum(heights) + 1.6 * titles
    figure = Figure(figsize=(WIDTH, 0.5 + 0.175 * total))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(total, 0))
    axes.axis("off")
    at = 0.0
    for place, ((title, number), part) in enumerate(zip(rows, lines, strict=True)):
        if not place or rows[place - 1][0] != title:
            axes.text(0, at + 1.0, title, weight="bold", color=INK, fontsize=10, va="center")
            at += 1.6
        _draw_text(axes, at, number, part, given)
        at += heights[place]
    set_title(figure, f"{given.score}; the most and the least confident")
    return figure


@style()
def errors_by_length(evaluation: Evaluation) -> Figure | None:
    """Error rate by the length of the text, with a 95 % interval."""
    given, lengths = predictions(evaluation), _lengths(evaluation)
    if given is None or lengths is None or len(np.unique(lengths)) < 2:
        return None
    # Quantiles make groups of about equal size; where many lengths are equal, edges coincide.
    edges = np.unique(
        np.quantile(lengths, np.linspace(0, 1, min(_GROUPS, len(lengths) // 20 + 1) + 1)).round()
    )
    if len(edges) < 3:
        edges = np.array([lengths.min(), np.median(lengths), lengths.max()])
    # The longest texts lie on the last edge and belong to the group below it.
    group = np.clip(np.searchsorted(edges, lengths, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(group, minlength=len(edges) - 1)
    wrong = np.bincount(group, weights=~given.right, minlength=len(edges) - 1)
    low, high = wilson(wrong, np.maximum(counts, 1))
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    places = np.flatnonzero(counts)
    share = wrong[places] / counts[places]
    axes.bar(range(len(places)), share, color=WRONG, width=0.62)
    axes.vlines(range(len(places)), low[places], high[places], color=INK, linewidth=1.2, alpha=0.6)
    names = [
        # A group ends one token before the next begins; only the last includes its edge.
        f"{edges[n]:,.0f} to {edges[n + 1] - (n + 2 < len(edges)):,.0f}\n{counts[n]:,} texts"
        for n in places
    ]
    axes.set_xticks(range(len(places)), names, fontsize=8.5)
    axes.set(xlabel="tokens", ylabel="error rate")
    # At least 2 % high: a model without mistakes would leave the axis without a range.
    axes.set_ylim(0, max(0.02, min(1, 1.1 * high[places].max())))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="x", visible=False)
    axes.set_title(_length_title(share))
    return figure


@style()
def length_histogram(evaluation: Evaluation) -> Figure | None:
    """Lengths of the texts, and the share of padding in batches of similar length and of any
    length.
    """
    lengths = _lengths(evaluation)
    if lengths is None:
        return None
    figure = Figure(figsize=(WIDTH, 3.2))
    axes = figure.add_subplot()
    bins = min(60, max(8, int(lengths.max() - lengths.min())))
    axes.hist(lengths, bins=bins, color=RIGHT, alpha=0.85, rwidth=0.94)
    middle = float(np.median(lengths))
    axes.axvline(middle, color=INK, linewidth=1)
    axes.annotate(
        f"median {middle:,.0f}",
        (middle, 1),
        (5, -10),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        color=INK,
        fontsize=9,
    )
    axes.margins(y=0.14)  # room for the median's label above the bars
    axes.set(xlabel="tokens", ylabel="texts", xlim=(0, None))
    axes.set_title(_padding_title(evaluation, lengths))
    return figure


def padding_share(lengths: np.ndarray, padded: np.ndarray) -> float:
    """Compute the share of padding in padded sequences.

    Args:
        lengths: `(texts,)`, number of tokens.
        padded: `(texts,)`, number of tokens with padding.

    Returns:
        From 0 to 1.
    """
    return float(1 - lengths.sum() / max(1, padded.sum()))


def _padding_title(evaluation: Evaluation, lengths: np.ndarray) -> str:
    whole = padding_share(lengths, np.full(len(lengths), lengths.max()))
    if evaluation.examples.lengths is None:
        return f"Padded to one length, {percent(whole)} of all tokens are padding"
    # As bucketing forms them: sorted by length, each padded to about its own longest text.
    batches = np.array_split(np.sort(lengths), np.arange(_BATCH, len(lengths), _BATCH))
    padded = [np.full(len(batch), padded_length(batch.max())) for batch in batches]
    bucketed = padding_share(lengths, np.concatenate(padded))
    return (
        f"Padding is {percent(bucketed)} in batches of {_BATCH} of similar length, "
        f"{percent(whole)} if all are padded to the longest"
    )


def _length_title(share: np.ndarray) -> str:
    if len(share) < 2 or share.max() == 0:
        return (
            "No mistakes" if share.max(initial=0) == 0 else f"Wrong in {percent(float(share[0]))}"
        )
    worst = {0: "shortest", len(share) - 1: "longest"}.get(int(share.argmax()), "medium")
    most, least = (percent(float(part)) for part in (share.max(), share.min()))
    return f"Highest error rate on the {worst} texts: {most}; lowest {least}"


def _lengths(evaluation: Evaluation) -> np.ndarray | None:
    examples = evaluation.examples
    if not isinstance(examples, RaggedExamples) or not len(examples):
        return None
    return np.asarray(examples.x.lengths)


def text_of(evaluation: Evaluation) -> Callable[[int], str] | None:
    """Return the function from an example's index to its text, with `…` for unknown tokens; `None`
    for examples that are not texts.
    """
    preprocessor, examples = evaluation.info.preprocessor, evaluation.examples
    if not isinstance(preprocessor, TextPreprocessor) or not isinstance(examples, RaggedExamples):
        return None
    rows = examples.x
    return lambda index: preprocessor.decode(rows[index], unknown=_UNKNOWN)


def _kinds(given: Predictions) -> list[tuple[str, np.ndarray]]:
    """Choose the texts to show: a heading and their indices, of each kind."""
    order = np.argsort(given.confidence, kind="stable")
    wrong, right = order[~given.right[order]][::-1], order[given.right[order]][::-1]
    sure = list(right[: _SHOWN // 2])
    # In a small split the most confident may be among the least confident as well.
    unsure = [number for number in order[:_SHOWN] if number not in sure]
    kinds = [
        ("Wrong and confident", wrong[:_SHOWN]),
        ("Undecided", unsure),
        ("Right and confident", sure),
    ]
    return [(title, np.asarray(numbers)) for title, numbers in kinds if len(numbers)]


def wrapped(text: str) -> list[str]:
    """Return the lines of a text, at most three."""
    # Chinese characters, for one, are as wide as two Latin letters.
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text) / max(1, len(text))
    width = int(_LINE / (1 + wide))
    return textwrap.wrap(text, width, max_lines=_LINES, placeholder=" …") or ["(empty)"]


def _draw_text(
    axes: Axes, at: float, number: int, lines: Sequence[str], given: Predictions
) -> None:
    color = RIGHT if given.right[number] else WRONG
    answer = formatting.shortened(given.names[given.predicted[number]], 24)
    said = f"{answer}, {100 * given.confidence[number]:.1f} %"
    if not given.right[number]:
        said += f"; truth {formatting.shortened(given.names[given.truth[number]], 24)}"
    axes.plot([0.002, 0.002], [at + 0.1, at + 0.75 + 1.05 * len(lines)], color=color, linewidth=2.4)
    # Constrained layout would shrink the axes to make room for a long line.
    plain: dict[str, Any] = {
        "fontsize": 8.5,
        "va": "center",
        "parse_math": False,
        "in_layout": False,
    }
    axes.text(0.014, at + 0.5, said, color=color, **plain)
    for place, line in enumerate(lines):
        axes.text(0.014, at + 1.45 + 1.05 * place, line, color=INK, **plain)
    axes.axhline(at + 0.9 + 1.05 * len(lines), color=FAINT, linewidth=0.5)


TEXT_FIGURES = (
    curves,
    examples_by_confidence,
    confusion_matrix,
    errors_by_length,
    length_histogram,
    confidence,
)
