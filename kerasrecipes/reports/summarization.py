"""Figures of summaries: ROUGE beside first sentences, places of what is chosen, and articles."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.text.summarization import SentenceExamples
from kerasrecipes.inference.summarization import first_sentences, scores, summaries_of
from kerasrecipes.metrics.names import label, percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import shortened
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

_METRICS = ("rouge1", "rouge2", "rougeL")
_BINS = 10  # of places in an article
_MOST_LINES = 24  # sentences of an article that are shown
_LINE = 118  # characters


def _articles(evaluation: Evaluation) -> SentenceExamples | None:
    examples = evaluation.examples
    return examples if isinstance(examples, SentenceExamples) and len(examples) else None


@style()
def rouge_beside_first_sentences(evaluation: Evaluation) -> Figure | None:
    """ROUGE of the summaries, of the first three sentences, of as many words from the beginning,
    and of the sentences that were to be chosen, which no choice exceeds by much.
    """
    if _articles(evaluation) is None:
        return None
    found, three = scores(evaluation), first_sentences(evaluation)
    assert three is not None, "there are articles"
    rows = [
        ("the model", [found[name] for name in _METRICS], RIGHT),
        ("as many words from the beginning", [found[f"lead_{n}"] for n in _METRICS], SERIES[5]),
        ("the first three sentences", [three.metrics[name] for name in _METRICS], TRAIN),
        ("the sentences to be chosen", [found[f"best_{n}"] for n in _METRICS], FAINT),
    ]
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.add_subplot()
    for number, (name, values, color) in enumerate(rows):
        places = np.arange(len(_METRICS)) + (number - 1.5) * 0.2
        axes.barh(places, values, height=0.18, color=color, label=name)
        for place, value in zip(places, values, strict=True):
            spot: dict[str, Any] = {"textcoords": "offset points", "va": "center"}
            axes.annotate(f"{value:.1f}", (value, place), (4, 0), color=MUTED, fontsize=8.5, **spot)
    axes.set_yticks(range(len(_METRICS)), [label(name) for name in _METRICS])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlim=(0, 108), xlabel="F1, of 100")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    own, other = found["rouge2"], three.metrics["rouge2"]
    set_title(figure, f"ROUGE-2 {own:.1f}; of the first three sentences {other:.1f}")
    return figure


@style()
def places_of_sentences(evaluation: Evaluation) -> Figure | None:
    """Share of the sentences that are chosen, and that were to be, by place in the article."""
    examples = _articles(evaluation)
    if examples is None:
        return None
    places, wanted, given = [], [], []
    for row, kept in zip(examples.y, summaries_of(evaluation), strict=True):
        places.append((np.arange(len(row)) + 0.5) / len(row))
        wanted.append(row[:, 0] > 0.5)
        given.append(np.isin(np.arange(len(row)), kept))
    place, want, gave = (np.concatenate(parts) for parts in (places, wanted, given))
    group = np.minimum((place * _BINS).astype(int), _BINS - 1)
    counts = np.maximum(np.bincount(group, minlength=_BINS), 1)
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    middles = (np.arange(_BINS) + 0.5) / _BINS
    for chosen, color, name in ((want, TRAIN, "to be chosen"), (gave, RIGHT, "chosen")):
        shares = np.bincount(group, weights=chosen, minlength=_BINS) / counts
        axes.plot(middles, shares, "o-", color=color, label=name, markersize=4)
    axes.set(xlabel="place in the article, from its beginning to its end", ylim=(0, 1.04))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper right")
    right = percent(float((want & gave).sum() / max(1, gave.sum())))
    set_title(figure, f"{right} of the sentences that are chosen are those of the summaries")
    return figure


@style()
def marked_article(evaluation: Evaluation) -> Figure | None:
    """An article with its sentences: blue ones are chosen and in the summary, orange ones chosen
    only, and those with a grey bar in the summary only.
    """
    examples = _articles(evaluation)
    if examples is None:
        return None
    counts = examples.y.lengths
    # One of middling length, which says more than the shortest, and fits.
    number = int(np.argsort(np.abs(counts - np.median(counts)), kind="stable")[0])
    row, kept = examples.rows[number], set(summaries_of(evaluation)[number])
    wanted = examples.y[number][:, 0] > 0.5
    lines = row.sentences[:_MOST_LINES]
    figure = Figure(figsize=(WIDTH, 0.6 + 0.24 * len(lines)))
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(len(lines), 0))
    axes.axis("off")
    for place, sentence in enumerate(lines):
        _draw_sentence(axes, place, sentence, place in kept, bool(wanted[place]))
    both = sum(place in kept for place in np.flatnonzero(wanted))
    title = f"{both} of the {int(wanted.sum())} sentences of this summary were chosen"
    set_title(figure, title)
    return figure


def _draw_sentence(axes: Axes, place: int, sentence: str, is_chosen: bool, is_wanted: bool) -> None:
    color = (RIGHT if is_wanted else WRONG) if is_chosen else INK if is_wanted else MUTED
    if is_chosen or is_wanted:
        bar = color if is_chosen else TRAIN
        axes.plot([0.004, 0.004], [place + 0.1, place + 0.9], color=bar, linewidth=3)
    axes.text(
        0.016,
        place + 0.5,
        shortened(sentence, _LINE),
        color=color,
        fontsize=8.5,
        va="center",
        parse_math=False,
        in_layout=False,
    )


SUMMARY_FIGURES = (
    curves,
    rouge_beside_first_sentences,
    places_of_sentences,
    marked_article,
)
