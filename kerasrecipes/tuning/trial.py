"""What one trial does, in a process of its own: train, report each epoch, and end with a score or a
reason.

A trial is an ordinary training in a run folder. It never looks at the test examples. Stopped at any
moment, it goes on from its checkpoint; paused after some epochs, as Hyperband wants it, it goes on
as if it had never stopped.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import keras

from kerasrecipes import files, registry
from kerasrecipes.errors import Interrupted, UserError, unknown
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.training import trainer
from kerasrecipes.training.job import Job
from kerasrecipes.tuning import cross_validation as folds
from kerasrecipes.tuning import plan

Report = Callable[..., None]
_OUT_OF_MEMORY = (
    "ResourceExhaustedError",
    "RESOURCE_EXHAUSTED",
    "Out of memory",
    "OOM when allocating",
)


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a trial's process is to do, as plain values.

    Args:
        kind: `probe`, `trial` or `final`.
        folder: of the trial.
        config: the configuration, as `plan.document` writes it.
        objective: the figure that is the score; `None` lets a probe choose it.
        folds: see `Plan`.
        until: the epoch to pause after; `None` trains to the end.
        earlier: the folder of the trial that this one continues.
    """

    kind: str
    folder: str
    config: Mapping[str, Any]
    objective: str | None = None
    folds: int = 1
    until: int | None = None
    earlier: str | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Order:
        """Make it from plain values."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def carry_out(order: Order, report: Report) -> None:
    """Do what is ordered, and report how it ended, whatever happens.

    Args:
        order: what to do.
        report: takes events: `epoch` with `step` and `figures`, and last one of `done`, `stopped`
            and `failed`.
    """
    try:
        result = {"probe": probe, "trial": train, "final": conclude}[order.kind](order, report)
        report("done", **result)
    except Interrupted:
        report("stopped")
    except UserError as error:
        report("failed", reason=str(error), objective=isinstance(error, NeverLogged))
    except BaseException as error:
        report("failed", reason=reason(error))
        if not isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise


def reason(error: BaseException) -> str:
    """Say in a line why a trial failed."""
    lines = str(error).strip().splitlines()
    first = lines[0] if lines else "no message"
    if isinstance(error, MemoryError) or any(
        word in f"{type(error).__name__} {error}" for word in _OUT_OF_MEMORY
    ):
        return f"out of memory: {first[:300]}"
    return f"{type(error).__name__}: {first[:300]}"


class NeverLogged(UserError):
    """The objective is no figure that the training logs."""


# ------------------------------------------------------------------------------------------------
# probe


def probe(order: Order, report: Report) -> dict[str, Any]:
    """Find out what the search needs to know of data and model, and refuse what cannot work."""
    recipe = registry.load(order.config["recipe"])
    job = Job(recipe, plan.config_of(order.config, recipe))
    job.load()
    if not len(job.splits.validation) and order.folds == 1:
        raise UserError(
            "there are no validation examples to judge trials by; divide the data by --folds 5"
        )
    objective, known = _objective(job, order.objective)
    return {
        "objective": objective,
        "known": known,
        "maximize": maximizes(objective, job.trainer.task.best),
        "train": len(job.splits.train),
        "validation": len(job.splits.validation),
        "parameters": job.trainer.inner.count_params(),
        "device": job.strategy.description,
    }


def _objective(job: Job, wanted: str | None) -> tuple[str, list[str]]:
    goal = trainer.objective_of(job.recipe, job.splits.info, job.config)
    names = trainer.metric_names(goal)
    if names is None:
        return wanted or "val_loss", []
    known = [f"val_{name}" for name in (*names, "loss")] + [*names, "loss"]
    if wanted is not None and wanted not in known:
        raise unknown("objective", wanted, known)
    return wanted or known[0], known


# ------------------------------------------------------------------------------------------------
# trial


class Reporter(keras.callbacks.Callback):
    """Reports each epoch, and pauses before the epoch that is not to be.

    Args:
        job: the training.
        order: what was ordered.
        report: takes the events.
        before: epochs of earlier folds.
    """

    def __init__(self, job: Job, order: Order, report: Report, before: int):
        super().__init__()
        self.job, self.order, self.report, self.before = job, order, report, before
        self.paused = False

    @property
    def _done(self) -> int:
        return len(self.job.trainer.history.rows)

    def on_train_begin(self, logs=None):
        """Tell how much is done already."""
        self.report("begun", step=self.before + self._done)

    def on_epoch_begin(self, epoch, logs=None):
        """Pause where it was ordered; all before is saved."""
        if self.order.until is not None and self._done >= self.order.until:
            self.paused = True
            raise Interrupted("paused")

    def on_epoch_end(self, epoch, logs=None):
        """Report."""
        if self.order.objective not in logs:
            raise NeverLogged(str(unknown("objective", self.order.objective, logs)))
        figures = {name: float(value) for name, value in logs.items()}
        self.report("epoch", step=self.before + self._done, figures=figures)


def train(order: Order, report: Report) -> dict[str, Any]:
    """Train, fold by fold where there are several, and give the score."""
    scores, rows, began = [], [], time.perf_counter()
    for number in range(order.folds):
        recipe = registry.load(order.config["recipe"])
        if order.folds > 1:
            recipe = folds.folded(recipe, number, order.folds)
        config = plan.config_of(order.config, recipe)
        folder = (
            Path(order.folder) / f"fold-{number + 1}" if order.folds > 1 else Path(order.folder)
        )
        earlier = (
            Path(order.earlier, folder.name) if order.earlier and order.folds > 1 else order.earlier
        )
        found, first, better = _train(
            recipe, config, _open(folder, earlier), order, report, len(rows)
        )
        scores.append(score(found[first:] or found, order.objective, config, better))
        rows += found
    finite = all(math.isfinite(one) for one in scores)
    if not finite:
        raise UserError(f"{order.objective} became {scores[-1] if len(scores) == 1 else scores}")
    seconds = time.perf_counter() - began
    return {
        "score": sum(scores) / len(scores),
        "scores": scores,
        "epochs": len(rows),
        "seconds": round(seconds, 2),
    }


def _train(
    recipe: Any, config: Config, run: Run, order: Order, report: Report, before: int
) -> tuple[list[dict[str, float]], int, str]:
    """Train; give each epoch's row, the number of the first whose weights could be kept, and what
    is better.
    """
    job = Job(recipe, config, run)
    job.load()
    if not (run.path / "config.toml").is_file():
        job.describe()
    reporter = Reporter(job, order, report, before)
    try:
        job.trainer.fit(run, [reporter], resume=True)
    except Interrupted:
        if not reporter.paused:
            raise
    history = job.trainer.history
    # A phase keeps the best of its own epochs, not of earlier phases'.
    return history.rows, history.earlier, job.trainer.task.best


def _open(folder: Path, earlier: Path | str | None) -> Run:
    """Make a trial's folder, with the checkpoints and the epochs of the trial that it continues."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "checkpoints"
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if earlier and not target.exists() and (Path(earlier) / "checkpoints").is_dir():
        history = Path(earlier) / "history.csv"
        if (
            history.is_file()
        ):  # What is trained to the end has no further epoch that would write it.
            files.write_text(folder / "history.csv", history.read_text(encoding="utf-8"))
        with files.replacing_path(target) as copy:
            shutil.copytree(Path(earlier) / "checkpoints", copy)
    target.mkdir(exist_ok=True)
    return Run(folder)


def score(
    rows: Sequence[Mapping[str, float]], objective: str, config: Config, better: str = "max"
) -> float:
    """Give the score of the weights that the training keeps: the best where it watches, else the
    last.
    """
    training = config.training
    if training.patience is None or training.monitor not in rows[-1]:
        return rows[-1].get(objective, math.nan)
    maximize = maximizes(training.monitor, better)
    watched = [row[training.monitor] for row in rows]
    kept = watched.index((max if maximize else min)(watched))
    return rows[kept].get(objective, math.nan)


# ------------------------------------------------------------------------------------------------
# final


def conclude(order: Order, report: Report) -> dict[str, Any]:
    """Make a whole run of what the winning trial trained: look at the test split once, draw the
    report.
    """
    from kerasrecipes.reports.conclusion import conclude as write_conclusion

    recipe = registry.load(order.config["recipe"])
    config = plan.config_of(order.config, recipe)
    run = _open(Path(order.folder), order.earlier)
    job = Job(recipe, config, run)
    job.resumed = True
    job.load()
    job.describe()
    job.start(write_conclusion, [])
    return {"run": str(run.path)}
