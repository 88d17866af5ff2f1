"""Gradient descent in figures: paths over the loss surface of two weights, and moving averages of
a noisy loss.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.comparison import weight_path
from kerasrecipes.reports import formatting
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    PAPER,
    SERIES,
    TRAIN,
    WIDTH,
    Picture,
    picture,
    style,
)

if TYPE_CHECKING:
    from kerasrecipes.training.job import Job

# Averages over about 2, 10 and 50 steps.
BETAS = (0.5, 0.9, 0.98)
_GRID = 41  # values of each weight
_LEVELS = 14
_APPROACH = 25  # points of a path that are drawn bold; later ones often circle in the noise
_DASHES = ("-", "--", ":", "-.")


@dataclass
class Landscape:
    """Loss surface over the two weights of a model, and the paths of runs on it.

    Args:
        names: of the two weights.
        paths: `(points, 2)` of each run, by label.
        title: what sets this surface apart from others.
        first: `(columns,)`, values of the first weight; empty until measured.
        second: `(rows,)`, values of the second one.
        losses: `(rows, columns)`, the loss at each point.
    """

    names: Sequence[str]
    paths: dict[str, np.ndarray] = field(default_factory=dict)
    title: str = ""
    first: np.ndarray = field(default_factory=lambda: np.empty(0))
    second: np.ndarray = field(default_factory=lambda: np.empty(0))
    losses: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))


class Descents:
    """Records the steps of each training of a comparison, and draws what they show.

    Of several seeds the first one's path is kept, for with the same seed all paths begin at the
    same weights.

    Args:
        by: the settings that are varied.
    """

    def __init__(self, by: Sequence[str]):
        self.by = tuple(by)
        self._landscapes: dict[str, tuple[Job, Landscape]] = {}
        self._losses: tuple[str, Sequence[float]] | None = None

    def recorder(self) -> weight_path.Recorder:
        """Return a callback that records one training."""
        return weight_path.Recorder()

    def keep(self, changes: Mapping[str, Any], job: Job, recorder: weight_path.Recorder) -> None:
        """Keep what a training's callback recorded.

        Args:
            changes: the settings of this run, among them those that are varied.
            job: the finished training.
            recorder: the callback.
        """
        label = _label({name: changes[name] for name in self.by or ("seed",)})
        if self._losses is None and "optimizer" in self.by and len(recorder.losses) > 1:
            self._losses = (label, recorder.losses)
        model = job.trainer.model
        if job.trainer.one_fit and len(recorder.path) > 1 and weight_path.has_two_parameters(model):
            # Settings of the trainer change the path; those of the recipe (loss, regularisation)
            # change the surface.
            settings = {name: changes[name] for name in self.by if name in job.config.settings}
            new = Landscape(weight_path.names(model), title=_label(settings))
            _, landscape = self._landscapes.setdefault(_label(settings), (job, new))
            others = {name: changes[name] for name in self.by if name not in settings}
            landscape.paths.setdefault(_label(others) or label, recorder.path)

    def pictures(self) -> list[Picture]:
        """Draw the figures that apply, as pages take them."""
        found = []
        if self._landscapes:
            for job, landscape in self._landscapes.values():
                measure(landscape, job.trainer.model, job.splits.train)
            figure = surfaces([landscape for _, landscape in self._landscapes.values()])
            found.append(picture(surfaces, figure))
        if self._losses is not None:
            label, losses = self._losses
            found.append(picture(averages, averages(losses, label)))
        return found


def _label(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={formatting.plain(value)}" for name, value in settings.items())


def measure(landscape: Landscape, model: Any, examples: Any) -> None:
    """Compute the loss around the paths of a landscape.

    Args:
        landscape: names and paths of two weights; its grid and its losses are replaced.
        model: compiled, with those two weights as its only parameters; it is not changed.
        examples: training examples, of which up to 2,000 count.
    """
    landscape.first, landscape.second = grid(list(landscape.paths.values()))
    landscape.losses = weight_path.surface(model, examples, landscape.first, landscape.second)


def grid(paths: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Choose values of both weights: both ends of every path, and 96 % of what lies between.

    Args:
        paths: `(points, 2)` of each run; points that are not finite are left out.

    Returns:
        The values of the first and of the second weight.
    """
    finite = [path[np.isfinite(path).all(axis=1)] for path in paths]
    inner = np.concatenate([np.quantile(path, (0.02, 0.98), axis=0) for path in finite])
    points = np.concatenate([inner, *(path[[0, -1]] for path in finite)])
    low, high = points.min(axis=0), points.max(axis=0)
    # A weight that hardly moves still needs a range to draw.
    span = np.maximum(high - low, 1e-3)
    # No side is shorter than half of the other's span.
    margin = np.maximum(0.2 * span, 0.25 * span.max() - 0.5 * span)
    first, second = np.linspace(low - margin, high + margin, _GRID, axis=1)
    return first, second


@style()
def surfaces(landscapes: Sequence[Landscape]) -> Figure:
    """Training loss over both weights, and each run's path on it from ring to dot; its beginning is
    bold.
    """
    columns = min(2, len(landscapes))
    rows = -(-len(landscapes) // columns)
    # Over all panels, so that a label has one colour and one entry in the legend.
    labels = list(dict.fromkeys(label for landscape in landscapes for label in landscape.paths))
    figure = Figure(figsize=(WIDTH, (5.2 if columns == 1 else 4.0) * rows))
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for axes, landscape in zip(panels, landscapes, strict=False):
        _draw_landscape(axes, landscape, labels)
    for axes in list(panels)[len(landscapes) :]:
        axes.remove()
    handles = {
        label: handle
        for axes in figure.axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(), handles, loc="outside lower center", ncols=min(6 // columns, len(handles))
    )
    return figure


def _draw_landscape(axes: Axes, landscape: Landscape, labels: Sequence[str]) -> None:
    losses = landscape.losses
    finite = losses[np.isfinite(losses)]
    low, high = finite.min(), finite.max()
    # Levels lie ever closer towards the bottom, where the paths turn.
    # A flat surface needs different levels too: contours take ascending ones only.
    levels = low + max(high - low, 1e-9) * np.geomspace(2e-3, 1, _LEVELS)
    axes.contourf(
        landscape.first, landscape.second, losses, [low, *levels], cmap="Blues", alpha=0.5
    )
    axes.contour(landscape.first, landscape.second, losses, levels, colors=PAPER, linewidths=0.7)
    for label, path in landscape.paths.items():
        number = labels.index(label)
        look: dict[str, Any] = {
            "color": SERIES[number % len(SERIES)],
            "linestyle": _DASHES[number // len(SERIES) % len(_DASHES)],
        }
        axes.plot(path[:, 0], path[:, 1], linewidth=0.7, alpha=0.45, zorder=2, **look)
        axes.plot(*path[:_APPROACH].T, linewidth=1.8, label=label, zorder=3, **look)
        axes.plot(
            *path[-1], "o", color=look["color"], markersize=6, markeredgecolor=PAPER, zorder=5
        )
        axes.plot(*path[0], "o", markersize=7, markerfacecolor=PAPER, markeredgecolor=INK, zorder=4)
    axes.set(xlabel=landscape.names[0], ylabel=landscape.names[1])
    axes.set(xlim=landscape.first[[0, -1]], ylim=landscape.second[[0, -1]])
    axes.grid(visible=False)
    axes.set_title(f"{landscape.title or 'Training loss'} — from {low:.3g} to {high:.3g}")


def average(values: Sequence[float], beta: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute the exponentially weighted average of a series, without and with bias correction.

    Args:
        values: `(steps,)`, the series x.
        beta: from 0 to below 1; the average reaches back over about `1 / (1 - beta)` values.

    Returns:
        `(steps,)`, `v_t = beta v_{t-1} + (1 - beta) x_t` from `v_0 = 0`, and the same divided by
        `1 - beta^t`, which corrects the bias towards that zero.

    Reference:
        [Adam: A Method for Stochastic Optimization](https://arxiv.org/abs/1412.6980) (Kingma and
        Ba, 2015)
    """
    plain, last = [], 0.0
    for value in values:
        last = beta * last + (1 - beta) * value
        plain.append(last)
    steps = np.arange(1, len(plain) + 1)
    return np.array(plain), np.array(plain) / (1 - beta**steps)


@style()
def averages(losses: Sequence[float], label: str = "") -> Figure:
    """Training loss of a run step by step, and its exponentially weighted averages with and without
    bias correction.

    Args:
        losses: training loss of each step, in order.
        label: name of the run, which the axis adds to its title; by default none.

    Returns:
        A panel for each decay rate of `BETAS`, with one axis of losses.
    """
    figure = Figure(figsize=(WIDTH, 3.4))
    panels = figure.subplots(1, len(BETAS), sharey=True)
    steps = np.arange(1, len(losses) + 1)
    for axes, beta in zip(panels, BETAS, strict=True):
        plain, corrected = average(losses, beta)
        axes.plot(steps, losses, color=TRAIN, alpha=0.5, linewidth=0.8, label="loss of the step")
        axes.plot(steps, plain, "--", color=SERIES[1], linewidth=1.4, label="from zero")
        axes.plot(steps, corrected, color=SERIES[0], linewidth=1.8, label="bias-corrected")
        axes.set_title(f"β = {beta:g}: about {1 / (1 - beta):.0f} steps")
        axes.set_xlabel("step")
    panels[0].set_ylabel(f"training loss, {label}" if label else "training loss", color=MUTED)
    # A few outliers must not flatten the rest.
    panels[0].set_ylim(0, 1.15 * float(np.nanquantile(losses, 0.98)))
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
