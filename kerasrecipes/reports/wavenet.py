"""Figures of a WaveNet: where a recording surprises it, and what it makes beside recordings."""

from __future__ import annotations

from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.data.audio.waveforms import EncodedWaves
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.inference.wavenet import Generator
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import shortened
from kerasrecipes.reports.style import INK, MUTED, VALIDATION, WIDTH, WRONG, set_title, style

_SECONDS = 1.0  # of the recordings that are drawn
_SHOWN = 4  # classes
_HOP, _FFT = 80, 256  # samples between columns of a spectrogram, and of one


@style()
def surprise(evaluation: Evaluation) -> Figure | None:
    """A test recording, and below it the bits that the model needs for its samples, as a moving
    mean of a hundredth of a second; dotted the mean of all test recordings.
    """
    examples, bits = _waves(evaluation), evaluation.outputs
    if not len(bits):
        return None
    means = np.array([row.mean() for row in bits])
    number = int(np.abs(means - np.median(means)).argmin())
    rate = examples.preprocessor.sample_rate
    most = round(_SECONDS * rate)
    sound = _sound(examples, number)[:most]
    width = max(1, rate // 100)
    shown, window = bits[number][:most], np.ones(width)
    # At both ends the mean of as many as there are.
    smooth = np.convolve(shown, window, "same") / np.convolve(np.ones(len(shown)), window, "same")
    figure = Figure(figsize=(WIDTH, 3.8))
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(np.arange(len(sound)) / rate, sound, color=VALIDATION, linewidth=0.6)
    upper.set(ylabel="sound")
    lower.plot(np.arange(len(smooth)) / rate, smooth, color=WRONG, linewidth=1.2)
    whole = float(np.concatenate(bits).mean())
    lower.axhline(whole, color=INK, linewidth=1, linestyle=":")
    lower.set(xlabel="seconds", ylabel="bits a sample", ylim=(0, None))
    lower.set_xlim(0, len(sound) / rate)
    said = shortened(examples.recordings.transcripts[number], 30)
    set_title(figure, f"A sample costs {whole:.2f} bits of 8; of “{said}” {means[number]:.2f}")
    return figure


@style()
def generated(evaluation: Evaluation) -> Figure | None:
    """Spectrograms of what the model makes for some classes, below each a test recording of it;
    dark is loud.
    """
    examples = _waves(evaluation)
    if not len(examples):
        return None
    names = evaluation.info.classes or ("",)
    labels = np.unique(examples.classes)[:_SHOWN]
    rate = examples.preprocessor.sample_rate
    most = round(min(_SECONDS, examples.preprocessor.seconds) * rate)
    made = Generator(plain_model(evaluation.model))(labels, most, temperature=0.9)
    figure = Figure(figsize=(WIDTH, 4.2))
    grid = figure.subplots(2, len(labels), squeeze=False, sharex=True, sharey=True)
    for column, label in enumerate(labels):
        real = _sound(examples, int(np.flatnonzero(examples.classes == label)[0]))[:most]
        draw_spectrogram(grid[0, column], examples.preprocessor.decode(made[column]), rate)
        draw_spectrogram(grid[1, column], real, rate)
        name = shortened(names[label], 16)
        grid[0, column].set_title(f"{name}, made", fontsize=9.5, weight="normal", color=MUTED)
        grid[1, column].set_title(f"{name}, recorded", fontsize=9.5, weight="normal", color=MUTED)
        grid[1, column].set_xlabel("seconds")
    for axes in grid[:, 0]:
        axes.set_ylabel("kHz")
    set_title(figure, "What the model makes sample by sample, and test recordings")
    return figure


def draw_spectrogram(axes: Axes, sound: np.ndarray, rate: int) -> None:
    """Draw the power of sound by frequency over time, in decibels.

    Args:
        axes: to draw on.
        sound: `(samples,)`.
        rate: samples a second.
    """
    padded = np.pad(sound, (0, max(0, _FFT - len(sound))))
    starts = np.arange(0, len(padded) - _FFT + 1, _HOP)
    cut = padded[starts[:, None] + np.arange(_FFT)] * np.hanning(_FFT)
    power = 20 * np.log10(np.abs(np.fft.rfft(cut, axis=1)) + 1e-3)
    extent = (0, len(sound) / rate, 0, rate / 2000)
    axes.imshow(power.T, origin="lower", aspect="auto", extent=extent, cmap="Blues", vmin=-50)
    axes.grid(visible=False)


def _sound(examples: EncodedWaves, number: int) -> np.ndarray:
    return examples.preprocessor.decode(examples.codes(np.array([number]))[0])


def _waves(evaluation: Evaluation) -> EncodedWaves:
    return cast(EncodedWaves, evaluation.examples)


WAVENET_FIGURES = (curves, surprise, generated)
