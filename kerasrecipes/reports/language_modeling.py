"""Figures of language models: how much of the past helps, what they write, and where they were
surprised.
"""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerasrecipes.data.text.language_modeling import WindowExamples, decode, line_end, tokenizer_of
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.inference.language_modeling import baselines
from kerasrecipes.inference.sampling import Generator
from kerasrecipes.metrics.names import number
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    RIGHT,
    WIDTH,
    WRONG,
    curves,
    set_title,
    style,
)

TEMPERATURES = (0.3, 0.8, 1.2)
_SAMPLE = {"characters": 330, "subwords": 100, "words": 70}  # tokens of a sample
_LINE = 110  # characters
_STRETCHES = 8
_STRETCH = {"characters": 104, "subwords": 26, "words": 18}  # tokens of a stretch
_MEAN_OVER = {
    "characters": 12,
    "subwords": 4,
    "words": 3,
}  # tokens whose surprise is averaged to find one
_SURE = 1e-9


@style()
def perplexity_by_position(evaluation: Evaluation) -> Figure | None:
    """How sure the model is at each place of a window: what it gains by what it has read there so
    far.
    """
    surprise = _surprise(evaluation)
    if surprise is None or surprise.shape[1] < 2:
        return None
    by_place = np.exp(surprise.mean(axis=0))  # (length,)
    whole, late = np.exp(surprise.mean()), np.exp(surprise[:, surprise.shape[1] // 2 :].mean())
    figure = Figure(figsize=(WIDTH, 3.6))
    axes = figure.add_subplot()
    axes.plot(np.arange(1, len(by_place) + 1), by_place, color=RIGHT)
    for name, value in baselines(evaluation).items():
        known = "knows the last token only" if name == "bigram_perplexity" else "the best possible"
        axes.axhline(value, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
        axes.annotate(
            f"{known}: {number(value)}",
            (1, value),
            (-2, 3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            color=MUTED,
            fontsize=8.5,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0, "alpha": 0.8},
        )
    axes.set(xlabel="tokens read so far in the window", ylabel="perplexity", ylim=(1, None))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(f"Perplexity {number(whole)}; {number(late)} once half of the window was read")
    return figure


@style()
def samples(evaluation: Evaluation) -> Figure | None:
    """What the model writes by itself, drawn more and more boldly from its probabilities."""
    if _surprise(evaluation) is None:
        return None
    tokenizer = tokenizer_of(evaluation.info)
    generator = Generator(evaluation.model)
    texts = []
    for temperature in TEMPERATURES:
        found = generator.tokens(
            [line_end(tokenizer)], _SAMPLE[tokenizer.kind], temperature=temperature
        )
        texts.append(_wrapped(decode(tokenizer, found).strip()))
    figure = Figure(figsize=(WIDTH, 0.6 + 0.175 * sum(len(lines) + 2.2 for lines in texts)))
    axes = _page(figure, sum(len(lines) + 2.2 for lines in texts))
    at = 0.8
    for temperature, lines in zip(TEMPERATURES, texts, strict=True):
        axes.text(
            0, at, f"temperature {temperature}", weight="bold", color=INK, fontsize=9.5, va="center"
        )
        for place, line in enumerate(lines, 1):
            axes.text(
                0.015, at + place, line, color=INK, fontsize=8.5, va="center", family="monospace"
            )
        at += len(lines) + 2.2
    set_title(figure, "What it writes, begun with a new line")
    return figure


@style()
def most_surprising(evaluation: Evaluation) -> Figure | None:
    """Stretches of the test text that the model expected least; the darker a token, the less likely
    it was held.
    """
    surprise = _surprise(evaluation)
    if surprise is None:
        return None
    tokenizer = tokenizer_of(evaluation.info)
    stretches = _stretches(surprise, tokenizer.kind)
    figure = Figure(figsize=(WIDTH, 0.6 + 0.30 * len(stretches)))
    axes = _page(figure, 1.4 * len(stretches))
    labels = np.asarray(evaluation.labels)
    for row, (window, place) in enumerate(stretches):
        part = slice(place, place + _STRETCH[tokenizer.kind])
        _draw_stretch(
            axes, 0.8 + 1.4 * row, tokenizer, labels[window, part], surprise[window, part]
        )
    set_title(figure, f"Where it was surprised most, of {surprise.size:,} tokens of the test text")
    return figure


def _surprise(evaluation: Evaluation) -> np.ndarray | None:
    """Give how little each token of the test text was expected, `(windows, length)`, in natural
    units.
    """
    held = np.asarray(evaluation.outputs)
    if held.ndim != 2 or not isinstance(evaluation.examples, WindowExamples) or not held.size:
        return None
    return -np.log(np.maximum(held, _SURE))


def _stretches(surprise: np.ndarray, kind: str) -> list[tuple[int, int]]:
    """Find the windows and places of the least expected stretches, one of a window at most."""
    over = min(_MEAN_OVER[kind], surprise.shape[1])
    total = np.cumsum(np.pad(surprise, [(0, 0), (1, 0)]), axis=1)
    means = (total[:, over:] - total[:, :-over]) / over  # (windows, places)
    # At the beginning of a window nothing was read, so everything surprises.
    means[:, : means.shape[1] // 3] = -1
    best = means.argmax(axis=1)
    order = np.argsort(-means[np.arange(len(means)), best], kind="stable")[:_STRETCHES]
    length = min(_STRETCH[kind], surprise.shape[1])
    return [
        (int(w), int(np.clip(best[w] - (length - over) // 2, 0, surprise.shape[1] - length)))
        for w in order
    ]


def _draw_stretch(
    axes: Axes, at: float, tokenizer: Tokenizer, tokens: np.ndarray, surprise: np.ndarray
) -> None:
    spelled = [_visible(tokenizer, int(token)) for token in tokens]
    gap = 0 if tokenizer.kind == "characters" else 1
    x, wide = 0.0, 1 / _LINE
    for text, amount in zip(spelled, surprise, strict=True):
        width = len(text) * wide
        if x + width > 1:
            return
        shade = min(1.0, amount / np.log(1000))  # fully dark at one in a thousand
        axes.axvspan(
            x,
            x + width,
            1 - (at + 0.55) / axes.get_ylim()[0],
            1 - (at - 0.55) / axes.get_ylim()[0],
            color=WRONG,
            alpha=0.75 * shade,
            linewidth=0,
        )
        axes.text(
            x + width / 2,
            at,
            text,
            ha="center",
            va="center",
            family="monospace",
            fontsize=8,
            color=INK,
        )
        x += width + gap * wide
    axes.axhline(at + 0.7, color=FAINT, linewidth=0.5)


def _visible(tokenizer: Tokenizer, token: int) -> str:
    spelled = tokenizer.token(token).replace("\n", "↵")
    return {"<end>": "↵", "<unknown>": "�"}.get(spelled, spelled)


def _wrapped(text: str) -> list[str]:
    return [part for line in text.split("\n") for part in textwrap.wrap(line, _LINE) or [""]]


def _page(figure: Figure, height: float) -> Axes:
    axes = figure.add_subplot()
    axes.set(xlim=(0, 1), ylim=(height, 0))
    axes.axis("off")
    return axes


LANGUAGE_FIGURES = (curves, perplexity_by_position, samples, most_surprising)
