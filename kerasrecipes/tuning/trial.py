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

from kerasrecipes import files, heads, registry
from kerasrecipes.errors import Interrupted, UserError, unknown
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.training.job import Job
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.cross_validation import for_fold

Report = Callable[..., None]
# How TensorFlow, XLA and CUDA say that a device has no memory left.
_OUT_OF_MEMORY = (
    "ResourceExhaustedError",
    "RESOURCE_EXHAUSTED",
    "Out of memory",
    "OOM when allocating",
)


@dataclass(frozen=True, kw_only=True)
class TrialSpec:
    """What a trial's process is to do, as plain values.

    Args:
        kind: `"probe"` to look at data and model, `"trial"`, or `"final"` to make a run of the
            winner.
        folder: of the trial.
        config: the configuration, as `plan.document` writes it.
        objective: the metric that is the score; `None` lets a probe choose it.
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
    def from_dict(cls, values: Mapping[str, Any]) -> TrialSpec:
        """Return the specification that plain values hold; further values are ignored."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def execute(spec: TrialSpec, report: Report) -> None:
    """Do what is specified, and report how it ended, whatever happens.

    Args:
        spec: what to do.
        report: takes events: `begun` with the `step` from which the training goes on, `epoch` with
            `step` and `metrics`, and last one of `done`, `stopped` and `failed`.
    """
    try:
        result = {"probe": probe, "trial": train, "final": conclude}[spec.kind](spec, report)
        report("done", **result)
    except Interrupted:
        report("stopped")
    except UserError as error:
        report("failed", reason=str(error), objective=isinstance(error, NeverLogged))
    except BaseException as error:
        # A full disk is not the settings' fault.
        disk = isinstance(error, OSError) and files.is_of_disk(error)
        report("failed", reason=reason(error), disk=disk)
        if not isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise


def reason(error: BaseException) -> str:
    """Return in a line why a trial failed."""
    lines = str(error).strip().splitlines()
    first = lines[0] if lines else "no message"
    said = f"{type(error).__name__} {error}"
    if isinstance(error, MemoryError) or any(word in said for word in _OUT_OF_MEMORY):
        return f"out of memory: {first[:300]}"
    return f"{type(error).__name__}: {first[:300]}"


class NeverLogged(UserError):
    """The objective is not a metric that the training logs."""


# ------------------------------------------------------------------------------------------------
# probe


def probe(spec: TrialSpec, report: Report) -> dict[str, Any]:
    """Return what the search needs to know of data and model.

    Args:
        spec: of the probe.
        report: is not called.

    Raises:
        UserError: if a search with them cannot work.
    """
    recipe = registry.load(spec.config["recipe"], named_by="the search")
    job = Job(recipe, plan.config_of(spec.config, recipe))
    job.load()
    if not len(job.splits.validation) and spec.folds == 1 and job.splits.environment is None:
        raise UserError(
            "there are no validation examples to judge trials by; divide the data by --folds 5"
        )
    objective, known = _objective(job, spec.objective, spec.folds)
    return {
        "objective": objective,
        "known": known,
        "maximize": maximizes(objective, job.trainer.default_best),
        "train": len(job.splits.train),
        "validation": len(job.splits.validation),
        "parameters": job.trainer.inner.count_params(),
        "device": job.strategy.description,
    }


def _objective(job: Job, wanted: str | None, folds: int) -> tuple[str, list[str]]:
    """Return the metric that is the score, and those that it could be."""
    trained = job.trainer
    names, headline = trained.metric_names, trained.objective.headline
    # Folds make a validation split of their own.
    judged = bool(len(job.splits.validation)) or folds > 1
    known = [f"val_{name}" for name in names] + names
    default = f"val_{headline}" if headline and judged else headline or next(iter(known), None)
    if headline is None and not trained.names_are_known:
        # What a loop or a step of the recipe's own logs, only its page knows.
        default = job.config.training.monitor
    if wanted is not None:
        computed = trained.computed_metrics if judged else []
        # A loop of the recipe's own logs what it likes.
        if known and trained.names_are_known and wanted not in known + computed:
            raise unknown("objective", wanted, known + computed)
        return wanted, known
    # Of the losses of several turns none says how good a trial is.
    if default is None or (not headline and "loss" not in names and trained.task is heads.OWN):
        raise UserError(
            "by which metric are trials judged? the recipe names no headline: give --objective"
            + (f", one of {', '.join(known)}" if known else "")
        )
    return default, known


# ------------------------------------------------------------------------------------------------
# trial


class Reporter(keras.callbacks.Callback):
    """Reports each epoch, and pauses before the epoch that is not to be.

    Args:
        job: the training.
        spec: of the trial.
        report: takes the events.
        before: epochs of earlier folds.
    """

    def __init__(self, job: Job, spec: TrialSpec, report: Report, before: int):
        super().__init__()
        self.job, self.spec, self.report, self.before = job, spec, report, before
        self.paused = False

    @property
    def _done(self) -> int:
        return len(self.job.trainer.rows)

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Report how many epochs are done already."""
        self.report("begun", step=self.before + self._done)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Pause after the epoch that was specified; all before is saved."""
        if self.spec.until is not None and self._done >= self.spec.until:
            self.paused = True
            raise Interrupted("paused")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Report the epoch's metrics."""
        logs = logs or {}
        if self.spec.objective not in logs:
            raise NeverLogged(str(unknown("objective", str(self.spec.objective), logs)))
        metrics = {name: float(value) for name, value in logs.items()}
        self.report("epoch", step=self.before + self._done, metrics=metrics)


def train(spec: TrialSpec, report: Report) -> dict[str, Any]:
    """Train, fold by fold where there are several, and return the score.

    Args:
        spec: of the trial.
        report: takes the events.

    Returns:
        `score`, the `scores` of each fold, `epochs` and `seconds`.

    Raises:
        Interrupted: if it was stopped.
        UserError: if the score is not a finite number.
    """
    assert spec.objective is not None
    began = time.perf_counter()
    scores: list[float] = []
    rows: list[dict[str, float]] = []
    for number in range(spec.folds):
        recipe, folder, earlier = (
            registry.load(spec.config["recipe"], named_by="the search"),
            spec.folder,
            spec.earlier,
        )
        if spec.folds > 1:
            recipe, part = for_fold(recipe, number, spec.folds), f"fold-{number + 1}"
            folder, earlier = f"{folder}/{part}", f"{earlier}/{part}" if earlier else None
        config = plan.config_of(spec.config, recipe)
        found, better = _train(
            recipe, config, _open(Path(folder), earlier), spec, report, len(rows)
        )
        scores.append(score(found, spec.objective, config, better))
        rows += found
    if not all(math.isfinite(one) for one in scores):
        raise UserError(f"{spec.objective} became {scores[-1] if len(scores) == 1 else scores}")
    return {
        "score": sum(scores) / len(scores),
        "scores": scores,
        "epochs": len(rows),
        "seconds": round(time.perf_counter() - began, 2),
    }


def _train(
    recipe: Recipe, config: Config, run: Run, spec: TrialSpec, report: Report, before: int
) -> tuple[list[dict[str, float]], str]:
    """Train in a folder.

    Returns:
        Each epoch's row, the last one with what averaged weights have, and which direction of the
        task's metrics is better.
    """
    job = Job(recipe, config, run)
    job.load()
    if not (run.path / "config.toml").is_file():
        job.describe()
    job.trainer.judged_by = spec.objective
    reporter = Reporter(job, spec, report, before)
    try:
        job.trainer.fit(run, [reporter], resume=True)
    except Interrupted:
        if not reporter.paused:
            raise
    rows = job.trainer.rows
    if config.training.swa is not None and not reporter.paused:
        # No epoch of the training has seen the averaged weights.
        found = job.trainer.evaluate(job.splits.validation)
        if spec.objective in job.trainer.computed_metrics:
            found |= job.trainer.validation_scores()
        rows = [*rows[:-1], {**rows[-1], **{f"val_{name}": v for name, v in found.items()}}]
    return rows, job.trainer.default_best


def _open(folder: Path, earlier: Path | str | None) -> Run:
    """Make a trial's folder, with the checkpoints and the epochs of the trial that it continues."""
    files.make_folder(folder)
    files.remove_leftovers(folder, owned=True)
    target = folder / "checkpoints"
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if earlier and not target.exists() and (Path(earlier) / "checkpoints").is_dir():
        history = Path(earlier) / "history.csv"
        # What is trained to the end has no further epoch that would write it.
        if history.is_file():
            files.write_text(folder / "history.csv", history.read_text(encoding="utf-8"))
        with files.replacing_path(target) as copy:
            shutil.copytree(Path(earlier) / "checkpoints", copy)
    files.make_folder(target)
    return Run(folder)


def score(
    rows: Sequence[Mapping[str, float]], objective: str, config: Config, better: str = "max"
) -> float:
    """Return the score of the weights that the training keeps: of the best epoch by its monitor,
    or of the last.

    Args:
        rows: metrics of each epoch.
        objective: the metric that is the score.
        config: of the training.
        better: the direction of metrics that the table of metrics does not know, `"max"` or
            `"min"`.
    """
    training = config.training
    watched = [row for row in rows if math.isfinite(row.get(training.monitor, math.nan))]
    if training.keep == "last" or training.swa is not None or not watched:
        return rows[-1].get(objective, math.nan)
    choose = max if maximizes(training.monitor, better) else min
    return choose(watched, key=lambda row: row[training.monitor]).get(objective, math.nan)


# ------------------------------------------------------------------------------------------------
# final


def conclude(spec: TrialSpec, report: Report) -> dict[str, Any]:
    """Make a whole run of what the winning trial trained: evaluate on the test split once, draw the
    report.

    Args:
        spec: of the run.
        report: is not called.

    Returns:
        `run`, the path of the run's folder.
    """
    from kerasrecipes.reports.conclusion import conclude as write_conclusion

    recipe = registry.load(spec.config["recipe"], named_by="the search")
    config = plan.config_of(spec.config, recipe)
    run = _open(Path(spec.folder), spec.earlier)
    job = Job(recipe, config, run)
    job.resumed = True
    job.load()
    job.describe()
    job.start(write_conclusion, [])
    return {"run": str(run.path)}
