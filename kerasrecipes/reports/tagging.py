"""Figures of sequence tagging: accuracy by word and by sentence length, confusion, and spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.text.tagging import AMBIGUOUS, CLEAR, UNSEEN, UNTAGGED, TaggedTokenExamples
from kerasrecipes.inference.tagging import scores
from kerasrecipes.metrics.names import label, percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import calibration, classification
from kerasrecipes.reports.curves import curves
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
    set_title,
    style,
)

# The last is longer than any sentence, so that every group has an end.
_LENGTHS = (1, 3, 6, 11, 16, 21, 31, 41, 61, 10**9)  # words of a sentence, where each group begins
_SHOWN = 8  # words of each kind
_BESIDE = 5  # words of the sentence on each side of the one in question
_MOST_TYPES = 18  # of spans


@dataclass(frozen=True)
class Words:
    """All words of a split that have a tag, with the predictions.

    Args:
        evaluation: of `TaggedTokenExamples`.
    """

    evaluation: Evaluation

    @property
    def examples(self) -> TaggedTokenExamples:
        """The sentences."""
        assert isinstance(self.evaluation.examples, TaggedTokenExamples), "examples of tagging"
        return self.evaluation.examples

    @cached_property
    def tagged(self) -> np.ndarray:
        """Which of all words have a tag, `(words,)`."""
        return self.examples.y.values != UNTAGGED

    @cached_property
    def truth(self) -> np.ndarray:
        """Indices of the true tags, `(words,)`."""
        return self.examples.y.values[self.tagged]

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Probabilities of the tags, `(words, tags)`."""
        outputs = np.asarray(self.evaluation.outputs)
        # Outputs are padded, words are flat: the mask takes them out sentence by sentence.
        inside = np.arange(outputs.shape[1]) < self.examples.y.lengths[:, None]
        return outputs[inside][self.tagged]

    @cached_property
    def predicted(self) -> np.ndarray:
        """Indices of the most probable tags, `(words,)`."""
        return self.probabilities.argmax(axis=-1)

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each prediction is the label, `(words,)`."""
        return self.predicted == self.truth

    @cached_property
    def sentences(self) -> np.ndarray:
        """Index of each word's sentence, `(words,)`."""
        return np.repeat(np.arange(len(self.examples)), self.examples.y.lengths)[self.tagged]

    @cached_property
    def places(self) -> np.ndarray:
        """Index of each word in its sentence, `(words,)`."""
        y = self.examples.y
        # The index among all words minus that of the sentence's first.
        return (np.arange(len(y.values)) - np.repeat(y.offsets[:-1], y.lengths))[self.tagged]

    @property
    def flat(self) -> Evaluation:
        """The evaluation with words as examples, for the figures of classifiers."""
        return replace(self.evaluation, outputs=self.probabilities, labels=self.truth)


def _words(evaluation: Evaluation) -> Words | None:
    words = Words(evaluation) if isinstance(evaluation.examples, TaggedTokenExamples) else None
    return words if words and len(words.truth) else None


@style()
def tag_confusion(evaluation: Evaluation) -> Figure | None:
    """Confusion matrix: the number of words by true and predicted tag, shaded by their share of the
    true tag.
    """
    words = _words(evaluation)
    return classification.confusion_matrix(words.flat) if words else None


@style()
def tag_confidence(evaluation: Evaluation) -> Figure | None:
    """Reliability diagram: the accuracy of the tags by their confidence. On the dashed line the
    model is calibrated.
    """
    words = _words(evaluation)
    return calibration.confidence(words.flat) if words else None


@style()
def known_and_new_words(evaluation: Evaluation) -> Figure | None:
    """Accuracy of the model and of a baseline that always takes a word's usual tag, by what the
    training sentences showed of the word.

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
    for shift, name, right, color in (
        (-0.2, "the model", words.right, RIGHT),
        (0.2, "always the usual tag", usual == words.truth, TRAIN),
    ):
        _draw_shares(axes, [right[chosen].mean() for _, chosen in rows], shift, name, color)
    texts = [f"{name}\n{counted(int(chosen.sum()), 'word')}" for name, chosen in rows]
    axes.set_yticks(range(len(rows)), texts)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    # Room beside a full bar for its percentage.
    axes.set(xlabel="accuracy", xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    # In fractions of the axes' height, which grows with the rows.
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1 - 0.35 / len(rows)), ncols=2)
    ours, baseline = percent(words.right.mean()), percent((usual == words.truth).mean())
    title = f"Accuracy {ours}, of the usual tag {baseline}"
    if (kinds == UNSEEN).any():
        title += f"; on unseen words {percent(words.right[kinds == UNSEEN].mean())}"
    set_title(figure, title)
    return figure


def _draw_shares(
    axes: Axes,
    shares: Sequence[float],
    shift: float,
    name: str,
    color: str,
    height: float = 0.36,
) -> None:
    places = np.arange(len(shares)) + shift
    axes.barh(places, shares, height=height, color=color, label=name)
    right: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
    for place, share in zip(places, shares, strict=True):
        text = percent(float(share))
        axes.annotate(text, (share, place), (4, 0), color=MUTED, fontsize=8.5, **right)


@style()
def errors_by_length(evaluation: Evaluation) -> Figure | None:
    """Accuracy by the length of the sentence, of words and of whole sentences, with 95 %
    intervals.
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
    _draw_line(axes, of_words, RIGHT, "words")
    _draw_line(axes, of_sentences, SERIES[1], "sentences without a mistake")
    names = []
    for g in present:
        # The last group ends with the longest sentence.
        low, high = _LENGTHS[g], min(_LENGTHS[g + 1] - 1, int(lengths.max()))
        names.append(f"{low}" if high <= low else f"{low}–{high}")
    counts = [counted(int((group == g).sum()), "sentence") for g in present]
    axes.set_xticks(
        range(len(present)),
        [f"{name}\n{count}" for name, count in zip(names, counts, strict=True)],
    )
    axes.set(xlabel="words in the sentence", ylabel="accuracy")
    # From a tenth that is at least 0.02 below everything drawn.
    axes.set_ylim(max(-0.03, np.floor(10 * axes.dataLim.y0 - 0.2) / 10), 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="lower left")
    free = percent(float((wrong == 0).mean()))
    axes.set_title(f"{free} of {counted(len(lengths), 'sentence')} have no mistake")
    return figure


def _draw_line(axes: Axes, counts: Sequence[tuple[float, float]], color: str, name: str) -> None:
    """Draw shares with 95 % intervals."""
    right, total = (np.array(column, float) for column in zip(*counts, strict=True))
    # Sentences without a tagged word leave a group without a denominator.
    total = np.maximum(total, 1)
    low, high = calibration.wilson(right, total)
    axes.plot(range(len(right)), right / total, "o-", color=color, label=name, markersize=4)
    axes.vlines(range(len(right)), low, high, color=color, alpha=0.4, linewidth=1.4)


@style()
def answers_by_confidence(evaluation: Evaluation) -> Figure | None:
    """The most confident mistakes, and the least confident predictions, each word in its
    sentence.
    """
    words = _words(evaluation)
    if words is None:
        return None
    confidence = words.probabilities.max(axis=-1)
    order = np.argsort(-confidence, kind="stable")
    groups = [
        ("The most confident mistakes", order[~words.right[order]][:_SHOWN]),
        ("The least confident predictions", order[::-1][:_SHOWN]),
    ]
    groups = [(title, chosen) for title, chosen in groups if len(chosen)]
    # Each group takes a heading and a gap besides its words.
    lines = sum(len(chosen) + 2 for _, chosen in groups)
    figure = Figure(figsize=(WIDTH, 0.3 + 0.235 * lines))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(lines, 0))
    axes.axis("off")
    row = 0.5
    for title, chosen in groups:
        axes.text(0, row, title, weight="bold", fontsize=10.5, va="center")
        for x, text in ((0.72, "predicted"), (0.84, "confidence"), (0.93, "true")):
            axes.text(x, row, text, color=MUTED, fontsize=8.5, va="center")
        for index in chosen:
            row += 1
            _draw_word(axes, row, words, int(index), float(confidence[index]))
        row += 2
    return figure


def _draw_word(axes: Axes, row: float, words: Words, index: int, confidence: float) -> None:
    """Draw a word in its sentence, its predicted tag, the confidence, and the true tag."""
    names = words.evaluation.info.classes or ()
    sentence = words.examples.text[words.sentences[index]]
    place, right = words.places[index], words.right[index]
    before = " ".join(sentence[max(0, place - _BESIDE) : place])
    if len(before) > 34:
        before = "…" + before[len(before) - 33 :].lstrip()
    after = " ".join(sentence[place + 1 : place + 1 + _BESIDE])
    predicted = shortened(names[words.predicted[index]], 12)
    truth = "right" if right else shortened(names[words.truth[index]], 12)
    plain: dict[str, Any] = {"va": "center", "fontsize": 9, "color": MUTED}
    bold: dict[str, Any] = {**plain, "color": INK if right else WRONG, "weight": "bold"}
    axes.text(0.30, row, before, ha="right", **plain)
    axes.text(0.37, row, shortened(sentence[place], 16), ha="center", **bold)
    axes.text(0.44, row, shortened(after, 32), **plain)
    axes.text(0.72, row, predicted, **bold)
    axes.text(0.84, row, f"{100 * confidence:.0f}%", **plain)
    axes.text(0.93, row, truth, **plain)
    axes.axhline(row + 0.5, color=FAINT, linewidth=0.6)


@style()
def span_types(evaluation: Evaluation) -> Figure | None:
    """Precision, recall and F1 of the spans by their type; both borders and the type must be
    right.
    """
    if not evaluation.info.spans:
        return None
    found = scores(evaluation)
    return span_bars(found["by_class"], found["span_f1"], "spans")


def span_bars(
    by_class: Mapping[str, Mapping[str, float]], whole: float, what: str
) -> Figure | None:
    """Draw precision, recall and F1 of each type of span, of many types the most frequent ones.

    Args:
        by_class: scores by type, see `kerasrecipes.metrics.spans.span_scores`.
        whole: F1 of all.
        what: they are called.

    Returns:
        The figure; `None` where there are no types.
    """
    frequent = sorted(by_class, key=lambda name: -by_class[name]["examples"])
    types = sorted(frequent[:_MOST_TYPES])
    if not types:
        return None
    figure = Figure(figsize=(WIDTH, 1.4 + 0.55 * len(types)))
    axes = figure.add_subplot()
    for shift, score, color in (
        (-0.26, "precision", SERIES[2]),
        (0, "recall", SERIES[1]),
        (0.26, "f1", SERIES[0]),
    ):
        shares = [by_class[kind][score] for kind in types]
        _draw_shares(axes, shares, shift, label(score), color, height=0.24)
    axes.set_yticks(range(len(types)), [shortened(kind, 24) for kind in types])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    # Room beside a full bar for its percentage.
    axes.set(xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12 - 0.1 / len(types)), ncols=3)
    axes.set_title(f"F1 of all {what} {percent(whole)}")
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
