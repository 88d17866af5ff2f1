"""Evaluation by folds: a run's configuration is trained anew for each part of its data, and the
metrics of the parts that were held out are averaged.

    RUN/folds-5/fold-1/ … fold-5/   report.html   folds.json

A fold that is finished is kept, one that was interrupted goes on from its checkpoint.

Reference: [Cross-Validatory Choice and Assessment of Statistical
Predictions](https://doi.org/10.1111/j.2517-6161.1974.tb00994.x) (Stone, 1974)
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

from kerasrecipes import files
from kerasrecipes.comparison import page
from kerasrecipes.comparison.comparison import entry
from kerasrecipes.data.folds import Fold
from kerasrecipes.metrics import names as spelling
from kerasrecipes.metrics.summary import headline_of
from kerasrecipes.reports import curves, formatting
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    VALIDATION,
    WIDTH,
    picture,
    set_title,
    style,
)
from kerasrecipes.runs import lock
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training.job import Job

Watch = Callable[[int, Run], None]


def evaluate(
    run: Run,
    count: int,
    *,
    strategy: Strategy | None = None,
    observers: Sequence[keras.callbacks.Callback] = (),
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Evaluate a run's configuration by folds.

    Args:
        run: its configuration is trained, `count` times; its model is not used.
        count: number of folds, at least 2.
        strategy: how each training is spread over devices; by default the configuration's.
        observers: Keras callbacks that watch each training.
        watch: called with the number of each finished fold, from 1, and its run.

    Returns:
        The mean of each metric over the folds by name, `std`, the standard deviation of each over
        the folds (of the sample, n - 1), `by_fold`, a row of metrics for each, `baseline` with its
        `name`, `mean` and `std`, `folds`, `examples`, their number in all folds, `main_metric`,
        `report`, the page, and `notes`.

    Raises:
        UserError: if there are too few examples.
        Interrupted: if it was stopped; the same call goes on.
    """
    Fold(0, count)  # refuses what is none before anything is written
    folder = run.path / f"folds-{count}"
    found: list[Run] = []
    files.make_folder(folder)
    with lock.held(folder):
        for number in range(count):
            one = Run(folder / f"fold-{number + 1}")
            if not one.finished:
                _train(run, Fold(number, count), one.path, strategy, observers)
            found.append(one)
            if watch is not None:
                watch(number + 1, one)
        result = summarised(found)
        _write_page(folder / "report.html", run, found, result)
        text = {name: value for name, value in result.items() if name != "report"}
        Run(folder).write_json("folds.json", text)
    return {**result, "report": str(folder / "report.html")}


def _train(
    run: Run,
    fold: Fold,
    path: Path,
    strategy: Strategy | None,
    observers: Sequence[keras.callbacks.Callback],
) -> None:
    """Train, judge and save one fold; its checkpoints are of no use afterwards."""
    keras.utils.clear_session()
    files.make_folder(path / "checkpoints")
    # Figures of one fold are seldom looked at and take time.
    recipe = replace(run.recipe, figures=(curves.curves,))
    job = Job(recipe, replace(run.config, fold=str(fold)), Run(path), strategy)
    job.start(conclude, observers)
    shutil.rmtree(path / "checkpoints", ignore_errors=True)


def summarised(found: Sequence[Run]) -> dict[str, Any]:
    """Average the metrics of folds.

    Args:
        found: the finished runs of all folds.

    Returns:
        See `evaluate`, without the report.
    """
    metrics = [run.metrics for run in found]
    rows = [_numbers(one["test"]) for one in metrics]
    mean, std = _moments(rows)
    baselines = [one["baseline"] for one in metrics if one.get("baseline", {}).get("test")]
    result: dict[str, Any] = {**mean, "std": std}
    if len(baselines) == len(metrics):
        its_mean, its_std = _moments([_numbers(one["test"]) for one in baselines])
        result["baseline"] = {"name": baselines[0]["name"], "mean": its_mean, "std": its_std}
    heads = [headline_of(one) for one in metrics]
    # Of folds with a rare class one may have another headline.
    main = max(heads, key=heads.count) if heads[0] else None
    return {
        **result,
        "by_fold": [
            {"fold": number, "examples": one["examples"]["test"], **row}
            for number, (one, row) in enumerate(zip(metrics, rows, strict=True), 1)
        ],
        "folds": len(found),
        "examples": sum(one["examples"]["test"] for one in metrics),
        "main_metric": main if main in mean else spelling.main_metric(mean),
        "notes": list(dict.fromkeys(n for one in metrics for n in one.get("notes", ()))),
    }


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(v) for name, v in values.items() if isinstance(v, (int, float))}


def _moments(rows: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], dict[str, float]]:
    """Return mean and standard deviation of the metrics that all rows have."""
    shared = [name for name in rows[0] if all(name in row for row in rows)]
    values = {name: np.array([row[name] for row in rows]) for name in shared}
    return (
        {name: float(found.mean()) for name, found in values.items()},
        {name: float(found.std(ddof=1)) for name, found in values.items()},
    )


def sentence(result: Mapping[str, Any]) -> str:
    """Write the main metric of an evaluation by folds, and of what the spread is."""
    name = result["main_metric"]
    text = f"test {spelling.label(name)} {_spread(result, name)}"
    baseline = result.get("baseline")
    if baseline and name in baseline["mean"]:
        its = formatting.spread(name, baseline["mean"][name], baseline["std"][name])
        text += f", {baseline['name']} {its}"
    return f"{text}; ± is the standard deviation over {result['folds']} folds"


def _spread(result: Mapping[str, Any], name: str) -> str:
    return formatting.spread(name, result[name], result["std"][name])


@style()
def folds(found: Sequence[Run], result: Mapping[str, Any]) -> Figure:
    """Main metric of each fold on the examples that it held out. The blue line is the mean, the
    band one standard deviation over the folds; grey marks are the baseline on the same examples.

    Args:
        found: the runs of all folds.
        result: of `evaluate`.

    Returns:
        A row for each fold.
    """
    name = result["main_metric"]
    figure = Figure(figsize=(WIDTH, 1.4 + 0.32 * len(found)))
    axes = figure.add_subplot()
    mean, deviation = result[name], result["std"][name]
    axes.axvspan(mean - deviation, mean + deviation, color=VALIDATION, alpha=0.12, linewidth=0)
    axes.axvline(mean, color=VALIDATION)
    for place, run in enumerate(found):
        metrics = run.metrics
        axes.plot([metrics["test"][name]], [place], "o", color=VALIDATION)
        its = (metrics.get("baseline") or {}).get("test", {}).get(name)
        if its is not None:
            axes.plot([its], [place], "|", color=MUTED, markersize=12, markeredgewidth=2)
    labels = [f"fold {number + 1}" for number in range(len(found))]
    axes.set_yticks(range(len(found)), labels, color=INK)
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"test {spelling.label(name)}")
    if spelling.is_share(name):
        axes.xaxis.set_major_formatter(page.PercentFormatter(1.0))
    set_title(figure, formatting.sentence(sentence(result)))
    return figure


def _write_page(path: Path, run: Run, found: Sequence[Run], result: Mapping[str, Any]) -> None:
    """Write the page of all folds side by side."""
    # Nothing but the fold differs, so it is what a row is called by.
    entries = [
        replace(entry(one), name=f"fold {number}", settings={"fold": number})
        for number, one in enumerate(found, 1)
    ]
    text = page.html(
        entries,
        title=f"{run.path.parent.name} by {len(found)} folds",
        pictures=[picture(folds, folds(found, result))],
        heading="Folds",
        summary=formatting.sentence(sentence(result)),
        notes=[f"{note}." for note in result["notes"]],
    )
    files.write_text(path, text)
