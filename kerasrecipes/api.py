"""A whole run from one call: load, train, evaluate, save, report.

import kerasrecipes

run = kerasrecipes.run("lenet", data="mnist", epochs=5, activation="relu")
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import __version__, files, registry, strategies
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Evaluation, Recipe, Training
from kerasrecipes.runs.run import Config, Run, read_toml

if TYPE_CHECKING:
    from kerasrecipes.training.trainer import Trainer

Observers = "Sequence[keras.callbacks.Callback]"


def run(
    name: str,
    data: str | None = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    strategy: str | None = None,
    limit: int | None = None,
    options: Mapping[str, Any] | None = None,
    observers: Observers | None = None,
    **settings: Any,
) -> Run:
    """Train a recipe.

    Args:
        name: the recipe's name, or the path of a page.
        data: a source's name, or the path of your own data; by default the recipe's embedded data.
        config: a configuration file, or its content.
        strategy: how the work is spread over devices.
        limit: the most training examples to use, for a quick trial.
        options: further facts of the data, such as `{"target": "price"}`.
        observers: Keras callbacks that watch; by default a progress bar.
        settings: fields of `Training` and settings of the recipe.

    Returns:
        The finished run.

    Raises:
        UserError: if a name, a value or the data is not right; nothing is then written.
        Interrupted: if the training was stopped; `resume` goes on.
    """
    recipe = registry.load(name)
    resolved = resolve(
        name,
        recipe,
        data=data,
        config=config,
        strategy=strategy,
        limit=limit,
        options=options,
        **settings,
    )
    return Job(recipe, resolved).start(observers)


def resolve(
    name: str,
    recipe: Recipe,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    **said: Any,
) -> Config:
    """Merge all that was said into one configuration; see `run` for the arguments."""
    from kerasrecipes.runs import config as configuration

    document = config if isinstance(config, Mapping) or config is None else read_toml(config)
    words = {word: said.pop(word, None) for word in ("data", "strategy", "limit", "options")}
    known = {field.name for field in fields(Training)}
    training = {key: value for key, value in said.items() if key in known}
    values = {key: value for key, value in said.items() if key not in known}
    return configuration.resolve(
        name, recipe, document=document, training=training, values=values, **words
    )


def resume(run: Run | str | Path | None = None, *, observers: Observers | None = None) -> Run:
    """Go on with an interrupted run.

    Args:
        run: the run or its folder; by default the newest unfinished one.
        observers: Keras callbacks that watch; by default a progress bar.

    Returns:
        The finished run.

    Raises:
        UserError: if there is nothing to resume, or the data is no longer the same.
    """
    from kerasrecipes.runs import run as runs

    if run is None:
        run = runs.unfinished()
    elif not isinstance(run, Run):
        run = Run(run)
    if run.finished:
        raise UserError(f"the run {run.path} is finished; there is nothing to resume")
    return Job(run.recipe, run.config, run).start(observers)


class Job:
    """One run: its data, its training and what is written about it.

    Args:
        recipe: the recipe.
        config: the configuration.
        run: the folder of an interrupted run to go on with, or `None` for a new one.
        strategy: how the work is spread over devices and hosts; by default what the configuration
            names.

    Raises:
        UserError: if the machine cannot do what the strategy asks for.
    """

    def __init__(
        self,
        recipe: Recipe,
        config: Config,
        run: Run | None = None,
        strategy: strategies.Strategy | None = None,
    ):
        self.recipe, self.config, self.run = recipe, config, run
        self.strategy = strategy or strategies.select(config.strategy)
        self.resumed = run is not None

    def load(self) -> Trainer:
        """Load the data and build the model; nothing is written.

        Raises:
            UserError: if the data cannot be had, or does not fit the recipe.
        """
        from kerasrecipes.training import trainer

        self.splits = trainer.load_splits(self.recipe, self.config)
        kind = trainer.Trainer
        if self.recipe.phases is not None:
            from kerasrecipes.training.phases import PhasedTrainer as kind
        self.trainer = kind(self.recipe, self.splits, self.config, strategy=self.strategy)
        self.strategy.require_same(self._facts())
        return self.trainer

    def _facts(self) -> dict[str, Any]:
        """Give what must be the same on all workers, by a name for people."""
        config = self.config
        named = {"data": config.data, "limit": config.limit, **asdict(config.training)}
        facts = {
            f"the setting {name}": value
            for name, value in (named | config.settings | config.options).items()
        }
        return {**facts, "the number of examples": len(self.splits.train)}

    def start(self, observers: Observers | None = None) -> Run:
        """Train, evaluate, save and report."""
        if not hasattr(self, "trainer"):
            self.load()
        if observers is None:
            from kerasrecipes.training.progress import Progress

            observers = [Progress()]
        self._open()
        began = time.perf_counter()
        again = f"what was saved is kept; start all workers again with: kerasrecipes run --resume {self.run.path}"
        with telling_of_a_full_disk(self.run), self.strategy.reporting_lost_workers(again):
            if not self.resumed and self.strategy.is_chief:
                self.describe()
            self.trainer.fit(self.run, observers, resume=self.resumed)
            self.trainer.save(self.run)
            self._conclude(time.perf_counter() - began)
        return self.run

    def _open(self) -> None:
        """Make the run folder, on the first worker; the others take part in its run."""
        with self.strategy.saving() as here:
            if here and self.run is None:
                self.run = Run.create(Path(self.config.recipe).stem)
        self.run = Run(self.strategy.broadcast(str(self.run.path) if self.run else None))
        there = self.strategy.gather(self.run.path.is_dir())
        if not all(there):
            raise UserError(
                f"worker {there.index(False)} does not see the folder {self.run.path}: all workers need one folder for "
                "runs, on a disk that they share; set KERASRECIPES_HOME"
            )

    def describe(self) -> None:
        """Write what is known before the training: `config.toml`, `info.json` and
        `environment.json`.
        """
        files.write_text(self.run.path / "config.toml", self.config.to_toml())
        self.run.write_json("info.json", self.splits.info.as_dict())
        self.run.write_json("environment.json", environment())

    def _conclude(self, seconds: float) -> None:
        """Evaluate, draw, and write `metrics.json` last, which makes the run a finished one."""
        metrics = self._metrics(seconds)
        outputs = None if self.recipe.answers else self.trainer.predict(self.splits.test)
        features = self.trainer.features(self.splits.test)
        # All that workers do together is done: what the chief still computes it computes alone.
        with self.strategy.saving() as here:
            if here:
                self._report(metrics, self._evaluation(metrics, outputs, features))

    def _report(self, metrics: dict[str, Any], evaluation: Evaluation) -> None:
        from kerasrecipes.inference.evaluation import scored
        from kerasrecipes.reports import run_report

        metrics |= scored(self.recipe, evaluation)
        metrics["notes"] = [*self.splits.notes, *self.trainer.notes]
        if self.trainer.diagnosis is not None:
            metrics["findings"] = [finding.to_dict() for finding in self.trainer.diagnosis.findings]
            self.run.write_json("diagnosis.json", self.trainer.diagnosis.record)
        run_report.write(self.run, self.recipe, evaluation, metrics)
        self.run.write_json("metrics.json", metrics)

    def _metrics(self, seconds: float) -> dict[str, Any]:
        trainer, splits = self.trainer, self.splits
        history = trainer.history.rows
        return {
            "test": trainer.evaluate(splits.test),
            "validation": trainer.evaluate(splits.validation),
            "main_metric": trainer.main_metric,
            "best": trainer.task.best,
            "epochs": len(history),
            "seconds": round(sum(row["seconds"] for row in history), 2),
            "seconds_in_all": round(seconds, 2),
            "parameters": trainer.inner.count_params(),
            "examples": {
                name: len(getattr(splits, name)) for name in ("train", "validation", "test")
            },
        }

    def _evaluation(self, metrics: Mapping[str, Any], outputs: Any, features: Any) -> Evaluation:
        # A model that lives on several devices computes on all of them or not at all.
        model = self.trainer.inner if self.strategy.num_replicas == 1 else self.run.load_model()
        info, examples, answers = self.splits.info, self.splits.test, self.recipe.answers
        return Evaluation(
            recipe=Path(self.config.recipe).stem,
            model=model,
            info=info,
            examples=examples,
            labels=self.trainer.labels(examples),
            outputs=answers(model, info, examples) if answers else outputs,
            metrics=metrics["test"],
            history=self.trainer.history.rows,
            settings={**self.config.settings, **asdict(self.config.training)},
            features=features,
        )


@contextmanager
def telling_of_a_full_disk(run: Run):
    """Turn the failure to write into one line that says what is kept."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"the disk is full: {error.filename or run.path}; what was saved is kept; "
            f"make room, then: kerasrecipes run --resume {run.path}"
        ) from error


def environment() -> dict[str, Any]:
    """Tell versions, device and time, for the record of a run."""
    from importlib.metadata import PackageNotFoundError, version

    import keras

    from kerasrecipes.training import device_defaults

    versions = {}
    for package in ("keras", "tensorflow", "jax", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "kerasrecipes": __version__,
        "python": platform.python_version(),
        **versions,
        "backend": keras.backend.backend(),
        "device": device_defaults.kind(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(
            [Path(sys.argv[0]).name.replace("__main__.py", "kerasrecipes"), *sys.argv[1:]]
        ),
    }
