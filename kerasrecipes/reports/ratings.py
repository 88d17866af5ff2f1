"""Figures of grades: which are taken for which, how far off they are, and the furthest ones."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.ragged import RaggedExamples
from kerasrecipes.inference.ratings import truth_of
from kerasrecipes.metrics.names import percent
from kerasrecipes.metrics.ordinal import grades_of
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import classification
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import shortened
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    RIGHT,
    SERIES,
    WIDTH,
    WRONG,
    set_title,
    style,
)
from kerasrecipes.reports.text_classification import length_histogram, text_of, wrapped

_SHOWN = 6  # texts that are furthest off
# Constrained layout would shrink the axes to make room for a long line.
_PLAIN: dict[str, Any] = {
    "fontsize": 8.5,
    "va": "center",
    "parse_math": False,
    "in_layout": False,
}
_LARGEST_OFF = 2  # grades, from which on distances are one bar


@dataclass(frozen=True)
class Grades:
    """Grades of a split beside the true ones.

    Args:
        evaluation: of texts with grades.
    """

    evaluation: Evaluation

    @cached_property
    def names(self) -> list[str]:
        """Of the grades, from the worst to the best."""
        return [str(name) for name in self.evaluation.info.classes or ()]

    @cached_property
    def truth(self) -> np.ndarray:
        """Indices of the true grades, `(texts,)`."""
        return truth_of(self.evaluation)

    @cached_property
    def given(self) -> np.ndarray:
        """Indices of the grades that were given, `(texts,)`."""
        return grades_of(np.asarray(self.evaluation.outputs), len(self.names))

    @cached_property
    def means(self) -> np.ndarray:
        """Mean of each text's distribution over grades, or the number that was given, `(texts,)`,
        in indices.
        """
        outputs = np.asarray(self.evaluation.outputs, np.float64)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs @ np.arange(outputs.shape[1])


def _grades(evaluation: Evaluation) -> Grades | None:
    outputs, count = evaluation.outputs, len(evaluation.info.classes or ())
    if not isinstance(evaluation.examples, RaggedExamples) or not len(evaluation.examples):
        return None
    shape = np.shape(outputs)
    return Grades(evaluation) if len(shape) == 2 and shape[1] in (1, count) else None


@style()
def grade_confusion(evaluation: Evaluation) -> Figure | None:
    """Confusion matrix: the number of texts by true and given grade, shaded by their share of the
    true grade. Near the diagonal is near the truth.
    """
    grades = _grades(evaluation)
    if grades is None:
        return None
    answers = np.eye(len(grades.names))[grades.given]
    return classification.confusion_matrix(
        replace(evaluation, outputs=answers, labels=grades.truth)
    )


@style()
def distances(evaluation: Evaluation) -> Figure | None:
    """Share of the texts by how far the given grade is from the true one, for each true grade."""
    grades = _grades(evaluation)
    if grades is None:
        return None
    off = np.abs(grades.given - grades.truth)
    present = [g for g in range(len(grades.names)) if (grades.truth == g).any()]
    figure = Figure(figsize=(WIDTH, 1.3 + 0.42 * (len(present) + 1)))
    axes = figure.add_subplot()
    rows = [("all", np.ones(len(off), bool))]
    rows += [(grades.names[g], grades.truth == g) for g in present]
    words = ("the true grade", "off by one", f"off by {_LARGEST_OFF} or more")
    colors = (RIGHT, SERIES[5], WRONG)
    left = np.zeros(len(rows))
    for distance, (word, color) in enumerate(zip(words, colors, strict=True)):
        hit = off >= distance if distance == _LARGEST_OFF else off == distance
        shares = np.array([hit[chosen].mean() for _, chosen in rows])
        axes.barh(range(len(rows)), shares, left=left, color=color, label=word, height=0.7)
        for row, share in enumerate(shares):
            if share >= 0.06:
                middle = left[row] + share / 2
                axes.text(
                    middle,
                    row,
                    percent(float(share)),
                    ha="center",
                    va="center",
                    color="white",
                    fontsize=8.5,
                )
        left += shares
    labels = [f"{shortened(name, 16)}  ({int(chosen.sum()):,})" for name, chosen in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="share of the texts with this true grade", xlim=(0, 1))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1 - 0.45 / len(rows)), ncols=3)
    near, far = percent(float((off <= 1).mean())), percent(float((off >= _LARGEST_OFF).mean()))
    set_title(figure, f"{near} of the grades are off by one at most, {far} by more")
    return figure


@style()
def means_by_grade(evaluation: Evaluation) -> Figure | None:
    """Mean grade that the model expects of each text, by the true grade: median, middle half, and
    nine tenths.
    """
    grades = _grades(evaluation)
    if grades is None:
        return None
    present = [g for g in range(len(grades.names)) if (grades.truth == g).any()]
    groups = [grades.means[grades.truth == g] for g in present]
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.add_subplot()
    low, first, middle, third, high = (
        [float(np.quantile(group, q)) for group in groups] for q in (0.05, 0.25, 0.5, 0.75, 0.95)
    )
    axes.plot(
        [0, len(grades.names) - 1],
        [0, len(grades.names) - 1],
        color=MUTED,
        linestyle="--",
        linewidth=1,
    )
    axes.vlines(present, low, high, color=RIGHT, linewidth=1.4, alpha=0.6)
    axes.vlines(present, first, third, color=RIGHT, linewidth=9, alpha=0.45)
    axes.plot(present, middle, "o", color=INK, markersize=5)
    ticks, names = range(len(grades.names)), [shortened(name, 16) for name in grades.names]
    axes.set_xticks(ticks, names)
    axes.set_yticks(ticks, names)
    axes.set(xlabel="true grade", ylabel="expected grade", ylim=(-0.4, len(grades.names) - 0.6))
    rises = all(one < other for one, other in itertools.pairwise(middle))
    said = "rises with every true grade" if rises else "does not rise with every true grade"
    span = f"from {middle[0]:.1f} to {middle[-1]:.1f} of 0 to {len(grades.names) - 1}"
    set_title(figure, f"The expected grade {said}, {span}")
    return figure


@style()
def furthest_off(evaluation: Evaluation) -> Figure | None:
    """The texts whose grade is furthest from the true one."""
    grades, read = _grades(evaluation), text_of(evaluation)
    if grades is None or read is None:
        return None
    off = np.abs(grades.given - grades.truth)
    # Of those that are equally far off, the ones that the model means most.
    means = np.abs(grades.means - grades.truth)
    chosen = [int(n) for n in np.lexsort((-means, -off))[:_SHOWN] if off[n]]
    if not chosen:
        return None
    lines = [wrapped(read(n)) for n in chosen]
    total = sum(1.5 + 1.05 * len(part) for part in lines)
    figure = Figure(figsize=(WIDTH, 0.5 + 0.175 * total))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(total, 0))
    axes.axis("off")
    at = 0.0
    for n, part in zip(chosen, lines, strict=True):
        given, truth = (grades.names[index] for index in (grades.given[n], grades.truth[n]))
        said = f"given {shortened(given, 24)}; truth {shortened(truth, 24)}"
        axes.text(0, at + 0.5, said, color=WRONG, **_PLAIN)
        for place, line in enumerate(part):
            axes.text(0, at + 1.45 + 1.05 * place, line, color=INK, **_PLAIN)
        at += 1.5 + 1.05 * len(part)
        axes.axhline(at - 0.4, color=FAINT, linewidth=0.5)
    most = int(off.max())
    set_title(figure, f"The furthest are off by {most} grade{'s' * (most > 1)}")
    return figure


RATING_FIGURES = (
    curves,
    grade_confusion,
    distances,
    means_by_grade,
    furthest_off,
    length_histogram,
)
