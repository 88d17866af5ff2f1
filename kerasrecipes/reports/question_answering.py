"""Figures of readers: answers by question, by length of text, by confidence, and in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.text.question_answering import Question, QuestionPreprocessor, WindowExamples
from kerasrecipes.inference.question_answering import Found, answers_of
from kerasrecipes.metrics.names import percent
from kerasrecipes.metrics.reading import exact_match, overlap
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, shortened
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

_ASKED = ("who", "whom", "when", "where", "which", "what", "why", "how")
_LENGTHS = 5  # groups of texts, of about equally many questions
_SHOWN = 4  # questions of each kind
_BESIDE = 52  # characters on each side of an answer


@dataclass(frozen=True)
class Asked:
    """The questions of a split, with the answers that were found.

    Args:
        pairs: each question and its answer.
    """

    pairs: Sequence[tuple[Question, Found]]

    @cached_property
    def given(self) -> list[str]:
        """The answers; empty where there is none."""
        return [row.context[found.begin : found.end] for row, found in self.pairs]

    @cached_property
    def exact(self) -> np.ndarray:
        """Exact match of each answer, `(questions,)`."""
        rows = zip(self.given, self.pairs, strict=True)
        return np.array([exact_match(answer, row.answers) for answer, (row, _) in rows])

    @cached_property
    def f1(self) -> np.ndarray:
        """F1 of each answer, `(questions,)`."""
        rows = zip(self.given, self.pairs, strict=True)
        return np.array([overlap(answer, row.answers) for answer, (row, _) in rows])

    @cached_property
    def sure(self) -> np.ndarray:
        """Probability of each answer, `(questions,)`."""
        return np.array([found.probability for _, found in self.pairs])


def _asked(evaluation: Evaluation) -> Asked | None:
    examples = evaluation.examples
    if not isinstance(examples, WindowExamples) or not len(examples):
        return None
    return Asked(answers_of(evaluation))


@style()
def answers_by_question(evaluation: Evaluation) -> Figure | None:
    """Exact match and F1 by the question's interrogative."""
    asked = _asked(evaluation)
    if asked is None:
        return None
    kinds = np.array([_kind(row.question) for row, _ in asked.pairs])
    counts = {kind: int((kinds == kind).sum()) for kind in (*_ASKED, "other")}
    there = sorted((kind for kind in counts if counts[kind]), key=lambda kind: -counts[kind])
    rows = [("all", np.ones(len(kinds), bool)), *((kind, kinds == kind) for kind in there)]
    figure = Figure(figsize=(WIDTH, 1.3 + 0.5 * len(rows)))
    axes = figure.add_subplot()
    for shift, values, color, name in (
        (-0.2, asked.f1, RIGHT, "F1"),
        (0.2, asked.exact, SERIES[5], "exact match"),
    ):
        shares = [float(values[chosen].mean()) for _, chosen in rows]
        places = np.arange(len(rows)) + shift
        axes.barh(places, shares, height=0.36, color=color, label=name)
        for place, share in zip(places, shares, strict=True):
            axes.annotate(
                percent(share),
                (share, place),
                (4, 0),
                textcoords="offset points",
                va="center",
                color=MUTED,
                fontsize=8.5,
            )
    axes.set_yticks(range(len(rows)), [f"{name}  ({int(c.sum()):,})" for name, c in rows])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1 - 0.3 / len(rows)), ncols=2)
    f1, exact = percent(float(asked.f1.mean())), percent(float(asked.exact.mean()))
    set_title(figure, f"F1 {f1}, exact match {exact} of {counted(len(kinds), 'question')}")
    return figure


def _kind(question: str) -> str:
    """Return the first interrogative of a question."""
    words = question.lower().replace("'", " ").split()
    return next((word for word in words if word in _ASKED), "other")


@style()
def answers_by_length(evaluation: Evaluation) -> Figure | None:
    """F1 by the length of the text, with the standard error of the mean."""
    asked = _asked(evaluation)
    if asked is None:
        return None
    tokenizer = QuestionPreprocessor.of(evaluation.info).tokenizer
    known = {row.context: 0 for row, _ in asked.pairs}
    known = {text: len(tokenizer.spans(text)) for text in known}
    lengths = np.array([known[row.context] for row, _ in asked.pairs])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, _LENGTHS + 1)).round())
    if len(edges) < 3:
        return None
    group = np.clip(np.searchsorted(edges, lengths, side="right") - 1, 0, len(edges) - 2)
    present = np.unique(group)
    means = np.array([asked.f1[group == g].mean() for g in present])
    errors = [asked.f1[group == g].std() / np.sqrt((group == g).sum()) for g in present]
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    axes.errorbar(range(len(present)), means, yerr=errors, fmt="o-", color=RIGHT, markersize=4)
    axes.set_xticks(
        range(len(present)),
        [
            f"{edges[g]:.0f}–{edges[g + 1]:.0f}\n{counted(int((group == g).sum()), 'question')}"
            for g in present
        ],
    )
    axes.set(xlabel="tokens of the text", ylabel="F1", ylim=(0, 1.04))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    best, worst = percent(float(means.max())), percent(float(means.min()))
    set_title(figure, f"F1 between {worst} and {best} by the length of the text")
    return figure


@style()
def sure_answers(evaluation: Evaluation) -> Figure | None:
    """Share of exact answers among the surest ones, by how many are taken."""
    asked = _asked(evaluation)
    if asked is None:
        return None
    order = np.argsort(-asked.sure, kind="stable")
    taken = np.arange(1, len(order) + 1)
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    for values, color, name in ((asked.f1, RIGHT, "F1"), (asked.exact, SERIES[5], "exact match")):
        axes.plot(taken / len(order), np.cumsum(values[order]) / taken, color=color, label=name)
    axes.set(xlabel="share of the questions that are answered, the surest first", ylim=(0, 1.04))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower left")
    half = order[: max(1, len(order) // 2)]
    surer, all_ = percent(float(asked.f1[half].mean())), percent(float(asked.f1.mean()))
    set_title(figure, f"The surer half of the answers has an F1 of {surer}, all of them {all_}")
    return figure


@style()
def answers_in_place(evaluation: Evaluation) -> Figure | None:
    """The surest mistakes and the surest right answers, each where it stands in its text."""
    asked = _asked(evaluation)
    if asked is None:
        return None
    order = np.argsort(-asked.sure, kind="stable")
    wrong = [int(n) for n in order if not asked.f1[n]][:_SHOWN]
    right = [int(n) for n in order if asked.exact[n]][:_SHOWN]
    groups = [("The surest mistakes", wrong, WRONG), ("The surest right answers", right, RIGHT)]
    groups = [group for group in groups if group[1]]
    total = sum(1.4 + 3.5 * len(numbers) for _, numbers, _ in groups)
    if not groups:
        return None
    figure = Figure(figsize=(WIDTH, 0.4 + 0.2 * total))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(total, 0))
    axes.axis("off")
    at = 0.5
    for title, numbers, color in groups:
        axes.text(0, at, title, weight="bold", fontsize=10.5, va="center")
        at += 1.4
        for n in numbers:
            row, found = asked.pairs[n]
            _draw_answer(axes, at, row, found, color)
            at += 3.5
    return figure


def _draw_answer(axes: Axes, at: float, row: Question, found: Found, color: str) -> None:
    """Draw a question, the answer within its text, and the right ones."""
    plain: dict[str, Any] = {"va": "center", "fontsize": 9, "parse_math": False, "in_layout": False}
    axes.text(0, at, shortened(row.question, 110), color=INK, **plain)
    if found.begin == found.end:
        axes.text(0.5, at + 1, "the text does not tell", color=color, ha="center", **plain)
    else:
        answer = shortened(row.context[found.begin : found.end], 40)
        # In the middle, with the text to both sides; half of the answer's width is about this.
        half = 0.0052 * len(answer) + 0.005
        before = row.context[: found.begin].replace("\n", " ")[-_BESIDE:]
        after = row.context[found.end :].replace("\n", " ")[:_BESIDE]
        axes.text(0.5, at + 1, answer, color=color, ha="center", weight="bold", **plain)
        axes.text(0.5 - half, at + 1, before.strip(), color=MUTED, ha="right", **plain)
        axes.text(0.5 + half, at + 1, after.strip(), color=MUTED, **plain)
    right = shortened(" / ".join(dict.fromkeys(row.answers)) or "no answer", 80)
    said = f"{100 * found.probability:.0f} % sure; right: {right}"
    axes.text(0, at + 2, said, color=MUTED, **{**plain, "fontsize": 8.5})
    axes.axhline(at + 2.8, color=FAINT, linewidth=0.6)


QUESTION_FIGURES = (
    curves,
    answers_by_question,
    answers_by_length,
    sure_answers,
    answers_in_place,
)
