"""Figures of sound for silent clips: loudness beside the recorded one, and events in time."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.video.foley import FoleyPreprocessor
from kerasrecipes.inference.foley import TOLERANCE
from kerasrecipes.metrics.events import matched
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted
from kerasrecipes.reports.style import INK, RIGHT, WIDTH, WRONG, set_title, style

_CLIPS, _STILLS = 8, 8


@style()
def heard_and_made(evaluation: Evaluation) -> Figure | None:
    """A test clip: some of its frames, the loudness of the bands of its sound, and what the model
    makes of the frames alone; marks are events.
    """
    examples, outputs = _arrays(evaluation)
    if not len(examples):
        return None
    preprocessor = FoleyPreprocessor.of(evaluation.info)
    counts = [len(preprocessor.events(row)) for row in examples.y]
    number = int(np.argsort(counts, kind="stable")[len(counts) // 2])
    figure = Figure(figsize=(WIDTH, 4.6))
    grid = figure.add_gridspec(3, _STILLS, height_ratios=(1, 1.3, 1.3))
    frames = examples.x[number]
    for place, frame in enumerate(np.linspace(0, len(frames) - 1, _STILLS).astype(int)):
        axes = figure.add_subplot(grid[0, place])
        axes.imshow(frames[frame, ..., 0], cmap="gray", vmin=0, vmax=255)
        axes.set_title(f"{frame / preprocessor.fps:.2f} s", fontsize=8.5, weight="normal", pad=3)
        axes.axis("off")
    for row, (loudness, name) in enumerate(
        ((examples.y[number], "recorded"), (outputs[number], "made"))
    ):
        axes = figure.add_subplot(grid[row + 1, :])
        _draw_bands(axes, loudness, preprocessor, name)
    axes.set_xlabel("seconds")
    truth, found = (preprocessor.events(part[number]) for part in (examples.y, outputs))
    pairs = matched(truth, found, TOLERANCE)
    set_title(
        figure,
        f"Of {counted(len(truth), 'event')} of this clip {pairs} are made within a frame, and "
        f"{len(found) - pairs} where there is none",
    )
    return figure


def _draw_bands(
    axes: Axes, loudness: np.ndarray, preprocessor: FoleyPreprocessor, name: str
) -> None:
    seconds = len(loudness) / preprocessor.fps
    extent = (0, seconds, 0, preprocessor.bands)
    axes.imshow(
        loudness.T, origin="lower", aspect="auto", extent=extent, cmap="Blues", vmin=0, vmax=1
    )
    for event in preprocessor.events(loudness):
        axes.axvline(event / preprocessor.fps, color=WRONG, linewidth=1.4)
    places = [0, preprocessor.bands // 2, preprocessor.bands - 1]
    texts = [f"{preprocessor.centres[place]:,.0f} Hz" for place in places]
    axes.set_yticks([place + 0.5 for place in places], texts)
    axes.set_ylabel(name)
    axes.grid(visible=False)


@style()
def events_in_time(evaluation: Evaluation) -> Figure | None:
    """The events of some test clips: lines are those of the recorded sound, dots those that the
    model makes, orange where there is none within a frame.
    """
    examples, outputs = _arrays(evaluation)
    if not len(examples):
        return None
    preprocessor = FoleyPreprocessor.of(evaluation.info)
    truth = [preprocessor.events(row) for row in examples.y]
    found = [preprocessor.events(row) for row in outputs]
    shown = range(min(_CLIPS, len(truth)))
    figure = Figure(figsize=(WIDTH, 1.3 + 0.32 * len(shown)))
    axes = figure.add_subplot()
    for row in shown:
        times = truth[row] / preprocessor.fps
        axes.vlines(times, row - 0.36, row + 0.36, color=INK, linewidth=1.3)
        for event in found[row]:
            near = len(truth[row]) and np.abs(truth[row] - event).min() <= TOLERANCE
            axes.plot(event / preprocessor.fps, row, "o", color=RIGHT if near else WRONG, ms=5)
    axes.set(xlabel="seconds", ylim=(len(shown) - 0.5, -0.5))
    axes.set_xlim(0, examples.x.shape[1] / preprocessor.fps)
    axes.set_yticks(list(shown), [f"clip {row + 1}" for row in shown])
    axes.grid(axis="y", visible=False)
    pairs = sum(matched(a, b, TOLERANCE) for a, b in zip(truth, found, strict=True))
    recall, made = pairs / max(1, sum(map(len, truth))), sum(map(len, found))
    false = f"of those made {percent(1 - pairs / made)} are false" if made else "none is made"
    set_title(figure, f"Of all events {percent(recall)} are in time; {false}")
    return figure


def _arrays(evaluation: Evaluation) -> tuple[Arrays, Any]:
    return cast(Arrays, evaluation.examples), np.asarray(evaluation.outputs)


FOLEY_FIGURES = (curves, heard_and_made, events_in_time)
