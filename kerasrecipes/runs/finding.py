"""Which run answers: run folders by name, compared where they learned the same task.

A damaged run is left out and named; it must not stand in the way of the others.
"""

from __future__ import annotations

import glob
import json
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes import registry, zoo
from kerasrecipes.data import roles
from kerasrecipes.earlier_facts import without_facts
from kerasrecipes.errors import Notice, UserError, unknown
from kerasrecipes.metrics import names as metric_names
from kerasrecipes.runs import earlier, lock
from kerasrecipes.runs.run import Run, home

# Facts of the data that say what is learned from what; all others, such as scales, do not make
# another task.
_SAME = ("task", "columns", "languages")
_OTHERS = 2  # runs of other tasks that a message names


def all_runs(name: str | None = None, parent: Path | None = None) -> list[Run]:
    """List run folders, oldest first.

    Args:
        name: only those of this recipe.
        parent: the folder of all runs; by default `home()`.

    Returns:
        Runs that are finished, interrupted or in progress.
    """
    pattern = f"{glob.escape(name) if name else '*'}/*/config.toml"
    there = (parent or home()).glob(pattern)
    own = [path for path in there if path.parent.parent != zoo.folder()]
    found = [(_written(path), str(path), path) for path in own]
    # A configuration is written once, when its run begins; equal times are ordered by name.
    return [Run(path.parent) for _, _, path in sorted(found)]


def find(name: str, parent: Path | None = None, *, options: Mapping[str, Any] | None = None) -> Run:
    """Find a run; what a process that died left half-written in it is removed.

    Args:
        name: a run's folder, a recipe's name, or a model of the zoo, such as `zoo/lenet`. A
            recipe's name means the finished runs that learned the
            same task as the newest of them, and the best of those: data, options, columns, target
            and classes are the same, for metrics of different tasks cannot be compared. Where
            there are others, a warning tells them and how to choose.
        parent: the folder of all runs; by default `home()`.
        options: of the data, such as `{"target": "price"}`: only runs that have them, if any has.

    Returns:
        The run.

    Raises:
        UserError: if there is none.
    """
    run = _named(name, parent, options or {})
    lock.clear(run.path)
    return run


def _named(name: str, parent: Path | None, options: Mapping[str, Any]) -> Run:
    if name.startswith(zoo.PREFIX) and not Path(name).is_dir():
        return Run(zoo.find(name))
    # A folder as it was typed, or a run's name, such as lenet/2026-11-22-153012, below `home()`.
    for folder in (Path(name), (parent or home()) / name):
        if (folder / "config.toml").is_file():
            return Run(folder)
    recipe = Path(name).stem if registry.is_path(name) else name
    tasks = _by_task(recipe, parent)
    fitting = {
        task: runs for task, runs in tasks.items() if _has_options(runs[-1], options)
    } or tasks
    if fitting:
        # Folders are named by the time, so the last by name is the newest.
        newest, *others = sorted(fitting.values(), key=lambda runs: runs[-1].path.name)[::-1]
        if others:
            warnings.warn(_others_told(name, newest[-1], others), Notice, stacklevel=3)
        return max(newest, key=_merit)
    if Path(name).is_dir() and name not in registry.names():
        raise UserError(f"the folder '{name}' is not a run folder: it has no config.toml")
    known = {run.path.parent.name for run in all_runs(parent=parent)}
    if name in registry.names() or name in known:
        raise UserError(
            f"there is no finished run of '{name}' in {parent or home()}; "
            f"begin with: kerasrecipes run {name}"
            + "".join(f", or take {zoo.PREFIX}{one}, which is trained" for one in _in_zoo(name)[:1])
        )
    raise unknown("run", name, sorted(known | set(registry.names())))


def find_weights(weights: str) -> Run:
    """Find the run that the setting `weights` names.

    Args:
        weights: a run's folder, or its name below `home()`, such as `gpt/2026-11-22-153012`.

    Returns:
        The run, whose training is finished.

    Raises:
        UserError: if there is none.
    """
    folder = earlier.folder_of(weights)
    if folder is None:
        raise UserError(
            f"weights={weights}: there is no such run; give the folder of a finished run, or none"
        )
    run = Run(folder)
    if not run.finished:
        raise UserError(
            f"weights={weights}: that run is not finished; finish it with: "
            f"kerasrecipes run --resume {folder}"
        )
    return run


def _others_told(name: str, chosen: Run, others: Sequence[Sequence[Run]]) -> str:
    """Say which task answers, and name up to two others that differ in what can be said shortly."""
    paths: dict[str, Path] = {}
    for runs in others:
        paths.setdefault(_learned(runs[-1]), runs[-1].path)
    same = paths.pop(_learned(chosen), None)
    shown = [f"{path} ({learned})" for learned, path in paths.items()][:_OTHERS] or [str(same)]
    return (
        f"runs of '{name}' learned {len(others) + 1} tasks; the best of the newest task answers, "
        f"{_learned(chosen)}; for another one give its folder, such as {' or '.join(shown)}"
    )


def _in_zoo(recipe: str) -> list[str]:
    """Return the names of the zoo's models of a recipe; of the same name first."""
    try:
        names = sorted(zoo.names(), key=lambda name: name != recipe)
        return [name for name in names if Run(zoo.folder() / name).recipe_name == recipe]
    except UserError:
        return []


def unfinished(name: str | None = None, parent: Path | None = None) -> Run:
    """Find the newest run that can be resumed: no other process works on it.

    Args:
        name: only runs of this recipe.
        parent: the folder of all runs; by default `home()`.

    Returns:
        The run.

    Raises:
        UserError: if there is none.
    """
    at_work = None
    # They come oldest first.
    for run in reversed(all_runs(name, parent)):
        # Damaged metrics are no obstacle: they are written anew in the end.
        if run.finished or not _is_readable(run, metrics=False):
            continue
        at_work = lock.holder(run.path)
        if at_work is None:
            return run
        busy = run
    if at_work is not None:
        raise lock.refusal(busy.path, at_work)
    raise UserError(
        f"there is no unfinished run{f' of {name!r}' if name else ''} in {parent or home()}"
    )


def origin(run: Run) -> str:
    """Say where an answer comes from: the run's folder, what it learned, and its score.

    Args:
        run: finished.

    Returns:
        A part of a sentence, such as `FOLDER (data digits, test accuracy 98.10 %)`.
    """
    try:
        metrics = run.metrics
        name = metrics.get("main_metric", "")
        value = metrics["test"].get(name)
    except UserError:
        value = None
    if not isinstance(value, (int, float)):
        return f"{run.path} ({_learned(run)})"
    score = f"{metric_names.label(name)} {metric_names.printed(name, value)}"
    return f"{run.path} ({_learned(run)}, test {score})"


def _by_task(recipe: str, parent: Path | None) -> dict[str, list[Run]]:
    """Group the finished runs of a recipe by what they learned, each oldest first."""
    groups: dict[str, list[Run]] = {}
    for run in sorted(all_runs(recipe, parent), key=lambda run: run.path.name):
        if _is_readable(run) and run.finished:
            groups.setdefault(_task(run), []).append(run)
    return groups


def _is_readable(run: Run, metrics: bool = True) -> bool:
    """Whether a run's configuration, and its metrics where there are any, can be read; one that
    cannot is named.
    """
    try:
        if not isinstance(run.document.get("recipe"), str) or "data" not in run.document:
            raise UserError(f"the configuration '{run.path / 'config.toml'}' names no recipe")
        if metrics and (run.path / "metrics.json").exists():
            _ = run.metrics
    except UserError as error:
        warnings.warn(f"left out: {error}", Notice, stacklevel=3)
        return False
    return True


def _task(run: Run) -> str:
    """All that makes a run's task another one, as text."""
    document, info = run.document, _info(run)
    facts, preprocessor = info.get("facts") or {}, info.get("preprocessor") or {}
    columns = [_encoding(column) for column in preprocessor.get("columns", ())]
    same = {
        "data": document["data"],
        "options": document.get("options", {}),
        "classes": info.get("classes"),
        "targets": info.get("targets") or preprocessor.get("targets"),
        "metric": run.metrics.get("main_metric"),
        "features": columns or facts.get("features"),
        **{name: info.get(name) or facts.get(name) for name in _SAME},
    }
    return json.dumps(same, sort_keys=True, default=str)


def _encoding(column: Mapping[str, Any]) -> list[Any]:
    """Return what makes the features of a table's column others, which its mean does not."""
    listed = [list(column.get(name) or ()) for name in ("words", "cycles")]
    return [column.get("name"), column.get("kind"), bool(column.get("missing")), *listed]


def _info(run: Run) -> dict[str, Any]:
    # Runs of tests and of earlier versions may lack it; it is then left out of the comparison.
    return without_facts(run._json("info.json")) if run.has("info.json") else {}


def _target(run: Run) -> str | None:
    """Name of the column that a run predicts, where its data has columns."""
    info = _info(run)
    options = run.document.get("options", {})
    return roles.column_of(options, "target") or (info.get("columns") or {}).get("target")


def _has_options(run: Run, options: Mapping[str, Any]) -> bool:
    known = {**run.document.get("options", {}), "target": _target(run)}
    return all(known.get(name) == value for name, value in options.items() if value)


def _learned(run: Run) -> str:
    target = _target(run)
    return f"data {run.document['data']}" + (f", target {target}" if target else "")


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _merit(run: Run) -> tuple[bool, float, str]:
    """Sort key of runs: first whether they were trained on all data, then their main metric on the
    validation split, then their age.
    """
    metrics = run.metrics
    validation = metrics.get("validation")
    score = (validation if isinstance(validation, dict) else {}).get(metrics.get("main_metric"))
    number = float(score) if isinstance(score, (int, float)) else math.nan
    sign = -1.0 if metrics.get("best") == "min" else 1.0
    return (
        run.document.get("limit") is None,
        # A run without the metric, or whose metric is not a number, ranks last in both directions.
        float("-inf") if math.isnan(number) else sign * number,
        run.path.name,
    )
