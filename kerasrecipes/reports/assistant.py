"""Figures of an assistant: intents, slots, what its threshold keeps, and what it heard wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.text.answer_templates import readable
from kerasrecipes.data.text.assistant import INTENT, AssistantPreprocessor, CommandTokenExamples
from kerasrecipes.inference.assistant import right_of, slot_values, tags_of, threshold_of
from kerasrecipes.metrics.names import percent
from kerasrecipes.metrics.spans import span_scores
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import classification
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
from kerasrecipes.reports.tagging import span_bars

_SHOWN = 8  # commands that were heard wrong
_MOST_DIFFERENCES = 3  # of a command that are written
_WHO = ("said", "heard")


def _judged(evaluation: Evaluation) -> bool:
    examples = evaluation.examples
    return isinstance(examples, CommandTokenExamples) and len(examples) > 0


@style()
def intent_confusion(evaluation: Evaluation) -> Figure | None:
    """Confusion matrix: the number of commands by true and predicted intent, shaded by their share
    of the true intent.
    """
    if not _judged(evaluation):
        return None
    preprocessor = AssistantPreprocessor.of(evaluation.info)
    labels = evaluation.examples.take(np.arange(len(evaluation.examples)))[1][INTENT]
    chances = np.asarray(evaluation.outputs[INTENT])
    # Of many intents most never occur in a split.
    there = np.union1d(labels, chances.argmax(axis=-1))
    names = tuple(readable(preprocessor.intents[index]) for index in there)
    flat = replace(
        evaluation,
        outputs=np.eye(len(there))[np.searchsorted(there, chances.argmax(axis=-1))],
        labels=np.searchsorted(there, labels),
        info=replace(evaluation.info, classes=names),
    )
    return classification.confusion_matrix(flat)


@style()
def slot_scores(evaluation: Evaluation) -> Figure | None:
    """Precision, recall and F1 of the slots by name, the most frequent ones; both ends and the name
    must be right.
    """
    if not _judged(evaluation):
        return None
    found = span_scores(*tags_of(evaluation))
    named = {readable(name): row for name, row in found["by_class"].items()}
    return span_bars(named, found["span_f1"], "slots")


@style()
def answered_commands(evaluation: Evaluation) -> Figure | None:
    """Share of the commands that are answered, and of those the share whose intent is right, by the
    least probability at which the assistant answers.
    """
    if not _judged(evaluation):
        return None
    right, _ = right_of(evaluation)
    confidence = np.asarray(evaluation.outputs[INTENT]).max(axis=-1)
    order = np.argsort(-confidence, kind="stable")
    answered = np.arange(1, len(order) + 1) / len(order)
    among = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    axes.plot(confidence[order], among, color=RIGHT, label="right, of those answered")
    axes.plot(confidence[order], answered, color=SERIES[1], label="answered")
    threshold = threshold_of(evaluation)
    title = f"{percent(float(right.mean()))} of the intents are right, if it always answers"
    if threshold is not None:
        axes.axvline(threshold, color=MUTED, linestyle="--", linewidth=1)
        kept = confidence >= threshold
        axes.annotate(
            f"the run's threshold {threshold:.3f} ",
            (threshold, 0.03),
            ha="right",
            fontsize=8.5,
            color=MUTED,
        )
        share = float(right[kept].mean()) if kept.any() else 1.0
        title = (
            f"It answers {percent(float(kept.mean()))} of the commands, "
            f"and {percent(share)} of these are heard right"
        )
    axes.set(xlabel="least probability of the intent", ylabel="share", ylim=(0, 1.04))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="center left")
    set_title(figure, title)
    return figure


@style()
def heard_wrong(evaluation: Evaluation) -> Figure | None:
    """Commands of which something was heard wrong, the surest ones first, and what it was."""
    if not _judged(evaluation):
        return None
    intents, slots = right_of(evaluation)
    whole = intents & slots
    confidence = np.asarray(evaluation.outputs[INTENT]).max(axis=-1)
    # A wrong intent is worse than a wrong slot.
    order = np.lexsort((-confidence, intents))
    chosen = [int(index) for index in order if not whole[index]][:_SHOWN]
    truth, given = tags_of(evaluation)
    names, examples = AssistantPreprocessor.of(evaluation.info).intents, evaluation.examples
    assert isinstance(examples, CommandTokenExamples), "examples of an assistant"
    answers = np.asarray(evaluation.outputs[INTENT]).argmax(axis=-1)
    lines = [
        (
            examples.text[n],
            _differences(
                examples.text[n],
                (names[examples.y[INTENT][n]], names[answers[n]]),
                (truth[n], given[n]),
            ),
        )
        for n in chosen
    ]
    height = sum(1.35 + len(differences) for _, differences in lines)
    figure = Figure(figsize=(WIDTH, 0.5 + 0.24 * height))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(height, 0))
    axes.axis("off")
    row = 0.6
    for words, differences in lines:
        text = shortened(" ".join(words), 110)
        axes.text(0, row, text, fontsize=9, color=INK, va="center")
        for pair in differences:
            row += 1
            for x, color, one in zip((0.02, 0.5), (MUTED, WRONG), pair, strict=True):
                axes.text(x, row, shortened(one, 60), fontsize=9, color=color, va="center")
        axes.axhline(row + 0.68, color=FAINT, linewidth=0.6)
        row += 1.35
    free = percent(float(whole.mean()))
    set_title(figure, f"{free} of {counted(len(whole), 'command')} are heard right as a whole")
    return figure


def _differences(
    words: Sequence[str], intents: tuple[str, str], tags: tuple[Sequence[str], Sequence[str]]
) -> list[tuple[str, str]]:
    """Return what a command says, and what was heard in its place."""
    said, heard = (
        {(name, first, text) for name, text, first in slot_values(words, row)} for row in tags
    )
    found = []
    if intents[0] != intents[1]:
        found.append((f"{_WHO[0]} {readable(intents[0])}", f"{_WHO[1]} {readable(intents[1])}"))
    # In the order of the words, and one beside the other where they begin at the same one.
    places = sorted({first for _, first, _ in said ^ heard})
    for place in places:
        pair = [
            next((f"{readable(n)}: {t}" for n, first, t in some if first == place), "no slot")
            for some in (said - heard, heard - said)
        ]
        found.append((f"{_WHO[0]} {pair[0]}", f"{_WHO[1]} {pair[1]}"))
    return found[:_MOST_DIFFERENCES]


ASSISTANT_FIGURES = (curves, intent_confusion, slot_scores, answered_commands, heard_wrong)
