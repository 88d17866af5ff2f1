"""Figures of translations: BLEU by length of the source, alignments, and the texts."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.inference import translation
from kerasrecipes.metrics.bleu import signature
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.explain import draw_alignment
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    RIGHT,
    VALIDATION,
    WIDTH,
    WRONG,
    curves,
    set_title,
    style,
)

_SHOWN = 3  # alignments


@style()
def bleu_by_length(evaluation: Evaluation) -> Figure | None:
    """BLEU of the test sentences by the length of their source."""
    if not len(evaluation.examples):
        return None
    bleu = translation.scorer_of(evaluation)
    points = np.array(translation.bleu_by_source_length(evaluation, bleu))
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    axes.plot(points[:, 0], points[:, 1], "o-", color=VALIDATION)
    axes.set(xlabel="words of the source", ylabel=signature(bleu), ylim=(0, None))
    change = points[-1, 1] - points[0, 1]
    turn = "falls" if change < -2 else "rises" if change > 2 else "stays"
    axes.set_title(
        f"From the shortest sources to the longest BLEU {turn}: {points[0, 1]:.1f} to {points[-1, 1]:.1f}"
    )
    return figure


@style()
def alignments(evaluation: Evaluation) -> Figure | None:
    """Where the model looked in the source (across) for each word that it said (down): darker is
    more.
    """
    translator = translation.translator_of(evaluation.model, evaluation.info)
    sources = evaluation.examples.texts.sources
    if not translator.has_attention or not sources:
        return None
    lengths = translation.source_lengths(sources)
    medium = np.argsort(np.abs(lengths - np.median(lengths)), kind="stable")[:_SHOWN]
    found = translator([sources[n] for n in medium])
    figure = Figure(figsize=(WIDTH, 5.2 * len(medium)))
    for row, (number, tokens) in enumerate(zip(medium, found, strict=True)):
        axes = figure.add_subplot(len(medium), 1, row + 1)
        draw_alignment(axes, translator.word_alignment(sources[number], tokens))
    set_title(figure, "Where it looked for each word")
    return figure


@style()
def translations(evaluation: Evaluation) -> Figure | None:
    """Test sentences of every length, with what the model made of them and a translation that is
    right.
    """
    texts, said = evaluation.examples.texts, evaluation.outputs
    if not said:
        return None
    right = translation.exact(evaluation)
    groups = translation.length_groups(translation.source_lengths(texts.sources))
    chosen = [group[len(group) // 2] for group in groups]
    lines: list[tuple[str, str, str]] = []
    for number in chosen:
        lines += _wrapped("", texts.sources[number], MUTED)
        lines += _wrapped("", said[number] or "(nothing)", RIGHT if right[number] else WRONG)
        lines += [] if right[number] else _wrapped("right: ", texts.references[number][0], INK)
        lines.append(("", INK, "normal"))
    figure = Figure(figsize=(WIDTH, 0.6 + 0.19 * len(lines)))
    axes = figure.add_subplot()
    axes.axis("off")
    for place, (line, color, weight) in enumerate(lines):
        axes.text(
            0,
            1 - place / len(lines),
            line,
            color=color,
            weight=weight,
            va="top",
            transform=axes.transAxes,
        )
    set_title(
        figure, "What it says: the source, the translation, and where they differ what is right"
    )
    return figure


def _wrapped(lead: str, text: str, color: str) -> list[tuple[str, str, str]]:
    import textwrap

    weight = "bold" if color in (RIGHT, WRONG) else "normal"
    return [(line, color, weight) for line in textwrap.wrap(lead + text, 112)[:6]]


TRANSLATION_FIGURES = (curves, bleu_by_length, alignments, translations)
