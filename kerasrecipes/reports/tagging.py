"""Figures of models that tag every word: what is confused, and which words and sentences
are hard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.text.tagging import AMBIGUOUS, CLEAR, UNSEEN, UNTAGGED, TaggedTokenExamples
from kerasrecipes.inference.tagging import scores
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import classification
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    RIGHT,
    SERIES,
    TRAIN,
    WIDTH,
    WRONG,
    curves,
    set_title,
    style,
)

_LENGTHS = (1, 3, 6, 11, 16, 21, 31, 41, 61, 10**9)  # words of a sentence, where each group begins
_SHOWN = 8
_BESIDE = 5  # words of the sentence beside the one in question
_MOST_TYPES = 18


@dataclass(frozen=True)
class Words:
    """All words of a split that have a tag, with the model's answers.

    Args:
        evaluation: of `TaggedTokenExamples`.
    """

    evaluation: Evaluation

    @property
    def examples(self) -> TaggedTokenExamples:
        """The sentences."""
        return self.evaluation.examples

    @cached_property
    def tagged(self) -> np.ndarray:
        """Which of all words have a tag, `(words,)`."""
        return self.examples.y.values != UNTAGGED

    @cached_property
    def truth(self) -> np.ndarray:
        """The right tags' numbers."""
        return self.examples.y.values[self.tagged]

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Of each tag, `(words, tags)`."""
        outputs = np.asarray(self.evaluation.outputs)
        inside = np.arange(outputs.shape[1]) < self.examples.y.lengths[:, None]
        return outputs[inside][self.tagged]

    @cached_property
    def answers(self) -> np.ndarray:
        """The answered tags' numbers."""
        return self.probabilities.argmax(axis=-1)

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each answer is right."""
        return self.answers == self.truth

    @cached_property
    def sentences(self) -> np.ndarray:
        """The number of each word's sentence."""
        return np.repeat(np.arange(len(self.examples)), self.examples.y.lengths)[self.tagged]

    @cached_property
    def places(self) -> np.ndarray:
        """Each word's place in its sentence."""
        y = self.examples.y
        return (np.arange(len(y.values)) - np.repeat(y.offsets[:-1], y.lengths))[self.tagged]

    @property
    def flat(self) -> Evaluation:
        """The evaluation with words as examples, as figures of classifiers take it."""
        return replace(self.evaluation, outputs=self.probabilities, labels=self.truth)


def _words(evaluation: Evaluation) -> Words | None:
    words = Words(evaluation) if isinstance(evaluation.examples, TaggedTokenExamples) else None
    return words if words and len(words.truth) else None


@style()
def tag_confusion(evaluation: Evaluation) -> Figure | None:
    """Which tag was taken for which: words, shaded by their share of the row."""
    words = _words(evaluation)
    return classification.confusion_matrix(words.flat) if words else None


@style()
def tag_confidence(evaluation: Evaluation) -> Figure | None:
    """Whether the model may be believed: how often a tag is right when the model says how sure it
    is.
    """
    words = _words(evaluation)
    return classification.confidence(words.flat) if words else None


@style()
def known_and_new_words(evaluation: Evaluation) -> Figure | None:
    """What context and letters add to memory: the model, and always each word's usual tag, by what
    was to be learned.

    The usual tag of a word is the one that it has most often in the training sentences; of a word
    not seen there it is the most frequent tag of all.
    """
    words = _words(evaluation)
    if words is None:
        return None
    kinds, usual = (
        column.values[words.tagged] for column in (words.examples.kinds, words.examples.usual)
    )
    rows = [
        ("all words", np.ones(len(kinds), bool)),
        ("seen with one tag", kinds == CLEAR),
        ("seen with several tags", kinds == AMBIGUOUS),
        ("not seen in training", kinds == UNSEEN),
    ]
    rows = [(name, chosen) for name, chosen in rows if chosen.any()]
    figure = Figure(figsize=(WIDTH, 1.3 + 0.62 * len(rows)))
    axes = figure.add_subplot()
    for shift, label, right, color in (
        (-0.2, "the model", words.right, RIGHT),
        (0.2, "always the usual tag", usual == words.truth, TRAIN),
    ):
        _draw_shares(axes, [right[chosen].mean() for _, chosen in rows], shift, label, color)
    axes.set_yticks(
        range(len(rows)), [f"{name}\n{counted(int(chosen.sum()), 'word')}" for name, chosen in rows]
    )
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="right", xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1 - 0.35 / len(rows)), ncols=2)
    set_title(figure, _memory_title(words, usual == words.truth, kinds == UNSEEN))
    return figure


def _memory_title(words: Words, usual: np.ndarray, unseen: np.ndarray) -> str:
    title = (
        f"{percent(words.right.mean())} of words are right, by memory alone {percent(usual.mean())}"
    )
    return f"{title}; of new words {percent(words.right[unseen].mean())}" if unseen.any() else title


def _draw_shares(axes: Axes, shares: Sequence[float], shift: float, label: str, color: str) -> None:
    places = np.arange(len(shares)) + shift
    axes.barh(places, shares, height=0.36, color=color, label=label)
    for place, share in zip(places, shares, strict=True):
        axes.annotate(
            percent(float(share)),
            (share, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
            fontsize=8.5,
        )


@style()
def errors_by_length(evaluation: Evaluation) -> Figure | None:
    """Whether long sentences are harder: words that are right, and sentences without a mistake, by
    length.
    """
    words = _words(evaluation)
    if words is None:
        return None
    lengths = words.examples.y.lengths
    group = np.digitize(lengths, _LENGTHS) - 1
    present = np.unique(group)
    wrong = np.bincount(words.sentences, weights=~words.right, minlength=len(lengths))
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.add_subplot()
    tagged = np.bincount(words.sentences, minlength=len(lengths))
    of_words = [
        (tagged[group == g].sum() - wrong[group == g].sum(), tagged[group == g].sum())
        for g in present
    ]
    of_sentences = [((wrong[group == g] == 0).sum(), (group == g).sum()) for g in present]
    _draw_line(axes, of_words, RIGHT, "words right")
    _draw_line(axes, of_sentences, SERIES[1], "sentences without a mistake")
    names = [_range_name(_LENGTHS[g], _LENGTHS[g + 1] - 1, int(lengths.max())) for g in present]
    axes.set_xticks(
        range(len(present)),
        [f"{n}\n{(group == g).sum():,}" for n, g in zip(names, present, strict=True)],
    )
    axes.set(xlabel="words in the sentence, and below the number of such sentences")
    axes.set_ylim(max(-0.03, np.floor(10 * axes.dataLim.y0 - 0.2) / 10), 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower left")
    free = percent(float((wrong == 0).mean()))
    axes.set_title(f"{free} of {counted(len(lengths), 'sentence')} have no mistake")
    return figure


def _range_name(low: int, high: int, longest: int) -> str:
    high = min(high, longest)
    return f"{low}" if high <= low else f"{low}–{high}"


def _draw_line(axes: Axes, counts: Sequence[tuple[float, float]], color: str, label: str) -> None:
    """Draw shares with 95 % intervals."""
    right, total = (np.array(column, float) for column in zip(*counts, strict=True))
    total = np.maximum(total, 1)
    low, high = classification.wilson(right, total)
    axes.plot(range(len(right)), right / total, "o-", color=color, label=label, markersize=4)
    axes.vlines(range(len(right)), low, high, color=color, alpha=0.4, linewidth=1.4)


@style()
def answers_by_confidence(evaluation: Evaluation) -> Figure | None:
    """The surest mistakes, and the answers that were least sure: each word in its sentence."""
    words = _words(evaluation)
    if words is None:
        return None
    sure = words.probabilities.max(axis=-1)
    order = np.argsort(-sure, kind="stable")
    groups = [
        ("The surest mistakes", order[~words.right[order]][:_SHOWN]),
        ("The least sure", order[::-1][:_SHOWN]),
    ]
    groups = [(title, chosen) for title, chosen in groups if len(chosen)]
    lines = sum(len(chosen) + 2 for _, chosen in groups)
    figure = Figure(figsize=(WIDTH, 0.3 + 0.235 * lines))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(lines, 0))
    axes.axis("off")
    row = 0.5
    for title, chosen in groups:
        _heading(axes, row, title)
        for number in chosen:
            row += 1
            _draw_word(axes, row, words, int(number), float(sure[number]))
        row += 2
    return figure


def _heading(axes: Axes, row: float, title: str) -> None:
    axes.text(0, row, title, weight="bold", fontsize=10.5, va="center")
    for x, text in ((0.74, "answer"), (0.86, "sure"), (0.92, "truth")):
        axes.text(x, row, text, color=MUTED, fontsize=8.5, va="center")


def _draw_word(axes: Axes, row: float, words: Words, number: int, sure: float) -> None:
    names, sentence = words.evaluation.info.classes, words.examples.text[words.sentences[number]]
    place = words.places[number]
    before, after = (
        sentence[max(0, place - _BESIDE) : place],
        sentence[place + 1 : place + 1 + _BESIDE],
    )
    right = words.right[number]
    color = INK if right else WRONG
    row_style = {"va": "center", "fontsize": 9}
    axes.text(0.30, row, _end_of(" ".join(before), 34), ha="right", color=MUTED, **row_style)
    axes.text(
        0.37,
        row,
        shortened(sentence[place], 16),
        ha="center",
        color=color,
        weight="bold",
        **row_style,
    )
    axes.text(0.44, row, shortened(" ".join(after), 32), color=MUTED, **row_style)
    axes.text(
        0.74,
        row,
        shortened(names[words.answers[number]], 12),
        color=color,
        weight="bold",
        **row_style,
    )
    axes.text(0.86, row, f"{100 * sure:.0f}%", color=MUTED, **row_style)
    axes.text(
        0.92,
        row,
        "right" if right else shortened(names[words.truth[number]], 12),
        color=MUTED,
        **row_style,
    )
    axes.axhline(row + 0.5, color=FAINT, linewidth=0.6)


def _end_of(text: str, length: int) -> str:
    return text if len(text) <= length else "…" + text[len(text) - length + 1 :].lstrip()


@style()
def span_types(evaluation: Evaluation) -> Figure | None:
    """How well names were found, by their type: both borders and the type must be right."""
    found = scores(evaluation)
    types = sorted({name.removesuffix("_f1") for name in found if name.endswith("_f1")})[
        :_MOST_TYPES
    ]
    if not types:
        return None
    figure = Figure(figsize=(WIDTH, 1.4 + 0.55 * len(types)))
    axes = figure.add_subplot()
    for shift, score, color in (
        (-0.26, "precision", SERIES[2]),
        (0, "recall", SERIES[1]),
        (0.26, "f1", SERIES[0]),
    ):
        label = score.upper() if score == "f1" else score
        _draw_shares(axes, [found[f"{kind}_{score}"] for kind in types], shift, label, color)
    for bar in axes.patches:
        bar.set_height(0.24)
    axes.set_yticks(range(len(types)), [shortened(kind, 24) for kind in types])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12 - 0.1 / len(types)), ncols=3)
    axes.set_title(f"F1 over all names is {percent(found['f1'])}")
    return figure


TAGGING_FIGURES = (
    curves,
    span_types,
    known_and_new_words,
    tag_confusion,
    errors_by_length,
    answers_by_confidence,
    tag_confidence,
)
