"""Figures of recognized speech: the spectrogram with its letters, confusions, and speakers."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import keras
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.audio.preprocessor import SpeechPreprocessor
from kerasrecipes.data.audio.speech import EncodedSpeech
from kerasrecipes.inference.speech import Heard, by_speaker, hear, log_probabilities
from kerasrecipes.metrics.edit_distance import Pair, aligned, word_error_rate
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    RIGHT,
    SERIES,
    VALIDATION,
    WIDTH,
    WRONG,
    set_title,
    style,
)

_MOST_SYMBOLS = 28  # whose confusion can be read
_MOST_SPEAKERS = 24
_SECONDS = 4.0  # of the recording that is shown
_MOST_LINES = 10  # symbols whose probability is drawn
_NOTHING = "–"  # beside a symbol that was left out or put in


@style()
def alignment_in_time(evaluation: Evaluation) -> Figure | None:
    """A test recording: its power in mel bands, the symbols where the model hears them, and their
    probabilities over time; between symbols the blank is the most probable.
    """
    speech = _speech(evaluation)
    number = _medium(speech)
    preprocessor = speech.preprocessor
    sound = speech.sound(np.array([number]))
    (rows,) = log_probabilities(evaluation.model, preprocessor, sound)
    heard = hear(rows)
    features = _features(evaluation.model, preprocessor, sound)
    seconds = len(sound[0]) / preprocessor.sample_rate
    figure = Figure(figsize=(WIDTH, 4.6))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1.25, 1))
    _draw_spectrogram(upper, features, seconds, preprocessor.sample_rate)
    _draw_symbols(upper, heard, preprocessor, seconds)
    _draw_probabilities(lower, heard, preprocessor, seconds)
    lower.set(xlim=(0, seconds), xlabel="seconds")
    said, text = speech.transcripts[number], preprocessor.decode(heard.labels)
    title = f"“{said}” is heard as it is said" if said == text else f"“{said}” is heard as “{text}”"
    set_title(figure, title)
    return figure


def _medium(speech: EncodedSpeech) -> int:
    """Choose a recording of medium length, no longer than can be drawn."""
    seconds = speech.recordings.seconds + speech.counts - 1
    wanted = min(float(np.median(seconds)), _SECONDS)
    return int(np.abs(seconds - wanted).argmin())


def _features(model: Any, preprocessor: SpeechPreprocessor, sound: Any) -> np.ndarray:
    """Return the log-mel features of a recording, `(frames, mels)`."""
    x = preprocessor(sound)
    layer = next(item for item in model.layers if item.name == "log_mel")
    found = keras.ops.convert_to_numpy(layer([x["samples"], x["length"]]))[0]
    return found[: -(-len(sound[0]) // layer.stride_samples)]


def _draw_spectrogram(axes: Axes, features: np.ndarray, seconds: float, rate: int) -> None:
    axes.imshow(
        10 / np.log(10) * features.T,  # decibels
        origin="lower",
        aspect="auto",
        extent=(0, seconds, 0, features.shape[1]),
        cmap="Blues",
        interpolation="nearest",
    )
    axes.grid(visible=False)
    edges = 1127 * np.log1p(np.array([60.0, rate / 2]) / 700)
    ticks = [hertz for hertz in (250, 500, 1000, 2000, 4000, 8000) if hertz < 0.9 * rate / 2]
    places = [
        features.shape[1] * (1127 * np.log1p(hertz / 700) - edges[0]) / (edges[1] - edges[0])
        for hertz in ticks
    ]
    axes.set_yticks(places, [f"{hertz:,}" for hertz in ticks])
    axes.set_ylabel("Hz")


def _draw_symbols(
    axes: Axes, heard: Heard, preprocessor: SpeechPreprocessor, seconds: float
) -> None:
    """Write each symbol above the frames in which it is heard."""
    frame = seconds / max(1, len(heard.log_probabilities))
    for label, stretch in zip(heard.labels, heard.stretches, strict=True):
        symbol = preprocessor.symbols[label - 1]
        if symbol == " ":
            continue
        start, end = stretch.first * frame, (stretch.last + 1) * frame
        axes.axvspan(start, end, color=WRONG, alpha=0.22, linewidth=0)
        at: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "ha": "center"}
        axes.annotate(
            symbol, ((start + end) / 2, 1.02), color=INK, fontsize=10, weight="bold", **at
        )


def _draw_probabilities(
    axes: Axes, heard: Heard, preprocessor: SpeechPreprocessor, seconds: float
) -> None:
    shares = np.exp(heard.log_probabilities)
    frame = seconds / max(1, len(shares))
    centres = (np.arange(len(shares)) + 0.5) * frame
    axes.fill_between(centres, shares[:, 0], color=FAINT, label="blank", linewidth=0)
    # In the order in which they are said, so that neighbours in time differ in colour.
    said = list(dict.fromkeys(label for label in heard.labels))[:_MOST_LINES]
    for place, label in enumerate(said):
        symbol = preprocessor.symbols[label - 1]
        named = "pause" if symbol == " " else shortened(symbol, 12)
        colour = MUTED if symbol == " " else SERIES[place % len(SERIES)]
        axes.plot(centres, shares[:, label], color=colour, label=named, linewidth=1.5)
    axes.set(ylim=(0, 1.02), ylabel="probability")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=12, columnspacing=1.2)


@style()
def confusions(evaluation: Evaluation) -> Figure | None:
    """Which symbols are heard for others in the test recordings, aligned by the fewest edits; in
    the last column what was left out, in the last row what was put in.
    """
    pairs = _pairs(evaluation)
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    if not wrong:
        return None
    weights: Counter[str] = Counter()
    for pair, count in wrong.items():
        for symbol in pair:
            weights[_written(symbol)] += count
    del weights[_NOTHING]
    names = sorted(name for name, _ in weights.most_common(_MOST_SYMBOLS))
    names.append(_NOTHING)
    counts = np.zeros((len(names), len(names)), int)
    for (truth, said), count in wrong.items():
        left, right = _written(truth), _written(said)
        if left in names and right in names:
            counts[names.index(left), names.index(right)] += count
    figure = Figure(figsize=(WIDTH, 1.5 + 0.26 * len(names)))
    axes = figure.add_subplot()
    _draw_counts(axes, counts, names)
    kinds = (
        (sum(n for (t, s), n in wrong.items() if t is not None and s is not None), "substitution"),
        (sum(n for (_, s), n in wrong.items() if s is None), "deletion"),
        (sum(n for (t, _), n in wrong.items() if t is None), "insertion"),
    )
    told = ", ".join(counted(count, name) for count, name in kinds)
    set_title(figure, f"{told} in {len(pairs):,} symbols")
    return figure


def _pairs(evaluation: Evaluation) -> list[Pair]:
    speech = _speech(evaluation)
    by_word = speech.preprocessor.tokenization == "words"
    return [
        pair
        for said, text in zip(speech.transcripts, evaluation.outputs, strict=True)
        for pair in aligned(said.split() if by_word else said, text.split() if by_word else text)
    ]


def _written(symbol: str | None) -> str:
    return _NOTHING if symbol is None else "␣" if symbol == " " else shortened(symbol, 10)


def _draw_counts(axes: Axes, counts: np.ndarray, names: list[str]) -> None:
    axes.imshow(counts, cmap="Oranges", aspect="auto", vmax=1.4 * counts.max())
    axes.grid(visible=False)
    for row, column in zip(*np.nonzero(counts), strict=True):
        at: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.5}
        axes.text(column, row, f"{counts[row, column]}", color=INK, **at)
    long = max(map(len, names)) > 3
    axes.set_xticks(range(len(names)), names, rotation=90 if long else 0)
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="heard", ylabel="said")


@style()
def errors_by_speaker(evaluation: Evaluation) -> Figure | None:
    """Word error rate of each speaker of the test recordings, who is heard in training or not."""
    speech = _speech(evaluation)
    found = by_speaker(evaluation)
    if len(found) < 2:
        return None
    ordered = sorted(found.items(), key=lambda item: item[1][0])[-_MOST_SPEAKERS:]
    figure = Figure(figsize=(WIDTH, 1.2 + 0.3 * len(ordered)))
    axes = figure.add_subplot()
    rates = [rate for _, (rate, _) in ordered]
    axes.barh(range(len(ordered)), rates, height=0.62, color=VALIDATION)
    for place, rate in enumerate(rates):
        at: dict[str, Any] = {"textcoords": "offset points", "va": "center", "color": MUTED}
        axes.annotate(percent(rate), (rate, place), (4, 0), fontsize=8.5, **at)
    texts = [
        f"{shortened(name, 20)}, {counted(count, 'recording')}" for name, (_, count) in ordered
    ]
    axes.set_yticks(range(len(ordered)), texts)
    axes.grid(axis="y", visible=False)
    whole = word_error_rate(speech.transcripts, evaluation.outputs)
    axes.axvline(whole, color=INK, linewidth=1, linestyle=":")
    axes.set(xlabel="word error rate", xlim=(0, max(0.05, 1.12 * max(rates))))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    worst = ordered[-1]
    set_title(
        figure,
        f"Of all words {percent(whole)} are wrong (dotted), of {worst[0]}'s {percent(worst[1][0])}",
    )
    return figure


@style()
def transcripts(evaluation: Evaluation) -> Figure | None:
    """Test recordings from the worst to the best: what is said, and what is heard."""
    speech, outputs = _speech(evaluation), evaluation.outputs
    said = speech.transcripts
    if not said:
        return None
    rates = [word_error_rate([one], [other]) for one, other in zip(said, outputs, strict=True)]
    order = np.argsort(-np.array(rates), kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, 12).astype(int))]
    figure = Figure(figsize=(WIDTH, 0.8 + 0.28 * len(chosen)))
    axes = figure.add_subplot()
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(len(chosen), -1))
    at: dict[str, Any] = {"va": "center", "fontsize": 9}
    for x, text in ((0, "said"), (0.5, "heard")):
        axes.text(x, -0.6, text, color=MUTED, **at)
    for place, number in enumerate(chosen):
        right = said[number] == outputs[number]
        axes.text(0, place + 0.2, shortened(said[number], 52), color=INK, **at)
        heard = shortened(outputs[number] or "(nothing)", 52)
        axes.text(0.5, place + 0.2, heard, color=RIGHT if right else WRONG, **at)
    without = float(np.mean(np.array(rates) == 0))
    set_title(figure, f"{percent(without)} of {counted(len(said), 'recording')} have no mistake")
    return figure


def _speech(evaluation: Evaluation) -> EncodedSpeech:
    return cast(EncodedSpeech, evaluation.examples)


SPEECH_FIGURES = (curves, alignment_in_time, confusions, errors_by_speaker, transcripts)
