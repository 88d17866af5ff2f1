"""Figures of translations: BLEU by length of the source, attention, and example texts."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.data.text.translation import TokenPairExamples, TranslationExamples
from kerasrecipes.inference import translation
from kerasrecipes.metrics.bleu import signature
from kerasrecipes.metrics.names import written
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.explain import draw_alignment
from kerasrecipes.reports.style import INK, MUTED, RIGHT, VALIDATION, WIDTH, WRONG, set_title, style

_SHOWN = 3  # alignments


@style()
def bleu_by_length(evaluation: Evaluation) -> Figure | None:
    """BLEU of the test sentences by the length of the source."""
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
    first, last = (written("bleu", score) for score in points[[0, -1], 1])
    axes.set_title(f"From the shortest sources to the longest BLEU {turn}: {first} to {last}")
    return figure


@style()
def alignments(evaluation: Evaluation) -> Figure | None:
    """Attention weights of the source words (across) for each word of the translation (down);
    darker is more.
    """
    translator = translation.translator_of(evaluation.model, evaluation.info)
    sources = _texts(evaluation).sources
    if not translator.has_attention or not sources:
        return None
    lengths = translation.source_lengths(sources)
    medium = np.argsort(np.abs(lengths - np.median(lengths)), kind="stable")[:_SHOWN]
    found = translator([sources[n] for n in medium])
    figure = Figure(figsize=(WIDTH, 5.2 * len(medium)))
    for row, (index, tokens) in enumerate(zip(medium, found, strict=True)):
        axes = figure.add_subplot(len(medium), 1, row + 1)
        draw_alignment(axes, translator.word_alignment(sources[index], tokens))
    set_title(figure, "Attention to the source for each word of the translation")
    return figure


@style()
def translations(evaluation: Evaluation) -> Figure | None:
    """Test sentences of every length with the model's translation, and the reference where the two
    differ.
    """
    texts, said = _texts(evaluation), evaluation.outputs
    if not said:
        return None
    right = translation.exact(evaluation)
    groups = translation.length_groups(translation.source_lengths(texts.sources))
    # One of each length, from the middle of its group.
    chosen = [group[len(group) // 2] for group in groups]
    lines: list[tuple[str, str, str]] = []
    for index in chosen:
        lines += _wrapped(texts.sources[index], MUTED)
        lines += _wrapped(said[index] or "(empty)", RIGHT if right[index] else WRONG, "bold")
        if not right[index]:
            lines += _wrapped(f"reference: {texts.references[index][0]}", INK)
        lines.append(("", INK, "normal"))
    figure = Figure(figsize=(WIDTH, 0.6 + 0.19 * len(lines)))
    axes = figure.add_subplot()
    axes.axis("off")
    for place, (line, color, weight) in enumerate(lines):
        at: dict[str, Any] = {"va": "top", "transform": axes.transAxes}
        # Fractions of the axes count from below, lines from above.
        axes.text(0, 1 - place / len(lines), line, color=color, weight=weight, **at)
    set_title(figure, "Source and translation, and the reference where they differ")
    return figure


def _wrapped(text: str, color: str, weight: str = "normal") -> list[tuple[str, str, str]]:
    return [(line, color, weight) for line in textwrap.wrap(text, 112)[:6]]


def _texts(evaluation: Evaluation) -> TranslationExamples:
    assert isinstance(evaluation.examples, TokenPairExamples), "examples of translation"
    return evaluation.examples.texts


TRANSLATION_FIGURES = (curves, bleu_by_length, alignments, translations)
