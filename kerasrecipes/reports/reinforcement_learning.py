"""Figures of an agent: what its episodes brought, what it would do where, and how it plays."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.environments.environment import film, play, random_policy
from kerasrecipes.environments.gridworld import STEPS, GridWorld
from kerasrecipes.errors import UserError
from kerasrecipes.inference.reinforcement_learning import greedy, scores, seeds_of
from kerasrecipes.metrics.names import number
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import column, curves
from kerasrecipes.reports.images import show, write_below
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    SERIES,
    TRAIN,
    VALIDATION,
    WIDTH,
    label_ends,
    set_title,
    style,
)
from kerasrecipes.training.compiled_updates import compiled_outputs

_WINDOW = 50  # episodes of the moving mean
_STILLS = 8  # of an episode
_FEW = 10  # episodes from which on their returns are a curve


@style()
def return_by_episode(evaluation: Evaluation) -> Figure | None:
    """Return of each training episode by the move at which it ended, its moving mean over 50
    episodes, and the mean return without exploration after each epoch. Lines beside it are the mean
    returns of actions by chance, of the simple rule, and the largest there is, where it is known.
    """
    returns = np.asarray(evaluation.state.get("returns", ()))
    if len(returns) < _FEW:
        return None
    ends = np.asarray(evaluation.state["ends"]) / 1000
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.add_subplot()
    axes.plot(ends, returns, ".", color=TRAIN, alpha=0.25, markersize=3, markeredgewidth=0)
    window = min(_WINDOW, len(returns))
    mean = np.convolve(returns, np.full(window, 1 / window), "valid")
    axes.plot(ends[window - 1 :], mean, color=MUTED, linewidth=1.6)
    judged = column(evaluation.history, "mean_return")
    moves = ends[-1] * np.arange(1, len(judged) + 1) / len(judged)
    axes.plot(moves, judged, "o-", color=VALIDATION, markersize=3.5)
    drawn = [(mean[-1], "in training", MUTED), (judged[-1], "without exploration", VALIDATION)]
    axes.set(xlabel="thousand moves", ylabel="return of an episode")
    axes.margins(x=0.01)
    label_ends(axes, [*drawn, *_levels(axes, evaluation)])
    axes.set_title(
        f"{len(returns):,} episodes: the mean return rises from {number(mean[0])} to "
        f"{number(mean[-1])} in training"
    )
    return figure


def _levels(axes: Axes, evaluation: Evaluation) -> list[tuple[float, str, str]]:
    """Draw what others reach as lines, and return their names with their places."""
    names = {"baseline": "by chance", "rule": "simple rule", "best": "best there is"}
    found = []
    for (prefix, text), colour in zip(names.items(), SERIES[1:], strict=False):
        value = scores_of(evaluation).get(f"{prefix}_mean_return")
        if value is not None:
            axes.axhline(value, color=colour, linewidth=1, linestyle=(0, (4, 3)))
            found.append((value, text, colour))
    return found


def scores_of(evaluation: Evaluation) -> dict[str, float]:
    """Return the metrics of an agent; those of the run where it has them, else measured anew.

    Args:
        evaluation: of the agent.
    """
    known = dict(evaluation.metrics)
    return known if "baseline_mean_return" in known else scores(evaluation)


@style()
def return_beside_others(evaluation: Evaluation) -> Figure | None:
    """Returns of the same episodes by the agent, by the simple rule, and by actions of chance: how
    many had at least so much.
    """
    environment, seeds = evaluation.environment, seeds_of(evaluation)
    policies = {"agent": greedy(evaluation.model)}
    found = {name: play(environment, policy, seeds).returns for name, policy in policies.items()}
    if environment.rule:
        found["simple rule"] = play(environment, None, seeds).returns
    by_chance = random_policy(len(environment.actions), 0)
    found["by chance"] = play(environment, by_chance, seeds).returns
    figure = Figure(figsize=(WIDTH, 0.75 * len(found) + 1.0))
    axes = figure.add_subplot()
    random = np.random.default_rng(0)
    for row, (returns, colour) in enumerate(
        zip(found.values(), (VALIDATION, SERIES[2], SERIES[1]), strict=False)
    ):
        places = row + random.uniform(-0.22, 0.22, len(returns))
        axes.plot(returns, places, "o", color=colour, alpha=0.35, markersize=4, markeredgewidth=0)
        mean = float(returns.mean())
        axes.plot([mean, mean], [row - 0.35, row + 0.35], color=INK, linewidth=2)
    axes.set_yticks(
        range(len(found)), [f"{n}, {number(float(r.mean()))}" for n, r in found.items()]
    )
    axes.set(xlabel="return of an episode; the line is the mean", ylim=(len(found) - 0.5, -0.5))
    axes.grid(axis="y", visible=False)
    set_title(figure, f"{len(seeds)} episodes that no training has seen, each played by all")
    return figure


@style()
def greedy_actions(evaluation: Evaluation) -> Figure | None:
    """The world, before and after the agent has the key: colour is the value that it sees in a
    cell, the arrow what it does there. Dark cells are walls, crosses pits, and wavy cells are icy.
    """
    world = evaluation.environment
    if not isinstance(world, GridWorld):
        return None
    states = np.arange(2 * world.cells)
    values = compiled_outputs(evaluation.model)(world.seen(states))
    figure = Figure(figsize=(WIDTH, 4.6))
    panels = figure.subplots(1, 2)
    shown = np.ma.masked_array(values.max(axis=1), np.tile(_closed(world), 2))
    shown[[world.key, world.door, world.cells + world.door]] = np.ma.masked
    low, high = float(shown.min()), float(shown.max())
    for keyed, axes in enumerate(panels):
        part = slice(keyed * world.cells, (keyed + 1) * world.cells)
        image = axes.imshow(
            shown[part].reshape(world.map.shape), cmap="RdYlBu", vmin=low, vmax=high, alpha=0.75
        )
        _draw_cells(axes, world, keyed > 0)
        _draw_arrows(axes, world, values[part].argmax(axis=1), np.ma.getmaskarray(shown[part]))
        axes.set_title("with the key, to the door" if keyed else "without the key, to it")
    bar = figure.colorbar(image, ax=panels, shrink=0.75, pad=0.02)
    bar.set_label("value in the agent's eyes", color=MUTED)
    bar.outline.set_visible(False)
    set_title(figure, "What the agent would do in each cell")
    return figure


def _closed(world: GridWorld) -> np.ndarray:
    """Return the cells that are walls or pits, where no agent ever acts."""
    return (world.map.ravel() == 1) | (world.map.ravel() == 2)


def _draw_cells(axes: Axes, world: GridWorld, keyed: bool) -> None:
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    marks = {1: ("s", INK, 17), 2: ("X", "#b03a2e", 11)}
    for kind, (marker, colour, size) in marks.items():
        rows, columns = np.nonzero(world.map == kind)
        axes.plot(columns, rows, marker, color=colour, markersize=size, linestyle="none")
    for row, column_ in np.argwhere(world.map == 3):
        axes.text(column_ + 0.42, row + 0.45, "≈", color="#0b62a8", ha="right", fontsize=9)
    things = {world.door: "door"} if keyed else {world.key: "key", world.door: "door"}
    for cell, text in things.items():
        row, place = divmod(cell, world.size)
        axes.text(place, row, text, ha="center", va="center", weight="bold", color="#00664f")


def _draw_arrows(axes: Axes, world: GridWorld, actions: np.ndarray, left_out: np.ndarray) -> None:
    cells = np.flatnonzero(~left_out)
    rows, columns = np.divmod(cells, world.size)
    down, right = STEPS[actions[cells]].T
    axes.quiver(
        columns,
        rows,
        right,
        down,
        angles="xy",
        pivot="middle",
        scale=2.1,
        scale_units="xy",
        width=0.009,
        color=INK,
    )


@style()
def episode_strip(evaluation: Evaluation) -> Figure | None:
    """A test episode from its beginning to its end, as the agent plays it."""
    environment, seed = evaluation.environment, int(seeds_of(evaluation)[0])
    try:
        frames, total = film(environment, greedy(evaluation.model), seed)
    except UserError:  # it cannot be drawn here
        return None
    chosen = np.unique(np.linspace(0, len(frames) - 1, _STILLS).round().astype(int))
    ratio = frames[0].shape[0] / frames[0].shape[1]
    columns = min(4, len(chosen))
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(WIDTH, rows * (WIDTH / columns * ratio + 0.22) + 0.5))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, place in zip(panels, chosen, strict=False):
        show(axes, frames[place])
        write_below(axes, f"after {place} moves" if place else "at the beginning", 3, MUTED)
    for axes in panels[len(chosen) :]:
        axes.set_axis_off()
    set_title(figure, f"An episode of {len(frames) - 1} moves, of a return of {number(total)}")
    return figure


REINFORCEMENT_FIGURES = (
    return_by_episode,
    return_beside_others,
    greedy_actions,
    episode_strip,
    curves,
)
