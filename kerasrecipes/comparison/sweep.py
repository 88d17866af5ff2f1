"""Comparisons: runs side by side, and a run for each of several values of a setting."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import files, registry, settings
from kerasrecipes.comparison import page as pages
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe, Training
from kerasrecipes.runs import run as runs
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run

if TYPE_CHECKING:
    import keras

    from kerasrecipes.comparison.loss_surface import Descents


def entry(run: Run) -> pages.Entry:
    """Give a finished run's part in a comparison."""
    metrics, document = run.metrics, run.document
    general = {name: document[name] for name in ("recipe", "data", "limit") if name in document}
    return pages.Entry(
        name=run.name,
        settings={**general, **document.get("settings", {}), **document.get("training", {})},
        metrics={**metrics["test"], "parameters": metrics["parameters"]},
        history=run.history,
        seconds=metrics["seconds"],
        lines=metrics.get("lines", {}),
    )


def write(
    entries: Sequence[pages.Entry],
    title: str,
    by: Sequence[str] = (),
    pictures: Sequence[tuple[str, str, bytes]] = (),
) -> Path:
    """Write a comparison's page beside the runs.

    Args:
        entries: the runs.
        title: the heading.
        by: the settings that were varied.
        pictures: further figures, `(name, caption, png)` of each.

    Returns:
        The page.
    """
    folder = runs.home() / "comparisons"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y-%m-%d-%H%M%S')}.html"
    files.write_text(path, pages.html(entries, title=title, by=by, pictures=pictures))
    return path


def alternatives(recipe: Recipe, said: Mapping[str, str]) -> dict[str, list[Any]]:
    """Read the values of each setting that was said.

    Args:
        recipe: the recipe.
        said: by name, values with commas between them; with `/` between them where a value itself
            has commas, such as `hidden_layers=64,32/128,64`.

    Returns:
        The checked values by name.

    Raises:
        UserError: if a name does not exist or a value does not fit.
    """
    known = [*settings.of_functions(recipe.functions), *settings.of_dataclass(Training)]
    kinds = {setting.name: setting for setting in known}
    found = {}
    for said_name, text in said.items():
        name = settings.current_name(said_name, kinds)
        listed = name in kinds and "…" in kinds[name].kind
        words = text.split("/" if listed else ",")
        found[name] = [settings.bind(known, {name: word})[name] for word in words]
    return found


def grid(values: Mapping[str, Sequence[Any]], repeats: int, seed: int) -> Iterator[dict[str, Any]]:
    """Give the settings of each run: every combination of the values, with `repeats` seeds each."""
    if repeats < 1:
        raise UserError(f"repeats={repeats}: must be at least 1")
    for combination in itertools.product(*values.values()):
        for number in range(repeats):
            yield {**dict(zip(values, combination, strict=True)), "seed": seed + number}


def train(
    name: str,
    values: Mapping[str, Sequence[Any]],
    *,
    repeats: int = 1,
    observers: Sequence[keras.callbacks.Callback] | None = None,
    descents: Descents | None = None,
    **said: Any,
) -> Iterator[tuple[dict[str, Any], Run]]:
    """Train a recipe once for each combination of values.

    Args:
        name: the recipe's name or page.
        values: the values of each setting to compare.
        repeats: seeds per combination.
        observers: Keras callbacks that watch each training.
        descents: keeps the steps of each training for figures.
        said: what all runs share; see `kerasrecipes.run`.

    Yields:
        The settings and the finished run of each.
    """
    import keras

    from kerasrecipes.reports.conclusion import conclude
    from kerasrecipes.training.job import Job

    recipe = registry.load(name)
    plan = list(grid(values, repeats, int(said.pop("seed", recipe.training.seed))))
    configs = [resolve(name, recipe, **{**said, **changes}) for changes in plan]
    for changes, config in zip(plan, configs, strict=True):
        keras.utils.clear_session()
        job = Job(recipe, config)
        if descents is None:
            yield changes, job.start(conclude, observers)
            continue
        recorder = descents.recorder()
        finished = job.start(conclude, [*(observers or ()), recorder])
        descents.keep(changes, job, recorder)
        yield changes, finished
