"""Figures of a music model: where a piece surprises it, what it composes, how alike they are."""

from __future__ import annotations

from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.data.music.pieces import MusicExamples
from kerasrecipes.data.music.preprocessor import NAMES, MusicPreprocessor, key_of
from kerasrecipes.inference.distributed import plain_model
from kerasrecipes.inference.music import Player
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.style import INK, MUTED, TRAIN, VALIDATION, WIDTH, WRONG, set_title, style

_MOST_FRAMES = 96  # that are drawn beside each other
_COMPOSED, _LENGTH = 6, 64  # pieces to compare, and frames of each


@style()
def surprise(evaluation: Evaluation) -> Figure | None:
    """A test piece, and below it how much each of its frames surprises the model: the negative
    log-likelihood in nats, dotted its mean over all test pieces.
    """
    examples, losses = _music(evaluation), evaluation.outputs
    if not len(losses):
        return None
    means = np.array([row.mean() for row in losses])
    number = int(np.abs(means - np.median(means)).argmin())
    steps = MusicPreprocessor.of(evaluation.info).frames_per_beat
    frames, loss = examples.frames(number)[:_MOST_FRAMES], losses[number][: _MOST_FRAMES - 1]
    figure = Figure(figsize=(WIDTH, 4.4))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    draw_roll(upper, frames, steps)
    places = np.arange(1, len(loss) + 1) / steps
    lower.bar(places, loss, width=0.9 / steps, align="edge", color=VALIDATION)
    whole = float(np.concatenate(losses).mean())
    lower.axhline(whole, color=INK, linewidth=1, linestyle=":")
    worst = int(loss.argmax())
    lower.bar(places[worst], loss[worst], width=0.9 / steps, align="edge", color=WRONG)
    lower.set(xlabel="beats", ylabel="nats", xlim=(0, len(frames) / steps))
    set_title(
        figure,
        f"A frame costs {whole:.2f} nats; what comes at beat {places[worst]:g} of this piece "
        f"surprises most, {loss[worst]:.1f}",
    )
    return figure


@style()
def composed(evaluation: Evaluation) -> Figure | None:
    """A piece that the model composed from one chord, above a test piece."""
    examples = _music(evaluation)
    steps = MusicPreprocessor.of(evaluation.info).frames_per_beat
    if not len(examples):
        return None
    real = examples.frames(0)[:_MOST_FRAMES]
    made = _compositions(evaluation, 1, min(_MOST_FRAMES, max(2, len(real))))[0]
    figure = Figure(figsize=(WIDTH, 5.2))
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, frames, name in ((upper, made, "composed"), (lower, real, "test piece")):
        draw_roll(axes, frames, steps)
        tonic, mode, _ = key_of(frames)
        told = f"{name}: {NAMES[tonic]} {mode}, {frames.sum(axis=1).mean():.1f} keys at a time"
        axes.set_title(told, fontsize=9.5, weight="normal", color=MUTED)
    lower.set_xlabel("beats")
    set_title(figure, "What the model composes, and a test piece that begins alike")
    return figure


@style()
def likeness(evaluation: Evaluation) -> Figure | None:
    """Composed pieces and test pieces: the keys that sound at a time, the steps from the lowest key
    to those above it, and how often a chord stays.
    """
    examples = _music(evaluation)
    some = [examples.frames(n)[:_LENGTH] for n in range(min(len(examples), 4 * _COMPOSED))]
    if not some:
        return None
    made = _compositions(evaluation, _COMPOSED, _LENGTH)
    figure = Figure(figsize=(WIDTH, 2.9))
    kinds = (("keys at a time", 8), ("semitones above the bass", 12))
    for place, (name, size) in enumerate(kinds):
        axes = figure.add_subplot(1, 2, place + 1)
        for offset, (pieces, colour, label) in enumerate(
            ((some, TRAIN, "test pieces"), (made, VALIDATION, "composed"))
        ):
            shares = _shares(pieces, place, size)
            axes.bar(np.arange(size) + 0.4 * offset - 0.2, shares, 0.4, color=colour, label=label)
        axes.set(xlabel=name, ylabel="share" if place == 0 else "")
        axes.set_xticks(range(size))
        axes.grid(axis="x", visible=False)
    axes.legend(loc="upper right")
    stays = [float(np.mean([_stays(piece) for piece in pieces])) for pieces in (some, made)]
    set_title(
        figure,
        f"A chord stays for another frame in {100 * stays[1]:.0f} % of what is composed, and in "
        f"{100 * stays[0]:.0f} % of test pieces",
    )
    return figure


def draw_roll(axes: Axes, frames: np.ndarray, steps: int) -> None:
    """Draw which keys sound, time to the right and pitch upwards.

    Args:
        axes: to draw on.
        frames: `(frames, 88)`.
        steps: frames to a beat.
    """
    held = MusicPreprocessor(frames_per_beat=steps).decode(frames)
    for note in held:
        axes.barh(note.pitch, note.length - 0.08 / steps, 0.86, note.start, color=VALIDATION)
    pitches = [note.pitch for note in held] or [60]
    axes.set(ylim=(min(pitches) - 2, max(pitches) + 2), xlim=(0, len(frames) / steps))
    octaves = range(12, 128, 12)
    shown = [pitch for pitch in octaves if min(pitches) - 2 <= pitch <= max(pitches) + 2]
    axes.set_yticks(shown, [f"C{pitch // 12 - 1}" for pitch in shown])


def _shares(pieces: list[np.ndarray], place: int, size: int) -> np.ndarray:
    frames = np.concatenate(pieces)
    if place == 0:
        values = frames.sum(axis=1)
    else:
        rows, keys = np.nonzero(frames)
        bass = frames.argmax(axis=1)[rows]
        values = ((keys - bass) % 12)[keys != bass]
    counts = np.bincount(np.minimum(values.astype(int), size - 1), minlength=size)
    return counts / max(1, counts.sum())


def _stays(frames: np.ndarray) -> float:
    return float((frames[1:] == frames[:-1]).all(axis=1).mean()) if len(frames) > 1 else 0.0


def _compositions(evaluation: Evaluation, count: int, length: int) -> list[np.ndarray]:
    """Compose from first chords of test pieces, the same each time."""
    examples, player = _music(evaluation), Player(plain_model(evaluation.model))
    found = []
    for seed in range(count):
        start = examples.frames(seed % len(examples))[:1]
        found.append(player.go_on(start, length - 1, np.random.default_rng(seed), 0.8))
    return found


def _music(evaluation: Evaluation) -> MusicExamples:
    return cast(MusicExamples, evaluation.examples)


MUSIC_FIGURES = (curves, surprise, composed, likeness)
