"""Figures of language models: perplexity by position, generated text, and surprising passages."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerasrecipes.data.text.language_modeling import LanguageModelPreprocessor, WindowExamples
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.inference.language_modeling import baselines
from kerasrecipes.inference.sampling import Generator
from kerasrecipes.metrics.names import written
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    RIGHT,
    WIDTH,
    WRONG,
    set_title,
    style,
)

TEMPERATURES = (0.3, 0.8, 1.2)
_SAMPLE = {"characters": 330, "subwords": 100, "words": 70}  # tokens of a sample
_LINE = 110  # characters
_PASSAGES = 8
_PASSAGE = {"characters": 104, "subwords": 26, "words": 18}  # tokens of a passage
# Tokens over which the negative log-likelihood is averaged to find a passage: about a word or two.
_MEAN_OVER = {"characters": 12, "subwords": 4, "words": 3}
_LEAST = 1e-9  # probability, whose logarithm is finite
_BASELINES = {"bigram_perplexity": "bigram model", "best_perplexity": "best possible"}


@style()
def perplexity_by_position(evaluation: Evaluation) -> Figure | None:
    """Perplexity by the position in a window: what the model gains from the tokens before."""
    losses = _token_losses(evaluation)
    if losses is None or losses.shape[1] < 2:
        return None
    by_position = np.exp(losses.mean(axis=0))  # (length,)
    # In the second half of a window each token has at least half a window before it.
    whole, late = np.exp(losses.mean()), np.exp(losses[:, losses.shape[1] // 2 :].mean())
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    axes.plot(np.arange(1, len(by_position) + 1), by_position, color=RIGHT)
    known = baselines(evaluation)
    for name, value in known.items():
        axes.axhline(value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        # The lower of two lines is labelled below, where the upper one's label is not.
        below = len(known) > 1 and value == min(known.values())
        axes.annotate(
            f"{_BASELINES[name]} {written('perplexity', value)}",
            (1, value),
            (-2, -3 if below else 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            va="top" if below else "bottom",
            color=MUTED,
            fontsize=8.5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.8},
        )
    # From 1, the perplexity of a model that is certain and right.
    axes.set(xlabel="position in the window, in tokens", ylabel="perplexity", ylim=(1, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    whole, late = (written("perplexity", float(value)) for value in (whole, late))
    axes.set_title(f"Perplexity {whole}; {late} in the second half of the window")
    return figure


@style()
def samples(evaluation: Evaluation) -> Figure | None:
    """Texts that the model generates, sampled at increasing temperatures."""
    if _token_losses(evaluation) is None:
        return None
    preprocessor = LanguageModelPreprocessor.of(evaluation.info)
    length = _SAMPLE[preprocessor.tokenizer.kind]
    generator = Generator(evaluation.model)
    texts = []
    for temperature in TEMPERATURES:
        # After the end of a line the model begins a new one.
        found = generator.tokens([preprocessor.line_end], length, temperature=temperature)
        text = preprocessor.decode(found).strip()
        # `wrap` gives no line for an empty one.
        texts.append(
            [part for line in text.split("\n") for part in textwrap.wrap(line, _LINE) or [""]]
        )
    # In lines of text: each sample has a heading and a gap besides.
    height = sum(len(lines) + 2.2 for lines in texts)
    figure = Figure(figsize=(WIDTH, 0.6 + 0.175 * height))
    axes = _page(figure, height)
    at = 0.8
    font: dict[str, Any] = {"color": INK, "va": "center"}
    for temperature, lines in zip(TEMPERATURES, texts, strict=True):
        axes.text(0, at, f"temperature {temperature}", weight="bold", fontsize=9.5, **font)
        for place, line in enumerate(lines, 1):
            axes.text(0.015, at + place, line, fontsize=8.5, family="monospace", **font)
        at += len(lines) + 2.2
    set_title(figure, "Generated text, from the beginning of a line")
    return figure


@style()
def most_surprising(evaluation: Evaluation) -> Figure | None:
    """Passages of the test text with the greatest loss; the darker a token, the less probable it
    was.
    """
    losses = _token_losses(evaluation)
    if losses is None:
        return None
    tokenizer = LanguageModelPreprocessor.of(evaluation.info).tokenizer
    passages = _passages(losses, tokenizer.kind)
    figure = Figure(figsize=(WIDTH, 0.6 + 0.30 * len(passages)))
    axes = _page(figure, 1.4 * len(passages))
    labels = np.asarray(evaluation.labels)
    for row, (window, begin) in enumerate(passages):
        part = slice(begin, begin + _PASSAGE[tokenizer.kind])
        _draw_passage(axes, 0.8 + 1.4 * row, tokenizer, labels[window, part], losses[window, part])
    set_title(figure, f"The least probable passages of the test text, {losses.size:,} tokens")
    return figure


def _token_losses(evaluation: Evaluation) -> np.ndarray | None:
    """Compute the negative log-likelihood of each token of the test text, `(windows, length)`, in
    nats.
    """
    likelihood = np.asarray(evaluation.outputs)
    is_windows = isinstance(evaluation.examples, WindowExamples)
    if likelihood.ndim != 2 or not is_windows or not likelihood.size:
        return None
    return -np.log(np.maximum(likelihood, _LEAST))


def _passages(losses: np.ndarray, kind: str) -> list[tuple[int, int]]:
    """Find the passages of greatest mean loss, at most one in a window: `(window, begin)`."""
    over = min(_MEAN_OVER[kind], losses.shape[1])
    # With running sums the mean of every stretch is a single subtraction.
    total = np.cumsum(np.pad(losses, [(0, 0), (1, 0)]), axis=1)
    means = (total[:, over:] - total[:, :-over]) / over  # (windows, positions)
    # At the beginning of a window nothing was read, so the loss is high everywhere.
    means[:, : means.shape[1] // 3] = -1
    best = means.argmax(axis=1)
    order = np.argsort(-means[np.arange(len(means)), best], kind="stable")[:_PASSAGES]
    length = min(_PASSAGE[kind], losses.shape[1])
    # The surprising stretch in the middle of its passage, as far as the window reaches.
    begins = np.clip(best - (length - over) // 2, 0, losses.shape[1] - length)
    return [(int(window), int(begins[window])) for window in order]


def _draw_passage(
    axes: Axes, at: float, tokenizer: Tokenizer, tokens: np.ndarray, losses: np.ndarray
) -> None:
    # Characters include the spaces; other tokens are set one space apart.
    gap = 0 if tokenizer.kind == "characters" else 1
    # The axis points down, so its lower limit is its height.
    x, wide, height = 0.0, 1 / _LINE, axes.get_ylim()[0]
    font: dict[str, Any] = {"ha": "center", "va": "center", "family": "monospace", "fontsize": 8}
    for token_id, loss in zip(tokens, losses, strict=True):
        text = _visible(tokenizer, int(token_id))
        width = len(text) * wide
        if x + width > 1:
            return
        shade = min(1.0, loss / np.log(1000))  # fully dark at a probability of one in a thousand
        # axvspan takes fractions of the axes' height, counted from below.
        ends = 1 - (at + 0.55) / height, 1 - (at - 0.55) / height
        axes.axvspan(x, x + width, *ends, color=WRONG, alpha=0.75 * shade, linewidth=0)
        axes.text(x + width / 2, at, text, color=INK, **font)
        x += width + gap * wide
    axes.axhline(at + 0.7, color=FAINT, linewidth=0.5)


def _visible(tokenizer: Tokenizer, token_id: int) -> str:
    token = tokenizer.token(token_id).replace("\n", "↵")
    return {"<end>": "↵", "<unknown>": "�"}.get(token, token)


def _page(figure: Figure, height: float) -> Axes:
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(height, 0))
    axes.axis("off")
    return axes


LANGUAGE_FIGURES = (curves, perplexity_by_position, samples, most_surprising)
